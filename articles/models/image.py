"""Images: taken as they come, re-encoded by a worker, served only as what the worker made."""

import datetime
import hashlib
import unicodedata
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone

from articles import markup
from articles.errors import ImageRefused
from articles.markup import Picture
from core import images
from core.jobs import enqueue
from core.media import replace_file, upload_storage

if TYPE_CHECKING:
    from accounts.models import User

# Longer than the hard time limit of the task, so that no two workers prepare one image.
CLAIM_LASTS = datetime.timedelta(minutes=6)
MAX_ATTEMPTS = 5


class ImageQuerySet(models.QuerySet["Image"]):
    def pictures_in(self, content: str) -> dict[str, Picture]:
        """The pictures that this Markdown shows, by the name under which it refers to them."""
        names = markup.image_names(content)
        if not names:
            return {}
        return {image.name: image.picture() for image in self.filter(name__in=names).prefetch_related("renditions")}

    def store(
        self, upload: File | bytes, *, by: "User | None" = None, alt: str = "", caption: str = "", name: str = ""
    ) -> "Image":
        """Takes the bytes of an image, or returns the row that has them already, with a blank text filled in.

        Only the header is read here; a worker decodes. Raises ImageRefused with what is wrong and what to do.
        """
        name = _printable(PurePath(name or getattr(upload, "name", None) or "").name)[:255]
        try:
            data = _read(upload)
            found = images.probe(data)
        except images.ImageError as error:
            raise ImageRefused(f"{name}: {error}" if name else str(error)) from error
        sha256 = hashlib.sha256(data).hexdigest()
        texts = {"alt": _printable(alt)[:500], "caption": _printable(caption)[:500]}
        image = Image.objects.filter(sha256=sha256).first()
        if image is None:
            image = self._add(data, found, sha256=sha256, original_name=name, uploaded_by=by, **texts)
        image.fill_blank(**texts)
        if image.state == Image.State.FAILED:
            image.retry(data)
        return image

    def _add(self, data: bytes, found: images.Probe, *, sha256: str, **fields: Any) -> "Image":
        stem = f"{sha256[:2]}/{sha256[:20]}"
        upload = replace_file(upload_storage(), f"images/{stem}", data)
        try:
            with transaction.atomic():
                image = self.create(
                    sha256=sha256,
                    name=f"images/{stem}.{images.EXTENSIONS[found.family]}",
                    upload=upload,
                    width=found.width,
                    height=found.height,
                    **fields,
                )
                image.send_to_worker()
                return image
        except IntegrityError:
            # The same bytes arrived twice at the same moment, and the other was first.
            return self.get(sha256=sha256)

    def waiting(self) -> Self:
        """What no worker is preparing at present."""
        free = models.Q(started_at__isnull=True) | models.Q(started_at__lt=timezone.now() - CLAIM_LASTS)
        return self.filter(free, state=Image.State.PENDING)


def _read(upload: File | bytes) -> bytes:
    limit = settings.IMAGE_MAX_BYTES
    if isinstance(upload, bytes):
        data = upload
    else:
        # One byte more tells a file at the limit from one beyond it.
        upload.seek(0)
        data = upload.read(limit + 1)
    if len(data) > limit:
        raise images.ImageError(f"The file is larger than {limit // 1024**2} MB. Scale the image down.")
    return data


def _printable(text: str) -> str:
    """Without control characters, of which PostgreSQL refuses NUL."""
    return "".join(" " if unicodedata.category(character) == "Cc" else character for character in text).strip()


class Image(models.Model):
    """One picture, stored once however often its bytes are uploaded.

    ``upload`` holds the bytes as they came, which nobody is served, until a worker has made ``file`` (re-encoded,
    without metadata) and the renditions. ``name`` is known at once, so that text can refer to it:
    ``![alt](/media/<name>)``. ``width`` and ``height`` are those of the upright picture.
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
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Image"]] = ImageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            # The periodic repair: what is still waiting for a worker.
            models.Index(fields=["created_at"], name="image_pending", condition=models.Q(state="pending")),
            # The periodic repair: what a worker has just finished.
            models.Index(fields=["started_at"], name="image_started"),
        ]

    def __str__(self) -> str:
        return self.original_name or self.name

    def picture(self) -> Picture:
        """What a page needs to show it at every width and in every format that a worker has made, best format first."""
        by_format: dict[str, list[str]] = {}
        for rendition in sorted(self.renditions.all(), key=lambda r: (Rendition.FORMATS.index(r.format), r.width)):
            by_format.setdefault(rendition.format, []).append(f"{rendition.file.url} {rendition.width}w")
        sources = tuple((f"image/{format_}", ", ".join(widths)) for format_, widths in by_format.items())
        return Picture(str(default_storage.url(self.name)), self.width, self.height, sources)

    def fill_blank(self, *, alt: str, caption: str) -> None:
        """Sets the texts that nobody has written yet."""
        given = {"alt": alt, "caption": caption}
        blank = {field: text for field, text in given.items() if text and not getattr(self, field)}
        for field, text in blank.items():
            setattr(self, field, text)
        if blank:
            self.save(update_fields=list(blank))

    def send_to_worker(self) -> None:
        from articles.tasks import process_image  # tasks know the models, so the models cannot know them earlier

        enqueue(process_image, self.pk)

    def claim(self) -> bool:
        """Takes it for this worker, if it is waiting and nobody else has it."""
        claimed = (
            Image.objects.filter(pk=self.pk)
            .waiting()
            .update(started_at=timezone.now(), attempts=models.F("attempts") + 1)
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def fail(self, reason: str) -> None:
        """Gives it up, with the reason that editors read. The bytes stay, so that it can be tried again."""
        self.state = self.State.FAILED
        self.error = reason
        Image.objects.filter(pk=self.pk).update(state=self.state, error=reason)

    def discard_upload(self) -> None:
        """Deletes the bytes as they came, which nobody needs once the file is made."""
        self.upload.delete(save=False)
        Image.objects.filter(pk=self.pk).update(upload="")

    def retry(self, data: bytes | None = None) -> None:
        """Sends a failed image to a worker again, with its bytes where they are at hand."""
        if data is not None:
            self.upload = replace_file(upload_storage(), self.upload.name or f"images/{self.name}", data)
        self.state = self.State.PENDING
        self.error = ""
        self.attempts = 0
        self.started_at = None
        self.save(update_fields=["upload", "state", "error", "attempts", "started_at"])
        self.send_to_worker()


class Rendition(models.Model):
    """One image at one width in one format."""

    FORMATS = ("avif", "webp", "jpeg", "png", "gif")

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
        return f"{self.image}, {self.format}, {self.width} px"


@receiver(post_delete, sender=Image)
def delete_files_of_image(instance: Image, **kwargs: Any) -> None:
    """What is deleted here must not be served any longer."""
    for file in (instance.upload, instance.file):
        transaction.on_commit(partial(file.delete, save=False))


@receiver(post_delete, sender=Rendition)
def delete_file_of_rendition(instance: Rendition, **kwargs: Any) -> None:
    transaction.on_commit(partial(instance.file.delete, save=False))
