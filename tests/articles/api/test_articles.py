import datetime
import threading
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article, Image
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/articles/"


def address(article, verb=""):
    return f"{LIST}{article.slug}/" + (f"{verb}/" if verb else "")


def slugs(response):
    assert response.status_code == 200, response.json()
    return [item["slug"] for item in response.json()["results"]]


def make_image(**fields):
    values = {"sha256": "ab" * 32, "name": "images/ab/abab.jpeg", "width": 800, "height": 600, "alt": "A pier"}
    return Image.objects.create(**{**values, **fields})


# Reading


def test_everyone_reads_what_is_published_and_nothing_else(api):
    public = ArticleFactory(published=True, content="High *tide*.")
    hidden = [ArticleFactory(), ArticleFactory(scheduled=True), ArticleFactory(expired=True)]
    assert slugs(api().get(LIST)) == [public.slug]
    detail = api().get(address(public)).json()
    assert detail["content"] == "High *tide*."
    assert "<em>tide</em>" in detail["content_html"]
    assert [api().get(address(article)).status_code for article in hidden] == [404, 404, 404]


def test_a_list_has_no_texts_and_nothing_has_an_email(api):
    ArticleFactory(published=True, author__email="anna@example.org", content="Long text")
    response = api().get(LIST)
    assert not {"content", "content_html", "toc"} & set(response.json()["results"][0])
    assert b"@example.org" not in response.content
    assert b"@example.org" not in api().get("/api/v1/authors/").content


def test_times_are_in_utc(api):
    moment = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    article = ArticleFactory(published_at=moment)
    assert api().get(address(article)).json()["published_at"] == "2026-03-01T07:30:00Z"


def test_authors_list_their_own_drafts_and_editors_all(api, author, editor):
    mine, theirs = ArticleFactory(author=author), ArticleFactory()
    assert slugs(api(author).get(LIST)) == [mine.slug]
    assert set(slugs(api(editor).get(LIST, {"status": "draft"}))) == {mine.slug, theirs.slug}
    assert slugs(api().get(LIST, {"status": "draft"})) == []


def test_pages_stand_in_the_list_only_when_asked_for(api):
    article, page = ArticleFactory(published=True), ArticleFactory(published=True, page=True)
    assert slugs(api().get(LIST)) == [article.slug]
    assert slugs(api().get(LIST, {"kind": "page"})) == slugs(api().get(LIST, {"slug": page.slug})) == [page.slug]
    assert len(slugs(api().get(f"{LIST}?kind=page&kind=article"))) == 2


def test_two_tags_mean_both(api):
    sea, sky = TagFactory(name="Sea"), TagFactory(name="Sky")
    both = ArticleFactory(published=True, tags=[sea, sky])
    ArticleFactory(published=True, tags=[sea])
    assert slugs(api().get(f"{LIST}?tag=sea&tag=sky")) == [both.slug]
    assert slugs(api().get(LIST, {"tag": "nothing"})) == []


@pytest.mark.parametrize("name", ["category", "series", "author", "slug", "language", "featured"])
def test_filters_find_the_one_article(api, name):
    article = ArticleFactory(
        published=True, category=CategoryFactory(name="News"), series=SeriesFactory(name="Tides"), language="pt",
        featured=True, author__name="Anna", title="First",
    )  # fmt: skip
    ArticleFactory(published=True)
    value = {
        "category": "news", "series": "tides", "author": "anna", "slug": "first", "language": "pt", "featured": "true",
    }[name]  # fmt: skip
    assert slugs(api().get(LIST, {name: value})) == [article.slug]


def test_a_co_author_is_an_author_too_and_a_category_has_those_within_it(api):
    inner = CategoryFactory(parent=CategoryFactory(name="News"))
    article = ArticleFactory(published=True, category=inner)
    article.set_co_authors([UserFactory(name="Carla")])
    assert slugs(api().get(LIST, {"author": "carla"})) == [article.slug]
    assert slugs(api().get(LIST, {"category": "news"})) == [article.slug]


def test_published_after_and_before(api):
    day = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
    old, new = ArticleFactory(published_at=day), ArticleFactory(published_at=day + datetime.timedelta(days=2))
    between = (day + datetime.timedelta(days=1)).isoformat()
    assert slugs(api().get(LIST, {"published_after": between})) == [new.slug]
    assert slugs(api().get(LIST, {"published_before": between})) == [old.slug]


def test_search_ranks_by_relevance_and_an_empty_one_finds_nothing(api):
    ArticleFactory(published=True, title="Harbour news", content="About the lighthouse")
    titled = ArticleFactory(
        published=True, title="Lighthouse", content="Stones", published_at=timezone.now() - datetime.timedelta(days=9)
    )
    assert slugs(api().get(LIST, {"q": "lighthouse"}))[0] == titled.slug
    assert len(slugs(api().get(LIST, {"q": "lighthouse"}))) == 2
    assert slugs(api().get(LIST, {"q": ""})) == []


def test_search_never_finds_a_draft_of_others(api, author):
    ArticleFactory(title="Secret lighthouse")
    assert slugs(api().get(LIST, {"q": "lighthouse"})) == []
    assert slugs(api(author).get(LIST, {"q": "lighthouse"})) == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("colour=red", "colour"),
        ("=red", ""),
        ("author__email=x", "author__email"),
        ("ordering=author__password", "ordering"),
        ("ordering=relevance", "ordering"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=abc", "cursor"),
        ("tag=%00", "tag.0"),
        ("slug=%00", "slug"),
        ("q=%00", "q"),
        ("status=deleted", "status"),
        ("published_after=yesterday", "published_after"),
        ("published_after=2026-01-01T00:00:00", "published_after"),
        ("q=" + "+".join(["word"] * 17), "q"),
        ("q=" + "a" * 257, "q"),
    ],
)
def test_a_wrong_query_is_refused_by_name(api, query, name):
    response = api().get(f"{LIST}?{query}")
    assert response.status_code == 400
    assert [error["parameter"] for error in response.json()["errors"]] == [name]


def test_the_detail_takes_no_query(api):
    article = ArticleFactory(published=True)
    assert api().get(address(article) + "?format=json").status_code == 400


@pytest.mark.parametrize("ordering", ["-published_at", "published_at", "title", "-updated_at", "relevance"])
def test_pages_follow_each_other_to_the_end_and_back(api, editor, ordering):
    for number in range(3):
        ArticleFactory(published=True, title=f"Tide {number}")
        ArticleFactory(title=f"Tide draft {number}")
    client = api(editor)
    query = {"ordering": ordering, "limit": 4, **({"q": "tide"} if ordering == "relevance" else {})}
    first = client.get(LIST, query).json()
    second = client.get(first["next"]).json()
    assert first["previous"] is second["next"] is None
    assert len({item["id"] for item in first["results"] + second["results"]}) == 6
    assert client.get(second["previous"]).json()["results"] == first["results"]


def test_drafts_stand_before_what_is_published(api, editor):
    public, draft = ArticleFactory(published=True), ArticleFactory()
    assert slugs(api(editor).get(LIST)) == [draft.slug, public.slug]
    assert slugs(api(editor).get(LIST, {"ordering": "published_at"})) == [public.slug, draft.slug]


def test_a_new_article_does_not_repeat_rows_on_the_next_page(api):
    for _ in range(4):
        ArticleFactory(published=True)
    first = api().get(LIST, {"limit": 2}).json()
    ArticleFactory(published=True)
    second = api().get(first["next"]).json()
    assert not {item["id"] for item in first["results"]} & {item["id"] for item in second["results"]}


def test_the_count_is_given_when_asked_for(api):
    for _ in range(3):
        ArticleFactory(published=True)
    assert "count" not in api().get(LIST).json()
    assert api().get(LIST, {"include": "count", "limit": 1}).json()["count"] == 3


@pytest.mark.parametrize("path", ["articles", "tags", "categories", "series", "authors", "images"])
def test_the_number_of_queries_does_not_depend_on_the_length(api, editor, path):
    def fill(number):
        for _ in range(number):
            name = f"{Image.objects.count():064}"
            article = ArticleFactory(
                published=True, tags=[TagFactory(), TagFactory()], category=CategoryFactory(parent=CategoryFactory()),
                series=SeriesFactory(), cover=make_image(sha256=name, name=name),
            )  # fmt: skip
            article.set_co_authors([UserFactory(), UserFactory()])

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(f"/api/v1/{path}/?limit=100").status_code == 200
        return len(captured)

    client = api(editor)
    fill(1)
    client.get(f"/api/v1/{path}/")
    few = queries()
    fill(29)
    assert queries() == few


# Who may do what

PEOPLE = ["anonymous", "reader", "author", "other_author", "editor", "administrator"]
MATRIX = {
    # action: status for each of PEOPLE, on an article of `author`
    "get published": [200, 200, 200, 200, 200, 200],
    "get draft": [404, 404, 200, 404, 200, 200],
    "get scheduled": [404, 404, 200, 404, 200, 200],
    "create": [401, 403, 201, 201, 201, 201],
    "put published": [401, 403, 200, 403, 200, 200],
    "put draft": [401, 403, 200, 404, 200, 200],
    "patch published": [401, 403, 200, 403, 200, 200],
    "patch draft": [401, 403, 200, 404, 200, 200],
    "delete published": [401, 403, 403, 403, 204, 204],
    "delete draft": [401, 403, 204, 404, 204, 204],
    "publish draft": [401, 403, 403, 403, 200, 200],
    "publish missing": [401, 403, 403, 403, 404, 404],
    "withdraw published": [401, 403, 403, 403, 200, 200],
}


@pytest.mark.parametrize("action", MATRIX)
@pytest.mark.parametrize("person", PEOPLE)
def test_the_permission_matrix(api, request, author, action, person):
    people = {"anonymous": None, "other_author": UserFactory(role="author")}
    user = people[person] if person in people else request.getfixturevalue(person)
    verb, _, state = action.partition(" ")
    article = ArticleFactory(author=author, **({} if state in ("", "draft", "missing") else {state: True}))
    target = LIST if verb == "create" else address(article)
    target = f"{LIST}no-such-article/publish/" if state == "missing" else target
    target += f"{verb}/" if verb in ("publish", "withdraw") and state != "missing" else ""
    method = {"create": "post", "publish": "post", "withdraw": "post"}.get(verb, verb)
    body = {"title": "Changed"} if verb in ("create", "put", "patch") else None
    before = Article.objects.values().get(pk=article.pk)
    response = getattr(api(user), method)(target, body, headers={"If-Match": "*"})
    assert response.status_code == MATRIX[action][PEOPLE.index(person)], response.content
    if response.status_code >= 400:
        assert Article.objects.values().get(pk=article.pk) == before
        assert Article.objects.count() == 1


@pytest.mark.parametrize("person", ["anonymous", "reader", "author"])
def test_no_field_of_the_model_is_changed_by_those_who_may_not(api, request, person):
    article = ArticleFactory(published=True)
    user = None if person == "anonymous" else request.getfixturevalue(person)
    before = Article.objects.values().get(pk=article.pk)
    for field in Article._meta.get_fields():
        api(user).patch(address(article), {field.name: 1}, headers={"If-Match": "*"})
    assert Article.objects.values().get(pk=article.pk) == before


ALLOWED_TO_AUTHORS = {
    "title", "slug", "content", "summary", "language", "category", "tags", "series", "series_position", "cover",
    "seo_title", "seo_description", "canonical_url", "co_authors",
}  # fmt: skip


def test_an_author_changes_only_what_is_theirs_to_decide(api, author, editor):
    article = ArticleFactory(author=author)
    values = {
        "kind": "page", "author": editor.slug, "featured": True, "expires_at": "2036-01-01T00:00:00Z",
        "published_at": "2020-01-01T00:00:00Z", "version": 99, "id": 99, "content_html": "<script>", "word_count": 5,
    }  # fmt: skip
    fields = [f.name for f in Article._meta.get_fields() if f.name not in ALLOWED_TO_AUTHORS]
    before = Article.objects.values().get(pk=article.pk)
    for name in fields:
        response = api(author).patch(address(article), {name: values.get(name, "x")}, headers={"If-Match": "*"})
        assert response.status_code in (400, 403), name
        assert response.json()["errors"][0]["pointer"] == f"#/{name}"
    assert Article.objects.values().get(pk=article.pk) == before


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "email", "password", "groups", "role"])
def test_nobody_writes_users_here(api, editor, field):
    ArticleFactory(published=True, author=editor)
    assert api(editor).patch(f"/api/v1/authors/{editor.slug}/", {field: "x"}).status_code == 405
    assert api(editor).post("/api/v1/authors/", {field: "x"}).status_code == 405
    assert not get_user_model().objects.filter(is_superuser=True).exists()


# Writing


def test_an_author_makes_a_draft_with_everything(api, author):
    carla, dora = UserFactory(name="Carla"), UserFactory(name="Dora")
    CategoryFactory(name="News")
    SeriesFactory(name="Tides")
    TagFactory(name="Sea level")
    image = make_image()
    body = {
        "title": 'Quotes " and \\ backslashes', "content": 'He said "C:\\tide".\n', "summary": "Short",
        "language": "pt-BR",
        "co_authors": [dora.slug, carla.slug], "category": "news", "tags": ["sea-level", "New one", "new one"],
        "series": "tides", "series_position": 2, "cover": image.pk, "seo_title": "SEO", "seo_description": "D",
        "canonical_url": "https://example.org/first",
    }  # fmt: skip
    response = api(author).post(LIST, body)
    made = response.json()
    assert response.status_code == 201
    assert urlsplit(response["Location"]).path == f"{LIST}{made['slug']}/"
    assert made["title"] == body["title"]
    assert made["content"] == body["content"]
    assert made["status"] == "draft"
    assert made["author"]["slug"] == author.slug
    assert [a["name"] for a in made["co_authors"]] == ["Dora", "Carla"]
    assert [tag["name"] for tag in made["tags"]] == ["New one", "Sea level"]
    assert made["category"]["slug"] == "news"
    assert made["series"]["slug"] == "tides"
    assert made["cover"]["id"] == image.pk


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/title"),
        ({"title": ""}, "#/title"),
        ({"title": 5}, "#/title"),
        ({"title": ["T"]}, "#/title"),
        ({"title": None}, "#/title"),
        ({"title": "T", "featured": "yes"}, "#/featured"),
        ({"title": "T", "series_position": "1"}, "#/series_position"),
        ({"title": "T", "series_position": 1.5}, "#/series_position"),
        ({"title": "t" * 201}, "#/title"),
        ({"title": "T", "summary": "s" * 601}, "#/summary"),
        ({"title": "T", "slug": "admin"}, "#/slug"),
        ({"title": "T", "slug": "Not A Slug"}, "#/slug"),
        ({"title": "T", "slug": "taken"}, "#/slug"),
        ({"title": "T", "author": "nobody"}, "#/author"),
        ({"title": "T", "co_authors": ["nobody"]}, "#/co_authors"),
        ({"title": "T", "co_authors": "anna"}, "#/co_authors"),
        ({"title": "T", "category": "nothing"}, "#/category"),
        ({"title": "T", "tags": [["nested"]]}, "#/tags/0"),
        ({"title": "T", "tags": ["x" * 101]}, "#/tags/0"),
        ({"title": "T", "cover": 10**30}, "#/cover"),
        ({"title": "T", "kind": "poem"}, "#/kind"),
        ({"title": "T", "status": "published"}, "#/status"),
        ({"title": "T", "published_at": "2020-01-01T00:00:00Z"}, "#/published_at"),
        ({"title": "T", "expires_at": "soon"}, "#/expires_at"),
        ({"title": "T", "series_position": -1}, "#/series_position"),
        ({"title": "T", "canonical_url": "javascript:alert(1)"}, "#/canonical_url"),
        ({"title": "T", "content": "x" * (1024 * 1024 + 1)}, "#/content"),
    ],
)
def test_a_wrong_value_is_refused_by_name(api, editor, body, pointer):
    ArticleFactory(slug="taken")
    response = api(editor).post(LIST, body)
    assert response.status_code == 400, response.json()
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert Article.objects.count() == 1


def test_an_editor_sets_what_authors_may_not(api, author, editor):
    body = {"title": "T", "author": author.slug, "featured": True, "kind": "page", "expires_at": "2036-01-01T00:00:00Z"}
    made = api(editor).post(LIST, body).json()
    assert (made["author"]["slug"], made["featured"], made["kind"]) == (author.slug, True, "page")


def test_an_author_may_name_themselves(api, author):
    assert api(author).post(LIST, {"title": "T", "author": author.slug, "featured": False}).status_code == 201


def test_the_author_is_no_co_author(api, author):
    response = api(author).post(LIST, {"title": "T", "co_authors": [author.slug]})
    assert response.json()["errors"][0]["pointer"] == "#/co_authors"


def test_put_empties_what_is_not_given_and_patch_keeps_it(api, author):
    article = ArticleFactory(author=author, summary="Kept", tags=[TagFactory()], featured=True)
    client = api(author)
    patched = client.patch(address(article), {"title": "New"}, headers={"If-Match": '"1"'})
    assert (patched.json()["summary"], len(patched.json()["tags"])) == ("Kept", 1)
    put = client.put(address(article), {"title": "New"}, headers={"If-Match": patched["ETag"]})
    assert (put.json()["summary"], put.json()["tags"], put.json()["content"]) == ("", [], "")
    assert (put.json()["slug"], put.json()["featured"]) == (article.slug, True)


def test_the_same_change_twice_succeeds(api, author):
    article = ArticleFactory(author=author)
    for _ in range(2):
        tag = api(author).get(address(article))["ETag"]
        assert api(author).patch(address(article), {"title": "Same"}, headers={"If-Match": tag}).status_code == 200


def test_a_reader_of_an_older_version_overwrites_nothing(api, author):
    article = ArticleFactory(author=author)
    tag = api(author).get(address(article))["ETag"]
    article.save()
    for method in ("put", "patch", "delete"):
        response = getattr(api(author), method)(address(article), {"title": "Mine"}, headers={"If-Match": tag})
        assert response.status_code == 412
    assert api(author).delete(address(article), headers={"If-Match": f'W/"{article.version}"'}).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_many_changes_to_one_version_one_is_made(api, author):
    article, outcomes = ArticleFactory(author=author), []
    barrier = threading.Barrier(4)

    def change(number):
        client = api(author)
        barrier.wait()
        response = client.patch(address(article), {"summary": f"By {number}"}, headers={"If-Match": '"1"'})
        outcomes.append(response.status_code)
        connection.close()

    threads = [threading.Thread(target=change, args=[number]) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == [200, 412, 412, 412]
    assert Article.objects.get().version == 2


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_change_without_if_match_is_asked_for_it(api, editor, method):
    article = ArticleFactory()
    assert getattr(api(editor), method)(address(article), {"title": "T"}).status_code == 428


def test_whoever_has_it_already_gets_304(api):
    tag = TagFactory(name="Sea")
    article = ArticleFactory(published=True, tags=[tag])
    etag = api().get(address(article))["ETag"]
    assert etag.startswith(f'"{article.version}-')
    assert api().get(address(article), headers={"If-None-Match": etag}).status_code == 304
    tag.name = "Ocean"
    tag.save()
    assert api().get(address(article), headers={"If-None-Match": etag}).status_code == 200


def test_a_list_that_is_the_same_is_304(api):
    ArticleFactory(published=True)
    etag = api().get(LIST)["ETag"]
    assert api().get(LIST, headers={"If-None-Match": etag}).status_code == 304


# Publishing


def test_an_editor_publishes_and_withdraws(api, editor):
    article = ArticleFactory()
    published = api(editor).post(address(article, "publish"))
    assert published.json()["status"] == "published"
    assert api().get(address(article)).status_code == 200
    again = api(editor).post(address(article, "publish"))
    assert again.json()["version"] == published.json()["version"]
    assert api(editor).post(address(article, "withdraw")).json()["status"] == "draft"
    assert api().get(address(article)).status_code == 404


def test_an_article_is_scheduled(api, editor):
    article = ArticleFactory()
    response = api(editor).post(address(article, "publish"), {"at": "2036-01-01T09:00:00+01:00"})
    assert (response.json()["status"], response.json()["published_at"]) == ("scheduled", "2036-01-01T08:00:00Z")


def test_what_is_public_is_not_scheduled(api, editor):
    article = ArticleFactory(published=True)
    assert api(editor).post(address(article, "publish"), {"at": "2036-01-01T09:00:00Z"}).status_code == 409


def test_what_is_not_ready_is_refused_with_the_field(api, editor):
    article = ArticleFactory(content="", cover=make_image(alt=""))
    response = api(editor).post(address(article, "publish"))
    assert response.status_code == 409
    assert [error["pointer"] for error in response.json()["errors"]] == ["#/content", "#/cover"]
    assert not Article.objects.published().exists()


@pytest.mark.parametrize("body", [{"at": "tomorrow"}, {"at": "2036-01-01T09:00:00"}, {"when": "now"}])
def test_a_wrong_time_is_refused(api, editor, body):
    assert api(editor).post(address(ArticleFactory(), "publish"), body).status_code == 400


def test_publishing_another_version_than_the_one_seen_is_refused(api, editor):
    article = ArticleFactory()
    for verb in ("publish", "withdraw"):
        assert api(editor).post(address(article, verb), headers={"If-Match": '"7"'}).status_code == 412
