import pytest
from django.template import Context, Template
from django.utils.html import conditional_escape

from articles.templatetags.pages import JsonLd, direction, initial, language_tag, locale


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--", "]]>", "&lt;", "\u2028"])
def test_no_value_leaves_its_script_element(text):
    html = conditional_escape(JsonLd({"name": text}))
    inside = html.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028")


def test_json_ld_stands_in_a_template_as_it_is():
    template = Template("{% load pages %}{% json_ld data %}")
    html = template.render(Context({"data": {"name": "“Ebb” & <flow>"}}))
    assert html == '<script type="application/ld+json">{"name": "“Ebb” \\u0026 \\u003cflow\\u003e"}</script>'


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("fa-ir", "rtl"),
        ("he", "rtl"),
        ("az-arab", "rtl"),
        ("ks-latn", "ltr"),
        ("ar-latn", "ltr"),
    ],
)
def test_the_direction_follows_the_script(language, expected):
    assert direction(language) == expected


def test_language_tags_are_written_the_usual_way():
    assert [language_tag(tag) for tag in ("en", "pt-br", "zh-hant-tw", "sr_Latn")] == [
        "en",
        "pt-BR",
        "zh-Hant-TW",
        "sr-Latn",
    ]
    assert locale("pt-br") == "pt_BR"


def test_a_name_has_an_initial_even_when_there_is_none():
    assert [initial(name) for name in ("anna", " Éva", "")] == ["A", "É", ""]
