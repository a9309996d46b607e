"""Images, for programs that write."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from articles.api.serializers import ImageSerializer, ImageTextSerializer, ImageUploadSerializer
from articles.errors import ImageRefused
from articles.models import Article, Image
from core.api.conditional import check_if_match, etag
from core.api.pagination import CursorPagination, Keyset, ListQuery
from core.api.parsers import JSONParser
from core.api.permissions import ActionPermissions
from core.api.problems import Conflict
from core.api.views import StrictView

if TYPE_CHECKING:
    from accounts.models import User

# Boundaries and headers of a multipart body, beside the file.
MULTIPART_OVERHEAD = 64 * 1024


class ImageQuery(ListQuery):
    q = serializers.CharField(max_length=255, help_text="Part of the file name.")
    state = serializers.ChoiceField(Image.State.choices)
    uploaded_by = serializers.CharField(max_length=120, help_text="Slug of a user; “me” for your own.")


class ImageViewSet(StrictView, GenericViewSet):
    """The library of pictures, for those who write."""

    noun, nouns = "Image", "Images"
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = CursorPagination
    query_classes = {"list": ImageQuery}
    permission_classes = [ActionPermissions]
    permissions = {
        "list": "articles.view_image",
        "retrieve": "articles.view_image",
        "create": "articles.add_image",
        "update": "articles.change_image",
        "partial_update": "articles.change_image",
        "destroy": "articles.delete_image",
    }
    conditional_actions = ("update", "partial_update", "destroy")
    problem_statuses = {"list": [403], "retrieve": [403], "destroy": [409]}

    @property
    def max_body(self) -> int:  # type: ignore[override]
        if getattr(self, "action", None) == "create":
            return settings.IMAGE_MAX_BYTES + MULTIPART_OVERHEAD
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def get_queryset(self) -> QuerySet[Image]:
        return Image.objects.select_related("uploaded_by").prefetch_related("renditions")

    def get_parsers(self) -> list[Any]:
        # Asked for before the action is known; POST has only one.
        creates = self.request is not None and self.request.method == "POST"
        return [MultiPartParser()] if creates else [JSONParser()]

    def get_serializer_class(self) -> Any:
        if self.action == "create":
            return ImageUploadSerializer
        return ImageTextSerializer if self.action in ("update", "partial_update") else ImageSerializer

    def get_keyset(self) -> Keyset:
        return Keyset.parse("-created_at")

    @extend_schema(responses=ImageSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Lists images, the newest first."""
        images = self.get_queryset()
        if "q" in self.query:
            images = images.filter(original_name__icontains=self.query["q"])
        if "state" in self.query:
            images = images.filter(state=self.query["state"])
        if (slug := self.query.get("uploaded_by")) is not None:
            by = {"uploaded_by": request.user} if slug == "me" else {"uploaded_by__slug": slug}
            images = images.filter(**by)
        page = self.paginate_queryset(images)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses=ImageSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Gives one image with its renditions."""
        return self.respond(self.get_object())

    @extend_schema(request={"multipart/form-data": ImageUploadSerializer}, responses={201: ImageSerializer})
    def create(self, request: Request) -> Response:
        """Takes the bytes of an image; a worker prepares it. The same bytes again give the same image."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        upload = serializer.validated_data.pop("file")
        try:
            image = Image.objects.store(upload, by=cast("User", request.user), **serializer.validated_data)
        except ImageRefused as refusal:
            raise ValidationError({"file": [str(refusal)]}) from refusal
        return self.respond(get_object_or_404(self.get_queryset(), pk=image.pk), status=201)

    @extend_schema(responses=ImageSerializer)
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Replaces the alternative text and the caption."""
        with transaction.atomic():
            image = self.locked(self.get_object())
            serializer = self.get_serializer(image, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            image = serializer.save()
        return self.respond(image)

    @extend_schema(responses=ImageSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes the alternative text or the caption."""
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: str) -> Response:
        """Deletes an image that no article shows."""
        with transaction.atomic():
            image = self.locked(self.get_object())
            if using := Article.objects.showing(image).first():
                raise Conflict(f"“{using}” shows this image. Take it out there first.")
            image.delete()
        return Response(status=204)

    def locked(self, image: Image) -> Image:
        """The image, if it is still what the client saw, kept so until the end of the transaction."""
        get_object_or_404(Image.objects.select_for_update(), pk=image.pk)
        image = get_object_or_404(self.get_queryset(), pk=image.pk)
        check_if_match(self.request, etag(self.represent(image)))
        return image

    def represent(self, image: Image) -> Any:
        return ImageSerializer(image, context=self.get_serializer_context()).data

    def respond(self, image: Image, status: int = 200) -> Response:
        data = self.represent(image)
        headers = {"ETag": etag(data)} | ({"Location": data["url"]} if status == 201 else {})
        return Response(data, status, headers=headers)
