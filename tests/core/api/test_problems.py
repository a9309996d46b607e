from types import SimpleNamespace

import pytest
from django.db import OperationalError
from rest_framework.exceptions import ValidationError

from articles.models import Article
from core.api.problems import CONTENT_TYPE, InvalidQuery, problem
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/articles/"


def check(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == CONTENT_TYPE
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "errors"}
    assert body["status"] == status
    assert body["instance"] == f"urn:request:{response['X-Request-Id']}"
    assert body["type"].startswith("urn:problem-type:")
    return body


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("get", LIST + "nothing/", {}, 404),
        ("get", LIST + "a%00b/", {}, 404),
        ("get", "/api/v1/nonsense/", {}, 404),
        ("post", "/api/v1/nonsense/", {}, 404),
        ("get", "/api/v1/articles", {}, 404),
        ("get", LIST + "?x=1", {}, 400),
        ("put", LIST, {}, 405),
        ("get", "/api/v1/token/", {}, 405),
        ("get", LIST, {"headers": {"Accept": "text/html"}}, 406),
        ("post", LIST, {"data": "{}", "content_type": "application/json"}, 401),
        ("get", LIST, {"headers": {"Authorization": "Bearer x"}}, 401),
    ],
)
def test_every_error_is_a_problem(client, method, path, options, status):
    check(getattr(client, method)(path, **options), status)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ('{"title": "\\u0000"}', "application/json", 400),
        ('{"title": "\\ud800"}', "application/json", 400),
        ('{"\\u0000": 1}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("[" * 40 + "]" * 40, "application/json", 400),
        ('{"series_position": NaN}', "application/json", 400),
        ('{"series_position": ' + "9" * 5000 + "}", "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ('"text"', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "application/json; charset=bz2_codec", 400),
        ("title=T", "application/x-www-form-urlencoded", 415),
        ("<a/>", "application/xml", 415),
        ('{"title": "' + "x" * 5_000_000 + '"}', "application/json", 413),
    ],
)
def test_every_bad_body_is_a_problem(client, editor, body, content_type, status):
    client.force_login(editor)
    check(client.generic("POST", LIST, body, content_type), status)
    assert not Article.objects.exists()


def test_a_missing_slash_is_named(client):
    assert client.get("/api/v1/tags").json()["detail"].endswith("/api/v1/tags/")


def test_405_says_what_is_allowed(client):
    assert client.delete(LIST)["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert client.get("/api/v1/token/refresh/")["Allow"] == "POST, OPTIONS"


def test_options_says_what_is_allowed_and_nothing_more(client):
    response = client.options(LIST)
    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_answers_like_get_without_a_body(client):
    article = ArticleFactory(published=True)
    got, head = client.get(f"{LIST}{article.slug}/"), client.head(f"{LIST}{article.slug}/")
    assert head.content == b""
    assert (head.status_code, head["ETag"], head["Content-Type"]) == (200, got["ETag"], got["Content-Type"])


def test_what_nobody_foresaw_is_a_problem_that_says_nothing(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("articles.api.articles.narrow", lambda *_: 1 / 0)
    body = check(client.get(LIST), 500)
    assert "ZeroDivision" not in str(body)


def test_a_database_that_does_not_answer_is_503(client, monkeypatch):
    def fail(*_):
        raise OperationalError("connection refused to 10.0.0.7")

    monkeypatch.setattr("articles.api.articles.narrow", fail)
    assert "10.0.0.7" not in str(check(client.get(LIST), 503))


UNLOGGED = SimpleNamespace(path="/api/v1/", _request=SimpleNamespace(request_id="abc"))


def test_errors_point_at_the_value():
    fault = ValidationError({"tags": [["Too long."], "Wrong."], "a/b~c": ["No."], "non_field_errors": ["All wrong."]})
    pointers = [error["pointer"] for error in problem(fault, UNLOGGED)["errors"]]
    assert pointers == ["#/tags/0", "#/tags", "#/a~1b~0c", "#"]


def test_errors_of_a_query_name_the_parameter():
    body = problem(InvalidQuery({"limit": ["Too many."]}), UNLOGGED)
    assert body["errors"] == [{"parameter": "limit", "detail": "Too many.", "code": "invalid"}]
    assert (body["type"], body["detail"]) == ("urn:problem-type:invalid-query", "limit: Too many.")


@pytest.mark.parametrize(
    "path", ["ARTICLES/", "articles.json", "articles//", "articles/%2e%2e/tags/", "articles/draft.json/"]
)
def test_a_variant_of_an_address_leads_nowhere(client, path):
    ArticleFactory(slug="draft")
    check(client.get(f"/api/v1/{path}"), 404)


def test_a_header_does_not_change_the_method(client, editor):
    article = ArticleFactory(published=True)
    client.force_login(editor)
    override = {"X-HTTP-Method-Override": "DELETE", "If-Match": "*"}
    assert client.post(f"{LIST}{article.slug}/", headers=override).status_code == 405
    assert Article.objects.exists()


def test_a_slug_is_found_however_its_letters_are_composed(client):
    article = ArticleFactory(slug="が", published=True)
    assert client.get(f"{LIST}か\u3099/").json()["id"] == article.pk
