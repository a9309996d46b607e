"""What feed validators ask for, beyond being well-formed: https://validator.w3.org/feed/docs/."""

import email.utils
import re
from datetime import datetime

import feedparser
import pytest
from lxml import etree

pytestmark = pytest.mark.checker

ATOM = "{http://www.w3.org/2005/Atom}"
PLACES = ["/feeds/", "/tags/tides/", "/categories/harbour/", "/series/tables/", "/authors/anna/"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
@pytest.mark.usefixtures("site")
def test_a_feed_reader_has_no_complaint(client, place, name):
    response = client.get(place + name)
    feed = feedparser.parse(response.content, response_headers={"content-type": response["Content-Type"]})
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == ("rss20" if name == "rss.xml" else "atom10")
    assert len({entry.id for entry in feed.entries}) == len(feed.entries) > 1
    assert all(entry.title and entry.link.startswith("http") for entry in feed.entries)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("site")
def test_an_rss_feed_keeps_the_rules(client, place):
    channel = etree.fromstring(client.get(f"{place}rss.xml").content).find("channel")
    for name in ("title", "link", "description", "lastBuildDate"):
        assert len(channel.findall(name)) == 1
    (own,) = channel.findall(f"{ATOM}link[@rel='self']")
    assert own.get("href").endswith(f"{place}rss.xml")
    for item in channel.findall("item"):
        assert email.utils.parsedate_to_datetime(item.findtext("pubDate"))
        assert item.find("guid").get("isPermaLink") == "false"
        # A mail address is what RSS wants there.
        assert item.find("author") is None
        allowed = {"title", "link", "description", "guid", "pubDate", "category"}
        assert {child.tag for child in item if "}" not in child.tag} <= allowed
    _assert_addresses_are_whole(
        [item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") for item in channel.findall("item")]
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("site")
def test_an_atom_feed_keeps_the_rules(client, place):
    feed = etree.fromstring(client.get(f"{place}atom.xml").content)
    for element in [feed, *feed.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1
        assert re.match(r"tag:|https?:", element.findtext(f"{ATOM}id"))
        assert datetime.fromisoformat(element.findtext(f"{ATOM}updated")).tzinfo
    assert len(feed.findall(f"{ATOM}link[@rel='self']")) == 1
    for entry in feed.findall(f"{ATOM}entry"):
        assert entry.findall(f"{ATOM}author")
        assert len(entry.findall(f"{ATOM}link[@rel='alternate']")) == 1
        assert len(entry.findall(f"{ATOM}content")) == 1
        assert len(entry.findall(f"{ATOM}summary")) <= 1
    _assert_addresses_are_whole([entry.findtext(f"{ATOM}content") for entry in feed.findall(f"{ATOM}entry")])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("site")
def test_a_json_feed_keeps_the_rules(client, place):
    feed = client.get(f"{place}feed.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].endswith(f"{place}feed.json")
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert all(datetime.fromisoformat(item[key]).tzinfo for key in ("date_published", "date_modified"))
    _assert_addresses_are_whole([item["content_html"] for item in feed["items"]])


def _assert_addresses_are_whole(texts: list[str]) -> None:
    for text in texts:
        assert not re.search(r"<script|<style|<iframe|\son\w+=", text)
        for address in re.findall(r'(?:href|src)="([^"]*)"', text):
            assert re.match(r"https?://|mailto:", address), address
