"""Elements of well-formed HTML, and how groups of them are put in order."""

from collections.abc import Iterable, Iterator
from html import escape

from articles.rendering.rewriting import attributes

HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
LISTS = frozenset({"ul", "ol"})
TERMS = frozenset({"dt", "dd"})
MEDIA = frozenset({"audio", "video"})
# A frame becomes a card, which is a paragraph.
BLOCKS = (
    HEADINGS
    | LISTS
    | TERMS
    | frozenset("blockquote details div dl figcaption figure hr iframe li p pre summary".split())
    | frozenset("table caption colgroup col thead tbody tfoot tr td th".split())
)
VOID = frozenset("br col hr img input source track wbr".split())
# These may hold blocks where they stand among blocks themselves.
TRANSPARENT = frozenset({"a", "del", "ins"})
SEEN = MEDIA | {"hr", "iframe", "img", "input"}


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

    def has(self, attribute: str) -> bool:
        return f" {attribute}=" in self.attributes

    def drop(self, attribute: str) -> None:
        if self.has(attribute):
            values = attributes(self.attributes)
            values.pop(attribute, None)
            self.attributes = "".join(f' {name}="{escape(value)}"' for name, value in values.items())

    def is_block(self) -> bool:
        return self.name in BLOCKS or self.holds_block()

    def holds_block(self) -> bool:
        return not self.holds.isdisjoint(BLOCKS)

    def is_empty(self) -> bool:
        """Nothing in it can be seen."""
        return self.holds.isdisjoint(SEEN) and not has_text(self.children)

    def write(self, parts: list[str]) -> None:
        if self.name:
            parts.append(f"<{self.name}{self.attributes}>")
        for child in self.children:
            parts.append(child) if isinstance(child, str) else child.write(parts)
        if self.name and self.name not in VOID:
            parts.append(f"</{self.name}>")


Child = Node | str


class Orphans(Node):
    """A list around items that had none."""

    __slots__ = ()


def is_blank(child: Child) -> bool:
    return isinstance(child, str) and not child.strip()


def has_text(children: Iterable[Child]) -> bool:
    return any(child.strip() if isinstance(child, str) else has_text(child.children) for child in children)


def inlined(children: Iterable[Child], between: str = " ", kept: frozenset[str] = frozenset()) -> Iterator[Child]:
    """The same text without blocks; what each of them held begins with ``between``."""
    for child in children:
        if isinstance(child, str) or not child.is_block() or child.name in kept:
            yield child
        elif child.name in TRANSPARENT:
            yield Node(child.name, child.attributes, inlined(child.children, between, kept))
        else:
            yield between
            yield from inlined(child.children, between, kept)


def paragraphs(children: Iterable[Child], attributes: str = "") -> list[Child]:
    """The blocks, and what stands between them as paragraphs."""
    found: list[Child] = []
    run = Node("p", attributes)
    for child in children:
        if isinstance(child, Node) and child.is_block():
            found += [child] if run.is_empty() else [run, child]
            run = Node("p")
        else:
            run.append(child)
    return found if run.is_empty() else [*found, run]


def flow(children: Iterable[Child]) -> list[Child]:
    """Text and blocks, in which items and terms that stood alone have got their list."""
    found: list[Child] = []
    for child in children:
        name = child.name if isinstance(child, Node) else ""
        if isinstance(child, Node) and (name == "li" or name in TERMS):
            _gather(found, child, "ul" if name == "li" else "dl")
        elif isinstance(child, Node) and name in ("summary", "figcaption"):
            found.append(Node("div", child.attributes, child.children))
        else:
            found.append(child)
    return [settled for child in found for settled in _settled(child)]


def _gather(found: list[Child], child: Node, name: str) -> None:
    group = next((other for other in reversed(found) if not is_blank(other)), None)
    if isinstance(group, Orphans) and group.name == name:
        group.append(child)
    else:
        found.append(Orphans(name, "", [child]))


def _settled(child: Child) -> list[Child]:
    if not isinstance(child, Orphans):
        return [child]
    return items(child) if child.name == "ul" else definitions(child)


def items(node: Node) -> list[Child]:
    """A list of items only: anything else belongs to the item before it. Nothing when it has none."""
    found: list[Child] = []
    last: Node | None = None
    for child in node.children:
        if isinstance(child, Node) and child.name == "li":
            last = child
            if node.name == "ul":
                child.drop("value")
            found.append(child)
        elif is_blank(child):
            found.append(child)
        elif last:
            last.extend(flow([child]))
        else:
            last = Node("li", "", flow([child]))
            found.append(last)
    return [Node(node.name, node.attributes, found)] if last else []


def definitions(node: Node) -> list[Child]:
    """A list of terms, each with its definition; what stands before the first term stands before the list."""
    entries = [child for child in node.children if not is_blank(child)]
    terms = (index for index, child in enumerate(entries) if isinstance(child, Node) and child.name == "dt")
    first = next(terms, len(entries))
    found = Node("dl", node.attributes)
    last = ""
    for child in entries[first:]:
        entry = child if isinstance(child, Node) and child.name in TERMS else Node("dd", "", flow([child]))
        found.extend(("\n", entry))
        last = entry.name
    if last == "dt":
        found.append(Node("dd"))
    before = [_without_term(child) for child in entries[:first]]
    return [*before, found] if last else before


def _without_term(child: Child) -> Child:
    return Node("div", "", child.children) if isinstance(child, Node) and child.name == "dd" else child
