"""Tags, categories and series, for programs."""

from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from articles.api.serializers import (
    CategorySerializer,
    CategoryWriteSerializer,
    SeriesSerializer,
    SeriesWriteSerializer,
    TagSerializer,
    TagWriteSerializer,
)
from articles.models import Article, Category, Series, Tag
from core.api.conditional import check_if_match, etag
from core.api.pagination import CursorPagination, Keyset, ListQuery
from core.api.permissions import ActionPermissions
from core.api.problems import Conflict
from core.api.views import StrictView

ORDERINGS = ["name", "-name"]


class TermQuery(ListQuery):
    q = serializers.CharField(max_length=100, help_text="Part of the name.")
    ordering = serializers.ChoiceField(ORDERINGS, help_text="name if not given.")


class TermViewSet(StrictView, GenericViewSet):
    """The base of the three. Readers see those under which something is published."""

    model: type[models.Model]
    # The field of an article that names it.
    filed_by: str
    lookup_field = "slug"
    pagination_class = CursorPagination
    query_classes = {"list": TermQuery}
    permission_classes = [ActionPermissions]
    read_serializer: type[serializers.Serializer]
    write_serializer: type[serializers.Serializer]
    conditional_actions = ("update", "partial_update", "destroy")
    problem_statuses = {"create": [409], "update": [409], "partial_update": [409]}

    @property
    def permissions(self) -> dict[str, str]:
        verbs = {"create": "add", "update": "change", "partial_update": "change", "destroy": "delete"}
        return {action: f"articles.{verb}_{self.model._meta.model_name}" for action, verb in verbs.items()}

    def get_queryset(self) -> QuerySet[Any]:
        terms = self.model._default_manager.all()
        if self.model is Category:
            terms = terms.select_related("parent")
        if not self.request.user.has_perm(f"articles.view_{self.model._meta.model_name}"):
            terms = terms.filter(pk__in=Article.objects.published().posts().order_by().values(self.filed_by))
        return terms

    def counted(self, terms: list[Any]) -> list[Any]:
        """The terms with their ``article_count``; only of those on the page, since all take long."""
        numbers = self.article_counts(terms)
        for term in terms:
            term.article_count = numbers.get(term.pk, 0)
        return terms

    def article_counts(self, terms: list[Any]) -> dict[int, int]:
        filed = Article.objects.published().posts().filter(**{f"{self.filed_by}__in": terms}).order_by()
        return dict(filed.values_list(self.filed_by).annotate(Count("pk")))

    def get_serializer_class(self) -> type[serializers.Serializer]:
        writes = self.action in ("create", "update", "partial_update")
        return self.write_serializer if writes else self.read_serializer

    def get_keyset(self) -> Keyset:
        return Keyset.parse(self.query.get("ordering", "name"))

    def list(self, request: Request) -> Response:
        """Lists them by name."""
        terms = self.get_queryset()
        if "q" in self.query:
            terms = terms.filter(name__icontains=self.query["q"])
        page = self.counted(list(self.paginate_queryset(terms) or []))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, slug: str) -> Response:
        """Gives one."""
        return self.respond(self.get_object())

    def create(self, request: Request) -> Response:
        """Adds one."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.respond(self.save(serializer), status=201)

    def update(self, request: Request, slug: str, partial: bool = False) -> Response:
        """Replaces what may be written: what is not given is emptied."""
        with transaction.atomic():
            term = self.locked()
            serializer = self.get_serializer(term, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            return self.respond(self.save(serializer))

    def partial_update(self, request: Request, slug: str) -> Response:
        """Changes what is given, and nothing else."""
        return self.update(request, slug, partial=True)

    def destroy(self, request: Request, slug: str) -> Response:
        """Deletes it. Its articles stay."""
        with transaction.atomic():
            self.locked().delete()
        return Response(status=204)

    def locked(self) -> Any:
        """The term, if it is still what the client saw, kept so until the end of the transaction."""
        pk = self.get_object().pk
        get_object_or_404(self.model._default_manager.select_for_update(), pk=pk)
        term = get_object_or_404(self.get_queryset(), pk=pk)
        check_if_match(self.request, etag(self.represent(term)))
        return term

    def save(self, serializer: Any) -> Any:
        try:
            with transaction.atomic():
                term = serializer.save()
        except IntegrityError as error:
            raise Conflict("Someone took this slug just now. Choose another.") from error
        return get_object_or_404(self.get_queryset(), pk=term.pk)

    def represent(self, term: Any) -> Any:
        return self.read_serializer(self.counted([term])[0], context=self.get_serializer_context()).data

    def respond(self, term: Any, status: int = 200) -> Response:
        data = self.represent(term)
        headers = {"ETag": etag(data)} | ({"Location": data["url"]} if status == 201 else {})
        return Response(data, status, headers=headers)


def documented(read: type[serializers.Serializer], write: type[serializers.Serializer]) -> Any:
    """Says in the schema what is read and what is written."""
    return extend_schema_view(
        list=extend_schema(responses=read(many=True)),
        retrieve=extend_schema(responses=read),
        create=extend_schema(request=write, responses={201: read}),
        update=extend_schema(request=write, responses=read),
        partial_update=extend_schema(request=write, responses=read),
    )


@documented(TagSerializer, TagWriteSerializer)
class TagViewSet(TermViewSet):
    noun, nouns = "Tag", "Tags"
    model = Tag
    filed_by = "tags"
    read_serializer = TagSerializer
    write_serializer = TagWriteSerializer

    def article_counts(self, terms: list[Any]) -> dict[int, int]:
        # From the side of the tags: SQLite would begin with all articles of the site.
        published = Article.objects.published().posts().order_by()
        filed = Article.tags.through.objects.filter(tag__in=terms, article__in=published)
        return dict(filed.order_by().values_list("tag").annotate(Count("pk")))


@documented(CategorySerializer, CategoryWriteSerializer)
class CategoryViewSet(TermViewSet):
    noun, nouns = "Category", "Categories"
    model = Category
    filed_by = "category"
    read_serializer = CategorySerializer
    write_serializer = CategoryWriteSerializer


@documented(SeriesSerializer, SeriesWriteSerializer)
class SeriesViewSet(TermViewSet):
    noun, nouns = "Series", "AllSeries"
    model = Series
    filed_by = "series"
    read_serializer = SeriesSerializer
    write_serializer = SeriesWriteSerializer
