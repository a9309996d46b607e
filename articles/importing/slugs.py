"""Slugs for imported articles: the one that they had, as far as it is free here."""

from collections.abc import Iterable
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import ValidationError

from articles.importing.items import ArticleItem
from articles.models import Article
from articles.models.article import refuse_reserved_slug
from core.slugs import numbered, shorten, slugify


class Slugs:
    def __init__(self) -> None:
        self._languages: dict[str, str] = {}

    def load(self, items: Iterable[ArticleItem]) -> None:
        """Reads at once which of the slugs that a batch wants are taken."""
        wanted = {_wanted(item) for item in items}
        self._languages = dict(Article.objects.filter(slug__in=wanted).values_list("slug", "language"))

    def claim(self, item: ArticleItem) -> str:
        """The wanted slug when it is free; with the language when it is taken by another one; else with a number."""
        slug = self._free(_wanted(item), item.language)
        self._languages[slug] = item.language or settings.LANGUAGE_CODE
        return slug

    def _free(self, wanted: str, language: str) -> str:
        taken_by = self._languages.get(wanted)
        if taken_by is None and not _is_reserved(wanted):
            return wanted
        candidates = []
        suffix = slugify(language)
        if taken_by is not None and suffix and taken_by != language:
            wanted = f"{shorten(wanted, 199 - len(suffix))}-{suffix}"
            candidates = [wanted]
        taken = set(Article.objects.filter(slug__startswith=shorten(wanted, 80)).values_list("slug", flat=True))
        taken |= {slug for slug in self._languages if slug.startswith(wanted)}
        candidates += [numbered(wanted, number, 200) for number in range(2, len(taken) + 3)]
        return next(slug for slug in candidates if slug not in taken)


def _wanted(item: ArticleItem) -> str:
    return slugify(unquote(item.slug), 200) or slugify(item.title) or item.kind


def _is_reserved(slug: str) -> bool:
    try:
        refuse_reserved_slug(slug)
    except ValidationError:
        return True
    return False
