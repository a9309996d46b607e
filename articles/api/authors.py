"""Authors, for programs: the public profiles of those who have published something."""

from django.db.models import Count, Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from articles.api.serializers import AuthorSerializer
from articles.models import Article, CoAuthor
from core.api.pagination import CursorPagination, Keyset, ListQuery
from core.api.permissions import ActionPermissions
from core.api.views import StrictView


class AuthorQuery(ListQuery):
    ordering = serializers.ChoiceField(["name", "-name"], help_text="name if not given.")


def published_authors() -> QuerySet[User]:
    """Those with published articles, whether written alone or with others."""
    published = Article.objects.published().posts().order_by()
    wrote = Q(pk__in=published.values("author"))
    helped = Q(pk__in=CoAuthor.objects.filter(article__in=published).order_by().values("user"))
    return User.objects.filter(wrote | helped)


def counted(authors: list[User]) -> list[User]:
    """The authors with their ``article_count``; only of those on the page, since all take long."""
    published = Article.objects.published().posts().order_by()
    alone = dict(published.filter(author__in=authors).values_list("author").annotate(Count("pk")))
    shared = CoAuthor.objects.filter(user__in=authors, article__in=published).order_by()
    together = dict(shared.values_list("user").annotate(Count("pk")))
    for author in authors:
        author.article_count = alone.get(author.pk, 0) + together.get(author.pk, 0)  # type: ignore[attr-defined]
    return authors


class AuthorViewSet(StrictView, GenericViewSet):
    """Public profiles; never an e-mail address."""

    noun, nouns = "Author", "Authors"
    lookup_field = "slug"
    pagination_class = CursorPagination
    query_classes = {"list": AuthorQuery}
    permission_classes = [ActionPermissions]
    permissions: dict[str, str] = {}
    serializer_class = AuthorSerializer

    def get_queryset(self) -> QuerySet[User]:
        return published_authors()

    def get_keyset(self) -> Keyset:
        return Keyset.parse(self.query.get("ordering", "name"))

    def list(self, request: Request) -> Response:
        """Lists authors by name."""
        page = counted(list(self.paginate_queryset(self.get_queryset()) or []))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, slug: str) -> Response:
        """Gives one author."""
        return Response(self.get_serializer(counted([self.get_object()])[0]).data)
