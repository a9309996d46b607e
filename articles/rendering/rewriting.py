"""From what Markdown gives to what a page shows: headings, anchors, pictures, tables, cards.

It works on HTML that :func:`articles.rendering.sanitising.normalise` has made well-formed, in which every
attribute stands in double quotes. What comes out is sanitised again, so that an oversight here is ugly and not
dangerous.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import quote, unquote

from articles.rendering import embeds
from core.slugs import slugify

ATTRIBUTES = r'(?: [^\s=">]+="[^"]*")*'
ATTRIBUTE = re.compile(r' ([^\s=">]+)="([^"]*)"')
TAG = re.compile(rf"</?[a-z][a-z0-9]*{ATTRIBUTES}>")
IMAGE = rf"<img{ATTRIBUTES}>"
LINKED_IMAGE = rf"(?:<a{ATTRIBUTES}>\s*)?{IMAGE}(?:\s*</a>)?"
IMAGES = re.compile(rf"<p>\s*((?:{LINKED_IMAGE}(?:\s|<br>)*)+)</p>|{IMAGE}")
EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;)*</p>\n?")
FRAME = re.compile(rf"(?:<p>\s*)?<iframe({ATTRIBUTES})>[^<]*</iframe>(?:\s*</p>)?")
LONE_LINK = re.compile(rf"<p><a({ATTRIBUTES})>([^<]*)</a></p>")
LINK = re.compile(rf"<a({ATTRIBUTES})>")
HEADING_OR_ID = re.compile(
    rf"<h([1-6])({ATTRIBUTES})>(.*?)</h\1>|"
    rf'<([a-z][a-z0-9]*)((?: [^\s=">]+="[^"]*")*? (?:id|name)="[^"]*"{ATTRIBUTES})>|'
    rf"<dt>(?=(.*?)</dt>)",
    re.DOTALL,
)
# `## Tides {#tides}`, as Hugo, Pandoc and Jekyll write it.
WRITTEN_ID = re.compile(r"\{:?\s*#([\w-]+)\s*\}\s*$")
TABLE = re.compile(rf"<(/?)table{ATTRIBUTES}>")
INPUT = re.compile(rf'(<li class="task-list-item">(?:\s*<p>)?)?<input({ATTRIBUTES})>')
MEDIA = re.compile(rf"<(video|audio|source|track)({ATTRIBUTES})>")
FOOTNOTE_ID = re.compile(r"footnote-(?:ref-)?\d+(?:-\d+)?")
OWN_ID = re.compile(r' (?:id|name)="((?!footnote-)[^"]*)"')
FOOTNOTE_REFERENCE = re.compile(r'<sup class="footnote-ref">.*?</sup>')

# Ids of the text begin with this, so that they meet neither ids of the page around it nor names of its scripts.
ID_PREFIX = "s-"
# How wide a picture stands on the page, from the style sheet: as the text is, or wider where its class says so.
SIZES = "(min-width: 40rem) 36rem, 92vw"
WIDE_SIZES = "(min-width: 68rem) 62rem, 92vw"
# An address that leads nowhere: its host is empty, or a part of its host is.
NOWHERE = re.compile(r"(?:https?:)?//(?:[/?#]|$|[^/?#]*\.\.)", re.IGNORECASE)
KEPT_RELATIONS = ("nofollow", "sponsored", "ugc", "me")


@dataclass(frozen=True)
class Picture:
    """An image as pages show it: ``sources`` are pairs of MIME type and srcset, best format first."""

    src: str
    width: int
    height: int
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ImageUse:
    src: str
    alt: str


def attributes(source: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(source)}


def tag(name: str, values: Mapping[str, str | int | None]) -> str:
    return f"<{name}" + "".join(f' {key}="{escape(str(v))}"' for key, v in values.items() if v is not None) + ">"


def plain(html: str) -> str:
    """The text of a passage on one line, without marks of footnotes."""
    return " ".join(unescape(TAG.sub("", FOOTNOTE_REFERENCE.sub("", html))).split())


def encoded(address: str) -> str:
    """The address with what may not stand in one percent-encoded, as a browser would."""
    address = re.sub(r'[\s"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})', lambda match: quote(match[0]), address.strip())
    head, mark, fragment = address.partition("#")
    return head + mark + fragment.replace("#", "%23")


def https(address: str) -> str:
    """Pictures and films of others come encrypted or not at all."""
    return re.sub(r"^(?:http:)?//", "https://", encoded(address), flags=re.IGNORECASE)


def letters(name: str) -> str:
    """What every program keeps of a heading in its anchor: letters and digits, without case and accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name).casefold()))


class Rewriting:
    """One text on its way; ``toc`` and ``images`` are what was met. ``pictures`` are keyed by the image's name."""

    def __init__(self, pictures: Mapping[str, Picture], media_url: str) -> None:
        self.pictures = pictures
        self.media_url = media_url
        self.toc: list[dict[str, str | int]] = []
        self.images: list[ImageUse] = []
        self._ids: set[str] = set()
        self._numbers: dict[str, int] = {}
        # Filled at the first link that needs it: links are rewritten when all ids are known.
        self._alike: dict[str, str] = {}
        self._outline: list[int] = []
        self._tables = 0
        self._table_depth = 0

    def rewrite(self, html: str) -> str:
        html = MEDIA.sub(self._media, html)
        html = FRAME.sub(self._frame, html)
        html = LONE_LINK.sub(self._lone_link, html)
        html = IMAGES.sub(self._image_or_images, html)
        html = HEADING_OR_ID.sub(self._heading_or_id, html)
        html = LINK.sub(self._link, html)
        html = TABLE.sub(self._table, html)
        html = INPUT.sub(self._input, html)
        return EMPTY_PARAGRAPH.sub("", html)

    def _frame(self, match: re.Match[str]) -> str:
        values = attributes(match[1])
        address = re.sub(r"^//", "https://", encoded(values.get("src", "")))
        return embeds.frame_card(address, values.get("title", ""))

    def _lone_link(self, match: re.Match[str]) -> str:
        address = attributes(match[1]).get("href", "")
        text = unescape(match[2]).strip()
        return embeds.card(address, "" if re.match(r"https?://|www\.", text) else text) or match[0]

    # Pictures

    def _image_or_images(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return self._picture(attributes(match[0]))[0]
        figures = [self._figure(found[0]) for found in re.finditer(LINKED_IMAGE, match[1])]
        return figures[0] if len(figures) == 1 else '<div class="gallery">' + "\n".join(figures) + "</div>"

    def _figure(self, linked_image: str) -> str:
        found = re.search(IMAGE, linked_image)
        values = attributes(found[0]) if found else {}
        caption = values.pop("title", "").strip()
        picture, width = self._picture(values)
        if not picture:
            return ""
        link = LINK.match(linked_image)
        if link:
            picture = f"{link[0]}{picture}</a>"
        caption = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f"{tag('figure', {'class': width})}{picture}{caption}</figure>"

    def _picture(self, values: dict[str, str]) -> tuple[str, str | None]:
        """The picture, and the class that a figure around it takes over from it."""
        src = values.get("src", "")
        alt = values.get("alt", "")
        style = values.get("class")
        own = src.startswith(self.media_url)
        src = encoded(src) if own else https(src)
        if not src:
            return escape(alt), style
        self.images.append(ImageUse(src, alt))
        shown = {"alt": alt, "title": values.get("title"), "loading": "lazy", "decoding": "async"}
        picture = self.pictures.get(src.removeprefix(self.media_url)) if own else None
        if picture is None:
            size = {key: values[key] for key in ("width", "height") if values.get(key, "").isdecimal()}
            return tag("img", {"src": src, **size, **shown}), style
        sizes = WIDE_SIZES if {"wide", "full"} & set((style or "").split()) else SIZES
        return self._own_picture(picture, shown, sizes), style

    def _own_picture(self, picture: Picture, shown: Mapping[str, str | None], sizes: str) -> str:
        modern = {kind: srcset for kind, srcset in picture.sources if kind in ("image/avif", "image/webp")}
        same = [srcset for kind, srcset in picture.sources if kind not in modern]
        if not same:
            # The picture itself is of a modern format: its own widths go to the fallback.
            same = [modern.pop("image/webp", "")]
        sources = "".join(
            tag("source", {"type": kind, "srcset": modern[kind], "sizes": sizes})
            for kind in ("image/avif", "image/webp")
            if modern.get(kind)
        )
        fallback = {"srcset": same[0], "sizes": sizes} if same[0] else {}
        size = {"width": picture.width, "height": picture.height}
        image = tag("img", {"src": picture.src, **fallback, **size, **shown})
        return f"<picture>{sources}{image}</picture>" if sources else image

    # Headings and anchors

    def _heading_or_id(self, match: re.Match[str]) -> str:
        if match[6] is not None:
            return self._term(match[6])
        if match[1] is None:
            return self._with_free_id(match[4], attributes(match[5]))
        values = attributes(match[2])
        inner, written_id = match[3], WRITTEN_ID.search(match[3])
        if written_id:
            values["id"] = written_id[1]
            inner = inner[: written_id.start()].rstrip()
        text = plain(inner)
        if not text and "<img" not in inner:
            return ""
        wanted = [
            values.pop("id", ""),
            *(unescape(name) for found in TAG.findall(inner) for name in OWN_ID.findall(found)),
        ]
        named = next(filter(None, wanted), "")
        inner = TAG.sub(lambda found: OWN_ID.sub("", found[0]), inner)
        anchor = self._free_id(ID_PREFIX + (named or slugify(text) or "section"))
        level = self._level(int(match[1]))
        self.toc.append({"level": level, "id": anchor, "text": text})
        return f"{tag(f'h{level}', {'id': anchor, **values})}{inner}</h{level}>"

    def _term(self, inner: str) -> str:
        """A defined term can be linked to, unless something of its name can be already."""
        anchor = ID_PREFIX + slugify(plain(inner))
        if anchor == ID_PREFIX or anchor in self._ids or OWN_ID.search(inner):
            return "<dt>"
        self._ids.add(anchor)
        return tag("dt", {"id": anchor})

    def _level(self, written: int) -> int:
        """The page's title is the only first level, and no level is left out: only who stands under whom is kept."""
        while self._outline and self._outline[-1] >= written:
            self._outline.pop()
        self._outline.append(written)
        return min(6, len(self._outline) + 1)

    def _free_id(self, wanted: str) -> str:
        candidate = wanted
        while candidate in self._ids:
            self._numbers[wanted] = self._numbers.get(wanted, 1) + 1
            candidate = f"{wanted}-{self._numbers[wanted]}"
        self._ids.add(candidate)
        return candidate

    def _with_free_id(self, name: str, values: dict[str, str]) -> str:
        wanted = values.pop("name", "")
        wanted = values.pop("id", wanted)
        anchor = wanted if FOOTNOTE_ID.fullmatch(wanted) else ID_PREFIX + wanted
        if wanted and anchor not in self._ids:
            self._ids.add(anchor)
            values["id"] = anchor
        return tag(name, values)

    def _link(self, match: re.Match[str]) -> str:
        values = attributes(match[1])
        address = self._address(encoded(values.get("href", "")))
        leads = {"href": address or None} if "href" in values else {}
        relations = [name for name in KEPT_RELATIONS if name in values.pop("rel", "").lower().split()]
        if re.match(r"(?:https?:)?//", address, re.IGNORECASE):
            relations.insert(0, "noopener")
        return tag("a", {**values, **leads, "rel": " ".join(relations) or None})

    def _address(self, address: str) -> str:
        """Where a link leads, blank for nowhere; anchors get the names that they have on our pages."""
        path, mark, fragment = address.partition("#")
        if NOWHERE.match(address):
            return ""
        if not mark or not fragment or not re.match(r"(?:/(?!/)|$)", path):
            return address
        if not path:
            anchor = self._anchor(unquote(fragment))
            return f"#{anchor}" if anchor else ""
        known = fragment.startswith(ID_PREFIX) or FOOTNOTE_ID.fullmatch(fragment)
        return address if known else f"{path}#{ID_PREFIX}{fragment}"

    def _anchor(self, name: str) -> str | None:
        """The id that a link of the text means, also when it is written as other programs make theirs."""
        candidates = (name if FOOTNOTE_ID.fullmatch(name) else "", ID_PREFIX + name, ID_PREFIX + slugify(name))
        exact = next((anchor for anchor in candidates if anchor in self._ids), None)
        if exact is None and not self._alike:
            self._alike = {
                letters(anchor.removeprefix(ID_PREFIX)): anchor for anchor in sorted(self._ids, reverse=True)
            }
        return exact or self._alike.get(letters(name) or name)

    # Tables, tasks, films

    def _table(self, match: re.Match[str]) -> str:
        if match[1]:
            self._table_depth -= 1
            return match[0] + "</div>" if self._table_depth == 0 else match[0]
        self._table_depth += 1
        if self._table_depth > 1:
            return match[0]
        self._tables += 1
        # A region that scrolls sideways must be reachable by keyboard, and have a name of its own.
        return f'<div class="table-scroll" role="region" aria-label="Table {self._tables}" tabindex="0">{match[0]}'

    def _input(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return ""
        done = "checked" in attributes(match[2])
        values = {"type": "checkbox", "disabled": "", "checked": "" if done else None}
        return match[1] + tag("input", {**values, "aria-label": "Done" if done else "Not done"})

    def _media(self, match: re.Match[str]) -> str:
        values = attributes(match[2])
        if match[1] in ("source", "track") and "src" not in values:
            return ""
        secure = {key: https(value) if key in ("src", "poster") else value for key, value in values.items()}
        player = {"controls": "", "preload": "none"} if match[1] in ("audio", "video") else {}
        return tag(match[1], {**secure, **player})
