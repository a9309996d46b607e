"""HTML from elsewhere as Markdown: what is shown stays, and prose stays prose."""

import html as entities
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles import markup
from articles.importing.html import to_markdown
from articles.importing.tree import parse, removed, text_of


def shown(html: str) -> str:
    """The characters that a reader sees, without white space."""
    return re.sub(r"\s+", "", text_of(parse(html)))


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<h2>Tides</h2>", "## Tides"),
        ("<p>a <b>b</b> <em>c</em> <s>d</s></p>", "a **b** *c* ~~d~~"),
        ("<p>one<br>two</p>", "one\\\ntwo"),
        ("<p>one<br><br>two</p>", "one\n\ntwo"),
        ('<p><a href="/x" title="T">go</a></p>', '[go](/x "T")'),
        ('<p><a href="https://a.example/">https://a.example/</a></p>', "<https://a.example/>"),
        ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ("<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b"),
        ("<ul><li><input type=checkbox checked> a</li></ul>", "- [x] a"),
        ("<p>E = mc<sup>2</sup> <kbd>Esc</kbd></p>", "E = mc<sup>2</sup> <kbd>Esc</kbd>"),
        ("<dl><dt>Ebb</dt><dd>falling</dd></dl>", "Ebb\n: falling"),
        ("<p>a <code>x`y</code></p>", "a ``x`y``"),
        ('<p><img src="a b.jpg" alt="A [b]"></p>', "![A \\[b\\]](a%20b.jpg)"),
        ("<div><span>a</span><div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p>\u00a0</p><p></p><p>a</p>", "a"),
        ("<p><strong> padded </strong>text</p>", "**padded** text"),
        ("<b>a</b><b>b</b>", "**ab**"),
        ("<p><strong>now:</strong>then</p>", "<strong>now:</strong>then"),
        ('<a href="/x"><h3>Card</h3><p>more</p></a>', "### [Card](/x)\n\n[more](/x)"),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert to_markdown(html) == markdown


@pytest.mark.parametrize(
    "text",
    [
        "2 * 3 * 4", "*not emphasis*", "snake_case and _this_", "# no heading", "1. no list", "- no list", "+ no list",
        "[x] no link](y)", "[^1] no note", "a <b> c", "&amp; &copy;", "`no code`", "~~kept~~", "C:\\new\\*",
        "> no quote",
        "---", "===", "| a | b |", ": no definition", "!", "\\", "a\\", "https://a.example/_x_ and www.b.example/c_d_",
        "\u202eback\u202c", "zero\u200bwidth", "👩‍🚀", "$x$ ==y== ++z++", "![no](picture)", "~~~", "```",
    ],
)  # fmt: skip
def test_prose_shows_as_it_was_typed(text):
    html = f"<p>{entities.escape(text, quote=False)}</p>"
    rendered = markup.parser().render(to_markdown(html))
    assert shown(rendered) == shown(html)
    assert not re.search(r"<(?!/?(?:p|a)\b)", rendered)


inline = st.recursive(
    st.text(alphabet="ab .,*_#[]()<>!\\`~|&;:-+1日「」", min_size=1, max_size=12).map(
        lambda text: entities.escape(text, quote=False)
    ),
    lambda inner: st.builds(
        lambda tag, children: f"<{tag}>{''.join(children)}</{tag}>",
        st.sampled_from(["b", "em", "s", "sup", "span"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@example(["<b>:</b>"], "p")
@given(st.lists(inline, min_size=1, max_size=4), st.sampled_from(["p", "h2", "blockquote", "li"]))
def test_no_character_is_lost_and_none_is_added(pieces, tag):
    html = f"<{tag}>{''.join(pieces)}</{tag}>"
    assert shown(markup.parser().render(to_markdown(html))) == shown(html)


def test_code_keeps_its_language_and_its_characters():
    html = '<pre class="language-php"><code>if ($a &lt; 1) {\n\n```\n}</code></pre>'
    assert to_markdown(html) == "````php\nif ($a < 1) {\n\n```\n}\n````"


@pytest.mark.parametrize("attribute", ['class="lang-py"', 'class="brush: py; gutter: false"', 'data-language="py"'])
def test_every_way_to_name_a_language_is_understood(attribute):
    assert to_markdown(f"<pre {attribute}>x</pre>").startswith("```py\n")


def test_a_plain_table_is_markdown():
    html = (
        "<table><thead><tr><th>a|b</th><th style='text-align: right'>c</th></tr></thead>"
        "<tbody><tr><td>1<br>2</td><td><b>x</b></td></tr></tbody></table>"
    )
    assert to_markdown(html) == "| a\\|b | c |\n| --- | ---: |\n| 1<br>2 | **x** |"


@pytest.mark.parametrize(
    "table",
    [
        "<table><tbody><tr><td>no headings</td></tr></tbody></table>",
        '<table><thead><tr><th colspan="2">wide</th></tr></thead><tbody><tr><td>a</td><td>b</td></tr></tbody></table>',
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td><ul><li>b</li></ul></td></tr></tbody></table>",
    ],
)
def test_a_table_that_markdown_cannot_say_stays_html(table):
    assert to_markdown(table) == table


def test_html_that_stays_has_no_blank_line_and_shows_what_it_showed():
    html = "<table><tbody><tr><td><pre>a\n\n\nb</pre>\n\n</td></tr></tbody></table>"
    markdown = to_markdown(html)
    assert "\n\n" not in markdown
    assert "a\n\n\nb" in text_of(parse(markup.parser().render(markdown)))


def test_a_caption_is_the_title_of_its_picture():
    html = '<figure><img src="a.jpg" alt="b"><figcaption>Say "hi"</figcaption></figure>'
    assert to_markdown(html) == '![b](a.jpg "Say \\"hi\\"")'


def test_a_caption_with_a_link_keeps_the_link():
    html = '<figure><img src="a.jpg" alt="b"><figcaption>By <a href="/c">C</a></figcaption></figure>'
    assert to_markdown(html) == html


def test_a_known_player_becomes_an_address_by_itself_and_another_stays_a_frame():
    assert (
        to_markdown('<iframe src="https://www.youtube.com/embed/abc-1"></iframe>')
        == "https://www.youtube.com/embed/abc-1"
    )
    assert to_markdown('<iframe src="//maps.example/x"></iframe>') == '<iframe src="//maps.example/x"></iframe>'


def test_details_keep_markdown_within():
    html = "<details><summary>More <b>of</b> it</summary><p>a <em>b</em></p></details>"
    assert to_markdown(html) == "<details>\n<summary>More <b>of</b> it</summary>\n\na *b*\n\n</details>"


def test_places_to_jump_to_are_kept_where_a_link_wants_them():
    markdown = to_markdown('<p><a href="#end">down</a></p><h2 id="unused">A</h2><h2 id="end">B</h2>')
    assert markdown == '[down](#end)\n\n## A\n\n## <span id="end"></span>B'


def test_scripts_styles_and_forms_are_dropped_and_named():
    html = "<p>a</p><script>x()</script><style>p{}</style><form><input name=q><label>Search</label></form>"
    assert to_markdown(html) == "a"
    assert removed(html) == ["form", "script", "style"]


def test_an_address_that_could_run_something_is_dropped():
    assert to_markdown('<a href="javascript:alert(1)">a</a><img src="data:image/png;base64,AAAA">') == "a"


@pytest.mark.parametrize("opening", ["<div>", "<blockquote>", "<ul><li>", "<em><sup>", "<details>", "<table><tr><td>"])
def test_text_nested_deeper_than_anyone_writes_is_kept(opening):
    assert "at the bottom" in to_markdown(opening * 3000 + "at the bottom")


def test_characters_that_no_document_may_contain_are_dropped():
    assert to_markdown("<p>a\x00\x0b\ud800b</p>") == "ab"
