"""How WordPress writes down what its posts say: kinds, numbers, titles, slugs and times."""

import datetime
import re
import unicodedata
from html import unescape

from articles.importing.wxr import Record


def kind_of(record: Record) -> str:
    return record.get("wp:post_type") or "post"


def is_media(record: Record) -> bool:
    """Whether it is an upload of which one can tell where it is."""
    post, url = record.get("wp:post_id"), record.get("wp:attachment_url")
    return kind_of(record) == "attachment" and number(post) > 0 and bool(re.match(r"https?://[^/]", url))


def title_of(source: str) -> str:
    """A title as it shows: no tags, no entities, one line."""
    text = re.sub(
        r"</?(?:a|abbr|b|br|cite|code|del|em|i|ins|mark|q|s|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", "", source
    )
    return " ".join(unescape(text).split())


def slug_of(name: str) -> str:
    """The slug as WordPress had it, with its accents, if that is one here."""
    name = unicodedata.normalize("NFC", name.strip()).lower()
    return "-".join(re.sub(r"[\W_]+", " ", name).split()) if name.isascii() else name


def moment(text: str) -> datetime.datetime | None:
    """A time without a zone."""
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=None) if found.year > 1 else None


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
