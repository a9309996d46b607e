import pytest

from articles.models import Category, Series, Tag
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory

pytestmark = pytest.mark.django_db

FACTORIES = {"tags": TagFactory, "categories": CategoryFactory, "series": SeriesFactory}
MODELS = {"tags": Tag, "categories": Category, "series": Series}
PEOPLE = ["anonymous", "reader", "author", "editor", "administrator"]


def filed_under(path, term, **state):
    if path == "tags":
        return ArticleFactory(tags=[term], **state)
    return ArticleFactory(**{"categories": {"category": term}, "series": {"series": term}}[path], **state)


@pytest.mark.parametrize("path", FACTORIES)
def test_readers_see_only_terms_of_published_articles(api, editor, path):
    public, hidden = FACTORIES[path](name="Public"), FACTORIES[path](name="Hidden")
    filed_under(path, public, published=True)
    filed_under(path, public)
    filed_under(path, hidden)
    listed = api().get(f"/api/v1/{path}/").json()["results"]
    assert [(term["slug"], term["article_count"]) for term in listed] == [("public", 1)]
    assert api().get(f"/api/v1/{path}/hidden/").status_code == 404
    assert api(editor).get(f"/api/v1/{path}/hidden/").json()["article_count"] == 0


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("path", FACTORIES)
def test_the_permission_matrix(api, request, path, person):
    client = api(None if person == "anonymous" else request.getfixturevalue(person))
    term = FACTORIES[path](name="Old")
    filed_under(path, term, published=True)
    made = client.post(f"/api/v1/{path}/", {"name": "Made"}).status_code
    changed = client.patch(f"/api/v1/{path}/old/", {"name": "New"}, headers={"If-Match": "*"}).status_code
    deleted = client.delete(f"/api/v1/{path}/old/", headers={"If-Match": "*"}).status_code
    adds = 201 if path == "tags" else 403
    assert [made, changed, deleted] == {
        "anonymous": [401, 401, 401],
        "reader": [403, 403, 403],
        "author": [adds, 403, 403],
        "editor": [201, 200, 204],
        "administrator": [201, 200, 204],
    }[person]


def test_a_term_is_made_changed_and_replaced(api, editor):
    client = api(editor)
    made = client.post("/api/v1/tags/", {"name": "Sea level", "description": "Rising"})
    assert (made.status_code, made.json()["slug"]) == (201, "sea-level")
    changed = client.patch("/api/v1/tags/sea-level/", {"name": "Level"}, headers={"If-Match": made["ETag"]})
    assert (changed.json()["name"], changed.json()["description"]) == ("Level", "Rising")
    assert client.patch("/api/v1/tags/sea-level/", {"name": "X"}, headers={"If-Match": made["ETag"]}).status_code == 412
    assert client.patch("/api/v1/tags/sea-level/", {"name": "X"}).status_code == 428
    replaced = client.put("/api/v1/tags/sea-level/", {"name": "Level"}, headers={"If-Match": changed["ETag"]})
    assert replaced.json()["description"] == ""


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "n" * 101}, {"name": "T", "slug": "No Slug"}, {"name": "T", "id": 3}]
)
def test_a_wrong_term_is_refused(api, editor, body):
    assert api(editor).post("/api/v1/tags/", body).status_code == 400
    assert not Tag.objects.exists()


def test_a_slug_that_is_taken_is_refused(api, editor):
    TagFactory(name="Sea")
    assert api(editor).post("/api/v1/tags/", {"name": "Sea", "slug": "sea"}).json()["errors"][0]["pointer"] == "#/slug"


def test_a_category_stands_in_another_but_never_in_itself(api, editor):
    inner = CategoryFactory(name="Inner", parent=CategoryFactory(name="Outer"))
    assert api(editor).get(f"/api/v1/categories/{inner.slug}/").json()["parent"]["slug"] == "outer"
    for slug in ("outer", "inner"):
        response = api(editor).patch("/api/v1/categories/outer/", {"parent": slug}, headers={"If-Match": "*"})
        assert response.status_code == 400


def test_terms_are_found_by_a_part_of_their_name_and_sorted(api, editor):
    for name in ("Sea", "Seal", "Sky"):
        TagFactory(name=name)
    listed = api(editor).get("/api/v1/tags/", {"q": "sea", "ordering": "-name"}).json()["results"]
    assert [term["name"] for term in listed] == ["Seal", "Sea"]
