"""The media library of a WordPress site, as far as its export tells: which file an address means."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin

from articles.importing.addresses import exact_address, host_of, split, unsized_address
from articles.importing.items import ImageItem

IMAGE_TYPES = {"jpg", "jpeg", "jpe", "png", "gif", "webp", "avif", "bmp", "tif", "tiff"}
_DATED = re.compile(r"\d{4}/\d{2}/[^/]+$")
_PHOTON = re.compile(r"^(?:https?:)?//i\d\.wp\.com/")


class Attachment(NamedTuple):
    """An upload; ``page`` is where WordPress showed it by itself."""

    id: int
    url: str
    title: str
    alt: str = ""
    caption: str = ""
    parent: int = 0
    order: int = 0
    aliases: tuple[str, ...] = ()
    page: str = ""

    @property
    def extension(self) -> str:
        return split(self.url).path.rpartition(".")[2].lower()

    @property
    def is_image(self) -> bool:
        return self.extension in IMAGE_TYPES

    def item(self) -> ImageItem:
        return ImageItem(self.url, url=self.url, alt=self.alt, caption=self.caption, aliases=self.aliases)


class Library:
    """All attachments of one export."""

    def __init__(self) -> None:
        self._by_id: dict[int, Attachment] = {}
        self._by_address: dict[str, int] = {}
        self._by_date: dict[str, int | None] = {}
        self._by_parent: dict[int, list[int]] = defaultdict(list)
        self._hosts: set[str] = set()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Attachment]:
        return iter(self._by_id.values())

    def know_host(self, url: str) -> None:
        """Notes a host under which the site has been; the same dated path means the same file on each of them."""
        if name := host_of(url):
            self._hosts.add(name)

    def add(self, attachment: Attachment) -> None:
        self._by_id[attachment.id] = attachment
        self.know_host(attachment.url)
        for url in (attachment.url, *attachment.aliases):
            # An upload may itself be called photo-300x200.jpg, so the exact address counts before the one without size.
            self._by_address[exact_address(url)] = attachment.id
            address = unsized_address(url)
            self._by_address.setdefault(address, attachment.id)
            for place in {exact_address(url), address}:
                if dated := _DATED.search(place):
                    same = self._by_date.setdefault(dated[0], attachment.id)
                    if same != attachment.id:
                        self._by_date[dated[0]] = None
        if attachment.page:
            self._by_address.setdefault(exact_address(attachment.page), attachment.id)
        if attachment.parent:
            self._by_parent[attachment.parent].append(attachment.id)

    def get(self, number: int | str | None) -> Attachment | None:
        return self._by_id.get(int(number)) if number and str(number).isdecimal() else None

    def of_post(self, post: int) -> list[Attachment]:
        """The pictures that were uploaded to a post, in their order."""
        found = [self._by_id[number] for number in self._by_parent.get(post, ())]
        return sorted((a for a in found if a.is_image), key=lambda a: (a.order, a.id))

    def find(self, url: str) -> Attachment | None:
        """The attachment behind an address, whatever size of it and whatever host of the site is meant."""
        url = _PHOTON.sub("//", url)
        addresses = [exact_address(url), unsized_address(url)]
        numbers = [self._by_address.get(address) for address in addresses]
        if not host_of(url) or host_of(url) in self._hosts:
            numbers += [self._by_date.get(dated[0]) for place in addresses if (dated := _DATED.search(place))]
        return next((self._by_id[number] for number in numbers if number is not None), None)


def aliases(url: str, guid: str, metadata: str) -> tuple[str, ...]:
    """Other addresses of the same picture; ``metadata`` is what PHP has serialised about its sizes."""
    names = re.findall(r's:\d+:"original_image";s:\d+:"([^"]{1,255})"', metadata[:100_000])
    others = [urljoin(url, quote(unquote(name))) for name in names]
    if re.match(r"https?://", guid) and split(guid).path.rpartition(".")[2].lower() in IMAGE_TYPES:
        others.append(guid)
    known = unsized_address(url)
    return tuple(dict.fromkeys(other for other in others if unsized_address(other) != known))
