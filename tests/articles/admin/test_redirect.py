import pytest
from django.urls import reverse

from articles.models import Redirect
from tests.factories import ArticleFactory

ADD = reverse("admin:articles_redirect_add")

pytestmark = pytest.mark.django_db


def add(client, **data):
    return client.post(ADD, {"permanent": "on", "target": "", "article": "", **data})


def test_an_address_is_stored_as_it_will_be_asked_for(client_of, editor):
    article = ArticleFactory()
    add(client_of(editor), path=" http://127.0.0.1:8000/2019/05/tide/?b=2&a=1#top ", article=article.pk)
    assert Redirect.objects.get().path == "/2019/05/tide?a=1&b=2"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"path": "https://elsewhere.example/x", "target": "/y"}, "no address of this site"),
        ({"path": "/", "target": "/y"}, "home page"),
        ({"path": "/admin/articles/", "target": "/y"}, "admin cannot be redirected"),
        ({"path": "/x", "target": "javascript:alert(1)"}, "begins neither with / nor with https"),
        ({"path": "/x", "target": "//evil.example"}, "Two slashes"),
        ({"path": "/x"}, "Choose where it leads"),
        ({"path": "/x", "target": "/x/"}, "in a circle: /x → /x"),
        ({"path": "/b", "target": "/a"}, "in a circle: /b → /a → /b"),
        ({"path": "/a", "target": "/c"}, "already exists"),
        ({"path": "/x", "article": "abc"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_redirected_is_told(client_of, editor, data, message):
    Redirect.objects.create(path="/a", target="/b")
    page = add(client_of(editor), **data).content.decode()
    assert message in page
    assert Redirect.objects.count() == 1


def test_a_redirect_leads_to_one_place(client_of, editor):
    response = add(client_of(editor), path="/x", target="/y", article=ArticleFactory().pk)
    assert "not both" in response.content.decode()


def test_authors_have_no_redirects(client_of, author):
    assert client_of(author).get(ADD).status_code == 403
