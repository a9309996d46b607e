import pytest

from tests.factories import ArticleFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/authors/"


def test_only_those_who_have_published_are_listed(api, reader):
    writer = UserFactory(name="Wanda", bio="Writes.", links=[{"label": "Home", "url": "https://example.org"}])
    article = ArticleFactory(author=writer, published=True)
    helper = UserFactory(name="Harry")
    article.set_co_authors([helper])
    ArticleFactory(author__name="Drafty")
    ArticleFactory(author__name="Pageant", published=True, page=True)
    assert [(a["name"], a["article_count"]) for a in api().get(LIST).json()["results"]] == [("Harry", 1), ("Wanda", 1)]
    assert api().get(f"{LIST}{reader.slug}/").status_code == 404
    assert api().get(f"{LIST}drafty/").status_code == 404


def test_a_profile_shows_what_is_public_and_nothing_else(api):
    ArticleFactory(published=True, author__name="Wanda", author__bio="Writes.")
    profile = api().get(f"{LIST}wanda/").json()
    assert set(profile) == {"name", "slug", "url", "html_url", "bio", "avatar", "links", "article_count"}
    assert profile["bio"] == "Writes."
    assert profile["html_url"].endswith("/authors/wanda/")


def test_profiles_can_only_be_read(api, administrator):
    ArticleFactory(published=True, author=administrator)
    for method in ("post", "put", "patch", "delete"):
        response = getattr(api(administrator), method)(f"{LIST}{administrator.slug}/")
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
