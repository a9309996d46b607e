"""HTML from elsewhere as Markdown. What Markdown cannot say stays as HTML, which is made safe when it is rendered."""

import html as entities
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import unquote

from articles.importing import inline
from articles.importing.grids import is_grid, rule_below
from articles.importing.inline import Address, Run
from articles.importing.kept_html import KeptHtml
from articles.importing.tree import (
    CONTAINERS,
    INLINE_HTML,
    MARKDOWN,
    Element,
    Node,
    enclosing_blocks,
    has_class,
    is_block,
    language_of,
    nodes,
    parse,
    remove,
    text_of,
)
from articles.rendering import embeds

_MARKS = {
    "strong": ("**", "strong"),
    "b": ("**", "strong"),
    "em": ("*", "em"),
    "i": ("*", "em"),
    "del": ("~~", "del"),
    "s": ("~~", "del"),
    "strike": ("~~", "del"),
}
_GALLERIES = {"wp-block-gallery", "blocks-gallery-grid", "gallery", "wp-block-jetpack-tiled-gallery", "tiled-gallery"}


class Block(NamedTuple):
    """A piece of Markdown that stands between blank lines."""

    kind: str
    text: str


def to_markdown(html: str) -> str:
    """The Markdown that shows what the HTML shows."""
    return write(parse(html))


def write(root: Element) -> str:
    """The tree as Markdown."""
    return "\n\n".join(block.text for block in _Writer(root).blocks(root))


class _Writer:
    """Walks the tree; ``around`` are the inline elements that enclose the blocks which are being written."""

    def __init__(self, root: Element) -> None:
        self.around: list[Element] = []
        self.with_blocks = enclosing_blocks(root)
        anchors = {unquote(a.get("href", "")[1:]) for a in root.iter("a") if a.get("href", "").startswith("#")}
        self.kept = KeptHtml(anchors)

    def blocks(self, element: Element) -> list[Block]:
        written: list[Block] = []
        run: list[Node] = []
        for node in nodes(element):
            if isinstance(node, str) or not (is_block(node) or node in self.with_blocks):
                run.append(node)
                continue
            written += self.paragraphs(run)
            run.clear()
            written += self.block(node, written[-1].kind if written else "")
        return written + self.paragraphs(run)

    def block(self, element: Element, previous: str) -> list[Block]:
        tag = str(element.tag)
        if tag in ("ul", "ol"):
            return self.gallery(element) if _is_gallery(element) else self.list_block(element, previous)
        if _is_gallery(element):
            return self.gallery(element)
        if tag in _WRITERS:
            return [block for block in _WRITERS[tag](self, element) if block.text]
        if tag in CONTAINERS or tag not in ("a", *_MARKS):
            return self.blocks(element)
        self.around.append(element)
        written = self.blocks(element)
        self.around.pop()
        return written

    # Blocks

    def paragraphs(self, content: Iterable[Node], anchor: str = "") -> list[Block]:
        text = self.line(content)
        if not text.strip("\n \u00a0\u200b\ufeff"):
            return []
        return [
            Block("p", inline.guard_line_starts(part).replace("\n", "\\\n"))
            for part in (anchor + text).split("\n\n")
            if part.strip()
        ]

    def paragraph(self, element: Element) -> list[Block]:
        if element in self.with_blocks:
            return self.blocks(element)
        return self.paragraphs(nodes(element), self.anchor_of(element))

    def anchor_of(self, element: Element) -> str:
        """A place to jump to, where a link of the text wants one."""
        return self.kept.place(element.get("id") or "")

    def heading(self, element: Element) -> list[Block]:
        if element in self.with_blocks:
            return self.blocks(element)
        text = " ".join(self.line(nodes(element)).split("\n")).strip()
        text = re.sub(r"(^|\s)(#+)$", r"\1\\\2", text)
        marks = "#" * int(element.tag[1])
        return [Block("heading", f"{marks} {self.anchor_of(element)}{text}")] if text.strip(" \u00a0") else []

    def quote(self, element: Element) -> list[Block]:
        inner = "\n\n".join(block.text for block in self.blocks(element))
        return [Block("quote", _indented(inner, "> ", "> "))] if inner else []

    def rule(self, _element: Element) -> list[Block]:
        return [Block("rule", "---")]

    def preformatted(self, element: Element) -> list[Block]:
        if has_class(element, "wp-block-verse"):
            return self.verse(element)
        if any(node.tag not in ("pre", "code", "span", "br", "font") for node in element.iter()):
            return [Block("html", self.kept.block(element))]
        code = text_of(element).strip("\n").replace("\u00a0", " ")
        if not code.strip():
            return []
        longest = max((len(run) for run in re.findall("`+", code)), default=0)
        fence = "`" * max(3, longest + 1)
        return [Block("code", f"{fence}{language_of(element)}\n{code}\n{fence}")]

    def verse(self, element: Element) -> list[Block]:
        """Poetry keeps its lines and their indentation, but not the type of code."""
        text = "".join(self.kept.node(node, preformatted=True) for node in nodes(element)).strip("\n")
        lines = [re.sub(r"^ +", lambda match: "\u00a0" * len(match[0]), line) for line in re.split("\n|&#10;", text)]
        return self.blocks(parse("<p>" + "<br>".join(lines) + "</p>"))

    # Lists

    def list_block(self, element: Element, previous: str) -> list[Block]:
        items = self._items(element)
        if not items:
            return []
        ordered = element.tag == "ol"
        # Two lists in a row would become one if they had the same marker.
        other = previous == element.tag
        loose = any(_is_loose(item) for item in items)
        between = "\n\n" if loose else "\n"
        first = _number(element.get("start"), 1)
        written = []
        for position, item in enumerate(items, first):
            marker = (f"{position}{')' if other else '.'}" if ordered else "*" if other else "-") + " "
            text = between.join("___" if block.kind == "rule" else block.text for block in item)
            written.append(_indented(text, marker, " " * len(marker)).rstrip())
        return [Block(f"{element.tag}{' other' if other else ''}", between.join(written))]

    def _items(self, element: Element) -> list[list[Block]]:
        items: list[list[Block]] = []
        for node in nodes(element):
            if isinstance(node, str):
                items.append(self.paragraphs([node]))
            elif node.tag in ("ul", "ol") and items and items[-1]:
                items[-1] += self.list_block(node, items[-1][-1].kind)
            else:
                items.append(self.blocks(node) if is_block(node) else self.paragraphs([node]))
        return [item for item in items if item]

    def definitions(self, element: Element) -> list[Block]:
        if not len(element) or not text_of(element).strip():
            return []
        simple = element[0].tag == "dt" and all(
            child.tag in ("dt", "dd") and child not in self.with_blocks and self.line(nodes(child)) for child in element
        )
        return [Block("dl", self._definition_list(element) if simple else self.kept.block(element))]

    def _definition_list(self, element: Element) -> str:
        lines: list[str] = []
        for child in element:
            text = " ".join(self.line(nodes(child)).split("\n"))
            if child.tag == "dd":
                lines.append(f": {inline.guard_line_starts(text)}")
            elif text:
                lines += ["", inline.guard_line_starts(text)] if lines else [inline.guard_line_starts(text)]
        return "\n".join(lines)

    # Pictures, films, frames

    def figure(self, element: Element) -> list[Block]:
        images = list(element.iter("img"))
        caption = next(element.iter("figcaption"), None)
        if len(images) != 1 or any(True for _ in element.iter("table", "video", "audio", "iframe", "pre")):
            return self.blocks(element)
        if caption is not None and caption.find(".//a") is not None:
            # A caption with links is more than the title of a picture can be.
            return [Block("html", self.kept.block(element))]
        if caption is not None:
            images[0].set("title", " ".join(text_of(caption).split()) or images[0].get("title", ""))
            remove(caption)
        return self.blocks(element)

    def gallery(self, element: Element) -> list[Block]:
        """Pictures in one paragraph, each with its caption."""
        captions = [caption for caption in element.iter("figcaption") if caption.getparent() is not element]
        for caption in captions:
            around = caption.getparent()
            if around is not None and (image := next(around.iter("img"), None)) is not None:
                image.set("title", " ".join(text_of(caption).split()) or image.get("title", ""))
                remove(caption)
        shown = [self.line([_linked(image)]) for image in element.iter("img")]
        own = next((caption for caption in element.iterchildren("figcaption")), None)
        after = self.paragraphs(nodes(own)) if own is not None else []
        return [Block("p", "\n".join(filter(None, shown))), *after]

    def media(self, element: Element) -> list[Block]:
        if element.get("src") or element.find(".//source[@src]") is not None:
            return [Block("html", self.kept.block(element))]
        return self.blocks(element)

    def frame(self, element: Element) -> list[Block]:
        source = element.get("src") or element.get("data") or ""
        if not re.match(r"(https?:)?//", source):
            return self.blocks(element)
        if embeds.card(source):
            return [Block("p", str(Address(source if source.startswith("http") else f"https:{source}")))]
        title = f' title="{entities.escape(element.get("title", ""))}"' if element.get("title") else ""
        return [Block("html", f'<iframe src="{entities.escape(source)}"{title}></iframe>')]

    # Tables and other HTML that may stay

    def table(self, element: Element) -> list[Block]:
        if not text_of(element).strip() and element.find(".//img") is None:
            return []
        rows = [row for row in element.iter("tr") if len(row)]
        return [Block("table", self._grid(rows) if is_grid(element, rows) else self.kept.block(element))]

    def _grid(self, rows: list[Element]) -> str:
        cells = [[self._cell(cell) for cell in row] for row in rows]
        rules = [rule_below(cell) for cell in rows[0]]
        return "\n".join(f"| {' | '.join(row)} |" for row in [cells[0], rules, *cells[1:]])

    def _cell(self, cell: Element) -> str:
        text = "<br>".join(block.text for block in self.blocks(cell)).replace("\\\n", "<br>").replace("\n", " ")
        return re.sub(r"(?<!\\)\|", r"\\|", text)

    def details(self, element: Element) -> list[Block]:
        summary = next(element.iterchildren("summary"), None)
        title = "Details"
        if summary is not None:
            title = "".join(self.kept.node(node) for node in nodes(summary)).strip()
            remove(summary)
        opening = "<details open>" if element.get("open") is not None else "<details>"
        inner = [block.text for block in self.blocks(element)]
        return [Block("html", "\n\n".join([f"{opening}\n<summary>{title}</summary>", *inner, "</details>"]))]

    # Inline

    def line(self, content: Iterable[Node]) -> str:
        """Running text; ``\\n`` is a line break, ``\\n\\n`` a new paragraph."""
        links = [element for element in self.around if element.tag == "a"]
        run = Run()
        opened = [run.open(*_MARKS[str(e.tag)]) for e in self.around if e.tag in _MARKS]
        self.walk(content, run, linked=bool(links))
        for _ in filter(None, opened):
            run.close()
        text = run.markdown()
        return _link(links[0], " ".join(text.split("\n"))) if links and text else text

    def walk(self, content: Iterable[Node], run: Run, *, linked: bool) -> None:
        for node in content:
            if isinstance(node, str):
                run.text(node, linked=linked)
            else:
                self.element(node, run, linked=linked)

    def element(self, element: Element, run: Run, *, linked: bool) -> None:
        tag = str(element.tag)
        if tag in _MARKS:
            opened = run.open(*_MARKS[tag])
            self.walk(nodes(element), run, linked=linked)
            if opened:
                run.close()
        elif tag in _INLINES:
            _INLINES[tag](self, element, run, linked)
        elif tag in INLINE_HTML:
            self.keep(element, run, linked)
        else:
            run.raw(self.anchor_of(element))
            self.walk(nodes(element), run, linked=linked)

    def keep(self, element: Element, run: Run, linked: bool) -> None:
        tag = "abbr" if element.tag == "acronym" else str(element.tag)
        if text_of(element).strip() or len(element):
            run.html(
                self.kept.opening(element, tag), lambda: self.walk(nodes(element), run, linked=linked), f"</{tag}>"
            )

    def anchor(self, element: Element, run: Run, linked: bool) -> None:
        inner = Run()
        self.walk(nodes(element), inner, linked=True)
        text = " ".join(inner.markdown().split("\n"))
        around = text_of(element)
        if around[:1].isspace():
            run.space()
        run.raw(self.anchor_of(element) or self.kept.place(element.get("name") or ""))
        run.raw(text if linked else _link(element, text))
        if around[-1:].isspace():
            run.space()

    def image(self, element: Element, run: Run, linked: bool) -> None:
        source = next(filter(None, (element.get(n, "").strip() for n in ("data-lazy-src", "data-src", "src"))), "")
        if source:
            alt = inline.escape(" ".join(element.get("alt", "").split()))
            run.raw(f"![{alt}]({inline.destination(source)}{inline.quoted(element.get('title', ''))})")

    def code(self, element: Element, run: Run, linked: bool) -> None:
        if element.find(".//a") is None:
            run.code(text_of(element))
        else:
            run.html("<code>", lambda: self.walk(nodes(element), run, linked=linked), "</code>")

    def line_break(self, element: Element, run: Run, linked: bool) -> None:
        run.line_break()

    def checkbox(self, element: Element, run: Run, linked: bool) -> None:
        if element.get("type") == "checkbox":
            run.raw("[x]" if element.get("checked") is not None else "[ ]")
            run.space()

    def ready(self, element: Element, run: Run, linked: bool) -> None:
        run.raw(element.text or "")


_WRITERS: dict[str, Callable[[_Writer, Element], list[Block]]] = {
    "p": _Writer.paragraph,
    **{f"h{level}": _Writer.heading for level in range(1, 7)},
    "blockquote": _Writer.quote,
    "hr": _Writer.rule,
    "pre": _Writer.preformatted,
    "dl": _Writer.definitions,
    "figure": _Writer.figure,
    "table": _Writer.table,
    "details": _Writer.details,
    "video": _Writer.media,
    "audio": _Writer.media,
    "iframe": _Writer.frame,
    "embed": _Writer.frame,
    "object": _Writer.frame,
}
_INLINES: dict[str, Callable[[_Writer, Element, Run, bool], None]] = {
    "a": _Writer.anchor,
    "img": _Writer.image,
    "code": _Writer.code,
    "tt": _Writer.code,
    "br": _Writer.line_break,
    "input": _Writer.checkbox,
    "acronym": _Writer.keep,
    MARKDOWN: _Writer.ready,
}


def _link(element: Element, text: str) -> str:
    href = element.get("href", "").strip()
    if not href or not text:
        return text
    if re.fullmatch(r"https?://[^\s<>]+", href) and inline.escape(href) == text and not element.get("title"):
        return f"<{href}>"
    return f"[{text}]({inline.destination(href)}{inline.quoted(element.get('title', ''))})"


def _linked(image: Element) -> Element:
    """The picture with the link around it."""
    parent = image.getparent()
    return parent if parent is not None and parent.tag == "a" else image


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line) if line else rest.rstrip() for line in lines[1:])])


def _is_gallery(element: Element) -> bool:
    return not _GALLERIES.isdisjoint(element.get("class", "").split()) and element.find(".//img") is not None


def _is_loose(item: list[Block]) -> bool:
    """Whether the blocks of an item need blank lines between them."""
    first, *rest = item
    return any(
        block.kind[:2] not in ("ul", "ol") or not re.match(r"[-*] \S|1[.)] \S", block.text) for block in rest
    ) or (bool(rest) and first.kind != "p")


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,8}", text.strip()) else default
