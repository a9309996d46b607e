import pytest

from articles.markup import render
from articles.rendering.structure import in_order

LINK = '<a href="/x">'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<span>a<div>b</div></span>", "a<div>b</div>"),
        ("<b><i><ul><li>a</li></ul></i></b>", "<ul><li>a</li></ul>"),
        ("<p><p>a</p></p>", "<p>a</p>"),
        ("<p>a<iframe></iframe>b</p>", "<p>a</p><iframe></iframe><p>b</p>"),
        ("<h2>a<p>b</p></h2>", "<h2>a b</h2>"),
        ("<h2>a<ul><li>b</li></ul></h2>", "<p>a</p><ul><li>b</li></ul>"),
        ("<h2><span><h3>a</h3></span></h2>", "<h2> a</h2>"),
        ("<pre><div>a</div></pre>", '<pre tabindex="0">a</pre>'),
    ],
)
def test_blocks_stand_only_where_blocks_may(written, shown):
    assert in_order(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<summary>a</summary>", "<div>a</div>"),
        ("<details>a</details>", "<details><summary>Details</summary>a</details>"),
        (
            "<details><p>a</p><summary>b</summary><summary>c</summary></details>",
            "<details><summary>b</summary><p>a</p><div>c</div></details>",
        ),
        ("<figcaption>a</figcaption>", "<div>a</div>"),
        (
            "<figure><p>a</p><figcaption>b</figcaption><p>c</p></figure>",
            "<figure><p>a</p><p>c</p><figcaption>b</figcaption></figure>",
        ),
    ],
)
def test_titles_and_captions_stand_in_what_they_name(written, shown):
    assert in_order(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<li>a</li> <li value="2">b</li>c', "<ul><li>a</li><li>b</li></ul>c"),
        ("<ul></ul>", ""),
        ("<ul><li>a</li><ul><li>b</li></ul>c</ul>", "<ul><li>a<ul><li>b</li></ul>c</li></ul>"),
        ("<ol>a</ol>", "<ol><li>a</li></ol>"),
        ("<dd>a</dd>", "<div>a</div>"),
        ("<dt>a</dt>", "<dl>\n<dt>a</dt><dd></dd></dl>"),
        ("<dl><dd>a</dd><dt>b</dt>c</dl>", "<div>a</div><dl>\n<dt>b</dt>\n<dd>c</dd></dl>"),
        ("<dl><dt><h3>a</h3></dt><dd>b</dd></dl>", "<dl>\n<dt><p>a</p></dt>\n<dd>b</dd></dl>"),
    ],
)
def test_every_item_has_its_list_and_every_list_its_items(written, shown):
    assert "".join(in_order(written).split()) == "".join(shown.split())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"{LINK}a<b>{LINK}b</a></b></a>", f"{LINK}a<b>b</b></a>"),
        (f"{LINK}<details><summary>a</summary></details></a>", "<details><summary>a</summary></details>"),
        (f"{LINK}<h3>a</h3></a>", f"{LINK}<h3>a</h3></a>"),
        (f"a{LINK} </a>", "a"),
    ],
)
def test_a_link_holds_nothing_that_is_operated(written, shown):
    assert in_order(written) == shown


def test_a_table_has_each_part_once_in_its_place_and_no_cell_below_its_last_row():
    page = in_order(
        '<table><tbody><tr><td rowspan="3">a</td></tr><tr></tr></tbody><thead><tr><th>b</th></tr></thead>'
        "<caption>c</caption></table>"
    )
    assert page == (
        "<table><caption>c</caption><thead><tr><th>b</th></tr></thead><tbody><tr><td>a</td></tr></tbody></table>"
    )
    assert in_order("<table><tbody><tr></tr></tbody></table>") == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<ruby>a</ruby><rt>b</rt><rp>(</rp>", "ab"),
        ("<time>a</time><bdo>b</bdo><dfn><dfn>c</dfn></dfn>", "ab<dfn>c</dfn>"),
        ("<p><source><track>a</p>", "<p>a</p>"),
        ('<div aria-label="a">b</div>', "<div>b</div>"),
    ],
)
def test_elements_that_mean_nothing_where_they_stand_leave_their_text(written, shown):
    assert in_order(written) == shown


def test_raw_code_is_reached_by_keyboard_as_any_other():
    assert render("<pre>\n\na  b</pre>", {}).html == '<pre tabindex="0">a  b</pre>'


def test_markup_in_the_content_of_a_frame_is_not_taken_for_elements():
    assert in_order("<div><iframe></div><p></iframe></div>") == "<div><iframe></iframe></div>"
