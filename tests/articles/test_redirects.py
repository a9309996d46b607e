import pytest
from django.test import Client

from articles.models import Redirect
from articles.models.redirect import normalise_address
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def article():
    return ArticleFactory(title="Low tide", published=True)


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("https://old.example/a/b/#part", "/a/b"),
        ("/a/b/?b=2&a=1", "/a/b?a=1&b=2"),
        ("a/b", "/a/b"),
        ("/A/b", "/A/b"),
        ("/%E6%97%A5/", "/日"),
        ("/", "/"),
        ("/?p=12", "/?p=12"),
        ("/nul\x00", ""),
        ("/nul%00", ""),
        ("http://[broken/", ""),
        ("/" + "x" * 701, ""),
    ],
)
def test_all_spellings_of_an_address_have_one_form(address, normal):
    assert normalise_address(address) == normal


@pytest.mark.parametrize(("permanent", "status"), [(True, 301), (False, 302)])
def test_an_old_address_leads_to_its_article(client, article, permanent, status):
    Redirect.objects.create(path="/2015/01/low-tide/", article=article, permanent=permanent)
    for path in ("/2015/01/low-tide", "/2015/01/low-tide/", "/2015/01/low-tide/?utm_source=x"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (status, "/articles/low-tide/")


def test_a_redirect_with_the_query_wins_over_the_one_without(client, article):
    Redirect.objects.create(path="/old", target="/plain/")
    Redirect.objects.create(path="/old?b=2&a=1", article=article)
    assert client.get("/old/?a=1&b=2")["Location"] == "/articles/low-tide/"
    assert client.get("/old/?a=1&b=3")["Location"] == "/plain/"


def test_a_numbered_address_of_wordpress_leads_away_from_the_home_page(client, article):
    Redirect.objects.create(path="/?p=12", article=article)
    assert client.get("/?p=12&preview=x")["Location"] == "/articles/low-tide/"
    assert client.get("/?p=13").status_code == 200


def test_a_page_that_is_there_is_not_redirected(client, article):
    Redirect.objects.create(path="/articles/low-tide", target="/elsewhere/")
    assert client.get("/articles/low-tide/").status_code == 200


def test_the_address_of_a_draft_is_not_given_away(client):
    Redirect.objects.create(path="/old", article=ArticleFactory())
    assert client.get("/old/").status_code == 404


def test_a_redirect_to_itself_is_not_followed(client):
    Redirect.objects.create(path="/round", target="/round/")
    assert client.get("/round/").status_code == 404


def test_letters_of_every_script_are_found(client, article):
    Redirect.objects.create(path="/日記/", article=article)
    assert client.get("/日記/").status_code == 301


@pytest.mark.parametrize("path", ["/a%00b/", "/articles/%00/", "/?p=%00", "/?q=%00"])
def test_nul_gives_404(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/%zz", "/100%", "/a%2"])
def test_a_malformed_escape_gives_400(client, path):
    response = Client().get("/", PATH_INFO=path)
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/%ff%fe", "/x?%zz=%ff", "/x?" + "a=1&" * 60])
def test_nonsense_gives_404(client, path):
    assert client.get(path, follow=True).status_code == 404


def test_a_changed_slug_leaves_a_redirect_one_hop_after_any_number_of_changes(client, article):
    for slug in ("ebb", "flood", "low-tide", "spring-tide"):
        article.slug = slug
        article.save()
    for slug in ("ebb", "flood", "low-tide"):
        assert client.get(f"/articles/{slug}/")["Location"] == "/articles/spring-tide/"
    assert not Redirect.objects.filter(path="/articles/spring-tide").exists()


def test_the_changed_slug_of_a_draft_leaves_nothing():
    draft = ArticleFactory(title="Low tide")
    draft.slug = "ebb"
    draft.save()
    assert not Redirect.objects.exists()


def test_a_redirect_made_by_hand_is_not_overwritten_by_a_changed_slug_and_an_automatic_one_is(article):
    Redirect.objects.create(path="/articles/low-tide", target="/mine/")
    Redirect.objects.create(path="/articles/ebb", article=ArticleFactory(), automatic=True)
    for slug in ("ebb", "flood"):
        article.slug = slug
        article.save()
    assert Redirect.objects.get(path="/articles/low-tide").target == "/mine/"
    assert Redirect.objects.get(path="/articles/ebb").article == article
