"""The body of a WordPress post: blocks, classic text, shortcodes."""

import json

import pytest

from articles.importing import blocks
from articles.importing.attachments import Attachment, Library

UPLOADS = "https://harbour.example/wp-content/uploads"


@pytest.fixture
def library():
    found = Library()
    found.add(Attachment(1, f"{UPLOADS}/2024/05/pier-scaled.jpg", "pier", alt="The pier", caption="Old pier", parent=9))
    found.add(Attachment(2, f"{UPLOADS}/2024/05/boat.png", "boat", parent=9))
    found.add(Attachment(3, f"{UPLOADS}/2024/05/song.mp3", "Song", parent=9, page="https://harbour.example/song/"))
    return found


@pytest.fixture
def markdown(library):
    def convert(content: str, **given) -> str:
        return blocks.convert(content, library, post=9, **given).markdown

    return convert


@pytest.fixture
def notes(library):
    return lambda content: blocks.convert(content, library).notes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<!-- wp:paragraph {"align":"center"} -->\n<p>Hi</p>\n<!-- /wp:paragraph -->', "Hi"),
        ("<!-- wp:list --><ul><!-- wp:list-item --><li>a</li><!-- /wp:list-item --></ul><!-- /wp:list -->", "- a"),
        ('<!-- wp:spacer --><div style="height:9px" aria-hidden="true"></div><!-- /wp:spacer --><p>a</p>', "a"),
        (
            (
                "<p>a</p><!-- wp:more --><!--more--><!-- /wp:more --><p>b</p><!-- wp:nextpage -->"
                "<!--nextpage--><!-- /wp:nextpage -->"
            ),
            "a\n\nb",
        ),
        (
            '<!-- wp:quote --><blockquote class="wp-block-quote"><p>a</p><cite>B</cite></blockquote><!-- /wp:quote -->',
            "> a\n>\n> <cite>B</cite>",
        ),
        ('<!-- wp:verse --><pre class="wp-block-verse">one\n  two</pre><!-- /wp:verse -->', "one\\\n\u00a0\u00a0two"),
        (
            (
                '<!-- wp:syntaxhighlighter/code {"language":"php"} --><pre>&lt;?php</pre>'
                "<!-- /wp:syntaxhighlighter/code -->"
            ),
            "```php\n<?php\n```",
        ),
        (
            (
                '<!-- wp:embed {"url":"https://youtu.be/abc"} --><figure><div>\nhttps://youtu.be/abc\n</div>'
                "</figure><!-- /wp:embed -->"
            ),
            "https://youtu.be/abc",
        ),
        ('<!-- wp:core-embed/vimeo {"url":"https:\\/\\/vimeo.com\\/1"} /-->', "https://vimeo.com/1"),
        (
            (
                '<!-- wp:cover {"url":"https://a.example/b.jpg"} --><div class="wp-block-cover"><p>Over</p>'
                "</div><!-- /wp:cover -->"
            ),
            "![](https://a.example/b.jpg)\n\nOver",
        ),
        (
            (
                "<!-- wp:social-links --><ul>"
                '<!-- wp:social-link {"url":"https://m.example/@a","service":"mastodon"} /--></ul>'
                "<!-- /wp:social-links -->"
            ),
            "- [Mastodon](https://m.example/@a)",
        ),
        (
            (
                '<!-- wp:buttons --><div><!-- wp:button --><div class="wp-block-button"><a href="/go">Go</a>'
                "</div><!-- /wp:button --></div><!-- /wp:buttons -->"
            ),
            "[Go](/go)",
        ),
        ('<!-- wp:shortcode -->\n[contact-form to="a"]\n<!-- /wp:shortcode --><p>b</p>', "b"),
        ("Old text\n\nstays<!-- wp:paragraph --><p>New</p><!-- /wp:paragraph -->", "Old text\n\nstays\n\nNew"),
        ("<!-- wp:group {broken --><p>a</p><!-- /wp:columns --><!-- wp:quote -->b", "a\n\nb"),
    ],
)
def test_blocks_become_markdown(markdown, content, expected):
    assert markdown(content) == expected


@pytest.mark.parametrize("name", ["latest-posts", "post-title", "calendar", "query", "jetpack/subscriptions"])
def test_what_wordpress_makes_on_each_visit_is_left_out_with_a_note(library, name):
    body = blocks.convert(f"<p>a</p><!-- wp:{name} /-->", library)
    assert body.markdown == "a"
    assert name in body.notes[0]


def test_a_whole_query_is_left_out_with_what_stands_in_it(markdown):
    assert markdown("<!-- wp:query --><div><p>Nothing found</p></div><!-- /wp:query --><p>a</p>") == "a"


def test_footnotes_become_footnotes(markdown):
    content = '<p>Fact<sup data-fn="u-1" class="fn"><a href="#u-1" id="u-1-link">1</a></sup>.</p><!-- wp:footnotes /-->'
    given = json.dumps([{"id": "u-1", "content": "From <em>here</em>"}])
    assert markdown(content, footnotes=given) == "Fact[^1].\n\n[^1]: From *here*"


def test_classic_text_has_paragraphs_at_blank_lines_and_breaks_at_line_ends(markdown):
    assert markdown("one\ntwo\n\n<h3>three</h3>\nfour") == "one\\\ntwo\n\n### three\n\nfour"


def test_an_address_alone_on_its_line_stands_alone(markdown):
    assert markdown("Look:\nhttps://vimeo.com/1\nNice.") == "Look:\n\nhttps://vimeo.com/1\n\nNice."


@pytest.mark.parametrize(
    "content",
    [
        '[caption id="a" width="300" caption="Low tide"]<img src="https://a.example/b.jpg" alt="c" />[/caption]',
        (
            '[caption id="a" width="300"]<a href="https://a.example/b.jpg">'
            '<img src="https://a.example/b.jpg" alt="c" /></a> Low tide[/caption]'
        ),
        (
            '<div class="wp-caption"><img src="https://a.example/b.jpg" alt="c" />'
            '<p class="wp-caption-text">Low tide</p></div>'
        ),
    ],
)
def test_captions_of_every_age_are_understood(markdown, content):
    assert markdown(content) == '![c](https://a.example/b.jpg "Low tide")'


def test_a_gallery_shows_the_pictures_of_the_post_or_those_it_names(markdown):
    pier = f'![The pier]({UPLOADS}/2024/05/pier-scaled.jpg "Old pier")'
    boat = f"![]({UPLOADS}/2024/05/boat.png)"
    assert markdown("[gallery]") == f"{pier}\n{boat}"
    assert markdown('[gallery ids="2,1" columns="4"]') == f"{boat}\n{pier}"


def test_a_gallery_without_pictures_is_noted(notes):
    assert "gallery" in notes('[gallery ids="77"]')[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[embed width="3"]https://youtu.be/x[/embed]', "https://youtu.be/x"),
        ("[youtube https://youtu.be/x]", "https://youtu.be/x"),
        ("[youtube=https://youtu.be/x&w=3]", "https://youtu.be/x&w=3"),
        ("[vimeo 12345]", "https://vimeo.com/12345"),
        ('[audio mp3="https://a.example/b.mp3"][/audio]', '<audio src="https://a.example/b.mp3"></audio>'),
        (
            '[video src="https://a.example/b.mp4" poster="https://a.example/c.jpg"]',
            '<video src="https://a.example/b.mp4"></video>',
        ),
        ('[playlist ids="3"]', f"- [Song]({UPLOADS}/2024/05/song.mp3)"),
        ("[php]\necho '[x]';\n[/php]", "```php\necho '[x]';\n```"),
        ('[sourcecode language="css"]a &gt; b[/sourcecode]', "```css\na > b\n```"),
        ("Fact[fn]a [em][/fn].", "Fact[^1].\n\n[^1]: a \\[em\\]"),
    ],
)
def test_the_usual_shortcodes_are_understood(markdown, content, expected):
    assert markdown(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        'a [su_button url="x"]b[/su_button]', "a [vc_row]b[/vc_row]", "a b[latest_version]", "a [b]b[/b]",
        "a b\n\n[wpcredits 5.5]", "a b[plugin /]", "[vc_row][vc_column width='1/2']a b[/vc_column][/vc_row]",
        "a b[/vc_column]",
    ],
)  # fmt: skip
def test_of_shortcodes_of_plugins_only_what_they_enclose_stays(library, content):
    body = blocks.convert(content, library)
    assert body.markdown == "a b"
    assert "Shortcodes of plugins" in body.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "a [sic] b",
        "more than 35% [2020].",
        "coracles [simple boat].",
        "[I don't know]",
        "[...]",
        "[Intro]",
        "a[0] = b[i]",
    ],
)
def test_words_in_square_brackets_stay(library, text):
    body = blocks.convert(text, library)
    assert body.markdown == text.replace("[", "\\[").replace("]", "\\]")
    assert body.notes == []


def test_an_escaped_shortcode_is_shown_as_text(markdown):
    assert markdown("Write [[gallery]] here") == "Write \\[gallery\\] here"


def test_shortcodes_in_code_stay(markdown):
    assert markdown("<code>[gallery]</code>") == "`[gallery]`"


def test_a_link_whose_address_only_a_plugin_knew_becomes_text(markdown):
    assert markdown("<p><a href=\"[download_link type='gz']\">Get it</a></p>") == "Get it"


@pytest.mark.parametrize(
    "source",
    [
        f"{UPLOADS}/2024/05/pier-300x200.jpg",
        "http://www.harbour.example/wp-content/uploads/2024/05/pier.jpg?w=300",
        "https://i0.wp.com/harbour.example/wp-content/uploads/2024/05/pier-scaled.jpg?resize=3",
    ],
)
def test_a_picture_of_any_size_becomes_the_upload_itself(markdown, source):
    assert markdown(f'<img src="{source}" title="pier">') == f"![The pier]({UPLOADS}/2024/05/pier-scaled.jpg)"


def test_the_same_dated_path_on_another_host_of_the_site_is_the_same_picture(library, markdown):
    library.know_host("https://old.example")
    expected = f"![]({UPLOADS}/2024/05/boat.png)"
    assert markdown('<img src="https://old.example/files/2024/05/boat-150x150.png">') == expected
    assert "stranger.example" in markdown('<img src="https://stranger.example/2024/05/boat.png">')


def test_an_upload_named_like_a_size_is_itself(library, markdown):
    library.add(Attachment(4, f"{UPLOADS}/2024/05/boat-150x150.png", "small boat"))
    assert markdown(f'<img src="{UPLOADS}/2024/05/boat-150x150.png">') == f"![]({UPLOADS}/2024/05/boat-150x150.png)"


def test_a_link_around_a_picture_stays_if_it_leads_elsewhere(markdown):
    picture = f'<img src="{UPLOADS}/2024/05/boat.png" alt="b">'
    assert markdown(f'<a href="https://shop.example/">{picture}</a>').endswith("](https://shop.example/)")
    assert markdown(f'<a href="{UPLOADS}/2024/05/boat.png">{picture}</a>') == f"![b]({UPLOADS}/2024/05/boat.png)"
    assert markdown(f'<a href="/?attachment_id=2">{picture}</a>') == f"![b]({UPLOADS}/2024/05/boat.png)"


def test_a_link_to_the_page_of_an_upload_leads_to_the_upload(markdown):
    assert markdown('<a href="https://harbour.example/song/">hear</a>') == f"[hear]({UPLOADS}/2024/05/song.mp3)"


def test_smilies_are_characters(markdown):
    assert markdown('<p>Hi <img src="https://s.w.org/images/core/emoji/1/72x72/1f600.png" alt="😀"></p>') == "Hi 😀"


def test_scripts_and_forms_are_noted(notes):
    assert "<form>, <script>" in notes("<script>x</script><form></form>")[0]
