"""HTML from elsewhere as a tree that has only what means something to a text."""

import re
from collections.abc import Iterator

import nh3
from lxml import etree

Element = etree._Element
Node = str | Element

MAX_DEPTH = 100
# The parser takes quadratic time for what is nested deeper than anyone writes.
_HOPELESS_DEPTH = 2_000

_DROPPED = {
    "script", "style", "form", "select", "textarea", "button", "svg", "template", "noscript", "head", "title", "canvas",
    "applet", "map", "datalist", "frameset",
}  # fmt: skip
INLINE_HTML = {
    "sup", "sub", "kbd", "abbr", "mark", "ins", "small", "q", "cite", "dfn", "var", "samp", "time", "bdo", "bdi",
    "ruby", "rt", "rp", "u",
}  # fmt: skip
CONTAINERS = {
    "div", "section", "article", "main", "header", "footer", "aside", "nav", "address", "center", "hgroup", "fieldset",
    "body", "html", "li", "dd", "dt", "td", "th", "tr", "tbody", "thead", "tfoot", "figcaption", "caption", "legend",
    "summary", "picture",
}  # fmt: skip
BLOCKS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "ul", "ol", "dl", "table", "figure", "details",
    "video", "audio", "iframe", "embed", "object",
}  # fmt: skip
VOID = {"br", "hr", "img", "input", "source", "embed", "wbr", "col", "track", "area"}
# A tag of this kind carries Markdown that is already written.
MARKDOWN = "markdown"

_READ_ATTRIBUTES = {
    "*": {"class", "id", "title", "lang", "dir", "style"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", "data-src", "data-lazy-src", "data-full-url", "data-orig-file", "data-id"},
    "iframe": {"src"},
    "embed": {"src"},
    "object": {"data"},
    "video": {"src", "poster"},
    "audio": {"src"},
    "source": {"src"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "blockquote": {"cite"},
    "time": {"datetime"},
    "sup": {"data-fn"},
    "pre": {"data-language", "data-lang"},
    "code": {"data-language", "data-lang"},
    "input": {"type", "checked"},
    "details": {"open"},
}
_READ_TAGS = (
    {"colgroup", "col", "source", "a", "img", "br", "wbr", "input", "span", "label"}
    | BLOCKS
    | {"strong", "b", "em", "i", "del", "s", "strike", "code", "tt", "acronym", "big", "font"}
    | INLINE_HTML
    | CONTAINERS
) - {"html", "body"}
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)((?:\s+[\w:.-]+(?:=\"[^\"]*\")?)*)\s*/?>")
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NEVER_NESTED = {"p", "li", "td", "tr", "th", "dt", "dd", "option", "param", "meta", "link", "base"}
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ENCLOSED = re.compile(r"<(script|style|form|iframe|object|embed|applet|svg)\b", re.IGNORECASE)


def removed(html: str) -> list[str]:
    """The kinds of elements in the HTML that are not taken over: scripts, forms and the like."""
    found = {match[1].lower() for match in _ENCLOSED.finditer(html)}
    return sorted(found & _DROPPED)


def parse(html: str) -> Element:
    """The HTML as a tree that has only elements which mean something to a text; text of any sort is accepted."""
    html = _ILLEGAL.sub("", html.replace("\r\n", "\n").replace("\r", "\n"))
    if _nesting(html) > _HOPELESS_DEPTH:
        html = re.sub(r"<[^<>]*>", " ", html)
    clean = nh3.clean(
        html,
        tags=_READ_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_READ_ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel", "ftp", "ftps", "sms", "geo", "xmpp", "irc", "magnet"},
    )
    well_formed, depth = _as_xml(clean)
    if depth > MAX_DEPTH:
        flat = nh3.clean(clean, tags={"p", "br", "a", "img", "pre"}, attributes=_READ_ATTRIBUTES, link_rel=None)
        well_formed, _ = _as_xml(flat)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    return etree.fromstring(f"<div>{well_formed}</div>", parser)


def _nesting(html: str) -> int:
    depth = deepest = 0
    for closing, name in _OPENING.findall(html):
        if (tag := name.lower()) in VOID or tag in _NEVER_NESTED:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _as_xml(html: str) -> tuple[str, int]:
    """Cleaned HTML with its empty elements closed, and how deeply it is nested."""
    depth = deepest = 0

    def closed(match: re.Match[str]) -> str:
        nonlocal depth, deepest
        if match[2] in VOID:
            return f"<{match[2]}{match[3]}/>"
        depth += -1 if match[1] else 1
        deepest = max(deepest, depth)
        return match[0]

    return _TAG.sub(closed, html.replace("&nbsp;", "&#160;")), deepest


def text_of(element: Element) -> str:
    """All text in it, with line breaks."""
    return "".join(_in_order(element))


def _in_order(element: Element) -> Iterator[str]:
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            yield "\n" if node.tag == "br" else (node.text or "")
        elif node is not element:
            yield node.tail or ""


def plain_text(html: str) -> str:
    """What a reader reads, in paragraphs."""
    return readable(parse(html))


def readable(tree: Element) -> str:
    """The text of the tree, in paragraphs."""
    return "\n\n".join(filter(None, (_plain(block) for block in _paragraphs(tree))))


def _paragraphs(root: Element) -> Iterator[str]:
    current: list[str] = []
    verbatim = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if is_block(node):
            yield "".join(current)
            current.clear()
        if event == "start":
            verbatim += node.tag == "pre"
            text = "\n" if node.tag == "br" else _running(node.text, verbatim)
        else:
            verbatim -= node.tag == "pre"
            text = "" if node is root else _running(node.tail, verbatim)
        current.append(text)
    yield "".join(current)


def _running(text: str | None, verbatim: int) -> str:
    return text or "" if verbatim else (text or "").replace("\n", " ")


def _plain(block: str) -> str:
    return "\n".join(" ".join(line.split()) for line in block.strip().split("\n")).strip()


def has_class(element: Element, name: str) -> bool:
    return name in element.get("class", "").split()


def nodes(element: Element) -> Iterator[Node]:
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            yield child
        if child.tail:
            yield child.tail


def is_block(element: Element) -> bool:
    return element.tag in BLOCKS or element.tag in CONTAINERS


def enclosing_blocks(root: Element) -> set[Element]:
    """The elements that have a block somewhere within them."""
    found: set[Element] = set()
    for element in root.iter():
        if is_block(element):
            ancestor = element.getparent()
            while ancestor is not None and ancestor not in found:
                found.add(ancestor)
                ancestor = ancestor.getparent()
    return found


def remove(element: Element) -> None:
    """Takes the element out of the tree, and leaves the text after it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    element.tail = None
    parent.remove(element)


def language_of(element: Element) -> str:
    """The programming language that the classes of ``<pre>`` or ``<code>`` name, in the ways that highlighters use."""
    for candidate in (element, *element.iterchildren("code")):
        named = candidate.get("data-language") or candidate.get("data-lang")
        classes = candidate.get("class", "")
        match = re.search(r"(?:\blanguage-|\blang(?:uage)?[-:]\s*|\bbrush:\s*|\bhighlight-source-)([\w+#.-]+)", classes)
        if named or match:
            return re.sub(r"[^\w+#.-]", "", named or (match[1] if match else ""))
    return ""
