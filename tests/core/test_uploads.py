import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

pytestmark = pytest.mark.django_db

TOO_MUCH = 40 * 1024 * 1024


def post(client, address, size=100):
    """Only the declared length counts, so that nothing large has to be sent."""
    return client.post(address, {"file": SimpleUploadedFile("a.jpg", b"x" * 100)}, CONTENT_LENGTH=size)


def test_a_stranger_cannot_fill_the_disk(client):
    assert post(client, reverse("accounts:login"), TOO_MUCH).status_code == 400
    assert post(client, reverse("accounts:login")).status_code == 200


def test_staff_may_send_whole_sites(client_of, editor, settings):
    address = reverse("admin:articles_importrun_add")
    assert post(client_of(editor), address).status_code == 200
    settings.UPLOAD_MAX_BYTES = 50
    assert post(client_of(editor), address).status_code == 400


def test_the_api_says_413(client_of, author):
    assert post(client_of(author), "/api/v1/images/", 3 * 1024**3).status_code == 413
