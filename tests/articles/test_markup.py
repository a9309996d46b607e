import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import markup
from articles.markup import ImageUse, MarkupError, Picture
from articles.rendering.sanitising import sanitise
from tests.benchmarks.bench_markup import PATTERNS, hostile, ordinary

PICTURE = Picture(
    "/media/images/ab/quay.jpg",
    1600,
    1000,
    (
        ("image/avif", "/media/r/quay-640.avif 640w"),
        ("image/jpeg", "/media/r/quay-640.jpg 640w"),
        ("image/webp", "/media/r/quay-640.webp 640w"),
    ),
)
PICTURES = {"images/ab/quay.jpg": PICTURE}


def html(content):
    return markup.render(content, PICTURES).html


# Headings


def test_headings_begin_below_the_title_and_leave_no_level_out():
    rendered = markup.render("# One\n\n#### Deep\n\n### Less deep\n\n# Two", {})
    assert [(entry["level"], entry["text"]) for entry in rendered.toc] == [
        (2, "One"),
        (3, "Deep"),
        (3, "Less deep"),
        (2, "Two"),
    ]
    assert "<h1" not in rendered.html


def test_headings_of_the_same_text_have_different_anchors():
    rendered = markup.render("## Tide\n\n## Tide\n\n## Tide 2\n\n## Tide", {})
    anchors = [entry["id"] for entry in rendered.toc]
    assert anchors == ["s-tide", "s-tide-2", "s-tide-2-2", "s-tide-3"]
    assert all(f'id="{anchor}"' in rendered.html for anchor in anchors)


def test_anchors_keep_every_script():
    assert [entry["id"] for entry in markup.render("## 潮の満ち引き\n\n## Größe\n\n## المد", {}).toc] == [
        "s-潮の満ち引き",
        "s-grosse",
        "s-المد",
    ]


def test_a_link_to_a_heading_finds_it_however_it_is_written():
    page = html("[a](#high-water) [b](#High-Water) [c](#high--water) [d](#hw)\n\n## High water\n\n## Low {#hw}")
    assert re.findall(r'href="(#[^"]*)"', page) == ["#s-high-water", "#s-high-water", "#s-high-water", "#s-hw"]


def test_a_heading_of_raw_html_is_treated_as_any_other():
    rendered = markup.render('<h1 id="body" class="x">Raw <em>one</em></h1>', {})
    assert rendered.html.strip() == '<h2 id="s-body">Raw <em>one</em></h2>'
    assert rendered.toc == [{"level": 2, "id": "s-body", "text": "Raw one"}]


def test_empty_headings_are_dropped():
    assert html("#\n\n## ##").strip() == ""


def test_an_attribute_that_a_heading_speaks_of_is_text():
    rendered = markup.render('## What id="main" means', {})
    assert rendered.toc == [{"level": 2, "id": "s-what-id-main-means", "text": 'What id="main" means'}]
    assert 'What id="main" means</h2>' in rendered.html


def test_ids_of_the_text_never_meet_those_of_the_page():
    page = html('<span id="main">a</span> <a name="csrfmiddlewaretoken">b</a> <b id="main">c</b>')
    assert re.findall(r' (?:id|name)="([^"]*)"', page) == ["s-main", "s-csrfmiddlewaretoken"]


# Pictures


def test_an_own_picture_has_sources_sizes_and_dimensions():
    page = html("![A quay](/media/images/ab/quay.jpg)")
    assert re.findall(r'<source type="([^"]*)"', page) == ["image/avif", "image/webp"]
    assert 'srcset="/media/r/quay-640.jpg 640w"' in page
    assert 'width="1600" height="1000" alt="A quay" loading="lazy" decoding="async"' in page


def test_a_picture_alone_with_a_title_is_a_figure_with_a_caption():
    page = html('![A quay](/media/images/ab/quay.jpg "At *low* water <b>")')
    assert page.startswith("<figure><picture>")
    assert page.strip().endswith("<figcaption>At *low* water &lt;b&gt;</figcaption></figure>")


def test_a_wide_picture_asks_for_wider_files():
    page = html('<img class="wide" src="/media/images/ab/quay.jpg" alt="A quay">')
    assert page.startswith('<figure class="wide">')
    assert "62rem, 92vw" in page


def test_a_picture_within_a_sentence_stays_there():
    assert "<p>See <picture>" in html("See ![this](/media/images/ab/quay.jpg) here")


def test_a_picture_that_waits_for_the_worker_keeps_its_place():
    pictures = {"images/ab/quay.jpg": Picture("/media/images/ab/quay.jpg", 16, 10)}
    page = markup.render("![A](/media/images/ab/quay.jpg)", pictures).html
    assert '<img src="/media/images/ab/quay.jpg" width="16" height="10" alt="A"' in page
    assert "<picture" not in page


def test_several_pictures_in_one_paragraph_are_a_gallery():
    page = html("![a](a.png)\n![b](b.png)")
    assert page.startswith('<div class="gallery"><figure>')
    assert page.count("<figure>") == 2


def test_pictures_of_others_are_loaded_late_and_encrypted():
    page = html("![Far](http://example.com/far.png)")
    assert '<img src="https://example.com/far.png" alt="Far" loading="lazy" decoding="async">' in page


def test_every_picture_is_reported_in_its_order():
    rendered = markup.render('![one](/media/images/ab/quay.jpg)\n\n<img src="two.png">\n\nand ![](three.png)', PICTURES)
    assert rendered.images == (
        ImageUse("/media/images/ab/quay.jpg", "one"),
        ImageUse("two.png", ""),
        ImageUse("three.png", ""),
    )


def test_a_picture_written_into_the_text_itself_leaves_only_its_alternative_text():
    rendered = markup.render("![A dot](data:image/png;base64,iVBORw0KGgo=)", {})
    assert "data:" not in rendered.html
    assert "A dot" in rendered.html


def test_the_names_of_own_pictures_are_found():
    assert markup.image_names("![a](/media/images/ab/quay.jpg) and ![b](/elsewhere/x.jpg)") == {"images/ab/quay.jpg"}


# Extensions


def test_bare_addresses_are_links_and_file_names_are_not():
    page = html("See https://example.com/a. or www.example.org, mail a_b@example.com; run manage.py")
    assert re.findall(r'href="([^"]*)"', page) == [
        "https://example.com/a",
        "http://www.example.org",
        "mailto:a_b@example.com",
    ]


def test_an_address_ends_where_chinese_punctuation_begins():
    assert 'href="https://example.com/a"' in html("見よhttps://example.com/a。それから")


def test_tasks_have_boxes_that_say_whether_they_are_done():
    page = html("- [x] tide\n- [ ] wind")
    assert '<li class="task-list-item"><input type="checkbox" disabled="" checked="" aria-label="Done">' in page
    assert '<input type="checkbox" disabled="" aria-label="Not done">' in page


def test_tables_scroll_by_keyboard_and_align_by_class():
    page = html("| a | b |\n|---|--:|\n| 1 | 2 |\n")
    assert page.startswith('<div class="table-scroll" role="region" aria-label="Table 1" tabindex="0"><table>')
    assert '<th class="align-right" scope="col">' in page
    assert "style=" not in page


def test_footnotes_lead_there_and_back():
    page = html("Tide[^t] and again[^t].\n\n[^t]: Twice a day.")
    assert 'href="#footnote-1" role="doc-noteref" aria-label="Footnote 1" id="footnote-ref-1"' in page
    assert 'href="#footnote-ref-1-2" role="doc-backlink" aria-label="Back to reference 1-2"' in page
    assert '<li id="footnote-1"><p>Twice a day.' in page


def test_lines_of_japanese_are_joined_without_a_space():
    assert html("潮を\n待つ。\nTide 2\n潮") == "<p>潮を待つ。\nTide 2\n潮</p>\n"


def test_definitions_are_a_definition_list():
    assert '<dt id="s-neap">Neap</dt>\n<dd>The small one.</dd>' in html("Neap\n: The small one.")


def test_code_has_classes_for_its_colours():
    page = html("```python\ndef tide(): return 'low'\n```")
    assert '<pre class="highlight" tabindex="0" data-language="Python"><code><span class="k">def</span>' in page


@pytest.mark.parametrize(
    "fence", ["```nonsense\n<a>\n```", "```\n<a>\n```", "    <a>", "```python\n" + "x<a>\n" * 9000]
)
def test_code_of_no_known_language_or_too_long_stays_plain(fence):
    page = html(fence)
    assert "&lt;a&gt;" in page
    assert "<span" not in page


def test_a_video_link_alone_is_a_card_without_anything_of_a_third_party():
    page = html("https://youtu.be/dQw4w9WgXcQ")
    assert (
        '<p class="embed embed-youtube"><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ" rel="noopener">' in page
    )
    assert "<iframe" not in page
    assert "<img" not in page


def test_a_frame_in_raw_html_becomes_the_same_card():
    page = html('<iframe src="https://player.vimeo.com/video/76979871?dnt=1" title="Tides"></iframe>')
    assert 'class="embed embed-vimeo"' in page
    assert 'href="https://vimeo.com/76979871"' in page
    assert "Tides" in page


# Safety


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "<a href='java&#10;script:alert(1)'>a</a>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        '![a](x "\\"><script>alert(1)</script>")',
        '```"><script>alert(1)</script>\nx\n```',
        '<iframe src="https://a.b/" title="<script>alert(1)</script>"></iframe>',
        '# <i id="\\"><script>alert(1)</script>">x</i>',
        "<form action=/><button>a</button></form>",
        '<p style="position:fixed">a</p>',
    ],
)
def test_nothing_that_runs_or_posts_or_covers_the_page_remains(content):
    page = html(content)
    tags = "".join(re.findall(r"<[^>]*>", page))
    assert not re.search(r"<(script|style|svg|iframe|form|button)|\son\w+=|javascript:|style=", tags, re.IGNORECASE)


def test_useful_raw_html_stays():
    page = html(
        "<details><summary>S</summary><kbd>C</kbd> H<sub>2</sub>O <mark>x</mark> <abbr title='a'>b</abbr></details>"
    )
    assert all(f"<{tag}" in page for tag in ("details", "summary", "kbd", "sub", "mark", "abbr"))


def test_links_elsewhere_keep_no_hold_on_our_window():
    assert html("[a](https://example.com/)") == '<p><a href="https://example.com/" rel="noopener">a</a></p>\n'
    assert html("[a](/about/)") == '<p><a href="/about/">a</a></p>\n'


def test_addresses_that_no_standard_allows_are_encoded():
    page = html('<img src="{{ base }}/a b.png" alt="x"> [a](</50%#a#b>)')
    assert 'src="%7B%7B%20base%20%7D%7D/a%20b.png"' in page
    assert 'href="/50%25#s-a%23b"' in page


def test_films_have_controls_and_do_not_start_by_themselves():
    page = html('<video src="https://example.com/a.mp4" autoplay onplay="x"></video>')
    assert '<video src="https://example.com/a.mp4" controls="" preload="none"></video>' in page


def test_a_film_that_is_not_encrypted_is_a_link():
    page = html('Before <audio title="Song"><source src="http://example.com/a.mp3"></audio> after')
    assert '<p>Before </p><p class="embed embed-other"><a href="http://example.com/a.mp3"' in page
    assert "<audio" not in page


def test_an_address_without_a_host_is_no_link():
    assert html("[a](http:///x) [b](https://a..b/)") == "<p><a>a</a> <a>b</a></p>\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("**bold** and *em*", "<strong>bold</strong> and <em>em</em>"),
        ("snake_case_name, _em_, 1_000", "snake_case_name, <em>em</em>, 1_000"),
        ("これは**強調**です。", "これは<strong>強調</strong>です。"),
        ("これは **「強調」** です", "これは <strong>「強調」</strong> です"),
        ("これは**「強調」**です", "これは**「強調」**です"),
        ("潮_水_潮 w www a:b x! & c", "潮_水_潮 w www a:b x! &amp; c"),
    ],
)
def test_emphasis_begins_and_ends_where_commonmark_says(content, expected):
    assert html(content) == f"<p>{expected}</p>\n"


PIECES = [pattern for pattern, _ in PATTERNS.values() if len(pattern) < 40]
TAGS = (
    "<b> </b> <table> <td> <p> <h2 id=a> </h2> <img <a href=x> </a> <iframe src=//a.b> <!-- --> \" ' > # [^1] [^1]: "
    "<dl> <dt> <dd> <li> <ul> </ul> <span> <div> </div> <summary> <details> <figure> <figcaption> <pre> <ruby> <rt> "
    "<tr> <th> <caption> <button> </button> <audio> <source> "
    "``` | - \n \n\n <script> <svg> <math> <template> <select> <textarea> <title> &lt; &#0; \x00 \ud800"
).split(" ")
texts = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.sampled_from(TAGS), max_size=40).map("".join),
)


@given(texts)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_rendered_or_refused_and_cleaning_again_changes_nothing(content):
    try:
        rendered = markup.render(content, PICTURES)
    except MarkupError:
        return
    assert sanitise(rendered.html) == rendered.html
    assert "<script" not in rendered.html
    assert len(rendered.lead) <= 300


# Limits


def test_a_text_of_one_mebibyte_is_rendered_and_a_longer_one_is_refused():
    text = ordinary(markup.MAX_BYTES)
    assert markup.render(text, {}).word_count > 100_000
    with pytest.raises(MarkupError, match=r"1,048,577 bytes; at most 1,048,576"):
        markup.render(text + "x", {})


ENGLISH = (
    "It was, as the pilot said, a slow tide: 'Wait - nobody leaves' (so they waited). Who would've known? 50% of the "
    "well-known boats lay there; the others = none! See p. 4/5 & the #3 buoy @ the quay, about $40. "
)
GERMAN = (
    "„Während der Flut – so hieß es – warteten Wächter, Wärter und Witwen“; was wußten wir schon über Größe? Wenig! "
)
CHINESE = "潮水退去的时候,没有人在码头上。他说:“明天再来吧!”于是大家都回家了;只有灯塔还亮着(很暗)。"
CODE = (
    "Call get_user_by_id with max_retry_count=3, then foo::bar->baz() and x+y; see my-package/src/main.py:42, "
    "--dry-run, C:\\Temp, $HOME/.config and {a: 1}. "
)
ORDINARY = {
    "one word": ("w2a " * 60).strip() + "\n\n",
    "English": ENGLISH * 4 + "\n\n",
    "English in short lines": "The tide turned while nobody\nwas watching it, as always,\n" * 8 + "\n",
    "English, one long paragraph": ENGLISH * 400 + "\n\n",
    "one word, one long paragraph": "w2a " * 24_000 + "\n\n",
    "dialogue": '"Well, *who* was it?" - "I do not know," she said.\n\n',
    "German": GERMAN * 4 + "\n\n",
    "Chinese": CHINESE * 4 + "\n\n",
    "Chinese dialogue": "“明天再来吧,”他说,“今天潮水不好。”\n\n",
    "names in code": CODE * 4 + "\n\n",
    "addresses": f"See https://example.com/path_to/a-b?x=1&y=2#z or www.example.org. {ENGLISH * 6}\n\n",
    "headings": f"## The morning\n\n{ENGLISH}\n\n",
    "emphasis": "A **bold word** and an *emphasised* one, `code` and ~~old~~ words in an ordinary sentence.\n\n",
    "list": "- A thing that one might want to know about the harbour and its **pilots**, or so\n",
    "HTML": f"<p>{ENGLISH}</p>\n<ul><li>one</li><li>two</li></ul>\n\n",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_no_ordinary_text_of_any_sort_is_refused(name):
    piece = ORDINARY[name]
    text = piece * (900_000 // len(piece.encode()))
    assert len(markup.render(text, {}).text) > len(text) // 2


def test_a_paragraph_that_is_too_long_is_refused_with_its_line_and_what_to_do():
    assert markup.render("word " * 20_000, {}).word_count == 20_000
    with pytest.raises(MarkupError, match=r"paragraph on line 3 has 100,004 characters; at most 100,000.*Break it"):
        markup.render("Some words.\n\n" + "word " * 20_001, {})


@pytest.mark.parametrize("level", ["> ", "* "])
def test_a_hundred_levels_are_rendered_and_one_more_is_refused(level):
    assert markup.render(level * 100 + "deep", {}).text == "deep"
    with pytest.raises(MarkupError, match="near line 1 is nested more than 100"):
        markup.render(level * 101 + "deep", {})


def test_two_thousand_links_are_rendered_and_one_more_is_refused():
    assert markup.render("[a](b)\n\n" * 2000, {}).html.count("<a ") == 2000
    with pytest.raises(MarkupError, match=r"more than 2,000 links; the first too many is near line 4001"):
        markup.render("[a](b)\n\n" * 2001, {})


def test_raw_html_that_is_nested_too_deep_is_refused_with_its_line():
    with pytest.raises(MarkupError, match=r"HTML near line 3 is nested more than 100"):
        markup.render("Some words.\n\n" + "<div>" * 101, {})


def test_old_html_without_end_tags_is_not_taken_for_nesting():
    assert html("<ul>" + "<li>one<p>two" * 300 + "</ul>").count("<li>") == 300


def size_of(text):
    """Of the HTML; nothing when the text is refused."""
    try:
        return len(markup.render(text, {}).html)
    except MarkupError as error:
        return 0 if re.search(r"\d.*\. .*\.$", str(error)) else len(text) * 1000


@pytest.mark.parametrize("name", PATTERNS)
def test_no_hostile_text_costs_more_steps_or_gives_more_html_than_its_size_allows(name):
    text = hostile(20_000)[name]
    assert size_of(text) < 15 * len(text) + 1000


@pytest.mark.shared_data
def test_every_pathological_input_is_rendered_or_refused_with_a_sentence(shared_data):
    inputs = json.loads((shared_data / "markdown-spec" / "pathological" / "inputs_n2000.json").read_text("utf-8"))
    assert [name for name, text in inputs.items() if size_of(text) > 30 * len(text) + 1000] == []


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [
        ("#rust-s-tide", "#s-rusts-tide"),
        ("#RustsTide", "#s-rusts-tide"),
        ("#neap", "#s-neap"),
        ("/articles/ebb/#low-water", "/articles/ebb/#s-low-water"),
        ("/articles/ebb/#footnote-1", "/articles/ebb/#footnote-1"),
        ("https://example.org/#low-water", "https://example.org/#low-water"),
    ],
)
def test_links_find_anchors_as_other_programs_write_them(written, leads_to):
    assert f'href="{leads_to}"' in html(f"## Rust's tide\n\nNeap\n: Small.\n\n[a]({written})")


def test_a_link_to_an_anchor_that_is_not_there_leads_nowhere():
    assert "<a>a</a>" in html("## Ebb\n\n[a](#flow)")
