"""The public pages. Each asks one queryset and shows what it gives."""

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.timezone import localtime
from django.views.decorators.http import conditional_page, require_safe

from articles import structured_data
from articles.models import Article, Category, Series, Tag
from articles.models.article import ArticleQuerySet
from articles.paging import first_page_has_no_number, page_of
from articles.search import QueryRefused, excerpts, parse
from articles.search import search as search_articles
from core.addresses import absolute

Month = dict[str, Any]


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that is read only, and answers 304 to whoever has it already."""
    return require_safe(conditional_page(view))


def public_list(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return public_page(first_page_has_no_number(view))


def posts() -> ArticleQuerySet:
    return Article.objects.published().posts()


@public_list
def home(request: HttpRequest) -> HttpResponse:
    listed = posts().for_list()
    lead = listed.filter(featured=True).first() or listed.first()
    if lead is not None:
        listed = listed.exclude(pk=lead.pk)
    page = page_of(request, listed)
    context = {"page": page, "lead": lead, "data": structured_data.website()}
    return render(request, "articles/home.html", context)


@public_page
def article(request: HttpRequest, slug: str) -> HttpResponse:
    return _read(request, Article.objects.posts(), slug)


@public_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    return _read(request, Article.objects.pages(), slug)


def _read(request: HttpRequest, articles: ArticleQuerySet, slug: str) -> HttpResponse:
    article = articles.published().for_page().filter(slug=slug).first()
    if article is not None:
        return render(request, f"articles/{article.kind}.html", _page_context(article))
    article = get_object_or_404(articles.visible_to(request.user).for_page(), slug=slug)
    response = render(request, f"articles/{article.kind}.html", {**_page_context(article), "unpublished": True})
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


def _page_context(article: Article) -> dict[str, Any]:
    context: dict[str, Any] = {"article": article, "data": structured_data.article(article)}
    if article.kind == Article.Kind.ARTICLE:
        parts = list(article.series.articles.published().posts().in_series_order()) if article.series else []
        context |= {"related": list(_related(article)), **_neighbours(article, parts)}
    return context


def _neighbours(article: Article, parts: list[Article]) -> dict[str, Any]:
    """Where the article stands in its series, and what comes before and after it."""
    index = next((index for index, part in enumerate(parts) if part.pk == article.pk), None)
    if index is None:
        return {}
    return {
        "part": index + 1,
        "parts": len(parts),
        "previous_part": parts[index - 1] if index else None,
        "next_part": parts[index + 1] if index + 1 < len(parts) else None,
    }


def _related(article: Article) -> QuerySet[Article]:
    """Up to three that share most tags with it, the newest of them first."""
    tags = [tag.pk for tag in article.tags.all()]
    if not tags:
        return Article.objects.none()
    sharing = posts().filter(tags__in=tags).exclude(pk=article.pk).annotate(shared=Count("tags"))
    return sharing.for_list().order_by("-shared", "-published_at", "-pk")[:3]


@public_page
def article_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    article = get_object_or_404(posts(), slug=slug)
    body = f"# {article.title}\n\n{article.content}"
    response = HttpResponse(body, content_type="text/markdown; charset=utf-8")
    response["Link"] = f'<{absolute(article.get_absolute_url())}>; rel="canonical"'
    return response


@public_list
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    tag = get_object_or_404(Tag, slug=slug)
    return _term(request, tag, posts().filter(tags=tag).for_list())


@public_list
def category(request: HttpRequest, slug: str) -> HttpResponse:
    category = get_object_or_404(Category.objects.select_related("parent"), slug=slug)
    within = posts().in_category(category).for_list()
    return _term(request, category, within, children=list(category.children.all()), parent=category.parent)


def _term(request: HttpRequest, term: Tag | Category, articles: QuerySet[Article], **context: Any) -> HttpResponse:
    kind = term._meta.model_name
    crumbs = structured_data.breadcrumbs((term.name, term.get_absolute_url()))
    context |= {"term": term, "kind": kind, "page": page_of(request, articles), "data": crumbs}
    return render(request, "articles/term.html", context)


@public_list
def series(request: HttpRequest, slug: str) -> HttpResponse:
    series = get_object_or_404(Series, slug=slug)
    parts = posts().filter(series=series).for_list().in_series_order()
    crumbs = structured_data.breadcrumbs((series.name, series.get_absolute_url()))
    return render(request, "articles/series.html", {"series": series, "page": page_of(request, parts), "data": crumbs})


@public_list
def author(request: HttpRequest, slug: str) -> HttpResponse:
    author = get_object_or_404(get_user_model(), slug=slug)
    page = page_of(request, posts().written_by(author).for_list())
    if not page.items:
        # Someone who has published nothing has an account, which is nobody's business.
        raise Http404("This author has published nothing.")
    context = {"author": author, "page": page, "data": structured_data.profile(author)}
    return render(request, "articles/author.html", context)


@public_page
def archive(request: HttpRequest) -> HttpResponse:
    terms = {"categories": _most_used(Category), "series": _most_used(Series), "tags": _most_used(Tag)}
    return render(request, "articles/archive.html", {"months": _months(posts())[::-1], **terms})


def _most_used(model: type[Tag] | type[Category] | type[Series]) -> list[Any]:
    """The hundred under which most is published, by name, each with the number of articles."""
    used = model._default_manager.annotate(count=Count("articles", filter=Q(articles__in=posts()))).filter(count__gt=0)
    return sorted(used.order_by("-count", "name")[:100], key=lambda term: term.name.casefold())


@public_list
def archive_year(request: HttpRequest, year: int) -> HttpResponse:
    articles = posts().filter(published_at__year=year)
    return _archive(request, articles, year=year)


@public_list
def archive_month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    articles = posts().filter(published_at__year=year, published_at__month=month)
    return _archive(request, articles, year=year, month=month, first_day=datetime.date(year, month, 1))


def _archive(request: HttpRequest, articles: ArticleQuerySet, *, year: int, **context: Any) -> HttpResponse:
    page = page_of(request, articles.for_list())
    if not page.items:
        raise Http404("Nothing was published then.")
    dates = posts().newest_first().values_list("published_at", flat=True)
    earlier = dates.filter(published_at__year__lt=year).first()
    later = dates.filter(published_at__year__gt=year).last()
    context |= {
        "year": year,
        "page": page,
        "months": _months(posts().filter(published_at__year=year)),
        "earlier": localtime(earlier).year if earlier else None,
        "later": localtime(later).year if later else None,
    }
    return render(request, "articles/archive_dated.html", context)


def _months(articles: ArticleQuerySet) -> list[Month]:
    """The months in which something appeared, oldest first, each with its first day and the number of articles."""
    by_month = articles.annotate(first_day=TruncMonth("published_at")).values("first_day").order_by("first_day")
    return [dict(month) for month in by_month.annotate(count=Count("pk"))]


@public_list
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"text": text}
    try:
        query = parse(text)
    except QueryRefused as refusal:
        context |= {"text": text[: refusal.shown], "error": str(refusal)}
        return render(request, "articles/search.html", context, status=400)
    if query is not None:
        page = page_of(request, search_articles(posts().for_list(), query), q=text)
        context |= {"page": page, "results": excerpts(page.items, query)}
    return render(request, "articles/search.html", context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith((settings.MEDIA_URL, settings.STATIC_URL)):
        return HttpResponse("There is no such file.\n", status=404, content_type="text/plain; charset=utf-8")
    return render(request, "404.html", {"newest": posts().for_list()[:3]}, status=404)
