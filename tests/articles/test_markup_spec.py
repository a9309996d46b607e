"""The parser against the examples of the CommonMark and GFM specifications, before anything is sanitised."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from markdown_it.common.normalize_url import normalizeLink

from articles import markup

pytestmark = pytest.mark.shared_data

# The tag filter is subsumed by the sanitiser, which drops what it only escapes; footnotes are not in GFM's
# specification and have HTML of their own here; one example only asks that nothing crashes.
ELSEWHERE = re.compile(r"Disallowed Raw HTML|HTML tag filter|Footnotes")


class Normal(HTMLParser):
    """Tags, sorted attributes and text; what only looks different in source is equal."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[object] = []

    def handle_starttag(self, tag, attrs):
        self.parts.append((tag, sorted(filter(None, (self.attribute(*pair) for pair in attrs)))))

    def attribute(self, name, value):
        if name == "style" and value.startswith("text-align:"):
            return ("align", value.removeprefix("text-align:"))
        if name == "href":
            return (name, normalizeLink(unquote(value)))
        return None if name == "class" and "task-list" in value else (name, value or "")

    def handle_endtag(self, tag):
        if tag not in ("input", "br", "hr", "img"):
            self.parts.append(("/", tag))

    def handle_data(self, data):
        if data.strip("\n"):
            self.parts.append(data.strip("\n"))


def normal(html):
    parser = Normal()
    parser.feed(html)
    parser.close()
    return parser.parts


def test_every_example_of_commonmark_renders_as_specified(shared_data):
    examples = json.loads((shared_data / "markdown-spec" / "commonmark.json").read_text(encoding="utf-8"))
    core = markup.parser(extensions=())
    wrong = [example["example"] for example in examples if core.render(example["markdown"]) != example["html"]]
    assert len(examples) > 640
    assert wrong == []


@pytest.mark.parametrize("name", ["gfm.json", "gfm-extensions.json"])
def test_every_example_of_a_gfm_extension_renders_as_specified(shared_data, name):
    examples = json.loads((shared_data / "markdown-spec" / name).read_text(encoding="utf-8"))
    gfm = markup.parser(extensions=markup.GFM)
    ours = [e for e in examples if name != "gfm.json" or e["section"].endswith("(extension)")]
    ours = [e for e in ours if not ELSEWHERE.search(e["section"])]
    results = [(e, gfm.render(e["markdown"])) for e in ours]
    wrong = [e["example"] for e, html in results if e["html"] != "<IGNORE>\n" and normal(html) != normal(e["html"])]
    assert len(ours) > 20
    assert wrong == []
