"""Reads the export of a WordPress site."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from articles.importing.addresses import site_place
from articles.importing.attachments import Attachment
from articles.importing.items import Item, SkippedItem
from articles.importing.wordpress_fields import is_media, kind_of
from articles.importing.wordpress_posts import Post
from articles.importing.wordpress_site import Site
from articles.importing.wxr import MisplacedEnd, Record, WxrFile

_DESIGN = (
    "wp_global_styles", "wp_template", "wp_template_part", "wp_font_family", "wp_font_face", "custom_css",
    "customize_changeset",
)  # fmt: skip
# Kinds of posts that are the site's machinery; they are counted, not listed.
_MACHINERY = {
    "nav_menu_item": "Menus are not taken over.",
    "wp_navigation": "Menus are not taken over.",
    "revision": "Earlier revisions are not taken over.",
    **dict.fromkeys(_DESIGN, "The design of the old site is not taken over."),
    **dict.fromkeys(("oembed_cache", "user_request", "acf-field", "acf-field-group"), "It is no content."),
    "wp_block": "Reusable blocks are put into the posts that use them.",
}  # fmt: skip
_PRIVATE_HOST = re.compile(r"(?:localhost|[\d.]+|[^/]+\.(?:local|localhost|test|internal|invalid))?(?:/|\Z)")


class WordPressExport:
    """A WXR file. It is read twice: first to check it and to learn what its items refer to, then item by item.

    Raises ImportRefused when it is malformed, cut off, hostile, or of an unknown version.
    """

    def __init__(self, path: Path, *, base_url: str = "") -> None:
        self._file = WxrFile(path)
        try:
            self._survey()
        except MisplacedEnd:
            self._file.repair_cdata()
            self._survey()
        self.base_url = self._site.url or base_url
        self.name = f"wordpress:{self._identity() or path.name}"
        declared = len(self._site.authors) + len(self._site.terms) + len(self._site.library)
        self.total = declared + len(self._machinery) + self._posts + self._comments

    def _identity(self) -> str:
        """The site's address; where that says nothing, as on somebody's own machine, with its title."""
        place = site_place(self.base_url)
        return f"{place} {self._site.title}".strip() if _PRIVATE_HOST.match(place) else place

    def items(self) -> Iterator[Item]:
        yield from self._site.authors.values()
        yield from self._site.ordered_terms()
        for attachment in self._site.library:
            yield attachment.item() if attachment.is_image else _no_image(attachment)
        for kind, number in self._machinery.items():
            yield SkippedItem(kind, f"{number} × {kind}", _MACHINERY[kind])
        seen: set[str] = set()
        for record in self._file.records():
            if record.name == "item" and not is_media(record) and kind_of(record) not in _MACHINERY:
                yield from Post(record, self._site, seen).items()

    def _survey(self) -> None:
        """The first reading, to the very end."""
        self._site = Site()
        self._machinery: Counter[str] = Counter()
        self._posts = self._comments = 0
        for record in self._file.records():
            self._learn(record)
        self._site.complete()

    def _learn(self, record: Record) -> None:
        if record.name != "item":
            self._site.learn(record)
            return
        if is_media(record):
            self._site.learn_attachment(record)
        elif (kind := kind_of(record)) in _MACHINERY:
            self._machinery[kind] += 1
            self._site.learn_reusable(record)
        else:
            self._posts += 1
            self._comments += len(record.comments)
            self._site.learn_post(record)


def _no_image(attachment: Attachment) -> SkippedItem:
    name = attachment.extension.upper()[:10] or "unknown"
    return SkippedItem(
        "image",
        attachment.url,
        f"Only pictures are taken over, and this is a {name} file. Links to it lead to the old site.",
    )
