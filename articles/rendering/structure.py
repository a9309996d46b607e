"""Which element may stand in which: raw HTML put in order, so that pages stay valid whatever an author pastes.

It works on HTML that :func:`articles.rendering.sanitising.normalise` has made well-formed. No text is lost: an element
that has no place goes and its content stays, or a plainer one takes its place.
"""

import re
from collections.abc import Callable
from html import escape

from articles.rendering.elements import (
    BLOCKS,
    HEADINGS,
    MEDIA,
    TRANSPARENT,
    VOID,
    Child,
    Node,
    definitions,
    flow,
    has_text,
    inlined,
    is_blank,
    items,
    paragraphs,
)
from articles.rendering.rewriting import ATTRIBUTES, TAG, attributes

# Only programs that know no frames would show what is within.
FRAME_CONTENT = re.compile(rf"(<iframe{ATTRIBUTES}>).*?</iframe>", re.DOTALL)
FLOW = frozenset("blockquote dd div dt figure figcaption li td th".split())
# What is operated by mouse or keyboard, as it is or as the page shows it, may not be part of a link.
OPERATED = frozenset("audio details iframe input pre table video".split())
TABLE_PARTS = ("caption", "colgroup", "thead", "tbody", "tfoot")
CELLS = frozenset({"td", "th"})
WITHOUT_HEADINGS = HEADINGS | {"dt", "th"}


def in_order(html: str) -> str:
    """The same text as valid HTML."""
    html = FRAME_CONTENT.sub(r"\1</iframe>", html)
    open_elements = [Node("")]
    position = 0
    for match in TAG.finditer(html):
        if match.start() > position:
            open_elements[-1].append(html[position : match.start()])
        position = match.end()
        _read(match[0], open_elements)
    root = open_elements[0]
    root.append(html[position:])
    parts: list[str] = []
    Node("", "", flow(root.children)).write(parts)
    return "".join(parts)


def _read(tag: str, open_elements: list[Node]) -> None:
    if tag.startswith("</"):
        if len(open_elements) > 1:
            node = open_elements.pop()
            open_elements[-1].extend(_closed(node, open_elements))
        return
    name, _, rest = tag[1:-1].partition(" ")
    node = Node(name, f" {rest}" if rest else "")
    if name in VOID:
        if name not in ("source", "track") or open_elements[-1].name in MEDIA:
            open_elements[-1].append(node)
    else:
        open_elements.append(node)


def _closed(node: Node, above: list[Node]) -> list[Child]:
    """What stands in the place of an element, given the elements in which it does."""
    rule = RULES.get(node.name)
    if rule:
        return rule(node, above)
    if node.name in BLOCKS or not node.is_block():
        return [node]
    return node.children


def _flow(node: Node, above: list[Node]) -> list[Child]:
    if above[-1].name == "dl" and node.name == "div":
        return node.children
    if node.name == "div" and not node.has("role"):
        node.drop("aria-label")
    return [Node(node.name, node.attributes, flow(node.children))]


def _paragraph(node: Node, above: list[Node]) -> list[Child]:
    return paragraphs(node.children, node.attributes) if node.holds_block() else [node]


def _heading(node: Node, above: list[Node]) -> list[Child]:
    if any(element.name in WITHOUT_HEADINGS for element in above):
        node.name = "p"
        return _paragraph(node, above)
    if node.holds & BLOCKS <= {"p", "div"}:
        return [Node(node.name, node.attributes, inlined(node.children))] if node.holds_block() else [node]
    return paragraphs(node.children)


def _preformatted(node: Node, above: list[Node]) -> list[Child]:
    # A block that scrolls sideways must be reachable by keyboard.
    tabindex = "" if node.has("tabindex") else ' tabindex="0"'
    children = list(inlined(node.children, "\n"))
    # A newline at its beginning is lost whenever the element is read.
    while children and isinstance(children[0], str) and children[0].startswith("\n"):
        children[0] = children[0].lstrip("\n")
        if not children[0]:
            del children[0]
    return [Node("pre", node.attributes + tabindex, children)] if has_text(children) else children


def _summary(node: Node, above: list[Node]) -> list[Child]:
    return [Node(node.name, node.attributes, inlined(node.children, kept=HEADINGS))]


def _caption(node: Node, above: list[Node]) -> list[Child]:
    return [Node(node.name, node.attributes, inlined(node.children))]


def _details(node: Node, above: list[Node]) -> list[Child]:
    summaries = [child for child in node.children if isinstance(child, Node) and child.name == "summary"]
    summary = summaries[0] if summaries else Node("summary")
    if summary.is_empty():
        summary.append("Details")
    rest = flow(child for child in node.children if child is not summary)
    return [Node("details", node.attributes, [summary, *rest])]


def _figure(node: Node, above: list[Node]) -> list[Child]:
    captions = [child for child in node.children if isinstance(child, Node) and child.name == "figcaption"]
    caption = captions[:1]
    rest = flow(child for child in node.children if child not in caption)
    content = [inner for child in rest for inner in _bare_picture(child)]
    if not [child for child in content if not is_blank(child)]:
        return [Node("div", "", captions[0].children)] if captions else []
    elements = [child for child in node.children if not is_blank(child)]
    first = bool(caption) and elements[0] is caption[0]
    return [Node("figure", node.attributes, [*caption, *content] if first else [*content, *caption])]


def _bare_picture(child: Child) -> list[Child]:
    """A picture of a figure needs no paragraph, which would become a figure of its own."""
    alone = isinstance(child, Node) and child.name == "p" and "img" in child.holds
    return child.children if isinstance(child, Node) and alone else [child]


def _list(node: Node, above: list[Node]) -> list[Child]:
    return items(node)


def _definitions(node: Node, above: list[Node]) -> list[Child]:
    return definitions(node)


def _table(node: Node, above: list[Node]) -> list[Child]:
    if node.holds.isdisjoint(CELLS):
        return paragraphs(inlined(node.children))
    parts: dict[str, list[Node]] = {name: [] for name in TABLE_PARTS}
    for child in node.children:
        if isinstance(child, Node) and child.name in parts:
            once = child.name in ("thead", "tfoot") and parts[child.name]
            parts["tbody" if once else child.name].append(child)
    for surplus in parts["caption"][1:]:
        parts["caption"][0].extend((" ", *surplus.children))
    parts["caption"][1:] = []
    for body in parts["tbody"]:
        body.name = "tbody"
    return [Node("table", node.attributes, (part for group in parts.values() for part in group))]


def _row(node: Node, above: list[Node]) -> list[Child]:
    return [] if node.holds.isdisjoint(CELLS) else [node]


def _rows(node: Node, above: list[Node]) -> list[Child]:
    """The rows of one part of a table, in which no cell reaches below the last."""
    rows = [child for child in node.children if isinstance(child, Node)]
    for below, row in enumerate(reversed(rows), start=1):
        for cell in row.children:
            if isinstance(cell, Node) and int(attributes(cell.attributes).get("rowspan", 0)) > below:
                cell.drop("rowspan")
    return _row(node, above)


def _columns(node: Node, above: list[Node]) -> list[Child]:
    if "col" in node.holds:
        node.drop("span")
    return [node]


def _link(node: Node, above: list[Node]) -> list[Child]:
    if any(element.name == "a" for element in above) or not node.holds.isdisjoint(OPERATED):
        return node.children
    if node.is_empty() and not (node.has("id") or node.has("name")):
        return []
    if not node.has("href"):
        node.drop("aria-label")
    return _transparent(node, above)


def _transparent(node: Node, above: list[Node]) -> list[Child]:
    return [Node(node.name, node.attributes, flow(node.children))] if node.is_block() else [node]


def _media(node: Node, above: list[Node]) -> list[Child]:
    own = attributes(node.attributes)
    sources = [child for child in node.children if isinstance(child, Node) and child.name == "source"]
    addresses = [attributes(child.attributes).get("src", "") for child in sources]
    addresses = [own["src"]] if own.get("src") else [address for address in addresses if address]
    if not addresses:
        return [
            child for child in node.children if not isinstance(child, Node) or child.name not in ("source", "track")
        ]
    if all(address.lower().startswith("http:") for address in addresses):
        title = f' title="{escape(own["title"])}"' if own.get("title") else ""
        return [Node("iframe", f' src="{escape(addresses[0])}"{title}')]
    tracks = [child for child in node.children if isinstance(child, Node) and child.name == "track"]
    kept = [track for track in tracks if track.has("src") and track.has("srclang")]
    return [Node(node.name, node.attributes, [*([] if own.get("src") else sources), *kept])]


def _ruby(node: Node, above: list[Node]) -> list[Child]:
    if "rt" in node.holds and not node.holds_block():
        return [node]
    return [inner for child in node.children for inner in _unannotated(child)]


def _annotation(node: Node, above: list[Node]) -> list[Child]:
    return [node] if above[-1].name == "ruby" and not node.holds_block() else _unannotated(node)


def _unannotated(child: Child) -> list[Child]:
    """Without what only belongs into a ruby element: its brackets have no text of their own."""
    if not isinstance(child, Node) or child.name not in ("rt", "rp"):
        return [child]
    return child.children if child.name == "rt" else []


def _direction(node: Node, above: list[Node]) -> list[Child]:
    return [node] if node.has("dir") and not node.is_block() else node.children


def _time(node: Node, above: list[Node]) -> list[Child]:
    return [node] if node.has("datetime") and not node.is_block() else node.children


def _term(node: Node, above: list[Node]) -> list[Child]:
    nested = any(element.name == "dfn" for element in above)
    return node.children if nested or node.is_block() else [node]


RULES: dict[str, Callable[[Node, list[Node]], list[Child]]] = {
    **dict.fromkeys(FLOW, _flow),
    **dict.fromkeys(HEADINGS, _heading),
    **dict.fromkeys(MEDIA, _media),
    **dict.fromkeys(TRANSPARENT, _transparent),
    **dict.fromkeys(("tbody", "thead", "tfoot"), _rows),
    "a": _link,
    "bdo": _direction,
    "caption": _caption,
    "colgroup": _columns,
    "details": _details,
    "dfn": _term,
    "dl": _definitions,
    "figure": _figure,
    "ol": _list,
    "p": _paragraph,
    "pre": _preformatted,
    "rp": _annotation,
    "rt": _annotation,
    "ruby": _ruby,
    "summary": _summary,
    "table": _table,
    "time": _time,
    "tr": _row,
    "ul": _list,
}
