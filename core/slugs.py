"""Slugs that keep every script: Latin letters lose their accents, all other letters, marks and digits stay."""

import itertools
import unicodedata
from collections.abc import Container

from django.core.exceptions import ValidationError
from django.db import models

# Latin letters that Unicode does not decompose into a base letter and a mark.
_LATIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i", "ŋ": "n"}
)


def slugify(text: str, max_length: int = 80) -> str:
    """The slug of a title: lower case, words joined by single hyphens, cut at a word. Empty when no letter is left."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_LATIN)
    folded = folded.replace("'", "").replace("’", "")
    kept = []
    base = ""
    for character in unicodedata.normalize("NFD", folded):
        if unicodedata.combining(character) and base.isascii():
            continue
        if unicodedata.category(character)[0] == "M":
            kept.append(character)
            continue
        base = character
        kept.append(character)
    return shorten(_hyphenate(unicodedata.normalize("NFC", "".join(kept))), max_length)


def _hyphenate(text: str) -> str:
    # \W counts the vowel signs of Indic scripts as separators; they are part of the word.
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split()
    return "-".join(words)


def shorten(slug: str, max_length: int) -> str:
    if len(slug) <= max_length:
        return slug
    head, hyphen, _ = slug[: max_length + 1].rpartition("-")
    return head if hyphen and head else slug[:max_length]


def numbered(slug: str, number: int, max_length: int = 80) -> str:
    """The slug with a number at its end, within the length: ``numbered("tide", 2)`` is ``tide-2``."""
    suffix = f"-{number}"
    return shorten(slug, max_length - len(suffix)) + suffix


def free_slug(others: models.QuerySet, base: str, *, max_length: int, refused: Container[str] = ()) -> str:
    """``base``, or the first of its numbered forms that is not refused and that no row among ``others`` has."""
    taken = set(others.filter(slug__startswith=base[: max_length - 8]).values_list("slug", flat=True))
    candidates = itertools.chain([base], (numbered(base, n, max_length) for n in itertools.count(2)))
    return next(slug for slug in candidates if slug not in taken and slug not in refused)


def validate_slug(slug: str) -> None:
    """Refuses what :func:`slugify` would not give: capitals, spaces, punctuation, doubled hyphens."""
    if slug != _hyphenate(unicodedata.normalize("NFC", slug).lower()) or slug != unicodedata.normalize("NFC", slug):
        raise ValidationError(
            "“%(slug)s” is not a slug. Use lower-case letters, digits and single hyphens, for example “%(example)s”.",
            code="invalid_slug",
            params={"slug": slug, "example": slugify(slug) or "first-light"},
        )


class SlugField(models.CharField):
    """A unique address part in any script."""

    default_validators = [validate_slug]


class SlugConverter:
    """The path converter ``<uslug:...>``: a slug in any script, without dots, slashes and control characters."""

    regex = r"[^/.\s\x00-\x1f\x7f]+"

    def to_python(self, value: str) -> str:
        return unicodedata.normalize("NFC", value)

    def to_url(self, value: str) -> str:
        return value
