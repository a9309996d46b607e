"""The addresses of version 1 of the API."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.utils import extend_schema, inline_serializer
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter

from accounts.api import ObtainTokenView, RefreshTokenView, RevokeTokenView
from articles.api.articles import ArticleViewSet
from articles.api.authors import AuthorViewSet
from articles.api.images import ImageViewSet
from articles.api.terms import CategoryViewSet, SeriesViewSet, TagViewSet
from core.api.views import StrictView, UnknownAddressView

COLLECTIONS = {
    "articles": "api:article-list",
    "tags": "api:tag-list",
    "categories": "api:category-list",
    "series": "api:series-list",
    "authors": "api:author-list",
    "images": "api:image-list",
    "token": "api:token",
    "schema": "api:schema",
    "docs": "api:docs",
}


class RootView(StrictView):
    """Where everything is."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="getRoot",
        tags=["root"],
        responses=inline_serializer("Root", {name: serializers.URLField() for name in COLLECTIONS}),
    )
    def get(self, request: Request) -> Response:
        """Lists the collections."""
        return Response({name: reverse(view, request=request) for name, view in COLLECTIONS.items()})


router = SimpleRouter()
router.register("articles", ArticleViewSet, "article")
router.register("tags", TagViewSet, "tag")
router.register("categories", CategoryViewSet, "category")
router.register("series", SeriesViewSet, "series")
router.register("authors", AuthorViewSet, "author")
router.register("images", ImageViewSet, "image")

docs_view = SpectacularSwaggerSplitView.as_view(url_name="api:schema", template_name="api/docs.html")

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RootView.as_view(), name="root"),
    *router.urls,
    path("token/", ObtainTokenView.as_view(), name="token"),
    path("token/refresh/", RefreshTokenView.as_view(), name="token-refresh"),
    path("token/revoke/", RevokeTokenView.as_view(), name="token-revoke"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", csp_update({"script-src": [SELF], "connect-src": [SELF]})(docs_view), name="docs"),
    re_path("", UnknownAddressView.as_view()),
]
