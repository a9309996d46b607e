import pytest
from django.core.files.storage import storages

from articles import tasks
from articles.models import Image
from config.settings import _s3
from tests.pictures import photo
from tests.s3 import object_store

pytestmark = [
    pytest.mark.django_db,
    # botocore leaves its pooled connections to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.fixture
def bucket(settings, monkeypatch):
    """The storages as STORAGE_URL makes them, over an object store of the test's own."""
    with object_store() as server:
        url = f"s3://KEY:SE%2FCRET@127.0.0.1:{server.server_port}/pictures?region=eu-1&scheme=http"
        settings.STORAGES = {
            **settings.STORAGES,
            "default": _s3(url, "media", public=True),
            "uploads": _s3(url, "uploads", public=False),
        }
        monkeypatch.setattr(Image._meta.get_field("upload"), "storage", storages["uploads"])
        yield server


def test_an_image_goes_through_the_object_store(bucket):
    data = photo(400, 300)
    image = Image.objects.store(data)
    assert bucket.objects == {f"/pictures/uploads/{image.upload.name}": data}

    tasks.process_image(image.pk)
    image.refresh_from_db()
    stem = image.name.removesuffix(".jpg")
    assert image.state == "ready"
    assert set(bucket.objects) == {
        f"/pictures/media/{stem}{end}" for end in (".jpg", "-320.jpg", "-320.webp", "-320.avif")
    }


def test_objects_are_stored_with_their_type_and_for_ever(bucket):
    image = Image.objects.store(photo())
    tasks.process_image(image.pk)
    sent = bucket.headers[f"/pictures/media/{image.name.removesuffix('.jpg')}-320.avif"]
    assert sent["Content-Type"] == "image/avif"
    assert sent["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Credential=KEY/" in sent["Authorization"]


def test_readers_are_sent_to_the_object_store(bucket, client):
    image = Image.objects.store(photo())
    address = f"http://127.0.0.1:{bucket.server_port}/pictures/media/{image.name}"
    assert image.picture().src == address
    assert client.get(f"/media/{image.name}")["Location"] == address
    assert client.get("/media/../secret.png").status_code == 404


def test_raw_uploads_have_no_public_address(bucket):
    image = Image.objects.store(photo())
    assert "Signature" in image.upload.url
