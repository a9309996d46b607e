"""Images: taken as they come, re-encoded by a worker, served only as what the worker made."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.db import models

from articles import markup
from articles.markup import Picture


def upload_storage() -> Any:
    """The storage for bytes that nobody is served."""
    return storages["uploads"]


class ImageQuerySet(models.QuerySet["Image"]):
    def pictures_in(self, content: str) -> dict[str, Picture]:
        """The pictures that this Markdown shows, by the name under which it refers to them."""
        names = markup.image_names(content)
        if not names:
            return {}
        return {image.name: image.picture() for image in self.filter(name__in=names).prefetch_related("renditions")}


class Image(models.Model):
    """One picture, stored once however often its bytes are uploaded.

    ``upload`` holds the bytes as they came, which nobody is served, until a worker has made ``file`` (re-encoded,
    without metadata) and the renditions. ``name`` is known at once, so that text can refer to it:
    ``![alt](/media/<name>)``.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Being prepared"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True, editable=False)
    original_name = models.CharField("file name", max_length=255, blank=True)
    upload = models.FileField(storage=upload_storage, upload_to="images/", blank=True, editable=False, max_length=200)
    file = models.FileField(blank=True, editable=False, max_length=200)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = models.CharField("alternative text", max_length=500, blank=True)
    caption = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING, editable=False)
    error = models.TextField(blank=True, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Image"]] = ImageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            # The periodic repair: what is still waiting for a worker.
            models.Index(fields=["created_at"], name="image_pending", condition=models.Q(state="pending")),
        ]

    def __str__(self) -> str:
        return self.original_name or self.name

    def picture(self) -> Picture:
        """What a page needs to show it at every width and in every format that a worker has made."""
        by_format: dict[str, list[str]] = {}
        for rendition in self.renditions.all():
            by_format.setdefault(rendition.format, []).append(f"{rendition.file.url} {rendition.width}w")
        sources = tuple((f"image/{format}", ", ".join(widths)) for format, widths in by_format.items())
        return Picture(default_storage.url(self.name), self.width, self.height, sources)


class Rendition(models.Model):
    """One image at one width in one format."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file = models.FileField(max_length=200)
    size = models.PositiveIntegerField()

    class Meta:
        ordering = ["format", "width"]
        constraints = [models.UniqueConstraint(fields=["image", "format", "width"], name="rendition_unique")]

    def __str__(self) -> str:
        return self.file.name
