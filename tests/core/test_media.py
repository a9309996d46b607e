from contextlib import closing

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from core.media import replace_file

# What is not found is looked up among the old addresses.
pytestmark = pytest.mark.django_db


@pytest.fixture
def stored():
    return default_storage.save("images/ab/tide.webp", ContentFile(b"RIFF"))


def test_a_picture_is_served_for_ever_and_never_sniffed(client, stored):
    response = client.get(f"/media/{stored}")
    assert b"".join(response) == b"RIFF"
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_head_request_tells_the_length(client, stored):
    with closing(client.head(f"/media/{stored}")) as response:
        assert response["Content-Length"] == "4"


@pytest.mark.parametrize(
    "name",
    ["images/none.png", "images/ab", "images/ab.png/", "../secret_key", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cx.png",
     "/etc/passwd.png", "images/" + "a" * 300 + ".png", "images/../../uploads/images/x.png"],
)  # fmt: skip
def test_what_is_not_there_is_not_found_in_plain_text(client, stored, name):
    response = client.get(f"/media/{name}")
    assert response.status_code == 404
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "no-store"


def test_a_nul_in_a_name_is_not_found(client):
    assert client.get("/media/images/%00.png").status_code == 404


def test_only_pictures_are_served(client):
    for name in ("page.html", "drawing.svg", "script.js", "picture"):
        default_storage.save(name, ContentFile(b"<script>alert(1)</script>"))
        assert client.get(f"/media/{name}").status_code == 404


def test_nothing_is_written(client, stored):
    assert client.post(f"/media/{stored}").status_code == 405


def test_content_is_replaced_under_the_same_name(stored):
    assert replace_file(default_storage, stored, b"whole") == stored
    with default_storage.open(stored) as file:
        assert file.read() == b"whole"
