"""RSS 2.0, Atom and JSON Feed 1.1: of the whole site, a tag, a category, a series, an author; with the full texts."""

import datetime
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import feedgenerator
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import conditional_page, require_safe
from lxml import html

from articles.models import Article, Category, Series, Tag
from articles.models.article import ArticleQuerySet
from core.addresses import absolute

LENGTH = 20
# What XML 1.0 cannot hold.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _with_html_summary(item: dict[str, Any]) -> dict[str, Any]:
    """RSS and Atom take the description for HTML; ours is text."""
    return {**item, "description": escape(item["description"])}


class Rss(feedgenerator.Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
                "xmlns:dc": "http://purl.org/dc/elements/1.1/"}  # fmt: skip

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, _with_html_summary(item))
        for name in item["author_names"]:
            handler.addQuickElement("dc:creator", name)
        handler.addQuickElement("content:encoded", item["content"])


class Atom(feedgenerator.Atom1Feed):
    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, _with_html_summary(item))
        for name, address in zip(item["author_names"], item["author_links"], strict=True):
            handler.startElement("author", AttributesImpl({}))
            handler.addQuickElement("name", name)
            handler.addQuickElement("uri", address)
            handler.endElement("author")
        handler.addQuickElement(
            "content", item["content"], {"type": "html", "xml:lang": item["language"], "xml:base": item["link"]}
        )


class Json(feedgenerator.SyndicationFeed):
    """https://www.jsonfeed.org/version/1.1/"""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: Any, encoding: str) -> None:
        channel = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "description": self.feed["description"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "language": self.feed["language"],
            "items": [self._item(item) for item in self.items],
        }
        outfile.write(json.dumps(channel, ensure_ascii=False).encode(encoding))

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        people = zip(item["author_names"], item["author_links"], strict=True)
        entry = {
            "id": item["unique_id"],
            "url": item["link"],
            "title": item["title"],
            "content_html": item["content"],
            "date_published": item["pubdate"].isoformat(),
            "date_modified": item["updateddate"].isoformat(),
            "authors": [{"name": name, "url": address} for name, address in people],
            "tags": list(item["categories"]),
            "language": item["language"],
        }
        if item["description"]:
            entry["summary"] = item["description"]
        if item["image"]:
            entry["image"] = item["image"]
        return entry


FORMATS: dict[str, type[Rss] | type[Atom] | type[Json]] = {"rss.xml": Rss, "atom.xml": Atom, "feed.json": Json}


@dataclass(frozen=True)
class Channel:
    """What a feed is about; ``address`` is the page that shows the same, ``feed`` the feed's own."""

    title: str
    description: str
    address: str
    feed: str


def posts() -> ArticleQuerySet:
    return Article.objects.published().posts()


@require_safe
@conditional_page
def site_feed(request: HttpRequest, name: str) -> HttpResponse:
    channel = Channel(settings.SITE_NAME, settings.SITE_DESCRIPTION, "/", reverse("articles:feed", args=[name]))
    return answer(channel, posts(), name)


@require_safe
@conditional_page
def tag_feed(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    tag = get_object_or_404(Tag, slug=slug)
    return answer(_channel(tag, "articles:tag_feed", name), posts().filter(tags=tag), name)


@require_safe
@conditional_page
def category_feed(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    category = get_object_or_404(Category, slug=slug)
    return answer(_channel(category, "articles:category_feed", name), posts().in_category(category), name)


@require_safe
@conditional_page
def series_feed(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    series = get_object_or_404(Series, slug=slug)
    return answer(_channel(series, "articles:series_feed", name), posts().filter(series=series), name)


@require_safe
@conditional_page
def author_feed(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    author = get_object_or_404(get_user_model(), slug=slug)
    written = posts().written_by(author)
    if not written.exists():
        raise Http404("This author has published nothing.")
    address = reverse("articles:author_feed", args=[author.slug, name])
    title = f"{author.name} · {settings.SITE_NAME}"
    return answer(Channel(title, author.bio, author.get_absolute_url(), address), written, name)


def _channel(term: Tag | Category | Series, feed: str, name: str) -> Channel:
    title = f"{term.name} · {settings.SITE_NAME}"
    return Channel(title, term.description, term.get_absolute_url(), reverse(feed, args=[term.slug, name]))


def answer(channel: Channel, articles: ArticleQuerySet, name: str) -> HttpResponse:
    """The newest of the articles as a feed of the named format."""
    newest = list(articles.for_page().newest_first()[:LENGTH])
    feed = FORMATS[name](
        title=_clean(channel.title),
        link=absolute(channel.address),
        description=_clean(channel.description) or _clean(channel.title),
        language=settings.LANGUAGE_CODE,
        feed_url=absolute(channel.feed),
        feed_guid=_identity("feed", channel.address),
    )
    for article in newest:
        feed.add_item(**_item(article))
    response = HttpResponse(content_type=feed.content_type)
    # An empty feed has no latest change; with the current time it would differ at each request.
    changed = max((_changed(article) for article in newest), default=None)
    feed.latest_post_date = lambda: changed or datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)  # type: ignore[method-assign]
    if changed:
        response["Last-Modified"] = http_date(changed.timestamp())
    feed.write(response, "utf-8")
    return response


def _item(article: Article) -> dict[str, Any]:
    address = absolute(article.get_absolute_url())
    return {
        "title": _clean(article.title),
        "link": address,
        "description": _clean(article.description),
        "content": absolute_links(_clean(article.content_html), address),
        "unique_id": _identity("article", str(article.pk), article.created_at.date()),
        "unique_id_is_permalink": False,
        "pubdate": article.published_at,
        "updateddate": _changed(article),
        "categories": [_clean(term.name) for term in (article.category, *article.tags.all()) if term],
        "author_names": [_clean(author.name) for author in article.authors],
        "author_links": [absolute(author.get_absolute_url()) for author in article.authors],
        "language": article.language,
        "image": absolute(article.cover.file.url) if article.cover and article.cover.file else "",
    }


def _changed(article: Article) -> datetime.datetime:
    """When readers last saw it change: what was written before its time appeared at its time."""
    return max(article.updated_at, article.published_at or article.updated_at)


def _identity(kind: str, key: str, since: datetime.date = datetime.date(2000, 1, 1)) -> str:
    """A tag URI (RFC 4151), which stays when titles, addresses and http(s) change."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{since.isoformat()}:{kind}:{key}"


def _clean(text: str) -> str:
    return NOT_IN_XML.sub("", text)


def absolute_links(content: str, address: str) -> str:
    """The HTML with every address complete, since a reader's program shows it elsewhere."""
    if not content.strip():
        return ""
    root = html.fragment_fromstring(content, create_parent="div")
    for element in root.iter():
        for name in ("href", "src"):
            if (value := element.get(name)) is not None:
                element.set(name, f"{address}{value}" if value.startswith("#") else absolute(value))
        if (candidates := element.get("srcset")) is not None:
            element.set("srcset", ", ".join(absolute(candidate.strip()) for candidate in candidates.split(",")))
    whole = html.tostring(root, encoding="unicode")
    return whole.removeprefix("<div>").removesuffix("</div>")
