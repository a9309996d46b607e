"""How deep the raw HTML of a text is nested, measured before anything parses it.

A sanitiser's time grows with the square of the depth, and an element that is never closed is opened again in every
paragraph after it.
"""

import re
from collections.abc import Iterable

from markdown_it.token import Token

from articles.errors import MarkupError

MAX_DEPTH = 100
MAX_REOPENED = 200_000
TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Old pages never write the end tags of these: the next of its kind closes the one before.
CLOSED_BY_NEXT = frozenset("li dt dd tr td th option".split())


class Nesting:
    """The elements that are open at one place of the text."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.cost = 0
        self.line = 1

    def pass_token(self) -> None:
        """Something that may open all of them again."""
        self.cost += len(self.open)
        if self.cost > MAX_REOPENED:
            raise MarkupError(
                f"The HTML near line {self.line} leaves elements open (<{self.open[-1]}> is one of them), so that "
                "they are opened again in every paragraph after it. Close each element that you open."
            )

    def read(self, html: str) -> None:
        for slash, name in TAG.findall(html):
            self.pass_token()
            self._close(name.lower()) if slash else self._enter(name.lower())

    def _enter(self, name: str) -> None:
        # A paragraph holds no other and ends by itself.
        if name in VOID or name == "p":
            return
        if name in CLOSED_BY_NEXT:
            self._close_before(name)
        self.open.append(name)
        if len(self.open) > MAX_DEPTH:
            raise MarkupError(
                f"The HTML near line {self.line} is nested more than {MAX_DEPTH} elements deep (<{name}>). "
                "Close the elements that are left open, or use fewer inside each other."
            )

    def _close_before(self, name: str) -> None:
        optional = len(self.open)
        while optional and self.open[optional - 1] in CLOSED_BY_NEXT:
            optional -= 1
        if name in self.open[optional:]:
            self._close(name)

    def _close(self, name: str) -> None:
        if name in self.open:
            while self.open.pop() != name:
                pass


def check_html(tokens: Iterable[Token]) -> None:
    """Raises MarkupError for HTML in the text that is nested too deep."""
    nesting = Nesting()
    for token in tokens:
        nesting.line = token.map[0] + 1 if token.map else nesting.line
        if token.type == "html_block":
            nesting.read(token.content)
        elif nesting.open:
            nesting.pass_token()
        for child in token.children or ():
            if child.type == "html_inline":
                nesting.read(child.content)
            elif nesting.open:
                nesting.pass_token()


def has_html(tokens: Iterable[Token]) -> bool:
    """Whether the author wrote HTML; the boxes of task lists are ours."""
    return any(
        token.type == "html_block"
        or any(child.type == "html_inline" and not child.content.startswith("<input") for child in token.children or ())
        for token in tokens
    )
