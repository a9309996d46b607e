"""Bare addresses in text as links, as GitHub Flavoured Markdown has them.

Only what is plainly an address becomes one: ``www.``, ``http://`` and the like, and e-mail. A file name such as
``manage.py`` stays a file name, though .py is a country.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

SCHEME = re.compile(r"(?:^|[^A-Za-z])(https?|ftp)$", re.IGNORECASE)
DOMAIN = re.compile(r"[^\s!-,/:-@\[-^`{-~\u3000-\u303f\uff00-\uffef]+")
# An address ends at a space, at a tag, and at the punctuation of Chinese and Japanese, which need no space.
REST = re.compile(r"[^\s<\u3000-\u303f\uff00-\uffef]*")
MAIL = re.compile(
    r"(?<![\w.+/-])(?P<scheme>mailto:|xmpp:)?[A-Za-z0-9.+_-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+(?P<resource>/[A-Za-z0-9@.]+)?"
)
ENTITY = re.compile(r"&[A-Za-z0-9]+;$")


def autolinks_plugin(md: MarkdownIt) -> None:
    md.inline.ruler.push("autolink_www", _www)
    md.inline.ruler.push("autolink_protocol", _protocol)
    md.core.ruler.push("autolink_mail", _mail)


def _www(state: StateInline, silent: bool) -> bool:
    before = state.src[state.pos - 1] if state.pos else " "
    if silent or state.linkLevel or not state.src.startswith("www.", state.pos) or before not in " \t\n*_~(":
        return False
    end = _end(state, state.pos + 4, needs_dot=True)
    return bool(end) and _push(state, "http://", state.pos, end)


def _protocol(state: StateInline, silent: bool) -> bool:
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    end = _end(state, state.pos + 3, needs_dot=False) if scheme else 0
    if not scheme or not end or not state.pending.endswith(scheme[1]):
        return False
    state.pending = state.pending[: -len(scheme[1])]
    if _push(state, "", state.pos - len(scheme[1]), end):
        return True
    state.pending += scheme[1]
    return False


def _end(state: StateInline, start: int, *, needs_dot: bool) -> int:
    """Where the address ends whose domain begins at ``start``; 0 if it is none."""
    domain = DOMAIN.match(state.src, start, state.posMax)
    if not domain or (needs_dot and "." not in domain[0]) or any("_" in part for part in domain[0].split(".")[-2:]):
        return 0
    rest = REST.match(state.src, domain.end(), state.posMax)
    end = rest.end() if rest else domain.end()
    return start + len(_trimmed(state.src[start:end]))


def _trimmed(address: str) -> str:
    """Without the punctuation that belongs to the sentence, and without a bracket that was opened before it."""
    surplus = address.count(")") - address.count("(")
    while address:
        if address[-1] in "?!.,:*_~'\"":
            address = address[:-1]
        elif address[-1] == ")" and surplus > 0:
            address, surplus = address[:-1], surplus - 1
        elif address[-1] == ";":
            entity = ENTITY.search(address, max(0, len(address) - 40))
            address = address[: entity.start()] if entity else address[:-1]
        else:
            break
    return address


def _push(state: StateInline, prefix: str, start: int, end: int) -> bool:
    text = state.src[start:end]
    address = state.md.normalizeLink(prefix + text)
    if not state.md.validateLink(address):
        return False
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": address}
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1)
    state.pos = end
    return True


def _mail(state: StateCore) -> None:
    for token in state.tokens:
        if token.children and "@" in token.content:
            token.children = _with_mail(token.children)


def _with_mail(tokens: list[Token]) -> list[Token]:
    found: list[Token] = []
    links = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            links += token.nesting
        elif token.type == "html_inline":
            opened = token.content.lower().startswith(("<a ", "<a>"))
            links = max(0, links + opened - token.content.lower().startswith("</a"))
        if token.type == "text" and links == 0 and "@" in token.content:
            found += _split(token)
        else:
            found.append(token)
    return found


def _split(token: Token) -> list[Token]:
    """The text, with links in it."""
    tokens: list[Token] = []
    position = 0
    for match in MAIL.finditer(token.content):
        address = match[0] if match["scheme"] == "xmpp:" else match[0].removesuffix(match["resource"] or "")
        after = token.content[match.end() : match.end() + 1]
        if address.endswith(("-", "_")) or after in ("@", "-", "_"):
            continue
        level = token.level
        tokens.append(Token("text", "", 0, content=token.content[position : match.start()], level=level))
        href = address if match["scheme"] else f"mailto:{address}"
        tokens.append(Token("link_open", "a", 1, attrs={"href": href}, level=level))
        tokens.append(Token("text", "", 0, content=address, level=level + 1))
        tokens.append(Token("link_close", "a", -1, level=level))
        position = match.start() + len(address)
    return [*tokens, Token("text", "", 0, content=token.content[position:], level=token.level)]
