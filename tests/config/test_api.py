import re

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import get_resolver

from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(client):
    return client.get("/api/v1/schema/").json()


def test_the_schema_is_valid_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_the_schema_names_every_operation_for_generated_clients(schema):
    assert schema["openapi"].startswith("3.1")
    operations = [op for item in schema["paths"].values() for op in item.values()]
    names = [op["operationId"] for op in operations]
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"(list|get|create|replace|change|delete|publish|withdraw|obtain|refresh|revoke)\w+", n)
        for n in names
    )
    assert {"listArticles", "getArticle", "createArticle", "publishArticle", "withdrawArticle"} <= set(names)


def test_every_operation_declares_its_errors(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            expected = {"400", "406", "429"} | ({"404"} if "{" in path else set())
            expected |= {"412", "428"} if method in ("put", "patch", "delete") else set()
            assert expected <= set(operation["responses"]), (method, path)


def test_every_address_of_the_api_is_in_the_schema(schema):
    [api] = [entry for entry in get_resolver().url_patterns if getattr(entry, "namespace", "") == "api"]
    names = {pattern.name for pattern in api.url_patterns if pattern.name} - {"schema", "docs"}
    assert len(names) == len(schema["paths"])


def test_writing_says_that_it_needs_a_user_and_reading_does_not(schema):
    articles = schema["paths"]["/api/v1/articles/"]
    assert {} in articles["get"]["security"]
    assert {} not in articles["post"]["security"]
    assert {} not in schema["paths"]["/api/v1/images/"]["get"]["security"]


@pytest.mark.parametrize("name", ["articles", "tags", "categories", "series", "authors"])
def test_answers_are_as_the_schema_says(client, schema, name):
    article = ArticleFactory(
        published=True, tags=[TagFactory()], category=CategoryFactory(parent=CategoryFactory()), series=SeriesFactory()
    )
    article.set_co_authors([UserFactory()])
    listed = client.get(f"/api/v1/{name}/?include=count").json()
    detail = client.get(listed["results"][0]["url"]).json()
    for path, body in ((f"/api/v1/{name}/", listed), (f"/api/v1/{name}/{{slug}}/", detail)):
        answer = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(body, {**answer, "components": schema["components"]})
    assert detail


def test_the_root_leads_everywhere(client):
    root = client.get("/api/v1/").json()
    assert {"articles", "tags", "categories", "series", "authors", "images", "schema", "docs"} <= set(root)
    for name in ("articles", "tags", "authors", "schema", "docs"):
        assert client.get(root[name]).status_code == 200


def test_the_documentation_needs_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs/")
    script = client.get("/api/v1/docs/?script=")
    assert not re.search(rb"https?://", page.content)
    assert b"<script>" not in page.content
    assert script["Content-Type"].startswith("application/javascript")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "script-src" not in client.get("/api/v1/")["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["articles", "tags", "categories", "series", "authors"])
def test_answers_for_strangers_may_be_kept_and_asked_about_and_those_for_users_not(client, editor, path):
    assert client.get(f"/api/v1/{path}/")["Cache-Control"] == "no-cache"
    client.force_login(editor)
    response = client.get(f"/api/v1/{path}/")
    assert response["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in response["Vary"].split(",")}
