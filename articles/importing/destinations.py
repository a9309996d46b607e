"""Where the links and pictures of an imported text lead from now on."""

import datetime
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.conf import settings

from articles.importing import links
from articles.importing.ledger import Ledger
from articles.importing.links import DROP, KEEP, Verdict
from articles.importing.pictures import Pictures


@dataclass
class Text:
    """A text with new addresses; ``unresolved`` are own addresses behind which no item is known (yet)."""

    content: str = ""
    unresolved: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    lost_pictures: list[str] = field(default_factory=list)


class Destinations:
    def __init__(self, ledger: Ledger, pictures: Pictures, base_url: str) -> None:
        self._ledger = ledger
        self._pictures = pictures
        self._base_url = base_url
        self._host = _host(base_url)

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
        if (parts.scheme and parts.scheme not in {"http", "https"}) or (parts.netloc and _host(url) != self._host):
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
        if parts.path.rstrip("/") == urlsplit(self._base_url).path.rstrip("/") and not parts.query:
            return _with_fragment("/", parts.fragment)
        return None


def is_public(
    published_at: datetime.datetime | None, expires_at: datetime.datetime | None, now: datetime.datetime
) -> bool:
    return published_at is not None and published_at <= now and (expires_at is None or expires_at > now)


def quoted(address: str) -> str:
    """An address that can stand in Markdown: without blanks and parentheses."""
    return quote(address, safe="%/:=&?~#+!$,;'@*[]")


def _with_fragment(address: str, fragment: str) -> str:
    return quoted(f"{address}#{fragment}" if fragment else address)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
