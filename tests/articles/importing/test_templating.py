import pytest

from articles.importing.templating import Site, Templating


def render(text: str, **options) -> str:
    variables = {"site.repository": "https://x.org/repo", "site.baseurl": "", "page.version": "1.2", "page.title": "T"}
    site = Site(lambda target, kind: f"item:{target}", {"part.md": "Part."}.get, variables, **options)
    return Templating(site).render(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {% raw %}{{ x }}{% endraw %} b", "a `{{ x }}` b"),
        ("`{% raw %}{{ x }}{% endraw %}`", "`{{ x }}`"),
        ("`{{ x }}` and `{% y %}`", "`{{ x }}` and `{% y %}`"),
        ("```\n{{ x }}\n{% y %}\n```", "```\n{{ x }}\n{% y %}\n```"),
        ("a\n\n    {% y %}\n", "a\n\n    {% y %}\n"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}", "\n\n```ruby\nputs 1\n```\n\n"),
        ("{{< highlight go >}}\nx := 1\n{{< /highlight >}}", "\n\n```go\nx := 1\n```\n\n"),
        ("[a]({{ site.baseurl }}/b)", "[a](/b)"),
        ('[a]({{ "/b c/" | url }})', "[a](/b%20c/)"),
        ("[a]({{ site.repository }}/pull/1)", "[a](https://x.org/repo/pull/1)"),
        ("[a]({{ nobody.knows }}/pull/1)", "[a](item:nobody.knows/pull/1)"),
        ("Version {{ page.version }}.", "Version 1.2."),
        ("a {{ nobody.knows }}b", "a b"),
        ("[a]({% post_url 2013-05-06-a %})", "[a](item:2013-05-06-a)"),
        ("[a]({% link _docs/history.md %}#x)", "[a](item:_docs/history.md#x)"),
        ('[a]({{< ref "a.md#x" >}})', "[a](item:a.md#x)"),
        ('[a]({{% relref path="a.md" %}})', "[a](item:a.md)"),
        ('{% image "a/b.png" "A [b]" %}', "![A \\[b\\]](item:a/b.png)"),
        ('{% image_with_class "a.png" "wide" "Sea" %}', "![Sea](item:a.png)"),
        (
            '{{< figure src="https://x.org/a.png" alt="Sea" caption="The sea" >}}',
            '![Sea](https://x.org/a.png "The sea")',
        ),
        ('{% include figure.html,\n image: "/a.jpg", alt: "Sea",\n caption: "C" %}', '![Sea](item:/a.jpg "C")'),
        ("{{< youtube abc123 >}}", "\n\nhttps://www.youtube.com/watch?v=abc123\n\n"),
        ('{{< vimeo id="99" >}}', "\n\nhttps://vimeo.com/99\n\n"),
        ("{{< gist spf13 789 >}}", "\n\nhttps://gist.github.com/spf13/789\n\n"),
        ('{{ youtube(id="abc") }}', "\n\nhttps://www.youtube.com/watch?v=abc\n\n"),
        ("{% for a in b %}{{ a }}{% endfor %}x", "x"),
        ("{% if a %}yes{% else %}no{% endif %}", "yes"),
        ("{% comment %}secret{% endcomment %}x", "x"),
        ("{% include part.md %}", "Part."),
        ("{% include gone.html %}x", "x"),
        ('the {{% term "content file" %}} here', "the content file here"),
        ("{{< unknown >}}\nInner\n{{< /unknown >}}", "\nInner\n"),
        ("Title {#anchor}\n", "Title\n"),
        ("text\n{:.class}\n", "text\n\n"),
        ("> [!NOTE]\n> Mind.", "> **Note**  \n> Mind."),
        ('<div markdown="1">\n**a**\n</div>', "\n\n<div>\n\n\n**a**\n\n</div>\n"),
    ],
)
def test_tags_become_markdown_or_go(text, expected):
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{</* figure */>}}", "`{{< figure >}}`"),
        ("```\n{{</* figure */>}}\n```", "```\n{{< figure >}}\n```"),
        ("Use {{ .Title }} here", "Use `{{ .Title }}` here"),
    ],
)
def test_what_hugo_shows_as_text_stays_text(text, expected):
    assert render(text, has_liquid=False) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{% " * 20_000, "{{" * 20_000, "`" * 50_000, "{{< a " * 10_000,
        "{% raw %}" * 5_000, "```\n" * 9_999,
        "{% else %}" * 9_999, "{% for a in b %}" * 9_999, " " * 50_000, "<div " + " " * 50_000,
        "{# " * 9_999, "{{</*" * 9_999,
    ],
)  # fmt: skip
def test_hostile_text_costs_little(text):
    assert len(render(text)) <= len(text) + 100


def test_what_is_left_out_is_named():
    templating = Templating(Site(lambda target, kind: "", lambda path: None))
    templating.render("{% gallery 12 %}\n{% include ad.html %}")
    assert templating.left_out == ["gallery", "include ad.html"]
