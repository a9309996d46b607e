import threading

import pytest
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from articles import tasks
from articles.errors import ImageRefused
from articles.models import Image
from core import jobs
from tests.pictures import animation, photo, png_that_claims, turned_photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """The arguments of the tasks that go to a worker."""
    arguments = []
    monkeypatch.setattr(jobs, "send", lambda task, args, kwargs: arguments.append(args))
    return arguments


def test_an_upload_is_stored_and_a_worker_is_asked(author, sent, django_capture_on_commit_callbacks):
    upload = SimpleUploadedFile("harbour.jpg", photo(400, 300), "image/jpeg")
    with django_capture_on_commit_callbacks(execute=True):
        image = Image.objects.store(upload, by=author, alt="The harbour", caption="At low tide")
    assert (image.state, image.width, image.height) == ("pending", 400, 300)
    assert (image.original_name, image.uploaded_by, image.alt) == ("harbour.jpg", author, "The harbour")
    assert image.name == f"images/{image.sha256[:2]}/{image.sha256[:20]}.jpg"
    assert sent == [(image.pk,)]


def test_bytes_as_they_came_are_not_served(client):
    image = Image.objects.store(photo())
    assert storages["uploads"].exists(image.upload.name)
    assert not default_storage.exists(image.name)
    assert client.get(f"/media/{image.name}").status_code == 404
    assert image.picture().sources == ()


def test_the_size_is_that_of_the_upright_picture():
    image = Image.objects.store(turned_photo())
    assert (image.width, image.height) == (40, 80)


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (photo(kind="JPEG"), "jpg"),
        (photo(kind="PNG"), "png"),
        (photo(kind="WEBP"), "webp"),
        (photo(kind="AVIF"), "jpg"),
        (animation("GIF"), "gif"),
        (animation("PNG"), "webp"),
    ],
)
def test_the_name_is_known_at_upload_whatever_the_file_is_called(data, extension):
    image = Image.objects.store(data, name="../../etc/evil.php\x00.exe")
    assert image.name.endswith(f".{extension}")
    assert image.original_name == "evil.php .exe"


def test_the_same_bytes_are_one_image_and_fill_blank_texts():
    first = Image.objects.store(photo(), name="a.jpg")
    second = Image.objects.store(photo(), name="b.jpg", alt="The harbour", caption="Dawn")
    third = Image.objects.store(photo(), alt="Something else")
    assert first.pk == second.pk == third.pk
    first.refresh_from_db()
    assert (first.alt, first.caption, first.original_name) == ("The harbour", "Dawn", "a.jpg")


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_at_the_same_moment_are_one_image():
    barrier = threading.Barrier(4)
    stored = []

    def store() -> None:
        barrier.wait()
        try:
            stored.append(Image.objects.store(photo()).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=store) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 4
    assert set(stored) == {Image.objects.get().pk}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("words.jpg", b"only words", r"words\.jpg: This is no image .* Use JPEG"),
        ("logo.svg", b"<svg onload='alert(1)'/>", r"logo\.svg: SVG drawings .* Save it as PNG"),
        ("bomb.png", png_that_claims(60_000, 60_000), "50 megapixels"),
        ("half.jpg", photo()[:3000], "ends in the middle"),
        ("", b"", "The file is empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name_and_leaves_nothing(name, data, message, tmp_path):
    with pytest.raises(ImageRefused, match=message):
        Image.objects.store(data, name=name)
    assert not Image.objects.exists()
    assert not (tmp_path / "uploads").exists()


def test_a_file_that_is_too_large_is_refused(settings):
    settings.IMAGE_MAX_BYTES = 1024**2
    assert Image.objects.store(SimpleUploadedFile("a.jpg", photo() + b"\0" * 900_000))
    with pytest.raises(ImageRefused, match="larger than 1 MB"):
        Image.objects.store(SimpleUploadedFile("b.jpg", photo() + b"\0" * 1024**2))


def test_an_image_is_claimed_by_one_worker_only():
    image = Image.objects.store(photo())
    assert image.claim()
    assert not Image.objects.get().claim()
    assert not Image.objects.waiting().exists()


def test_a_failed_image_is_tried_again_when_asked_or_uploaded_again(sent, django_capture_on_commit_callbacks):
    image = Image.objects.store(photo())
    for again in (image.retry, lambda: Image.objects.store(photo())):
        image.fail("Broken.")
        with django_capture_on_commit_callbacks(execute=True):
            again()
        image.refresh_from_db()
        assert (image.state, image.error, image.attempts) == ("pending", "", 0)
    assert sent == [(image.pk,)] * 2


def test_a_deleted_image_leaves_no_file(django_capture_on_commit_callbacks, tmp_path):
    tasks.process_image(Image.objects.store(photo()).pk)
    Image.objects.store(photo(20, 20))
    with django_capture_on_commit_callbacks(execute=True):
        Image.objects.all().delete()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
