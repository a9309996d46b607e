"""Articles and plain pages, for programs."""

import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from articles.api.serializers import (
    ArticleSerializer,
    ArticleSummarySerializer,
    ArticleWriteSerializer,
    PublishSerializer,
)
from articles.errors import NotPublishable, StaleArticle
from articles.models import Article
from articles.models.article import ArticleQuerySet
from articles.search import MAX_CHARACTERS, QueryRefused, search
from core.api.conditional import check_if_match, etag
from core.api.pagination import CursorPagination, Keyset, ListQuery
from core.api.permissions import ActionPermissions
from core.api.problems import Conflict, InvalidQuery, PreconditionFailed
from core.api.serializers import DateTimeField
from core.api.views import StrictView

ORDERINGS = [
    "-published_at",
    "published_at",
    "-updated_at",
    "updated_at",
    "-created_at",
    "created_at",
    "title",
    "-title",
]
STATUSES = ["draft", "scheduled", "published", "expired"]
DEFAULT_ORDERING = "-published_at"
RELEVANCE = "relevance"


class ArticleQuery(ListQuery):
    q = serializers.CharField(
        max_length=MAX_CHARACTERS, allow_blank=True, help_text="Words that it holds, all of them."
    )
    kind = serializers.ListField(
        child=serializers.ChoiceField(Article.Kind.choices),
        max_length=2,
        help_text="Articles if neither this nor a slug is given. Given twice: both.",
    )
    slug = serializers.CharField(max_length=200)
    tag = serializers.ListField(
        child=serializers.CharField(max_length=120),
        max_length=10,
        help_text="Slug. Given several times: has all of them.",
    )
    category = serializers.CharField(max_length=120, help_text="Slug; the categories within it count too.")
    series = serializers.CharField(max_length=120, help_text="Slug.")
    author = serializers.CharField(max_length=120, help_text="Slug; what they wrote alone or with others.")
    language = serializers.CharField(max_length=20)
    status = serializers.ChoiceField(STATUSES, help_text="Whatever it is, you get only what you may see.")
    featured = serializers.BooleanField()
    published_after = DateTimeField()
    published_before = DateTimeField()
    ordering = serializers.ChoiceField(
        [*ORDERINGS, RELEVANCE],
        help_text=f"{DEFAULT_ORDERING} if not given, {RELEVANCE} for a search. Drafts count as newest.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("ordering") == RELEVANCE and "q" not in attrs:
            raise serializers.ValidationError({"ordering": "Relevance to what? Give a search in q as well."})
        return attrs


class ArticleViewSet(StrictView, GenericViewSet):
    """Articles and plain pages: what is published for everyone, drafts for those who may see them."""

    noun, nouns = "Article", "Articles"
    lookup_field = "slug"
    pagination_class = CursorPagination
    query_classes = {"list": ArticleQuery}
    permission_classes = [ActionPermissions]
    permissions = {
        "create": "articles.add_article",
        "update": "articles.change_article",
        "partial_update": "articles.change_article",
        # Authors may delete their own drafts: deletable_by() has the last word.
        "destroy": "articles.change_article",
        "publish": "articles.publish_article",
        "withdraw": "articles.publish_article",
    }
    conditional_actions = ("update", "partial_update", "destroy", "publish", "withdraw")
    problem_statuses = {"publish": [409], "create": [409], "update": [409], "partial_update": [409]}

    def get_queryset(self) -> ArticleQuerySet:
        visible = Article.objects.visible_to(self.request.user)
        return visible.for_page().with_clock()

    def get_serializer_class(self) -> Any:
        return {
            "list": ArticleSummarySerializer,
            "create": ArticleWriteSerializer,
            "update": ArticleWriteSerializer,
            "partial_update": ArticleWriteSerializer,
            "publish": PublishSerializer,
        }.get(self.action, ArticleSerializer)

    def get_keyset(self) -> Keyset | None:
        ordering = self.query.get("ordering") or (RELEVANCE if "q" in self.query else DEFAULT_ORDERING)
        if ordering == RELEVANCE:
            return None
        sees_drafts = self.request.user.has_perm("articles.change_article")
        return Keyset.parse(ordering, nullable=ordering.endswith("published_at") and sees_drafts)

    @extend_schema(responses=ArticleSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """Lists articles, without their texts."""
        found = narrow(Article.objects.visible_to(request.user), self.query)
        found = found.for_list().select_related("author", "category", "cover", "series").with_clock()
        if "q" in self.query:
            try:
                found = search(found, self.query["q"])
            except QueryRefused as error:
                raise InvalidQuery({"q": [str(error)]}) from error
        page = self.paginate_queryset(found)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses=ArticleSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Gives one article with its text."""
        return self.respond(self.get_object())

    @extend_schema(responses={201: ArticleSerializer})
    def create(self, request: Request) -> Response:
        """Makes a draft."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.respond(self.reread(self.save(serializer)), status=201)

    @extend_schema(responses=ArticleSerializer)
    def update(self, request: Request, slug: str, partial: bool = False) -> Response:
        """Replaces what may be written: what is not given is emptied."""
        article = self.get_object()
        if not Article.objects.editable_by(request.user).filter(pk=article.pk).exists():
            raise PermissionDenied("This is not yours to change.")
        self.check_version(article)
        serializer = self.get_serializer(article, data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return self.respond(self.reread(self.save(serializer)))

    @extend_schema(responses=ArticleSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Changes what is given, and nothing else."""
        return self.update(request, slug, partial=True)

    def destroy(self, request: Request, slug: str) -> Response:
        """Deletes it. Editors may delete everything, authors their own drafts."""
        article = self.get_object()
        if not Article.objects.deletable_by(request.user).filter(pk=article.pk).exists():
            raise PermissionDenied("This is not yours to delete.")
        with transaction.atomic():
            locked = get_object_or_404(Article.objects.select_for_update(), pk=article.pk)
            self.check_version(locked)
            locked.delete()
        return Response(status=204)

    @extend_schema(request=PublishSerializer, responses=ArticleSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, slug: str) -> Response:
        """Makes it public, now or at a time. What is public already stays as it is."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        at: datetime.datetime | None = serializer.validated_data.get("at")
        article = self.get_object()
        self.check_version(article, required=False)
        if at is None and article.is_published():
            return self.respond(article)
        try:
            article.publish(by=request.user, at=at)
        except NotPublishable as refusal:
            raise Conflict({name: [text] for name, text in refusal.problems.items()}) from refusal
        except StaleArticle as error:
            raise PreconditionFailed from error
        return self.respond(self.reread(article))

    @extend_schema(request=None, responses=ArticleSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, slug: str) -> Response:
        """Takes it back into the drafts. What is a draft already stays as it is."""
        article = self.get_object()
        self.check_version(article, required=False)
        if article.published_at is not None:
            try:
                article.withdraw(by=request.user)
            except StaleArticle as error:
                raise PreconditionFailed from error
        return self.respond(self.reread(article))

    def check_version(self, article: Article, *, required: bool = True) -> None:
        check_if_match(self.request, f'"{article.version}"', required=required)

    def save(self, serializer: Any) -> Article:
        try:
            article: Article = serializer.save()
        except StaleArticle as error:
            raise PreconditionFailed from error
        except IntegrityError as error:
            raise Conflict("Someone took this slug, or removed something it refers to, just now. Try again.") from error
        return article

    def reread(self, article: Article) -> Article:
        """As it stands in the database, with all that is shown of it."""
        found = Article.objects.for_page().with_clock().filter(pk=article.pk).first()
        if found is None:
            raise Http404
        return found

    def respond(self, article: Article, status: int = 200) -> Response:
        data = ArticleSerializer(article, context=self.get_serializer_context()).data
        headers = {"ETag": etag(data, article.version)}
        if status == 201:
            headers["Location"] = data["url"]
        return Response(data, status, headers=headers)


def narrow(articles: ArticleQuerySet, query: dict[str, Any]) -> ArticleQuerySet:
    """The articles that answer to the filters of a query."""
    if "kind" in query or "slug" not in query:
        articles = articles.filter(kind__in=query.get("kind") or [Article.Kind.ARTICLE])
    for slug in query.get("tag", []):
        articles = articles.filter(tags__slug=slug)
    if "category" in query:
        within = Q(category__slug=query["category"]) | Q(category__parent__slug=query["category"])
        articles = articles.filter(within)
    if "author" in query:
        author = User.objects.filter(slug=query["author"]).first()
        articles = articles.written_by(author) if author else articles.none()
    if "status" in query:
        articles = with_status(articles, query["status"])
    lookups = {
        "slug": "slug",
        "series": "series__slug",
        "language": "language__iexact",
        "featured": "featured",
        "published_after": "published_at__gt",
        "published_before": "published_at__lt",
    }
    return articles.filter(**{lookup: query[name] for name, lookup in lookups.items() if name in query})


def with_status(articles: ArticleQuerySet, status: str) -> ArticleQuerySet:
    questions = {
        "draft": articles.drafts,
        "scheduled": articles.scheduled,
        "published": articles.published,
        "expired": articles.expired,
    }
    return questions[status]()
