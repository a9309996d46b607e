"""Where the links and pictures of an imported text lead from now on."""

import datetime
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.conf import settings

from articles.importing import links
from articles.importing.addresses import host_of, split
from articles.importing.ledger import Ledger
from articles.importing.links import DROP, KEEP, Verdict
from articles.importing.pictures import Pictures
from articles.models import Article


@dataclass
class Text:
    """A text with new addresses; ``unresolved`` are own addresses behind which no item is known (yet)."""

    content: str = ""
    unresolved: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    lost_pictures: list[str] = field(default_factory=list)


class Destinations:
    def __init__(self, ledger: Ledger, pictures: Pictures, base_url: str, now: datetime.datetime) -> None:
        self._ledger = ledger
        self._pictures = pictures
        self._base_url = base_url
        self._now = now
        self._host = host_of(base_url)

    def connect(self, content: str, base: str) -> Text:
        """Gives every address in the text its verdict; ``base`` is the old path of the article."""
        text = Text()

        def decide(url: str, is_picture: bool) -> Verdict:
            try:
                return self._picture(url, base, text) if is_picture else self._link(url, base, text)
            except ValueError:
                return KEEP

        text.content = links.rewrite(content, decide)
        return text

    def place_of(self, article: Article) -> str:
        """Where links to an article lead; blank while it is not public, since a reader would find nothing there."""
        published, expires = article.published_at, article.expires_at
        is_public = published is not None and published <= self._now and (expires is None or expires > self._now)
        return article.get_absolute_url() if is_public else ""

    def absolute(self, url: str, base: str) -> str:
        """The full address of a link in a text; without a host when nobody knows the old site's."""
        try:
            return url if url.startswith("item:") else urljoin(urljoin(self._base_url, base), url)
        except ValueError:
            return url

    def _picture(self, url: str, base: str, text: Text) -> Verdict:
        if url.startswith("data:") or not url:
            return KEEP
        address = url if url.startswith("item:") else self._pictures.absolute(url, base)
        name = self._pictures.name(address)
        if name:
            return links.replace(settings.MEDIA_URL + name)
        text.lost_pictures.append(url)
        scheme = urlsplit(address).scheme
        if scheme == "https":
            return KEEP if address == url else links.replace(quoted(address))
        if scheme == "http":
            return links.as_link(quoted(address))
        return DROP

    def _link(self, url: str, base: str, text: Text) -> Verdict:
        parts = urlsplit(url)
        if not url or url.startswith("#"):
            return KEEP
        if parts.scheme == "item":
            return self._item(url, parts.fragment, text)
        if (parts.scheme and parts.scheme not in {"http", "https"}) or (parts.netloc and host_of(url) != self._host):
            return KEEP
        address = self.absolute(url, base)
        found = self._own(address)
        if found is not None:
            return links.replace(found)
        text.unresolved.append(url)
        if urlsplit(address).netloc:
            return KEEP if address == url else links.replace(quoted(address))
        text.dropped.append(url)
        return DROP

    def _item(self, url: str, fragment: str, text: Text) -> Verdict:
        place, _, _ = url.partition("#")
        article = self._ledger.find("article", unquote(place.removeprefix("item:")))
        address = self._ledger.place(article) if article else None
        if address:
            return links.replace(_with_fragment(address, fragment))
        if name := self._ledger.picture(place):
            return links.replace(settings.MEDIA_URL + name)
        text.unresolved.append(url)
        text.dropped.append(unquote(place.removeprefix("item:")))
        return DROP

    def _own(self, address: str) -> str | None:
        """The new address for one of the old site's."""
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        article = self._ledger.article_at(path) or self._ledger.article_at(parts.path)
        place = self._ledger.place(article) if article else None
        if place:
            return _with_fragment(place, parts.fragment)
        if name := self._pictures.name(address):
            return settings.MEDIA_URL + name
        # The home page of the old site is the home page of this one.
        if parts.path.rstrip("/") == split(self._base_url).path.rstrip("/") and not parts.query:
            return _with_fragment("/", parts.fragment)
        return None


def quoted(address: str) -> str:
    """An address that can stand in Markdown: without blanks and parentheses."""
    return quote(address, safe="%/:=&?~#+!$,;'@*[]")


def _with_fragment(address: str, fragment: str) -> str:
    return quoted(f"{address}#{fragment}" if fragment else address)
