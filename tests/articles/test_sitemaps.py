import datetime
import subprocess
import sys

import pytest
from lxml import etree

from articles import sitemaps
from articles.models import Image
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db

NAMESPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}
HOST = "http://127.0.0.1:8000"


def addresses(response, path="//s:loc"):
    return [address.text for address in etree.fromstring(response.content).findall(f".{path}", NAMESPACES)]


@pytest.fixture
def article():
    return ArticleFactory(
        title="Ebb",
        published=True,
        author=UserFactory(name="Anna"),
        tags=[TagFactory(name="Tides")],
        category=CategoryFactory(name="Harbour"),
        series=SeriesFactory(name="Tables"),
    )


@pytest.mark.usefixtures("article")
def test_the_index_names_every_section_that_has_something(client):
    ArticleFactory(page=True, title="About", published=True)
    index = addresses(client.get("/sitemap.xml"))
    assert index == [f"{HOST}/sitemap-{section}-1.xml" for section in sitemaps.SECTIONS]
    listed = [address for part in index for address in addresses(client.get(part.removeprefix(HOST)))]
    paths = ["articles/ebb/", "about/", "tags/tides/", "categories/harbour/", "series/tables/", "authors/anna/"]
    assert listed == [f"{HOST}/{path}" for path in paths]


def test_only_what_is_public_and_at_home_here_is_listed(client):
    tag = TagFactory()
    for state in (
        {},
        {"scheduled": True},
        {"expired": True},
        {"published": True, "canonical_url": "https://example.org/x"},
    ):
        ArticleFactory(title="Hidden", tags=[tag], **state)
    here = ArticleFactory(title="Here", published=True, canonical_url=f"{HOST}/articles/here/")
    assert addresses(client.get("/sitemap-articles-1.xml")) == [HOST + here.get_absolute_url()]


def test_a_tag_that_only_drafts_have_is_not_listed(client):
    ArticleFactory(tags=[TagFactory()])
    assert addresses(client.get("/sitemap.xml")) == []
    assert client.get("/sitemap-tags-1.xml").status_code == 404


def test_a_co_author_is_listed(client, article):
    article.coauthorship.create(user=UserFactory(name="Omar"))
    assert f"{HOST}/authors/omar/" in addresses(client.get("/sitemap-authors-1.xml"))


def test_an_entry_says_when_it_changed_and_shows_its_cover(client, article):
    article.cover = Image.objects.create(sha256="a", name="images/a.jpg", file="images/a.jpg", width=4, height=3)
    article.save()
    response = client.get("/sitemap-articles-1.xml")
    changed = etree.fromstring(response.content).findtext(".//s:lastmod", namespaces=NAMESPACES)
    assert datetime.datetime.fromisoformat(changed) == article.updated_at.replace(microsecond=0)
    assert addresses(response, "//image:loc") == [f"{HOST}/media/images/a.jpg"]


def test_long_sections_are_cut(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "PAGE_SIZE", 2)
    author = UserFactory()
    for _ in range(5):
        ArticleFactory(published=True, author=author)
    index = [address for address in addresses(client.get("/sitemap.xml")) if "articles" in address]
    assert len(index) == 3
    listed = [address for part in index for address in addresses(client.get(part.removeprefix(HOST)))]
    assert len(set(listed)) == 5


@pytest.mark.parametrize(
    "address", ["/sitemap-nothing-1.xml", "/sitemap-articles-0.xml", f"/sitemap-articles-{'9' * 30}.xml"]
)
def test_parts_that_do_not_exist_are_not_found(client, address):
    assert client.get(address).status_code == 404


def test_robots_are_told_where_the_sitemap_is(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {HOST}/sitemap.xml" in response.content.decode().splitlines()


@pytest.mark.shared_data
@pytest.mark.parametrize("section", sitemaps.SECTIONS)
def test_a_section_keeps_to_the_schema(client, article, section, shared_data, tmp_path):
    ArticleFactory(page=True, title="About", published=True)
    (tmp_path / "sitemap.xml").write_bytes(client.get(f"/sitemap-{section}-1.xml").content)
    validator = [sys.executable, shared_data / "schemas" / "validate_offline.py", "sitemap", tmp_path / "sitemap.xml"]
    result = subprocess.run(validator, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "valid", result.stdout + result.stderr
