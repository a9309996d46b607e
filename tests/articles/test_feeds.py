import datetime
import json
import subprocess
import sys

import feedparser
import pytest
from django.utils import timezone
from lxml import etree

from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db

NAMES = ["rss.xml", "atom.xml", "feed.json"]
PLACES = ["/feeds/", "/tags/tides/", "/categories/harbour/", "/series/tables/", "/authors/anna/"]
TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def article():
    return ArticleFactory(
        title="Ebb & <b>flow</b>",
        summary="What comes in",
        content="A [link](/articles/other/), a note[^1] and ![a boat](/media/images/aa/b.jpg).\n\n[^1]: Here.",
        author=UserFactory(name="Anna"),
        tags=[TagFactory(name="Tides")],
        category=CategoryFactory(name="Harbour"),
        series=SeriesFactory(name="Tables"),
        published_at=datetime.datetime(2026, 3, 4, 5, tzinfo=datetime.UTC),
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("article")
def test_a_feed_shows_what_is_published_with_its_whole_text(client, place, name):
    ArticleFactory(title="Draft")
    ArticleFactory(title="Scheduled", scheduled=True)
    response = client.get(place + name)
    assert response["Content-Type"] == TYPES[name]
    if name == "feed.json":
        (item,) = json.loads(response.content)["items"]
        title, body = item["title"], item["content_html"]
    else:
        feed = feedparser.parse(response.content)
        assert not feed.bozo
        (entry,) = feed.entries
        title, body = entry.title, entry.content[0].value
    assert "flow" in title
    assert "http://127.0.0.1:8000/articles/other/" in body
    assert "http://127.0.0.1:8000/media/images/aa/b.jpg" in body
    assert "http://127.0.0.1:8000/articles/ebb-b-flow-b/#" in body


def test_an_entry_keeps_its_identity_when_title_and_address_change(client, article):
    def identities():
        return (
            feedparser.parse(client.get("/feeds/rss.xml").content).entries[0].id,
            feedparser.parse(client.get("/feeds/atom.xml").content).entries[0].id,
            client.get("/feeds/feed.json").json()["items"][0]["id"],
        )

    before = identities()
    article.title, article.slug = "Other", "other"
    article.save()
    assert identities() == before
    assert len(set(before)) == 1


def test_an_entry_was_updated_when_it_appeared_or_changed(client, article):
    entry = feedparser.parse(client.get("/feeds/atom.xml").content).entries[0]
    assert entry.published == "2026-03-04T05:00:00+00:00"
    assert datetime.datetime.fromisoformat(entry.updated) == article.updated_at
    assert (entry.author, entry.link) == ("Anna", "http://127.0.0.1:8000/articles/ebb-b-flow-b/")


def test_a_summary_is_text_for_programs_that_expect_html(client, article):
    type(article).objects.update(summary="1 < 2 & <b>3</b>")
    for name in ("rss.xml", "atom.xml"):
        assert (
            feedparser.parse(client.get(f"/feeds/{name}").content).entries[0].summary
            == "1 &lt; 2 &amp; &lt;b&gt;3&lt;/b&gt;"
        )
    assert client.get("/feeds/feed.json").json()["items"][0]["summary"] == "1 < 2 & <b>3</b>"


def test_an_rss_channel_says_what_and_where_it_is(client, article):
    channel = feedparser.parse(client.get("/tags/tides/rss.xml").content).feed
    assert (channel.title, channel.link) == ("Tides · Broadsheet", "http://127.0.0.1:8000/tags/tides/")
    assert {"rel": "self", "href": "http://127.0.0.1:8000/tags/tides/rss.xml"}.items() <= channel.links[-1].items()
    assert datetime.datetime(*channel.updated_parsed[:6], tzinfo=datetime.UTC) == article.updated_at.replace(
        microsecond=0
    )


def test_several_authors_are_all_named(client, article):
    article.coauthorship.create(user=UserFactory(name="Omar"))
    names = ["Anna", "Omar"]
    assert [person["name"] for person in client.get("/feeds/feed.json").json()["items"][0]["authors"]] == names
    entry = etree.fromstring(client.get("/feeds/atom.xml").content).find(f"{ATOM}entry")
    assert [person.findtext(f"{ATOM}name") for person in entry.findall(f"{ATOM}author")] == names


def test_a_feed_changes_when_a_scheduled_article_appears(client, article):
    before = client.get("/feeds/rss.xml")
    type(article).objects.update(published_at=timezone.now(), updated_at=timezone.now() - datetime.timedelta(days=2))
    after = client.get("/feeds/rss.xml", headers={"If-Modified-Since": "Wed, 04 Mar 2026 06:00:00 GMT"})
    assert after.status_code == 200
    assert before["ETag"] != after["ETag"]


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_feed_is_a_feed_and_stays_the_same(client, name):
    first, second = client.get(f"/feeds/{name}"), client.get(f"/feeds/{name}")
    assert first.status_code == 200
    assert first["ETag"] == second["ETag"]


@pytest.mark.parametrize("name", NAMES)
def test_control_characters_and_empty_texts_break_no_feed(client, article, name):
    type(article).objects.update(title="Bell\x07", content_html="", summary="\x0b\ufffe")
    response = client.get(f"/feeds/{name}")
    assert response.status_code == 200
    assert name == "feed.json" or etree.fromstring(response.content) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_takes_the_same_queries_at_any_length(client, article, name, django_assert_num_queries):
    for _ in range(25):
        ArticleFactory(published=True, author=article.author, tags=article.tags.all())
    with django_assert_num_queries(3):
        response = client.get(f"/feeds/{name}")
    if name == "feed.json":
        assert len(response.json()["items"]) == 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/feed/", "rss.xml"),
        ("/feed", "rss.xml"),
        ("/feeds/", "rss.xml"),
        ("/rss.xml", "rss.xml"),
        ("/atom.xml", "atom.xml"),
    ],
)
def test_usual_addresses_lead_to_the_feed(client, old, new):
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (301, f"/feeds/{new}")


@pytest.mark.parametrize("address", ["/feeds/other.xml", "/tags/none/rss.xml", "/authors/none/atom.xml"])
def test_there_is_no_feed_of_what_does_not_exist(client, address):
    assert client.get(address).status_code == 404


def test_who_has_published_nothing_has_no_feed(client, author):
    assert client.get(f"{author.get_absolute_url()}rss.xml").status_code == 404


@pytest.mark.parametrize("place", ["/", "/tags/tides/", "/categories/harbour/", "/series/tables/", "/authors/anna/"])
@pytest.mark.usefixtures("article")
def test_a_page_names_its_feeds(client, place):
    page = client.get(place).content.decode()
    for name in NAMES:
        assert f'href="{"/feeds/" if place == "/" else place}{name}"' in page


@pytest.mark.shared_data
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("article")
def test_the_json_feed_keeps_to_its_schema(client, place, shared_data, tmp_path):
    (tmp_path / "feed.json").write_bytes(client.get(f"{place}feed.json").content)
    validator = [sys.executable, shared_data / "schemas" / "validate_offline.py", "jsonfeed", tmp_path / "feed.json"]
    result = subprocess.run(validator, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "valid", result.stdout + result.stderr
