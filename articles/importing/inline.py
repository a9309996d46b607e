"""Runs of text as inline Markdown: what was prose stays prose, whatever characters it has."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

from markdown_it import MarkdownIt

# What the parser makes a link by itself, up to where it is sure to be one.
_ADDRESS = re.compile(r"(?:(?:https?|ftp)://|www\.)[^\s<>\"'\[\]()\\`]*[^\s<>\"'\[\]()\\`.,;:!?*_~|&]", re.IGNORECASE)
_AFTER_ADDRESS = re.compile(r"[.,:;!?\"')]*(?=[ \t]|<|\Z|\n\n)")
_SPECIAL = re.compile(
    r"(?P<backslash>\\(?=[!-/:-@\[-`{-~]|\Z))"
    r"|(?P<star>(?<!\s)\*|\*(?!\s)|\A\*|\*\Z)"
    r"|(?P<underscore>(?<![^\W_])_|_(?![^\W_]))"
    r"|(?P<less><(?=[A-Za-z/!?]|\Z))"
    r"|(?P<entity>&(?=\#\d|\#[xX][0-9a-fA-F]|[A-Za-z][A-Za-z0-9]*;))"
    r"|[`\[\]~]"
)
# What would begin another kind of block if it stood first on a line.
# The last but one are rules, underlines of headings and of tables; marks of emphasis around a colon are none of them.
_LINE_START = re.compile(r"#{1,6}(?=\s|\Z)|>|[-+*](?=\s|\Z)|:(?=\s|\Z)|([-=_*])(?: *\1)* *\Z|[-:|][-:| ]*\Z|\|")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|\Z)")
_SPACES = re.compile(r"[ \t\n\r\f]+")


@dataclass(eq=False)
class Mark:
    """One end of an emphasis; it becomes HTML where Markdown would not see it as one."""

    markdown: str
    tag: str
    opens: bool
    partner: "Mark | None" = None
    as_html: bool = False

    def __str__(self) -> str:
        if self.as_html:
            return f"<{self.tag}>" if self.opens else f"</{self.tag}>"
        return self.markdown


@dataclass(frozen=True)
class Address:
    """An address in running text. What follows it without a blank would become part of it."""

    url: str

    def __str__(self) -> str:
        return self.url if escape(self.url) == self.url else self.apart()

    def apart(self) -> str:
        """In marks, so that nothing around it is taken for a part of it."""
        has_scheme = not self.url[:4].lower().startswith("www.")
        return f"<{self.url}>" if has_scheme else f"[{escape(self.url)}](http://{self.url})"


_TAGS = {"strong": "strong", "em": "em", "s": "del"}


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("strikethrough")


SPACE = " "
BREAK = "\n"
PARAGRAPH = "\n\n"
Token = str | Mark | Address


def escape(text: str) -> str:
    """The text as Markdown that shows it as it was typed."""
    return _SPECIAL.sub(lambda match: "\\" + match[0], text)


def destination(url: str) -> str:
    """The address in the form that stands in the round brackets of a link or an image."""
    url = "".join(quote(c) if c.isspace() or c in '<>"\\' or not c.isprintable() else c for c in url.strip())
    depth = 0
    for character in url:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    return f"<{url}>" if depth or not url else url


def quoted(title: str) -> str:
    """The title of a link or an image with the space before it; nothing for a blank one."""
    title = _SPACES.sub(" ", title).strip()
    return ' "{}"'.format(re.sub(r'(["\\]|&(?=[#\w]+;))', r"\\\1", title)) if title else ""


def code_span(text: str) -> str:
    text = _SPACES.sub(" ", text)
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padded = text[0] in "` " or text[-1] in "` "
    return f"{fence} {text} {fence}" if padded and text.strip() else f"{fence}{text}{fence}"


def guard_line_starts(text: str) -> str:
    """The paragraph with a backslash wherever a line would begin a heading, a list, a rule or a table."""
    return "\n".join(_guarded(line.strip(" \t")) for line in text.split("\n"))


def _guarded(line: str) -> str:
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line


@dataclass
class Run:
    """Collects the tokens of one paragraph, with white space and empty marks where Markdown wants them."""

    tokens: list[Token] = field(default_factory=list)
    opened: list[Mark] = field(default_factory=list)
    html_depth: int = 0

    def text(self, text: str, *, linked: bool = False) -> None:
        """Prose as it stands in HTML: white space is one space, and everything shows as typed."""
        words = _SPACES.sub(" ", text)
        if words.startswith(" "):
            self.space()
        inner = words.strip(" ")
        if inner:
            self._prose(inner, linked=linked)
            if words.endswith(" "):
                self.space()

    def _prose(self, text: str, *, linked: bool) -> None:
        end = 0
        for match in () if linked else _ADDRESS.finditer(text):
            self.raw(re.sub(r"!\Z", r"\!", escape(text[end : match.start()])))
            self.tokens.append(Address(match[0]))
            end = match.end()
        self.raw(escape(text[end:]))

    def code(self, text: str) -> None:
        last = self.tokens[-1] if self.tokens else ""
        if isinstance(last, str) and last.startswith("`"):
            # The marks of two spans side by side would be read as one.
            self.html("<code>", lambda: self.text(text), "</code>")
        else:
            self.raw(code_span(text))

    def raw(self, markdown: str) -> None:
        if not markdown:
            return
        last = self.tokens[-1] if self.tokens else None
        # An exclamation mark would make a picture of the link.
        if markdown.startswith("[") and isinstance(last, str) and last.endswith("!"):
            self.tokens[-1] = f"{last[:-1]}\\!"
        self.tokens.append(markdown)

    def space(self) -> None:
        at = len(self.tokens)
        while at and _opens(self.tokens[at - 1]):
            at -= 1
        if at and self.tokens[at - 1] not in (SPACE, BREAK, PARAGRAPH):
            self.tokens.insert(at, SPACE)

    def line_break(self) -> None:
        """One line break; two in a row were meant as a new paragraph, unless they stand inside of something."""
        while self.tokens and self.tokens[-1] == SPACE:
            self.tokens.pop()
        last = self.tokens[-1] if self.tokens else None
        if last not in (BREAK, PARAGRAPH):
            self.tokens.append(BREAK)
        elif not self.opened and not self.html_depth:
            self.tokens[-1] = PARAGRAPH

    def html(self, opening: str, write: Callable[[], None], closing: str) -> None:
        """What ``write`` adds, between two tags."""
        self.raw(opening)
        self.html_depth += 1
        write()
        self.html_depth -= 1
        self.raw(closing)

    def open(self, markdown: str, tag: str) -> bool:
        """Begins an emphasis; false if one of this kind is open already."""
        if any(mark.tag == tag for mark in self.opened):
            return False
        last = self.tokens[-1] if self.tokens else None
        if isinstance(last, Mark) and not last.opens and last.tag == tag and last.partner:
            # What ends here and begins again at once is one emphasis.
            self.tokens.pop()
            self.opened.append(last.partner)
            return True
        mark = Mark(markdown, tag, opens=True)
        self.tokens.append(mark)
        self.opened.append(mark)
        return True

    def close(self) -> None:
        mark = self.opened.pop()
        after: list[Token] = []
        while self.tokens and self.tokens[-1] in (SPACE, BREAK, PARAGRAPH):
            after.append(self.tokens.pop())
        if self.tokens and self.tokens[-1] is mark:
            self.tokens.pop()
        else:
            mark.partner = Mark(mark.markdown, mark.tag, opens=False, partner=mark)
            self.tokens.append(mark.partner)
        self.tokens += reversed(after)

    def markdown(self) -> str:
        """The Markdown of it all: ``\\n`` is a line break, ``\\n\\n`` a new paragraph."""
        for at, token in enumerate(self.tokens):
            if isinstance(token, Mark) and token.opens and token.partner:
                token.as_html = token.partner.as_html = not self._opens_at(at)
        for at, token in enumerate(self.tokens):
            if isinstance(token, Mark) and not token.opens and token.partner and not self._closes_at(at):
                token.as_html = token.partner.as_html = True
        if not self._reads_back():
            for mark in self.tokens:
                if isinstance(mark, Mark):
                    mark.as_html = True
        return "".join(map(self._written, range(len(self.tokens)))).strip()

    def _reads_back(self) -> bool:
        """Whether a parser pairs the marks as they are meant, which several in a row leave open."""
        meant = [(m.tag, m.opens) for m in self.tokens if isinstance(m, Mark) and not m.as_html]
        if len(meant) < 4:
            return True
        skeleton = "".join(self._bones(at) for at in range(len(self.tokens)))
        read = [
            (_TAGS[t.tag], t.nesting == 1) for t in _parser().parseInline(skeleton)[0].children or () if t.tag in _TAGS
        ]
        return read == meant

    def _bones(self, at: int) -> str:
        """As much of a token as decides about the marks beside it."""
        token = self.tokens[at]
        if token in (SPACE, BREAK, PARAGRAPH) or (isinstance(token, Mark) and not token.as_html):
            return str(token)
        text = self._written(at)
        return "".join("." if unicodedata.category(c)[0] in "PS" else "a" for c in (text[0], text[-1]))

    def _written(self, at: int) -> str:
        token = self.tokens[at]
        if not isinstance(token, Address):
            return str(token)
        following = "".join(str(after) for after in self.tokens[at + 1 : at + 4])
        alone = _AFTER_ADDRESS.match(following) and not re.search(r"&\w+\Z", token.url)
        return str(token) if alone else token.apart()

    def _opens_at(self, at: int) -> bool:
        before = self._neighbour(range(at - 1, -1, -1), opens=True)
        after = self._neighbour(range(at + 1, len(self.tokens)), opens=True)
        if isinstance(before, Mark) or isinstance(after, Mark):
            return False
        return _flanks(inner=after[0], outer=before[-1])

    def _closes_at(self, at: int) -> bool:
        before = self._neighbour(range(at - 1, -1, -1), opens=False)
        after = self._neighbour(range(at + 1, len(self.tokens)), opens=False)
        if isinstance(before, Mark):
            return False
        # Whatever opens right after a close is HTML.
        return _flanks(inner=before[-1], outer="<" if isinstance(after, Mark) else after[0])

    def _neighbour(self, positions: Iterable[int], *, opens: bool) -> "str | Mark":
        """The nearest token that is not an end of the same sort, for delimiters side by side count as one run."""
        for at in positions:
            token = self.tokens[at]
            if isinstance(token, Mark) and token.opens != opens:
                return token
            if not isinstance(token, Mark):
                return self._written(at)
        return SPACE


def _opens(token: Token) -> bool:
    return isinstance(token, Mark) and token.opens


def _flanks(*, inner: str, outer: str) -> bool:
    """Whether Markdown sees the start or the end of an emphasis between these two characters."""
    if inner.isspace():
        return False
    if unicodedata.category(inner)[0] not in "PS":
        return True
    return outer.isspace() or outer in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" or unicodedata.category(outer)[0] == "P"
