import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Image
from tests.factories import ArticleFactory
from tests.pictures import photo

UPLOAD = reverse("admin:articles_image_upload")
ADD = reverse("admin:articles_image_add")
CHANGE_LIST = reverse("admin:articles_image_changelist")

pytestmark = pytest.mark.django_db


def a_file(name="quay.jpg", width=400):
    return SimpleUploadedFile(name, photo(width))


def an_image(**fields) -> Image:
    image = Image.objects.store(a_file())
    Image.objects.filter(pk=image.pk).update(**fields)
    image.refresh_from_db()
    return image


def test_a_pasted_picture_is_taken_and_named(client_of, author):
    answer = client_of(author).post(UPLOAD, {"file": a_file()}).json()
    image = Image.objects.get()
    assert answer["url"] == f"/media/{image.name}"
    assert answer["label"] == "quay.jpg"
    assert image.uploaded_by == author


def test_a_refused_picture_is_told_in_words(client_of, author):
    response = client_of(author).post(UPLOAD, {"file": SimpleUploadedFile("fake.png", b"not a picture")})
    assert response.status_code == 422
    assert "fake.png" in response.json()["error"]
    assert "Choose a picture" in client_of(author).post(UPLOAD).json()["error"]


def test_only_those_who_may_add_images_upload(client, client_of, reader, editor):
    assert client.post(UPLOAD, {"file": a_file()}).status_code == 302
    assert client_of(reader).post(UPLOAD, {"file": a_file()}).status_code == 302
    editor.groups.clear()
    response = client_of(editor).post(UPLOAD, {"file": a_file()})
    assert response.status_code == 403
    assert "may not add images" in response.json()["error"]
    assert not Image.objects.exists()


def test_an_upload_needs_a_csrf_token(author):
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert client.post(UPLOAD, {"file": a_file()}).status_code == 403


def test_several_are_uploaded_at_once_and_each_refusal_is_told(client_of, editor):
    files = [a_file("one.jpg", 300), SimpleUploadedFile("two.jpg", b"nothing"), a_file("three.jpg", 500)]
    page = client_of(editor).post(ADD, {"pictures": files}, follow=True).content.decode()
    assert Image.objects.count() == 2
    assert "2 images taken" in page
    assert "two.jpg:" in page


def test_an_upload_without_a_file_is_told(client_of, editor):
    assert "This field is required" in client_of(editor).post(ADD, {}).content.decode()


def test_a_cover_is_uploaded_in_a_popup(client_of, author):
    response = client_of(author).post(ADD, {"pictures": a_file(), "alt": "The quay", "_popup": "1"})
    assert Image.objects.get().alt == "The quay"
    assert "popup_response" in response.content.decode()


def test_alternative_texts_are_written_in_the_list(client_of, author):
    image = an_image()
    page = client_of(author).get(CHANGE_LIST)
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": image.pk, "form-0-alt": "Fog", "_save": "Save"}
    assert "form-0-alt" in page.content.decode()
    client_of(author).post(CHANGE_LIST, data)
    assert Image.objects.get().alt == "Fog"


def test_a_failed_image_shows_why_and_is_tried_again(client_of, editor):
    image = an_image(state="failed", error="The file ends too early.")
    change = reverse("admin:articles_image_change", args=[image.pk])
    page = client_of(editor).get(change).content.decode()
    assert "The file ends too early." in page
    client_of(editor).post(reverse("admin:articles_image_retry", args=[image.pk]))
    assert Image.objects.get().state == "pending"


def test_failed_images_are_prepared_again_in_bulk(client_of, editor):
    image = an_image(state="failed", error="Broken.")
    client_of(editor).post(CHANGE_LIST, {"action": "prepare_again", "_selected_action": [image.pk]})
    assert Image.objects.get().state == "pending"


def test_an_image_shows_where_it_is_used_and_is_not_deleted_there(client_of, editor):
    image = an_image(alt="Quay")
    ArticleFactory(title="In the text", content=f"![Quay](/media/{image.name})")
    ArticleFactory(title="As the cover", cover=image)
    page = client_of(editor).get(reverse("admin:articles_image_change", args=[image.pk])).content.decode()
    assert "In the text" in page
    assert "As the cover" in page
    delete = reverse("admin:articles_image_delete", args=[image.pk])
    assert client_of(editor).post(delete, {"post": "yes"}).status_code == 403
    assert Image.objects.exists()


def test_queries_of_the_list_do_not_grow_with_it(client_of, editor):
    client = client_of(editor)
    counts = []
    for number in (1, 29):
        for n in range(number):
            Image.objects.create(sha256=f"{number}{n:062}", name=f"images/{number}/{n}.png", width=9, height=9)
        client.get(CHANGE_LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(CHANGE_LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_an_unused_image_is_deleted(client_of, editor):
    delete = reverse("admin:articles_image_delete", args=[an_image().pk])
    assert client_of(editor).post(delete, {"post": "yes"}).status_code == 302
    assert not Image.objects.exists()
