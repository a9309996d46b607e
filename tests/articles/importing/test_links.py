import pytest

from articles.importing.links import DROP, KEEP, addresses, as_link, replace, rewrite


def decide(url: str, is_picture: bool):
    if "gone" in url:
        return DROP
    if "far" in url:
        return as_link(f"http://o.test/{url}") if is_picture else KEEP
    return replace(f"/new{url}") if url.startswith("/") else KEEP


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](/x)", "[a](/new/x)"),
        ('![a](/x "t")', '![a](/new/x "t")'),
        ("[![a](/p.png)](/b(c)d)", "[![a](/new/p.png)](/new/b(c)d)"),
        ("[a](</y z>)", "[a](/new/y z)"),
        ("`[a](/x)` \\[a](/x)", "`[a](/x)` \\[a](/x)"),
        ("```\n[a](/x)\n```\n", "```\n[a](/x)\n```\n"),
        ("    [a](/x)\n", "    [a](/x)\n"),
        ("[a][r]\n\n[r]: /x 'T'\n", "[a][r]\n\n[r]: /new/x 'T'\n"),
        ("[a][g] and [g]\n\n[g]: gone\n", "a and g\n\n\n"),
        ("[*a* `b`](gone)", "*a* `b`"),
        ("![alt](gone.png)", "alt"),
        ("![](far.png) ![A](far.png)", "[far.png](http://o.test/far.png) [A](http://o.test/far.png)"),
        ("[![A](far.png)](/x)", "[A](/new/x)"),
        ('<a class="b" href="/x">t</a>', '<a class="b" href="/new/x">t</a>'),
        ("<a href='gone'>t</a>", "<a>t</a>"),
        ('<img src=/i.png srcset="a 1x">', '<img src="/new/i.png">'),
        ('<img src="gone.png" alt="A">', "A"),
        ("<https://x.test/>", "<https://x.test/>"),
        ("[^1]: [a](/x)\n", "[^1]: [a](/new/x)\n"),
    ],
)
def test_every_form_of_a_link_is_found_outside_code(text, expected):
    assert rewrite(text, decide) == expected


def test_all_addresses_are_listed():
    found = addresses("[a](b) ![c](d) <https://e.test>\n\n[f]: g\n")
    assert sorted(found) == [("b", False), ("d", True), ("g", False), ("https://e.test", False)]


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "[](a" * 9_999, "![](far)" * 5_000 + "[" * 9_999, "`" * 50_000, "<a " * 20_000]
)
def test_hostile_text_costs_little(text):
    assert rewrite(text, decide)
