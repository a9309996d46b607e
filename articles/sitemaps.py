"""The sitemap, in sections of pages, and robots.txt."""

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, Max, Model, Q, QuerySet
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import conditional_page, require_safe

from articles.models import Article, Category, Series, Tag
from articles.models.article import ArticleQuerySet
from core.addresses import absolute

# The protocol allows 50,000; with images, smaller files are read and changed with less effort.
PAGE_SIZE = 5_000


def own_articles() -> ArticleQuerySet:
    """What is public and names no other site as its home."""
    here = Q(canonical_url="") | Q(canonical_url__startswith=f"{settings.SITE_URL}/")
    return Article.objects.published().filter(here).annotate(changed=Greatest("updated_at", "published_at"))


def _articles() -> QuerySet[Article]:
    return own_articles().posts().select_related("cover").defer("content", "content_html", "content_text", "toc")


def _pages() -> QuerySet[Article]:
    return own_articles().pages().select_related("cover").defer("content", "content_html", "content_text", "toc")


def _terms(model: type[Model]) -> QuerySet[Any]:
    public = Q(articles__in=Article.objects.published().posts())
    shown = model._default_manager.annotate(changed=Max("articles__updated_at", filter=public))
    return shown.filter(changed__isnull=False)


def _authors() -> QuerySet[Any]:
    public = Article.objects.published().posts()
    own = Max("articles__updated_at", filter=Q(articles__in=public))
    shared = Count("co_authored_articles", filter=Q(co_authored_articles__in=public))
    return (
        get_user_model().objects.annotate(changed=own, shared=shared).filter(Q(changed__isnull=False) | Q(shared__gt=0))
    )


SECTIONS: dict[str, Callable[[], QuerySet[Any]]] = {
    "articles": _articles,
    "pages": _pages,
    "tags": lambda: _terms(Tag),
    "categories": lambda: _terms(Category),
    "series": lambda: _terms(Series),
    "authors": _authors,
}


@require_safe
@conditional_page
def sitemap_index(request: HttpRequest) -> HttpResponse:
    parts = []
    for section, rows in SECTIONS.items():
        total, changed = rows().aggregate(total=Count("pk"), latest=Max("changed")).values()
        for page in range(1, -(-total // PAGE_SIZE) + 1):
            address = absolute(reverse("articles:sitemap_section", args=[section, page]))
            parts.append({"address": address, "changed": changed})
    return _xml(request, "articles/sitemap_index.xml", {"parts": parts})


@require_safe
@conditional_page
def sitemap_section(request: HttpRequest, section: str, page: int) -> HttpResponse:
    if section not in SECTIONS or not 1 <= page <= 10_000:
        raise Http404("There is no such part of the sitemap.")
    start = (page - 1) * PAGE_SIZE
    rows = list(SECTIONS[section]().order_by("pk")[start : start + PAGE_SIZE])
    if not rows:
        raise Http404("The sitemap is not that long.")
    return _xml(request, "articles/sitemap.xml", {"entries": [_entry(row) for row in rows]})


def _entry(row: Any) -> dict[str, str | datetime.datetime | None]:
    cover = getattr(row, "cover", None)
    return {
        "address": absolute(row.get_absolute_url()),
        "changed": row.changed,
        "image": absolute(cover.file.url) if cover and cover.file else "",
    }


def _xml(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, content_type="application/xml")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /accounts/",
        f"Disallow: {reverse('articles:search')}",
        "",
        f"Sitemap: {absolute(reverse('articles:sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
