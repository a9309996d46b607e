"""Which element may stand in which: raw HTML put in order, so that pages stay valid whatever an author pastes.

It works on HTML that :func:`articles.rendering.sanitising.normalise` has made well-formed. No text is lost; where an
element has no place, either it goes and its content stays, or a plain one takes its place.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape

from articles.rendering.rewriting import TAG, attributes

HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
LISTS = frozenset({"ul", "ol"})
TERMS = frozenset({"dt", "dd"})
CELLS = frozenset({"td", "th"})
MEDIA = frozenset({"audio", "video"})
# A frame becomes a card, which is a paragraph.
BLOCKS = (
    HEADINGS
    | LISTS
    | TERMS
    | frozenset("blockquote details div dl figcaption figure hr iframe li p pre summary table".split())
)
VOID = frozenset("br col hr img input source track wbr".split())
# These may hold blocks where they stand among blocks themselves.
TRANSPARENT = frozenset({"a", "del", "ins"})
FLOW = frozenset("blockquote dd details div dt figure figcaption li td th".split())
# What is operated by mouse or keyboard, now or once the page is written, may not be part of a link.
OPERATED = frozenset("audio details iframe input pre table video".split())
DATE = re.compile(
    r"\d{4,}(?:-\d\d(?:-\d\d)?|-W\d\d)?|--\d\d-\d\d|P[\dYMDTHSW.]+"
    r"|(?:\d{4,}-\d\d-\d\d[T ])?\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)?"
)


class Node:
    """An element; ``holds`` are the names of all elements within."""

    __slots__ = ("attributes", "children", "holds", "name")

    def __init__(self, name: str, attributes: str = "", children: Iterable["Node | str"] = ()) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node | str] = []
        self.holds: set[str] = set()
        self.extend(children)

    def append(self, child: "Node | str") -> None:
        self.children.append(child)
        if isinstance(child, Node):
            self.holds.add(child.name)
            self.holds |= child.holds

    def extend(self, children: Iterable["Node | str"]) -> None:
        for child in children:
            self.append(child)

    def is_block(self) -> bool:
        return self.name in BLOCKS or not self.holds.isdisjoint(BLOCKS)

    def is_empty(self) -> bool:
        """Nothing in it can be seen."""
        return not self.holds & {"img", *MEDIA, "iframe", "hr", "input"} and not has_text(self.children)


Child = Node | str


def is_block(child: Child) -> bool:
    return isinstance(child, Node) and child.is_block()


def is_blank(child: Child) -> bool:
    return isinstance(child, str) and not child.strip()


def name_of(child: Child) -> str:
    return child.name if isinstance(child, Node) else ""


def has_text(children: Iterable[Child]) -> bool:
    return any(has_text(child.children) if isinstance(child, Node) else child.strip() for child in children)


def inlined(children: Iterable[Child], kept: frozenset[str] = frozenset(), between: str = " ") -> Iterator[Child]:
    """The same text without blocks."""
    for child in children:
        if isinstance(child, str) or not child.is_block() or child.name in kept:
            yield child
        elif child.name in TRANSPARENT:
            yield Node(child.name, child.attributes, inlined(child.children, kept, between))
        else:
            yield from (between, *inlined(child.children, kept, between))


def paragraphs(children: Iterable[Child], attributes: str = "") -> list[Child]:
    """The blocks, and what stands between them as paragraphs."""
    found: list[Child] = []
    run = Node("p", attributes)
    for child in children:
        if is_block(child):
            found += [*_unless_empty(run), child]
            run = Node("p")
        else:
            run.append(child)
    return [*found, *_unless_empty(run)]


def _unless_empty(node: Node) -> list[Child]:
    return [] if node.is_empty() else [node]


def flow(children: Iterable[Child]) -> list[Child]:
    """Blocks and text, in which items and terms without a list get one."""
    found: list[Child] = []
    for child in children:
        name = name_of(child)
        wanted = "ul" if name == "li" else "dl" if name in TERMS else ""
        group = _last_element(found) if wanted else None
        if isinstance(group, Node) and group.name == wanted and group.attributes == " orphans":
            group.append(child)
        elif wanted:
            found.append(Node(wanted, " orphans", [child]))
        elif isinstance(child, Node) and name in ("summary", "figcaption"):
            found.append(Node("div", child.attributes, child.children))
        elif name not in ("source", "track"):
            found.append(child)
    return [fixed for child in found for fixed in _adopted(child)]


def _last_element(children: list[Child]) -> Child | None:
    return next((child for child in reversed(children) if not is_blank(child)), None)


def _adopted(child: Child) -> list[Child]:
    if isinstance(child, Node) and child.attributes == " orphans":
        child.attributes = ""
        return _list(child) if child.name == "ul" else _definitions(child)
    return [child]


def _list(node: Node) -> list[Child]:
    """Items only: anything else belongs to the item before it."""
    items = Node(node.name, node.attributes)
    last: Node | None = None
    for child in node.children:
        if isinstance(child, Node) and child.name == "li":
            last = child
            if node.name == "ul":
                child.attributes = _without(child.attributes, "value")
            items.append(child)
        elif is_blank(child):
            items.append(child)
        elif last:
            last.extend(flow([child]))
        else:
            last = Node("li", "", flow([child]))
            items.append(last)
    return [items] if last else []


def _definitions(node: Node) -> list[Child]:
    """Terms, each with what it means; what stands before the first term stands before the list."""
    before: list[Child] = []
    terms = Node("dl", node.attributes)
    last: Node | None = None
    for child in node.children:
        if isinstance(child, Node) and (child.name == "dt" or (child.name == "dd" and last)):
            last = child
            terms.append(child)
        elif isinstance(child, Node) and child.name == "dd":
            before.append(Node("div", child.attributes, child.children))
        elif is_blank(child) or last is None:
            (before if last is None else terms).append(child) if not is_blank(child) else None
        elif last.name == "dd":
            last.append(child)
        else:
            last = Node("dd", "", flow([child]))
            terms.append(last)
    if last and last.name == "dt":
        terms.append(Node("dd"))
    return [*before, terms] if last else before


def _without(source: str, *names: str) -> str:
    if not any(f" {name}=" in source for name in names):
        return source
    return _written({name: value for name, value in attributes(source).items() if name not in names})


def _written(values: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items())
