"""The data at the head of a Markdown file, as YAML, TOML or JSON, and how loosely people write its values."""

import datetime
import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any

import yaml
from django.conf import settings
from django.utils import timezone

MAX_CHARACTERS = 64 * 1024
MAX_PLAIN = 4000

_OPENING = re.compile(r"(?:-{3,}|\+{3})[ \t]*(?P<format>yaml|toml|json)?[ \t]*\n")
_DATE = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?\b",
    re.IGNORECASE,
)
_WORDY_DATES = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%a, %d %b %Y %H:%M:%S %z")
_MARKUP = (
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)"), r"\1"),
    (re.compile(r"!?\[([^\[\]]*)\]\[[^\[\]]*\]"), r"\1"),
    (re.compile(r"<[^<>]{1,1000}>"), ""),
    (re.compile(r"(?<!\w)([*_]{1,3}|`+|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
)


class FrontMatterError(Exception):
    """The head of the file cannot be read; the message says where and why."""


def split(text: str) -> tuple[dict[str, Any], str]:
    """The data, with keys in lower case, and the text below it. Raises FrontMatterError.

    A text without any head gives an empty dictionary.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("{"):
        return _split_json(text)
    opening = _OPENING.match(text)
    if not opening:
        return {}, text
    mark = text[0]
    closing = re.compile(r"^\+{3}[ \t]*$" if mark == "+" else r"^(?:-{3,}|\.{3})[ \t]*$", re.MULTILINE)
    end = closing.search(text, opening.end())
    if end is None:
        if mark == "+" or re.match(r"[\w-]+[ \t]*:", text[opening.end() :]):
            raise FrontMatterError(f"The front matter has no end: a line with {mark * 3} is missing.")
        return {}, text
    block = text[opening.end() : end.start()]
    if len(block) > MAX_CHARACTERS:
        raise FrontMatterError("The front matter is larger than 64 KB.")
    data = _parse(block, "toml" if mark == "+" else opening["format"] or "yaml")
    if data is None:
        # A text between two thematic breaks is no front matter.
        return {}, text
    return {str(key).lower(): value for key, value in data.items()}, text[end.end() :].removeprefix("\n")


def _split_json(text: str) -> tuple[dict[str, Any], str]:
    try:
        data, end = json.JSONDecoder().raw_decode(text[: MAX_CHARACTERS + 1])
    except RecursionError as error:
        raise FrontMatterError("The front matter is nested too deeply.") from error
    except ValueError as error:
        if re.match(r"\{\s*\"", text):
            raise FrontMatterError(f"The front matter is not valid JSON: {error}.") from error
        return {}, text
    if not isinstance(data, dict):
        return {}, text
    return {key.lower(): value for key, value in data.items()}, text[end:].removeprefix("\n")


def _parse(block: str, format_: str) -> dict[Any, Any] | None:
    try:
        if format_ == "toml":
            return tomllib.loads(block)
        if format_ == "json":
            data = json.loads(block)
        else:
            data = _parse_yaml(block)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise FrontMatterError(f"The front matter is not valid YAML: {error.problem}{line}.") from error
    except RecursionError as error:
        raise FrontMatterError("The front matter is nested too deeply.") from error
    except (ValueError, TypeError, OverflowError, AttributeError, KeyError, yaml.YAMLError) as error:
        raise FrontMatterError(f"The front matter is not valid {format_.upper()}: {error}.") from error
    if data is None:
        return {}
    return data if isinstance(data, dict) else None


def _parse_yaml(block: str) -> Any:
    # A few aliases of aliases unfold to gigabytes.
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(block, yaml.SafeLoader)):
        raise FrontMatterError(
            "The front matter uses YAML aliases (*name), which are not followed. Write the value out."
        )
    return yaml.safe_load(block)


def first(data: dict[str, Any], names: Iterable[str]) -> Any:
    """The first of these keys that has a value."""
    return next((data[name] for name in names if data.get(name) not in (None, "", [], {})), None)


def text_of(value: Any) -> str:
    """A value as one line of text; what is no scalar is nothing."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return " ".join(str(value).split())


def plain(value: Any) -> str:
    """A value as one line without Markdown or HTML."""
    text = text_of(value)[:MAX_PLAIN]
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def names_of(value: Any) -> list[str]:
    """Names as a list, or as a string that separates them by commas, else by blanks."""
    if isinstance(value, str):
        parts = value.split(",") if "," in value else value.split()
    elif isinstance(value, list):
        parts = [
            text_of(part.get("name") or part.get("title")) if isinstance(part, dict) else text_of(part)
            for part in value
        ]
    else:
        parts = [text_of(value)]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def lines_of(value: Any) -> list[str]:
    """Whole strings as a list, or as one string."""
    parts = value if isinstance(value, list) else [value]
    return [text for part in parts if (text := text_of(part))]


def is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "on", "1"})


def is_false(value: Any) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in {"false", "no", "off", "0"})


def moment(value: Any) -> datetime.datetime | None:
    """A date or a time with zone; where none is given, that of the site. None for what is no date."""
    try:
        if isinstance(value, datetime.datetime):
            return _aware(value)
        if isinstance(value, datetime.date):
            return _aware(datetime.datetime(value.year, value.month, value.day))  # noqa: DTZ001
        return _parse_moment(value.strip()) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _parse_moment(text: str) -> datetime.datetime | None:
    if match := _DATE.match(text):
        parts = {name: int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")}
        return _aware(datetime.datetime(**parts, tzinfo=_zone(match["zone"])))
    for pattern in _WORDY_DATES:
        try:
            return _aware(datetime.datetime.strptime(re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text), pattern))  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _zone(name: str | None) -> datetime.tzinfo | None:
    if not name:
        return None
    if name[0] not in "+-":
        return datetime.UTC
    digits = name[1:].replace(":", "")
    hours, minutes = (int(digits[:2]), int(digits[2:] or 0)) if len(digits) > 2 else (int(digits), 0)
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-offset if name[0] == "-" else offset)


def _aware(value: datetime.datetime) -> datetime.datetime:
    if settings.USE_TZ and timezone.is_naive(value):
        value = timezone.make_aware(value, timezone.get_default_timezone())
    # A year that the database cannot hold, in any zone, is a slip of the pen.
    if not 1 < value.year < 9999:
        raise ValueError(value)
    return value
