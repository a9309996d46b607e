"""Text as WordPress' classic editor keeps it: a blank line is a paragraph, a line end a line break."""

import re

_BLOCK = (
    "address|article|aside|audio|blockquote|caption|center|col|colgroup|dd|details|dir|div|dl|dt|embed|fieldset|figcaption|"
    "figure|footer|form|h[1-6]|header|hgroup|hr|iframe|legend|li|main|map|menu|nav|object|ol|option|p|pre|script|section|select|"
    "style|summary|table|tbody|td|tfoot|th|thead|tr|ul|video"
)
_BLOCK_TAG = re.compile(rf"(</?(?:{_BLOCK})\b[^<>]*>)", re.IGNORECASE)
_NAME = re.compile(r"<(/?)\s*([a-zA-Z0-9]+)")
_TAG_OR_LINE_END = re.compile(r"<[^<>]*>|\s*<br\s*/?>[ \t]*\n?|[ \t]*\n", re.IGNORECASE)
_LONE_ADDRESS = re.compile(r"^[ \t]*(https?://[^\s<>\"]+)[ \t]*$", re.MULTILINE)
_VERBATIM = {"pre", "script", "style"}
_STRUCTURE = {
    "ul",
    "ol",
    "dl",
    "table",
    "tbody",
    "thead",
    "tfoot",
    "tr",
    "select",
    "colgroup",
    "video",
    "audio",
    "object",
}
_ONE_PARAGRAPH = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "summary", "caption", "dt", "legend"}
_MAYBE_PARAGRAPHS = {"li", "td", "th", "dd", "figure"}
_EMPTY = {"hr", "col", "embed"}


def autop(text: str) -> str:
    """HTML with the paragraphs and line breaks that WordPress would show."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    opened: list[str] = []
    written = []
    for piece in _BLOCK_TAG.split(text):
        tag = _NAME.match(piece) if _BLOCK_TAG.fullmatch(piece) else None
        if tag is None:
            written.append(_text(piece, opened[-1] if opened else ""))
            continue
        written.append(piece)
        _enter_or_leave(opened, tag[2].lower(), closes=bool(tag[1]), empty=piece.endswith("/>"))
    return "".join(written)


def _enter_or_leave(opened: list[str], name: str, *, closes: bool, empty: bool) -> None:
    if closes:
        if name in opened[-50:]:
            while opened.pop() != name:
                pass
    elif name not in _EMPTY and not empty:
        if opened and opened[-1] == name and name in ("p", "li", "td", "dt", "dd", "option"):
            opened.pop()
        opened.append(name)


def _text(text: str, parent: str) -> str:
    if parent in _VERBATIM or not text.strip():
        return text
    if parent in _STRUCTURE:
        return text
    if parent in _ONE_PARAGRAPH:
        return _with_breaks(text)
    # An address alone on its line stands for what is there: a film, a post elsewhere.
    text = _LONE_ADDRESS.sub(r"\n\n\1\n\n", text)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    if parent in _MAYBE_PARAGRAPHS and len(paragraphs) == 1:
        return _with_breaks(text)
    return "\n".join(f"<p>{_with_breaks(part)}</p>" for part in paragraphs)


def _with_breaks(text: str) -> str:
    return _TAG_OR_LINE_END.sub(
        lambda match: "<br>\n" if not match[0].strip() or match[0].lstrip()[:3].lower() == "<br" else match[0],
        text.strip("\n \t"),
    )
