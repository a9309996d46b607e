"""Finds every link and picture in Markdown, outside code, and puts other addresses in their place."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

# Only the block structure is needed: which lines are code.
_BLOCKS = MarkdownIt("commonmark").enable("table").use(footnote_plugin).use(deflist_plugin)
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])

_TOKEN = re.compile(r"\\.|`+|!?\[|\]|<[a-zA-Z/][^<>]*>", re.DOTALL)
_DESTINATION = re.compile(
    r"\(\s*(?P<whole><(?P<angled>[^<>\n]*)>|(?P<plain>(?:\\.|[^\s()\\]|\((?:\\.|[^\s()\\]|\([^\s()]*\))*\))*))"
    r"(?:\s+(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)",
    re.DOTALL,
)
_DEFINITION = re.compile(
    r"^[ >]{0,6}\[(?P<label>(?!\^)(?:\\.|[^\[\]\\\n])+)\]:[ \t]*\n?[ \t]*"
    r"(?P<whole><(?P<angled>[^<>\n]*)>|(?P<plain>[^\s<]\S*))"
    r"(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_LABEL = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]", re.DOTALL)
_BACKTICKS = re.compile(r"`+")
# No code needs more; what does is no code span.
MAX_RUN = 1000
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ATTRIBUTE = re.compile(
    r"\s(?P<name>href|src|poster|srcset|sizes)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>]+))",
    re.IGNORECASE,
)
_AUTOLINK = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*)>")
_ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


class Verdict(NamedTuple):
    """What becomes of an address: it is kept, gets another ``url``, or its link or picture gives way to its text.

    A picture that becomes a ``link`` is no longer shown: its alternative text leads to ``url``.
    """

    act: Literal["keep", "replace", "link", "drop"]
    url: str = ""


KEEP = Verdict("keep")
DROP = Verdict("drop")

Decide = Callable[[str, bool], Verdict]


def replace(url: str) -> Verdict:
    return Verdict("replace", url)


def as_link(url: str) -> Verdict:
    return Verdict("link", url)


class Segment(NamedTuple):
    text: str
    is_code: bool


def segments(content: str) -> Iterator[Segment]:
    """The text, whose lines end with ``\\n``, cut at its code blocks; joined they are the text."""
    lines = [f"{line}\n" for line in content.split("\n")]
    lines[-1] = lines[-1][:-1]
    position = 0
    for token in _BLOCKS.parse(content):
        if token.type in {"fence", "code_block"} and token.map and token.map[0] >= position:
            if position < token.map[0]:
                yield Segment("".join(lines[position : token.map[0]]), is_code=False)
            yield Segment("".join(lines[token.map[0] : token.map[1]]), is_code=True)
            position = token.map[1]
    if position < len(lines):
        yield Segment("".join(lines[position:]), is_code=False)


def after_code_span(text: str, start: int) -> int:
    """The end of the code span that opens at ``start``, or of the backticks alone when nothing closes them."""
    length = len(text[start : start + MAX_RUN]) - len(text[start : start + MAX_RUN].lstrip("`"))
    run_end = start + length
    paragraph_end = text.find("\n\n", start)
    limit = paragraph_end if paragraph_end >= 0 else len(text)
    for closing in _BACKTICKS.finditer(text, run_end, limit):
        if len(closing[0]) == length:
            return closing.end()
    return run_end


def rewrite(content: str, decide: Decide) -> str:
    """The text with the verdict done on each address: ``decide(url, is_picture)`` is asked once for each place."""
    parts = list(segments(content))
    definitions: dict[str, Verdict] = {}
    pictures = {
        _fold(label or alt)
        for part in parts
        if not part.is_code
        for alt, label in re.findall(r"!\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?!\()", part.text)
    }
    for part in parts:
        if not part.is_code:
            for match in _DEFINITION.finditer(part.text):
                label = _fold(match["label"])
                definitions.setdefault(label, decide(_destination(match), label in pictures))
    return "".join(part.text if part.is_code else _Rewriting(part.text, decide, definitions).done() for part in parts)


def addresses(content: str) -> list[tuple[str, bool]]:
    """Every address in the text, and whether it is that of a picture."""
    found: list[tuple[str, bool]] = []

    def note(url: str, is_picture: bool) -> Verdict:
        found.append((url, is_picture))
        return KEEP

    rewrite(content, note)
    return found


def _fold(label: str) -> str:
    return " ".join(label.split()).casefold()


def _destination(match: re.Match[str]) -> str:
    raw = match["angled"] if match["angled"] is not None else match["plain"]
    return html.unescape(_ESCAPE.sub(r"\1", raw))


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or url


@dataclass
class _Rewriting:
    text: str
    decide: Decide
    definitions: dict[str, Verdict]
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    brackets: list[re.Match[str]] = field(default_factory=list)
    open_links: int = 0

    def done(self) -> str:
        self._definitions()
        position = 0
        while token := _TOKEN.search(self.text, position):
            position = self._step(token)
        return self._apply()

    def _step(self, token: re.Match[str]) -> int:
        first = token[0][0]
        if first == "`":
            return after_code_span(self.text, token.start())
        if token[0] in {"[", "!["}:
            self.brackets.append(token)
            self.open_links += token[0] == "["
        elif first == "]":
            return self._close(token)
        elif first == "<":
            self._tag(token)
        return token.end()

    def _definitions(self) -> None:
        for match in _DEFINITION.finditer(self.text):
            verdict = self.definitions.get(_fold(match["label"]), KEEP)
            if verdict.act == "drop":
                self.edits.append((match.start(), match.end(), ""))
            elif verdict.act != "keep":
                self.edits.append((*match.span("whole"), verdict.url))

    def _close(self, token: re.Match[str]) -> int:
        opening = self.brackets.pop() if self.brackets else None
        if opening is None:
            return token.end()
        self.open_links -= opening[0] == "["
        is_picture = opening[0] == "!["
        destination = _DESTINATION.match(self.text, token.end())
        if destination:
            verdict = self.decide(_destination(destination), is_picture)
            if verdict.act in {"replace", "link"}:
                self.edits.append((*destination.span("whole"), verdict.url))
            self._unwrap(opening, token.start(), destination.end(), verdict)
            return destination.end()
        label = _LABEL.match(self.text, token.end())
        name = (label[1] if label else "") or self.text[opening.end() : token.start()]
        end = label.end() if label else token.end()
        if (verdict := self.definitions.get(_fold(name), KEEP)) and self.text[end : end + 1] != ":":
            self._unwrap(opening, token.start(), end, verdict)
            return end if verdict.act != "keep" else token.end()
        return token.end()

    def _unwrap(self, opening: re.Match[str], text_end: int, end: int, verdict: Verdict) -> None:
        """Takes away the brackets of what is dropped, and the mark of a picture that becomes a link."""
        is_picture = opening[0] == "!["
        within_link = is_picture and self.open_links > 0
        if verdict.act == "drop" or (verdict.act == "link" and is_picture and within_link):
            if self.edits and text_end <= self.edits[-1][0] < end:
                self.edits.pop()
            self.edits.append((*opening.span(), ""))
            self.edits.append((text_end, end, ""))
        elif verdict.act == "link" and is_picture:
            label = "" if self.text[opening.end() : text_end].strip() else _file_name(verdict.url)
            self.edits.append((*opening.span(), f"[{label}"))

    def _tag(self, token: re.Match[str]) -> None:
        autolink = _AUTOLINK.fullmatch(token[0])
        if autolink:
            self._autolink(token, autolink[1])
            return
        name = re.match(r"</?([a-zA-Z0-9-]+)", token[0])
        is_picture = name is not None and name[1].lower() in {"img", "source", "video"}
        tag = token[0]
        for attribute in reversed(list(_ATTRIBUTE.finditer(tag))):
            if attribute["name"].lower() in {"srcset", "sizes"}:
                tag = tag[: attribute.start()] + tag[attribute.end() :]
                continue
            url = html.unescape(attribute["double"] or attribute["single"] or attribute["bare"] or "").strip()
            verdict = self.decide(url, is_picture)
            if is_picture and verdict.act in {"link", "drop"}:
                tag = self._instead_of_picture(tag, verdict)
                break
            if verdict.act == "drop":
                tag = tag[: attribute.start()] + tag[attribute.end() :]
            elif verdict.act == "replace":
                changed = f' {attribute["name"]}="{html.escape(verdict.url)}"'
                tag = tag[: attribute.start()] + changed + tag[attribute.end() :]
        if tag != token[0]:
            self.edits.append((*token.span(), tag))

    def _autolink(self, token: re.Match[str], url: str) -> None:
        verdict = self.decide(url, False)
        if verdict.act == "drop":
            self.edits.append((*token.span(), url))
        elif verdict.act == "replace":
            self.edits.append((*token.span(), f"[{url}]({verdict.url})"))

    @staticmethod
    def _instead_of_picture(tag: str, verdict: Verdict) -> str:
        found = _ALT.search(tag)
        alt = (found[1] or found[2] or "") if found else ""
        if verdict.act == "drop":
            return alt
        return f'<a href="{html.escape(verdict.url)}">{alt or html.escape(_file_name(verdict.url))}</a>'

    def _apply(self) -> str:
        pieces = []
        position = 0
        for start, end, new in sorted(self.edits):
            if start < position:
                continue
            pieces += [self.text[position:start], new]
            position = end
        return "".join([*pieces, self.text[position:]])
