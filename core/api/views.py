"""The base of every API view: strict about what comes in, precise about what goes out."""

import unicodedata
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.pagination import Keyset
from core.api.problems import InvalidQuery, PayloadTooLarge
from core.api.serializers import QuerySerializer


class NoQuery(QuerySerializer):
    """For views that take no query parameters."""


class StrictView(APIView):
    """Refuses unknown query parameters and bodies that are too large; sets ETags, caching and rate limit headers.

    ``query_classes`` maps an action to the serializer of its query parameters, whose values are in ``query``.
    """

    query_classes: dict[str, type[QuerySerializer]] = {}
    query: dict[str, Any]
    max_body: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    @method_decorator(conditional_page)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before authentication, which may read the body to look for a CSRF token.
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if length.isdecimal() and int(length) > self.max_body:
            raise PayloadTooLarge(f"The body is larger than {self.max_body // 1024} KiB, which is the most taken here.")
        super().initial(request, *args, **kwargs)
        if any("\0" in str(value) for value in kwargs.values()):
            raise NotFound
        self.kwargs = {name: unicodedata.normalize("NFC", str(value)) for name, value in kwargs.items()}
        if not hasattr(self, str(request.method).lower()):
            # What follows is 405, whatever the query.
            return
        query = self.query_class()(data=request.query_params)
        if not query.is_valid():
            raise InvalidQuery(query.errors)
        self.query = query.validated_data

    def query_class(self) -> type[QuerySerializer]:
        return self.query_classes.get(getattr(self, "action", None) or "", NoQuery)

    def get_keyset(self) -> Keyset | None:
        """The order of the list."""
        return Keyset("pk")

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Says which methods there are, and nothing else."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        signed_in = bool(getattr(request, "_user", None) and request.user.is_authenticated)
        response.setdefault("Cache-Control", "private, no-store" if signed_in else "no-cache")
        if quota := getattr(self.request, "api_quota", None):
            for name, value in quota.headers().items():
                response[name] = value
        return response


class UnknownAddressView(StrictView):
    """Whatever no other view of the API answers."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        hint = "" if request.path.endswith("/") else f" Addresses end with a slash: {request.path}/"
        raise NotFound(f"There is nothing at this address.{hint}")
