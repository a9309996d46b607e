"""The body of a WordPress post as Markdown: blocks or classic text, shortcodes, galleries, captions, footnotes."""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from articles.importing.attachments import Attachment, Library
from articles.importing.autop import autop
from articles.importing.html import to_markdown, write
from articles.importing.shortcodes import Expansion
from articles.importing.tree import MARKDOWN, Element, has_class, parse, remove, removed, text_of

_BLOCK = re.compile(
    r"\s*(?P<closes>/)?wp:(?P<name>[a-z][a-z0-9_-]*(?:/[a-z][a-z0-9_-]*)?)\s*(?P<attributes>\{.*\})?\s*(?P<alone>/)?\s*",
    re.DOTALL,
)
_MAX_DEPTH = 60

# What WordPress makes anew on each visit; there is no text of the author in it.
_MADE_ON_VISIT = re.compile(
    r"archives|avatar|calendar|categories|comment\S*|comments\S*|home-link|latest-comments|latest-posts|legacy-widget|loginout|navigation\S*|"
    r"page-list\S*|post-\S+|query\S*|read-more|rss|search|site-\S+|tag-cloud|template-part|term-\S+|widget-group|pattern"
)
_SILENT = {"more", "nextpage", "spacer", "footnotes"}
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp)$", re.IGNORECASE)


@dataclass
class Body:
    """``notes`` say in words what could not be kept."""

    markdown: str
    notes: list[str]


@dataclass
class Block:
    name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    parts: "list[str | Block]" = field(default_factory=list)


def convert(
    content: str, library: Library, *, post: int = 0, footnotes: str = "", reusable: Mapping[int, str] | None = None
) -> Body:
    """The Markdown for the content of a post; ``footnotes`` and ``reusable`` are what its blocks refer to."""
    return _Conversion(library, post, footnotes, reusable or {}).convert(content)


class _Conversion:
    def __init__(self, library: Library, post: int, footnotes: str, reusable: Mapping[int, str]) -> None:
        self.library = library
        self.expansion = Expansion(library, post)
        self.footnotes = _footnotes(footnotes)
        self.reusable = reusable
        self.left_out: set[str] = set()
        self.referenced: dict[str, int] = {}
        self.depth = 0

    def convert(self, content: str) -> Body:
        rendered = self.render_all(content)
        tree = parse(rendered)
        self.clean(tree)
        markdown = write(tree)
        definitions = [self._definition(number, name) for name, number in self.referenced.items()]
        return Body("\n\n".join(filter(None, [markdown, *definitions])), self._notes(rendered))

    def _definition(self, number: int, name: str) -> str:
        source = self.footnotes.get(name) or self._from_shortcode(name)
        return f"[^{number}]: " + (to_markdown(source).replace("\n", "\n    ") or "…")

    def _from_shortcode(self, name: str) -> str:
        written = self.expansion.footnotes
        return written[int(name) - 1] if name.isdecimal() and 0 < int(name) <= len(written) else ""

    def _notes(self, rendered: str) -> list[str]:
        notes = list(dict.fromkeys(self.expansion.notes))
        if self.left_out:
            notes.append(f"Blocks without a counterpart here are left out: {', '.join(sorted(self.left_out))}.")
        if self.expansion.unknown:
            names = ", ".join(f"[{name}]" for name in sorted(self.expansion.unknown))
            notes.append(f"Shortcodes of plugins are left out, what they enclose is kept: {names}.")
        if tags := removed(rendered):
            notes.append(f"Left out, because articles cannot contain it: {', '.join(f'<{tag}>' for tag in tags)}.")
        return notes

    # Blocks to HTML

    def render_all(self, content: str) -> str:
        root = parse_blocks(content)
        return "".join(
            autop(self.expansion.expand(part)) if isinstance(part, str) else self.expansion.expand(self.render(part))
            for part in root.parts
        )

    def render(self, block: Block) -> str:
        name = block.name.removeprefix("core/")
        if name in _SILENT:
            return ""
        if _MADE_ON_VISIT.fullmatch(name):
            self.left_out.add(name)
            return ""
        if name.startswith("core-embed/"):
            name = "embed"
        inner = "".join(part if isinstance(part, str) else self.render(part) for part in block.parts)
        if name in _RENDERERS:
            return _RENDERERS[name](self, block, inner)
        if "/" in name and not _has_content(inner):
            self.left_out.add(name)
            return ""
        return _with_language(block, inner)

    def embed(self, block: Block, inner: str) -> str:
        source = str(block.attributes.get("url") or "") or re.sub(r"<figcaption.*", "", inner, flags=re.DOTALL)
        url = re.sub(r"<[^<>]*>", " ", source).split()
        caption = re.search(r"<figcaption[^<>]*>(.*)</figcaption>", inner, re.DOTALL)
        address = f"<p>{html.escape(html.unescape(url[0]), quote=False)}</p>" if url else ""
        return f"\n{address}\n" + (f"<p>{caption[1]}</p>\n" if caption else "")

    def shortcode(self, block: Block, inner: str) -> str:
        return self.expansion.expand(inner, certain=True)

    def freeform(self, block: Block, inner: str) -> str:
        return autop(self.expansion.expand(inner))

    def cover(self, block: Block, inner: str) -> str:
        url = block.attributes.get("url")
        if not isinstance(url, str) or "<img" in inner or block.attributes.get("backgroundType") == "video":
            return inner
        alt = html.escape(str(block.attributes.get("alt") or ""))
        return f'<img src="{html.escape(url)}" alt="{alt}">{inner}'

    def social_link(self, block: Block, inner: str) -> str:
        url = block.attributes.get("url")
        if not isinstance(url, str) or url.strip() in ("", "#"):
            return ""
        label = block.attributes.get("label") or str(block.attributes.get("service") or url).capitalize()
        return f'<li><a href="{html.escape(url)}">{html.escape(str(label))}</a></li>'

    def reused(self, block: Block, inner: str) -> str:
        """A block that stands in the export by itself, under its number."""
        number = block.attributes.get("ref")
        content = self.reusable.get(number) if isinstance(number, int) else None
        if content is None or self.depth > 3:
            self.left_out.add(f"reusable block {number}")
            return ""
        self.depth += 1
        rendered = self.render_all(content)
        self.depth -= 1
        return rendered

    # The tree, before it is written

    def clean(self, tree: Element) -> None:
        for element in list(tree.iter()):
            if element.tag == "img":
                self._image(element)
            elif element.tag == "a":
                self._link(element)
            elif element.tag == "sup" and element.get("data-fn"):
                self._reference(element)
            elif has_class(element, "wp-caption"):
                _as_figure(element)
            elif has_class(element, "screen-reader-text"):
                remove(element)

    def _reference(self, element: Element) -> None:
        name = element.get("data-fn", "")
        if not (self.footnotes.get(name) or self._from_shortcode(name)):
            return
        number = self.referenced.setdefault(name, len(self.referenced) + 1)
        for child in list(element):
            element.remove(child)
        element.tag = MARKDOWN
        element.text = f"[^{number}]"

    def _image(self, image: Element) -> None:
        source = image.get("src", "")
        if has_class(image, "wp-smiley") or has_class(image, "emoji") or "//s.w.org/images/core/emoji" in source:
            image.tag = "span"
            image.text = image.get("alt", "")
            return
        # A proxy of WordPress.com showed the pictures of other hosts.
        image.set("src", re.sub(r"^(?:https?:)?//i\d\.wp\.com/([^?#]+).*", r"https://\1", source))
        original = self._original(image)
        full = original.url if original else image.get("data-orig-file") or image.get("data-full-url") or ""
        if full:
            image.set("src", full)
        for name in ("data-src", "data-lazy-src") if full else ():
            image.attrib.pop(name, "")
        if original and not image.get("alt", "").strip() and original.alt:
            image.set("alt", original.alt)
        # It is no caption, though Markdown would show it as one.
        image.attrib.pop("title", "")
        self._without_own_link(image)

    def _original(self, image: Element) -> Attachment | None:
        for name in ("src", "data-full-url", "data-src", "data-lazy-src"):
            if (address := image.get(name)) and (found := self.library.find(address)):
                return found if found.is_image else None
        return None

    def _without_own_link(self, image: Element) -> None:
        """A link from a picture to its own file or to its page in WordPress leads nowhere from here."""
        link = image.getparent()
        if link is None or link.tag != "a" or text_of(link).strip():
            return
        target = link.get("href", "")
        attached = self.library.find(target)
        own_page = re.search(r"[?&]attachment_id=(\d+)|\battachment[/_-](\d+)", f"{target} {link.get('rel', '')}")
        same_file = _IMAGE_FILE.search(target.split("?")[0]) and _stem(target) == _stem(image.get("src", ""))
        if own_page or same_file or (attached is not None and attached.url == image.get("src")):
            link.attrib.pop("href", "")

    def _link(self, link: Element) -> None:
        if has_class(link, "wp-block-file__button"):
            remove(link)
            return
        if link.get("href", "").strip() == "#":
            link.attrib.pop("href", "")
        found = self.library.find(link.get("href", "")) if link.get("href") else None
        if found is not None:
            link.set("href", found.url)


_RENDERERS: dict[str, Callable[[_Conversion, Block, str], str]] = {
    "embed": _Conversion.embed,
    "shortcode": _Conversion.shortcode,
    "freeform": _Conversion.freeform,
    "cover": _Conversion.cover,
    "social-link": _Conversion.social_link,
    "block": _Conversion.reused,
}


def parse_blocks(content: str) -> Block:
    """The tree of blocks; comments that begin or end none of them are dropped."""
    root = Block()
    opened = [root]
    for text, comment in _comments(content):
        if text:
            opened[-1].parts.append(text)
        match = _BLOCK.fullmatch(comment)
        if match is None:
            continue
        if match["closes"]:
            _close(opened, match["name"])
            continue
        block = Block(match["name"], _attributes(match["attributes"]))
        opened[-1].parts.append(block)
        if not match["alone"] and len(opened) < _MAX_DEPTH:
            opened.append(block)
    return root


def _comments(content: str) -> Iterator[tuple[str, str]]:
    """Each comment with the text before it; at the end the last text with no comment."""
    position = 0
    while (start := content.find("<!--", position)) >= 0 and (end := content.find("-->", start)) >= 0:
        yield content[position:start], content[start + 4 : end]
        position = end + 3
    yield content[position:], ""


def _close(opened: list[Block], name: str) -> None:
    for at in range(len(opened) - 1, 0, -1):
        if opened[at].name == name:
            del opened[at:]
            return


def _attributes(source: str | None) -> dict[str, Any]:
    try:
        attributes = json.loads(source) if source else {}
    except (ValueError, RecursionError):
        return {}
    return attributes if isinstance(attributes, dict) else {}


def _footnotes(source: str) -> dict[str, str]:
    """HTML by identity, from ``[{"id": …, "content": …}]``."""
    try:
        notes = json.loads(source) if source else []
    except (ValueError, RecursionError):
        return {}
    pairs = [note for note in notes if isinstance(note, dict)] if isinstance(notes, list) else []
    return {str(note.get("id")): str(note.get("content") or "") for note in pairs}


def _has_content(inner: str) -> bool:
    return bool(re.search(r"<(?:img|video|audio|iframe|hr)\b", inner) or re.sub(r"<[^<>]*>|&nbsp;|\s", "", inner))


def _with_language(block: Block, inner: str) -> str:
    language = block.attributes.get("language") or block.attributes.get("codeLanguage")
    if not isinstance(language, str) or "<pre" not in inner:
        return inner
    return inner.replace("<pre", f'<pre data-language="{html.escape(language)}"', 1)


def _as_figure(element: Element) -> None:
    element.tag = "figure"
    for child in element:
        if has_class(child, "wp-caption-text"):
            child.tag = "figcaption"


def _stem(url: str) -> str:
    name = url.split("?")[0].rpartition("/")[2]
    return re.sub(r"(?:-\d{1,5}x\d{1,5}|-scaled)?\.\w+$", "", name)


def caption_text(source: str) -> str:
    """The caption of an attachment on one line."""
    return " ".join(text_of(parse(source)).split())
