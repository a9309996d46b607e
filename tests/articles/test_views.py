import datetime
import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Category, Image
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db

LISTS = ["home", "tag", "category", "series", "author", "year", "month", "search"]


@pytest.fixture
def shelf():
    """Everything that one article can be filed under, and the addresses of the lists that then show it."""
    tag, category, series = TagFactory(name="Tides"), CategoryFactory(name="Harbour"), SeriesFactory(name="Tables")
    author = UserFactory(name="Anna Author", bio="Writes about **harbours**.")

    class Shelf:
        addresses = {
            "home": "/",
            "tag": "/tags/tides/",
            "category": "/categories/harbour/",
            "series": "/series/tables/",
            "author": "/authors/anna-author/",
            "year": "/2026/",
            "month": "/2026/03/",
            "search": "/search/?q=tide",
        }

        @staticmethod
        def add(**fields):
            day = fields.pop("day", datetime.datetime(2026, 3, 4, tzinfo=datetime.UTC))
            given = {"author": author, "category": category, "series": series, "published_at": day, "tags": [tag]}
            return ArticleFactory(**{**given, **fields})

    return Shelf


def titles(response):
    return re.findall(r"<h[23]><a [^>]*>(.*?)\s*</a></h[23]>", response.content.decode())


def in_order_of_numbers(names):
    return sorted(names, key=lambda name: int(name.split()[-1]))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_what_is_published_and_nothing_else(client, shelf, name):
    shelf.add(title="Public")
    shelf.add(title="Draft", published_at=None)
    shelf.add(title="Scheduled", published_at=timezone.now() + datetime.timedelta(days=1))
    shelf.add(title="Expired", expires_at=datetime.datetime(2026, 3, 5, tzinfo=datetime.UTC))
    shelf.add(title="Plain page", kind=Article.Kind.PAGE)
    response = client.get(shelf.addresses[name])
    found = [re.sub("</?mark>", "", title) for title in titles(response)]
    assert found == ["Public"]


@pytest.mark.parametrize("name", LISTS)
def test_the_queries_of_a_list_do_not_depend_on_its_length(client, shelf, name):
    def add(count):
        for _ in range(count):
            name = f"{Image.objects.count()}.jpg"
            cover = Image.objects.create(sha256=name, name=name, file=name, width=4, height=3)
            shelf.add(cover=cover).coauthorship.create(user=UserFactory())

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(shelf.addresses[name]).status_code == 200
        return [query["sql"] for query in captured]

    add(2)
    few = queries()
    add(10)
    assert len(queries()) == len(few)


@pytest.mark.parametrize("name", LISTS)
def test_a_long_list_has_pages_with_one_address_each(client, shelf, name):
    for number in range(1, 31):
        shelf.add(title=f"Tide {number}")
    address = shelf.addresses[name]
    joined = address + ("&" if "?" in address else "?")
    seen = [
        re.sub("</?mark>", "", title)
        for page in (1, 2, 3)
        for title in titles(client.get(f"{joined}page={page}", follow=True))
    ]
    assert in_order_of_numbers(seen) == [f"Tide {number}" for number in range(1, 31)]
    assert client.get(f"{joined}page=1").headers["Location"] == address
    assert client.get(f"{joined}page=4").status_code == 404
    second = client.get(f"{joined}page=2").content.decode()
    assert 'rel="prev"' in second
    assert 'rel="next"' in second


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "", "٣", "9" * 30, "2 OR 1=1"])
def test_a_page_that_cannot_be_is_not_found(client, page):
    ArticleFactory(published=True)
    assert client.get("/", {"page": page}).status_code == 404


def test_unknown_parameters_are_ignored(client):
    article = ArticleFactory(published=True)
    assert client.get(article.get_absolute_url(), {"utm_source": "x", "page": "7"}).status_code == 200


def test_the_featured_article_leads_and_stands_in_no_list(client):
    ArticleFactory(title="New", published=True)
    ArticleFactory(title="Old but dear", featured=True, published_at=timezone.now() - datetime.timedelta(days=9))
    assert titles(client.get("/")) == ["Old but dear", "New"]


def test_an_empty_site_says_how_to_begin(client):
    assert "Write it in the admin" in client.get("/").content.decode()
    assert "nothing in the archive yet" in client.get("/archive/").content.decode()


@pytest.mark.parametrize(
    "address", ["/tags/x/", "/categories/x/", "/series/x/", "/authors/x/", "/2020/", "/2026/13/", "/x/", "/articles/x/"]
)
def test_what_does_not_exist_is_not_found(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert "<form" in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/a%00b/", "/tags/%00/", "/articles/a%01b/", "/articles/%ff%fe/", "/search/?q=%00"]
)
def test_control_characters_are_no_fault_of_ours(client, address):
    assert client.get(address).status_code in (200, 404)


def test_the_404_page_shows_the_newest_articles(client):
    ArticleFactory(title="Fresh", published=True)
    assert titles(client.get("/nothing/")) == ["Fresh"]


def test_a_missing_picture_is_answered_in_plain_text(client):
    response = client.get("/media/images/aa/none.jpg")
    assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")


def test_an_article_shows_its_text_and_where_it_belongs(client, shelf):
    first, second = (
        shelf.add(title="One", series_position=1),
        shelf.add(title="Two", series_position=2, content="*Ebb*"),
    )
    page = client.get(second.get_absolute_url()).content.decode()
    assert "<em>Ebb</em>" in page
    assert "Part 2 of 2" in page
    assert f'href="{first.get_absolute_url()}" rel="prev"' in page
    assert '<a href="/tags/tides/">' in page


def test_an_article_costs_the_same_whatever_surrounds_it(client, shelf):
    article = shelf.add()
    shelf.add()
    with CaptureQueriesContext(connection) as few:
        client.get(article.get_absolute_url())
    for _ in range(20):
        shelf.add()
    with CaptureQueriesContext(connection) as many:
        client.get(article.get_absolute_url())
    assert len(many) == len(few)


def test_a_series_is_read_from_its_beginning(client, shelf):
    shelf.add(title="Later", series_position=2)
    shelf.add(title="Unplaced", series_position=None)
    shelf.add(title="First", series_position=1)
    assert titles(client.get("/series/tables/")) == ["First", "Later", "Unplaced"]


def test_a_category_shows_what_stands_in_its_children(client):
    parent = CategoryFactory(name="Sea")
    ArticleFactory(title="Deep", published=True, category=Category.objects.create(name="Tides", parent=parent))
    assert titles(client.get("/categories/sea/")) == ["Deep"]


def test_co_authors_have_the_article_on_their_page(client):
    article, other = ArticleFactory(title="Ours", published=True), UserFactory(name="Omar")
    article.coauthorship.create(user=other)
    assert titles(client.get("/authors/omar/")) == ["Ours"]


def test_who_has_published_nothing_has_no_page(client, author):
    ArticleFactory(author=author)
    assert client.get(author.get_absolute_url()).status_code == 404


def test_the_archive_counts_what_is_public(client, shelf):
    shelf.add()
    shelf.add(published_at=None)
    page = client.get("/archive/").content.decode()
    assert '<a href="/2026/03/">March</a> <small>1</small>' in page
    assert '<a href="/tags/tides/">Tides <small>1</small></a>' in page


def test_the_archive_leads_to_the_years_around(client, shelf):
    shelf.add()
    shelf.add(day=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))
    assert 'href="/2024/" rel="prev"' in client.get("/2026/03/").content.decode()
    assert 'href="/2026/" rel="next"' in client.get("/2024/").content.decode()


def test_months_are_those_of_the_site(client, shelf, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override("Asia/Tokyo"):
        shelf.add(day=datetime.datetime(2026, 3, 31, 20, tzinfo=datetime.UTC))
        assert client.get("/2026/04/").status_code == 200
        assert client.get("/2026/03/").status_code == 404


def test_the_markdown_of_a_published_article_can_be_read(client):
    article = ArticleFactory(title="Ebb", content="Some *words*.", published=True)
    response = client.get("/articles/ebb.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.content.decode() == "# Ebb\n\nSome *words*."
    article.withdraw(by=None)
    assert client.get("/articles/ebb.md").status_code == 404


def test_a_plain_page_stands_at_the_root(client):
    ArticleFactory(page=True, title="About", published=True)
    response = client.get("/about/")
    assert response.status_code == 200
    assert client.get("/articles/about/").status_code == 404
    assert '<a href="/about/" lang="en">About</a>' in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("state", "words"), [({}, "Draft — not public"), ({"scheduled": True}, "Scheduled — not public")]
)
def test_an_author_sees_an_own_draft_as_such(client_of, author, reader, state, words):
    draft = ArticleFactory(author=author, **state)
    response = client_of(author).get(draft.get_absolute_url())
    page = re.sub("</?strong>", "", response.content.decode())
    assert words in page
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    for stranger in (Client(), client_of(reader), client_of(UserFactory(role="author"))):
        assert stranger.get(draft.get_absolute_url()).status_code == 404


def test_a_public_page_is_the_same_for_everyone(client, client_of, editor):
    address = ArticleFactory(published=True).get_absolute_url()
    response = client_of(editor).get(address)
    assert response.content == client.get(address).content
    assert "Cookie" not in response.get("Vary", "")


def test_who_has_a_page_already_is_told_so(client, shelf):
    shelf.add()
    for address in ("/", "/tags/tides/", "/feeds/rss.xml", "/sitemap.xml"):
        etag = client.get(address)["ETag"]
        response = client.get(address, headers={"If-None-Match": etag})
        assert (response.status_code, response.content) == (304, b"")


def test_head_is_answered_and_post_is_not(client):
    address = ArticleFactory(published=True).get_absolute_url()
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_a_page_tells_other_programs_what_it_is(client):
    article = ArticleFactory(title="</script><b>&", summary="A “quote”", seo_title="For them", published=True)
    page = client.get(article.get_absolute_url()).content.decode()
    assert "<title>For them · " in page
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{article.get_absolute_url()}">' in page
    assert '<meta property="og:title" content="For them">' in page
    assert r'"headline": "\u003c/script\u003e\u003cb\u003e\u0026"' in page
    assert "</script><b>" not in page


def test_an_article_from_elsewhere_names_its_home(client):
    article = ArticleFactory(canonical_url="https://example.org/first", published=True)
    assert (
        '<link rel="canonical" href="https://example.org/first">'
        in client.get(article.get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize(
    ("language", "attributes"),
    [("ar", 'lang="ar" dir="rtl"'), ("pt-br", 'lang="pt-BR" dir="ltr"'), ("uz-arab", 'lang="uz-Arab" dir="rtl"')],
)
def test_a_text_says_its_language_and_direction(client, language, attributes):
    article = ArticleFactory(language=language, published=True)
    assert f"<article {attributes}>" in client.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize("address", ["/", "/search/", "/archive/", "/nothing/"])
def test_public_pages_load_no_script(client, address):
    ArticleFactory(published=True)
    page = client.get(address).content.decode()
    assert re.findall(r"<script(?! type=\"application/ld\+json\")", page) == []
    assert " style=" not in page


@pytest.fixture
def _unforgiving_database(client):
    client.raise_request_exception = False


@pytest.mark.usefixtures("_unforgiving_database")
@pytest.mark.parametrize(("error", "status"), [(OperationalError, 503), (ValueError, 500)])
def test_a_page_without_its_database_says_when_to_come_back(client, error, status):
    def fail(*args):
        raise error("gone")

    with connection.execute_wrapper(fail):
        response = client.get("/")
    assert response.status_code == status
    assert response.get("Retry-After") == ("30" if status == 503 else None)
    assert response["Cache-Control"] == "no-store"
    assert "<h1>" in response.content.decode()


@pytest.mark.usefixtures("_unforgiving_database")
def test_a_404_without_its_database_is_a_503(client):
    def fail(*args):
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        assert client.get("/articles/x/").status_code == 503


def test_a_malformed_request_gets_a_page(client):
    response = client.get("/", headers={"host": "evil.example.org"})
    assert response.status_code == 400
    assert "evil" not in response.content.decode()


def test_pages_stay_small(client, shelf):
    """Of images nothing counts; of the style sheet what is sent, since it is compressed once for all."""
    stylesheet = Path(finders.find("core/site.css")).read_bytes()
    assert len(stylesheet) < 20 * 1024
    words = "The tide comes in, and the tide goes out, and nobody asks it to. " * 115
    for number in range(13):
        shelf.add(title=f"Tide {number}", summary="What comes in must go out. " * 6, content=words)
    article = Article.objects.first()
    assert article.word_count > 1500
    for address in ("/", "/tags/tides/", "/search/?q=tide", article.get_absolute_url()):
        assert len(client.get(address).content) + len(gzip.compress(stylesheet)) < 30 * 1024
