import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture

from articles.models import Image, Rendition
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/images/"


def png(colour="teal"):
    data = io.BytesIO()
    Picture.new("RGB", (60, 40), colour).save(data, "PNG")
    return SimpleUploadedFile("pier.png", data.getvalue(), "image/png")


def upload(client, file=None, **fields):
    return client.post(LIST, {"file": file or png(), **fields}, format="multipart")


@pytest.mark.parametrize(
    ("person", "expected"),
    [("anonymous", 401), ("reader", 403), ("author", 200), ("editor", 200), ("administrator", 200)],
)
def test_only_those_who_write_see_the_library(api, request, person, expected):
    client = api(None if person == "anonymous" else request.getfixturevalue(person))
    assert client.get(LIST).status_code == expected
    assert upload(client).status_code == {200: 201}.get(expected, expected)


def test_an_upload_is_stored_and_shown(api, author):
    response = upload(api(author), alt="A [pier]")
    image = response.json()
    assert response.status_code == 201
    assert response["Location"].endswith(f"{LIST}{image['id']}/")
    assert (image["width"], image["height"], image["alt"], image["state"]) == (60, 40, "A [pier]", "pending")
    assert image["markdown"].startswith("![A \\[pier\\]](/media/images/")
    assert image["uploaded_by"]["slug"] == author.slug


def test_the_same_bytes_are_the_same_image(api, author, editor):
    assert upload(api(author)).json()["id"] == upload(api(editor)).json()["id"]


def test_the_list_can_be_narrowed_to_ones_own(api, author, editor):
    upload(api(author))
    assert len(api(author).get(LIST, {"uploaded_by": "me"}).json()["results"]) == 1
    assert api(editor).get(LIST, {"uploaded_by": "me"}).json()["results"] == []
    assert (
        len(api(editor).get(LIST, {"uploaded_by": author.slug, "state": "pending", "q": "pier"}).json()["results"]) == 1
    )


def test_renditions_are_listed(api, editor):
    image = upload(api(editor)).json()
    Rendition.objects.create(image_id=image["id"], format="webp", width=30, height=20, file="images/a.webp", size=99)
    [rendition] = api(editor).get(f"{LIST}{image['id']}/").json()["renditions"]
    assert (rendition["format"], rendition["width"], rendition["size"]) == ("webp", 30, 99)
    assert rendition["url"].endswith("/media/images/a.webp")


@pytest.mark.parametrize("data", [b"not an image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_image_are_refused(api, author, data):
    response = upload(api(author), SimpleUploadedFile("x.png", data, "image/png"))
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/file"
    assert not Image.objects.exists()


def test_a_broken_multipart_body_is_refused(api, author):
    broken = api(author).post(
        LIST, b"--x\r\nContent-Disposition: form-data", content_type="multipart/form-data; boundary=x"
    )
    assert broken.status_code == 400
    no_boundary = api(author).post(LIST, b"abc", content_type="multipart/form-data")
    assert no_boundary.status_code == 400
    assert api(author).post(LIST, {"file": "text"}, format="json").status_code == 415


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api, author, settings):
    settings.IMAGE_MAX_BYTES = 10
    response = upload(api(author), SimpleUploadedFile("x.png", b"x" * 70_000))
    assert response.status_code == 413


def test_the_alternative_text_is_changed_by_whoever_saw_it_last(api, author):
    client = api(author)
    made = upload(client)
    target = f"{LIST}{made.json()['id']}/"
    assert client.patch(target, {"alt": "New"}).status_code == 428
    assert client.patch(target, {"alt": "New", "state": "ready"}, headers={"If-Match": made["ETag"]}).status_code == 400
    assert client.patch(target, {"alt": "New"}, headers={"If-Match": made["ETag"]}).json()["alt"] == "New"
    assert client.put(target, {"alt": "Old"}, headers={"If-Match": made["ETag"]}).status_code == 412


def test_only_an_unused_image_is_deleted_and_by_editors_only(api, author, editor):
    image = upload(api(editor)).json()
    target = f"{LIST}{image['id']}/"
    assert api(author).delete(target, headers={"If-Match": "*"}).status_code == 403
    article = ArticleFactory(content=image["markdown"])
    assert api(editor).delete(target, headers={"If-Match": "*"}).status_code == 409
    article.delete()
    assert api(editor).delete(target, headers={"If-Match": "*"}).status_code == 204
    assert not Image.objects.exists()


@pytest.mark.parametrize("key", ["0", "9" * 18, "9" * 30, "abc"])
def test_an_unknown_image_is_not_found(api, editor, key):
    assert api(editor).get(f"{LIST}{key}/").status_code == 404
