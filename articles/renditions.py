"""Renditions: what a worker makes of an uploaded image, and how it reaches the pages that show it."""

import datetime
from collections.abc import Iterator

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from articles.errors import MarkupError
from articles.models import Article, Image, Rendition
from articles.models.image import MAX_ATTEMPTS
from core.images import EXTENSIONS, Bitmap, Format, ImageError, decode, probe
from core.media import replace_file

logger = structlog.get_logger(__name__)

WIDTHS = (320, 640, 960, 1280, 1920)


def prepare(image: Image) -> None:
    """Makes the file and the renditions of a waiting image, unless another worker does. Safe to repeat."""
    if not image.claim():
        return
    if image.attempts > MAX_ATTEMPTS:
        image.fail(
            "The worker broke off each time it prepared this image. Make it smaller, or save it in another format."
        )
        return
    try:
        data = uploaded_bytes(image)
        family = probe(data).family
        bitmap = decode(data)
        renditions = list(make_renditions(image, bitmap, family))
        replace_file(default_storage, image.name, bitmap.encode(family))
    except ImageError as error:
        image.fail(str(error))
    except SoftTimeLimitExceeded:
        image.fail("It took too long to prepare this image. Make it smaller.")
    else:
        finish(image, renditions)


def uploaded_bytes(image: Image) -> bytes:
    try:
        with image.upload.open() as upload:
            data: bytes = upload.read()
            return data
    except (FileNotFoundError, ValueError) as error:
        raise ImageError("The uploaded file is gone. Upload the image again.") from error


def make_renditions(image: Image, bitmap: Bitmap, family: Format) -> Iterator[Rendition]:
    """Stores one file for each width and format, and yields their rows unsaved."""
    # Few browsers show animated AVIF well, and GIF is several times larger than the WebP that all of them show.
    formats: tuple[Format, ...] = ("webp",) if bitmap.animated else tuple(dict.fromkeys(("avif", "webp", family)))
    for width in widths_for(bitmap.width):
        scaled = bitmap.scaled_to(width)
        for codec in formats:
            if scaled.fits(codec):
                content = scaled.encode(codec)
                name = f"{image.name.rpartition('.')[0]}-{width}.{EXTENSIONS[codec]}"
                replace_file(default_storage, name, content)
                yield Rendition(
                    image=image, format=codec, width=width, height=scaled.height, file=name, size=len(content)
                )


def widths_for(width: int) -> tuple[int, ...]:
    """The fixed widths up to that of the image; its own, when it is smaller than all of them."""
    return tuple(fixed for fixed in WIDTHS if fixed <= width) or (width,)


def finish(image: Image, renditions: list[Rendition]) -> None:
    with transaction.atomic():
        if not Image.objects.select_for_update().filter(pk=image.pk).exists():
            # It was deleted meanwhile, and its files with it, but for those that were made since.
            for name in (image.name, *(str(rendition.file) for rendition in renditions)):
                default_storage.delete(name)
            return
        Rendition.objects.bulk_create(
            renditions,
            update_conflicts=True,
            unique_fields=["image", "format", "width"],
            update_fields=["height", "file", "size"],
        )
        image.state = Image.State.READY
        image.error = ""
        image.file.name = image.name
        image.save(update_fields=["state", "error", "file"])
    image.discard_upload()
    show_in_articles(image)


def show_in_articles(image: Image) -> None:
    """Renders the articles that show the image again. Nobody edited them, so their version and date stay."""
    for article in Article.objects.filter(content__contains=image.name).only("pk"):
        try:
            _render_again(article.pk)
        except MarkupError as error:
            logger.warning("article_not_rendered", article=article.pk, error=str(error))


def _render_again(pk: int) -> None:
    for _ in range(10):
        article = Article.objects.filter(pk=pk).first()
        if article is None:
            return
        shown = article.content_html
        article.render()
        unchanged = Article.objects.filter(pk=pk, version=article.version)
        # Someone may save it meanwhile; what they wrote is then rendered instead.
        if article.content_html == shown or unchanged.update(content_html=article.content_html):
            return


def repair() -> None:
    """Brings forward what got stuck: images whose message was lost, and articles saved while an image became ready."""
    now = timezone.now()
    overdue = Image.objects.waiting().filter(created_at__lt=now - datetime.timedelta(minutes=1))
    for image in overdue.order_by("created_at")[:100]:
        image.send_to_worker()
    just_started = now - datetime.timedelta(minutes=8)
    for image in Image.objects.filter(state=Image.State.READY, started_at__gt=just_started):
        if image.upload:
            image.discard_upload()
        show_in_articles(image)
