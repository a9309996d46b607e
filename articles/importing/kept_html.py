"""HTML that stays as it is, since Markdown cannot say it: with the attributes that mean something, and no others."""

import html as entities
import re

from articles.importing.tree import MARKDOWN, VOID, Element, Node, nodes

_KEPT_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "a": ("href", "title"),
    "img": ("src", "alt", "title"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan", "scope"),
    "ol": ("start", "type", "reversed"),
    "li": ("value",),
    "abbr": ("title",),
    "dfn": ("title",),
    "time": ("datetime",),
    "bdo": ("dir",),
    "iframe": ("src", "title"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src",),
}
_NO_TAGS = {"span", "font", "big", "label", "input", "wbr", "address", "center", "embed", "object", "picture"}


class KeptHtml:
    """``anchors`` are the names to which links of the text jump."""

    def __init__(self, anchors: set[str]) -> None:
        self._anchors = anchors

    def block(self, element: Element) -> str:
        """A block of HTML without a blank line, since that would end it."""
        return re.sub(r"\s*\n\s*", "\n", self.node(element)).strip()

    def node(self, node: Node, *, preformatted: bool = False) -> str:
        if isinstance(node, str):
            text = entities.escape(node, quote=False)
            return text.replace("\n", "&#10;") if preformatted else re.sub(r"[ \t\n\r\f]+", " ", text)
        if node.tag == MARKDOWN:
            return node.text or ""
        preformatted = preformatted or node.tag == "pre"
        inner = "".join(self.node(child, preformatted=preformatted) for child in nodes(node))
        tag = str(node.tag)
        if tag in _NO_TAGS or (tag == "a" and not node.get("href")):
            return inner
        return self.opening(node, tag) if tag in VOID else f"{self.opening(node, tag)}{inner}</{tag}>"

    def opening(self, element: Element, tag: str) -> str:
        """The opening tag of an element, which may be written as another one."""
        return f"<{tag}{_kept(element, tag)}{self._id(element)}>"

    def place(self, name: str) -> str:
        """A place to jump to, where a link of the text wants one."""
        return f'<span id="{entities.escape(name)}"></span>' if name and name in self._anchors else ""

    def _id(self, element: Element) -> str:
        name = element.get("id") or ""
        return f' id="{entities.escape(name)}"' if name and name in self._anchors else ""


def _kept(element: Element, tag: str) -> str:
    names = _KEPT_ATTRIBUTES.get(tag, ())
    return "".join(f' {name}="{entities.escape(value)}"' for name in names if (value := element.get(name)) is not None)
