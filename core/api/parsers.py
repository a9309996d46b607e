"""JSON that a database can store: no NUL, no half of a surrogate pair, no bottomless nesting."""

from collections.abc import Mapping
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

MAX_DEPTH = 32


class JSONParser(parsers.JSONParser):
    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            data: dict[str, Any] = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from error
        refuse_unstorable(data)
        return data


def refuse_unstorable(value: Any, depth: int = 0) -> None:
    """Raises ParseError for text that no database takes and for nesting beyond the limit."""
    if depth > MAX_DEPTH:
        raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if "\0" in value:
            raise ParseError("The body contains a NUL character (\\u0000). Remove it.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ParseError("The body contains half of a surrogate pair, which is not a character.") from error
    elif isinstance(value, dict):
        for name, inner in value.items():
            refuse_unstorable(name, depth)
            refuse_unstorable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            refuse_unstorable(inner, depth + 1)
