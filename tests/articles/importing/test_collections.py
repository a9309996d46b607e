"""Real exports and real folders, imported whole: what arrives, what a reader then finds, and that it happens once."""

import json
import re
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from lxml import html as lxml_html

from articles.errors import ImportRefused
from articles.importing.importer import Importer
from articles.importing.sources import open_source
from articles.models import Article
from core import http
from tests.conftest import SHARED_DATA

pytestmark = [pytest.mark.django_db, pytest.mark.shared_data]

COUNTS = json.loads((SHARED_DATA / "wxr/COUNTS.json").read_text()) if SHARED_DATA.is_dir() else {}
REFUSED = {"importer/invalid-version-tag.xml", "importer/malformed.xml", "importer/missing-version-tag.xml"}
FOLDERS = ["18f-posts", "hugo-docs", "jekyll-posts", "opensource-guide-i18n", "python-frontmatter-tests", "rust-blog"]
# Where a template tag or a shortcode begins; code is looked at by nobody but programmers, who want to see it.
DEBRIS = re.compile(r"\{%|\{\{[<%]|<!-- /?wp:|\[/?(caption|gallery|embed|audio|video|playlist|vc_|et_pb_)[ \]]")


class Site:
    """Walks over the imported pages, asking each address once."""

    def __init__(self, client):
        self.client = client
        self.pages = {}

    def get(self, path):
        if path not in self.pages:
            self.pages[path] = self.client.get(path, follow=True)
        return self.pages[path]

    def faults_of(self, article):
        address = article.get_absolute_url()
        response = self.get(address)
        if response.status_code != 200:
            yield f"{address} answers {response.status_code}"
            return
        if "<script" in article.content_html.lower():
            yield f"{address} has a script"
        root = lxml_html.fromstring(response.content)
        for code in root.xpath("//pre | //code"):
            code.drop_tree()
        if found := DEBRIS.search(root.xpath("string(//main)")):
            yield f"{address} shows {found[0]}"
        yield from self.broken_links(address, lxml_html.fromstring(response.content))

    def broken_links(self, address, root):
        ids = set(root.xpath("//@id"))
        for link in root.xpath("//article//a/@href"):
            target, fragment = urldefrag(urljoin(address, link))
            parts = urlsplit(target)
            if parts.netloc or parts.scheme:
                continue
            if target == address:
                if fragment and unquote(fragment) not in ids:
                    yield f"{address} has no #{fragment}"
            elif self.get(target).status_code != 200:
                yield f"{address} links to {link}, which answers {self.get(target).status_code}"


def nobody_answers(host, port):
    raise OSError("these tests ask no other machine")


def run(path):
    with open_source(path) as reader:
        return Importer(reader, policy=http.Policy(resolver=nobody_answers)).run().as_json()


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_an_export_arrives_as_counted(shared_data, name):
    counts = COUNTS[name]
    if name in REFUSED:
        with pytest.raises(ImportRefused):
            run(shared_data / "wxr" / name)
        assert not Article.objects.exists()
        return
    report = run(shared_data / "wxr" / name)
    for kind, type_ in (("articles", "post"), ("pages", "page")):
        assert report[kind]["created"] == counts["by_type"].get(type_, 0), kind
    assert report["categories"]["created"] >= counts["categories"]
    assert sum(report["comments"].values()) == counts["comments"]


@pytest.mark.parametrize("name", [*sorted(set(COUNTS) - REFUSED), *FOLDERS])
def test_readers_find_every_page_whole_and_a_second_run_changes_nothing(shared_data, client, name):
    path = shared_data / ("wxr" if name.endswith(".xml") else "markdown") / name
    run(path)
    site = Site(client)
    faults = [fault for article in Article.objects.published() for fault in site.faults_of(article)]
    assert not faults, "\n".join(faults)
    before = list(Article.objects.order_by("pk").values_list("pk", "version", "content"))
    again = run(path)
    assert {kind: (n["created"], n["updated"]) for kind, n in again.items() if isinstance(n, dict)} == {
        kind: (0, 0) for kind, n in again.items() if isinstance(n, dict)
    }
    assert list(Article.objects.order_by("pk").values_list("pk", "version", "content")) == before
