import datetime
import io

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.utils import timezone
from PIL import Image as PillowImage

from articles import renditions, tasks
from articles.models import Article, Image
from articles.models.image import MAX_ATTEMPTS
from core import jobs
from tests.factories import ArticleFactory
from tests.pictures import animation, encoded, photo, turned_photo
from tests.servers import wait_for

pytestmark = pytest.mark.django_db


def prepared(data: bytes) -> Image:
    image = Image.objects.store(data)
    tasks.process_image(image.pk)
    image.refresh_from_db()
    return image


def opened(name: str) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(stored(name)))


def stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        return file.read()


def test_a_worker_makes_every_width_in_every_format():
    image = prepared(photo(1000, 500))
    assert (image.state, image.error, image.file.name) == ("ready", "", image.name)
    assert [(r.format, r.width, r.height) for r in image.renditions.all()] == [
        (kind, width, width // 2) for kind in ("avif", "jpeg", "webp") for width in (320, 640, 960)
    ]
    for rendition in image.renditions.all():
        file = opened(rendition.file.name)
        assert (file.format.lower(), file.size) == (rendition.format, (rendition.width, rendition.height))
        assert rendition.size == default_storage.size(rendition.file.name)
    assert opened(image.name).size == (1000, 500)


def test_bytes_as_they_came_are_deleted_when_the_file_is_made(tmp_path):
    image = prepared(photo())
    assert not image.upload
    assert not [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]


@pytest.mark.parametrize(("width", "widths"), [(40, (40,)), (320, (320,)), (2500, (320, 640, 960, 1280, 1920))])
def test_no_rendition_is_wider_than_the_image(width, widths):
    assert renditions.widths_for(width) == widths


def test_a_picture_offers_avif_then_webp_then_the_original_family():
    picture = prepared(photo(700, 70)).picture()
    assert [kind for kind, _ in picture.sources] == ["image/avif", "image/webp", "image/jpeg"]
    stem = picture.src.removesuffix(".jpg")
    assert picture.sources[0][1] == f"{stem}-320.avif 320w, {stem}-640.avif 640w"
    assert (picture.width, picture.height) == (700, 70)


def test_a_photo_is_turned_and_its_place_forgotten():
    image = prepared(turned_photo())
    file = opened(image.name)
    assert (image.width, image.height) == file.size == (40, 80)
    assert not file.getexif()
    assert b"SECRET" not in stored(image.name)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_keeps_moving(kind):
    image = prepared(animation(kind, size=(400, 200)))
    assert opened(image.name).n_frames == 3
    assert [(r.format, r.width) for r in image.renditions.all()] == [("webp", 320)]
    assert opened(image.renditions.get().file.name).n_frames == 3


def test_transparency_is_kept_in_every_format():
    image = prepared(encoded(PillowImage.new("RGBA", (50, 50), (255, 0, 0, 0))))
    for rendition in image.renditions.all():
        assert opened(rendition.file.name).convert("RGBA").getpixel((25, 25))[3] == 0


def test_a_picture_too_tall_for_webp_has_the_other_formats():
    image = prepared(encoded(PillowImage.new("RGB", (4, 17_000)), "PNG"))
    assert [r.format for r in image.renditions.all()] == ["avif", "png"]


def test_a_damaged_image_fails_with_the_reason():
    data = bytearray(photo(kind="PNG"))
    data[len(data) // 2] ^= 0xFF
    image = prepared(bytes(data))
    assert image.state == "failed"
    assert image.error.startswith("The image is damaged and cannot be decoded")
    assert image.picture().sources == ()


def test_an_upload_that_is_gone_fails_with_the_reason():
    image = Image.objects.store(photo())
    storages["uploads"].delete(image.upload.name)
    tasks.process_image(image.pk)
    image.refresh_from_db()
    assert (image.state, image.error) == ("failed", "The uploaded file is gone. Upload the image again.")


def test_an_image_that_takes_too_long_fails(monkeypatch):
    def endless(data):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(renditions, "decode", endless)
    assert prepared(photo()).error == "It took too long to prepare this image. Make it smaller."


def test_an_image_that_ends_its_worker_each_time_is_given_up():
    image = Image.objects.store(photo())
    Image.objects.filter(pk=image.pk).update(attempts=MAX_ATTEMPTS)
    tasks.process_image(image.pk)
    image.refresh_from_db()
    assert image.state == "failed"


def test_a_full_disk_leaves_the_image_waiting(monkeypatch, time_machine):
    def refuse(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(renditions, "replace_file", refuse)
    image = Image.objects.store(photo())
    with pytest.raises(OSError, match="No space"):
        tasks.process_image(image.pk)
    assert not Image.objects.waiting().exists()
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=7))
    assert list(Image.objects.waiting()) == [image]


def test_an_attempt_that_broke_off_is_done_again(time_machine, tmp_path):
    image = Image.objects.store(photo(400, 300))
    image.claim()
    default_storage.save(image.name, ContentFile(b"half a file"))
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=7))
    tasks.process_image(image.pk)
    assert Image.objects.get().state == "ready"
    assert opened(image.name).size == (400, 300)
    files = {path.name for path in (tmp_path / "media").rglob("*") if path.is_file()}
    assert len(files) == 1 + image.renditions.count()


def test_preparing_twice_changes_nothing():
    image = prepared(photo())
    before = list(image.renditions.values())
    tasks.process_image(image.pk)
    assert list(image.renditions.values()) == before


def test_articles_show_the_renditions_without_having_been_edited():
    image = Image.objects.store(photo(400, 300), alt="The tide")
    article = ArticleFactory(content=f"![The tide](/media/{image.name})")
    other = ArticleFactory()
    tasks.process_image(image.pk)
    again = Article.objects.get(pk=article.pk)
    again.render()
    assert Article.objects.get(pk=article.pk).content_html == again.content_html
    assert f"{image.name.removesuffix('.jpg')}-320.avif 320w" in again.content_html
    assert (again.version, again.updated_at) == (article.version, article.updated_at)
    assert Article.objects.get(pk=other.pk).updated_at == other.updated_at


def test_what_was_forgotten_is_brought_forward(time_machine, monkeypatch, django_capture_on_commit_callbacks):
    forgotten = Image.objects.store(photo())
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=2))
    Image.objects.store(photo(20, 20))
    sent = []
    monkeypatch.setattr(jobs, "send", lambda task, args, kwargs: sent.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.repair_images()
    assert sent == [(forgotten.pk,)]


def test_an_article_saved_while_its_image_became_ready_is_rendered_again():
    image = prepared(photo(400, 300))
    article = ArticleFactory(content=f"![The tide](/media/{image.name})")
    Article.objects.filter(pk=article.pk).update(content_html="<p>without renditions</p>")
    tasks.repair_images()
    assert Article.objects.get().content_html == article.content_html


def test_an_image_that_is_deleted_meanwhile_leaves_no_file(monkeypatch, tmp_path):
    image = Image.objects.store(photo())
    decode = renditions.decode

    def decode_and_delete(data):
        Image.objects.all().delete()
        return decode(data)

    monkeypatch.setattr(renditions, "decode", decode_and_delete)
    tasks.process_image(image.pk)
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


@pytest.mark.django_db(transaction=True)
def test_the_worker_process_makes_the_renditions(celery_worker_process):
    image = Image.objects.store(photo(700, 500))
    wait_for(lambda: Image.objects.get(pk=image.pk).state != "pending", "the image was not prepared", 20)
    image.refresh_from_db()
    assert image.state == "ready", image.error
    assert image.renditions.count() == 6
    assert opened(image.name).size == (700, 500)
