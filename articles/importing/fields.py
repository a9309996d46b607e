"""Text from elsewhere within what a field of this site can hold."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

TITLE_LENGTH = 200
SUMMARY_LENGTH = 600


def clean(text: str, length: int | None = None) -> str:
    """Text as the database can hold it: without NUL, stripped, within the length."""
    return text.replace("\x00", "").strip()[:length].strip()


def shortened(text: str, length: int) -> str:
    """Text within a length, cut at a word."""
    if len(text) <= length:
        return text
    head, blank, _ = text[:length].rpartition(" ")
    return (head if blank and len(head) > length // 2 else text[: length - 1]).rstrip(" ,;:.–-") + "…"


def valid_url(url: str, length: int) -> str:
    """A web address as it stands, or nothing."""
    url = clean(url)
    try:
        URLValidator(["http", "https"])(url)
    except ValidationError:
        return ""
    return url if len(url) <= length else ""


def valid_email(email: str) -> str:
    email = clean(email)
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""
