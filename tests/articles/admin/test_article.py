import datetime

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.admin.article import ArticleAdmin
from articles.errors import StaleArticle
from articles.models import Article, Tag
from articles.models.article import CoAuthor
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

CHANGE_LIST = reverse("admin:articles_article_changelist")
PREVIEW = reverse("admin:articles_article_preview")

pytestmark = pytest.mark.django_db


def tomorrow() -> str:
    return (timezone.now() + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def told(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def errors(response) -> dict:
    return response.context["adminform"].form.errors


# Who may do what


def test_readers_and_strangers_do_not_get_in(client, client_of, reader):
    assert client.get(CHANGE_LIST).status_code == 302
    assert client_of(reader).get(CHANGE_LIST, follow=True).status_code == 403


def test_an_author_sees_only_what_they_write(client_of, author):
    mine, ours, theirs = ArticleFactory(author=author, title="Mine"), ArticleFactory(title="Ours"), ArticleFactory()
    ours.set_co_authors([author])
    page = client_of(author).get(CHANGE_LIST)
    assert set(page.context["cl"].queryset) == {mine, ours}
    assert client_of(author).get(reverse("admin:articles_article_change", args=[theirs.pk])).status_code == 302


def test_an_author_cannot_take_what_is_for_publishers(client_of, author, editor, typed, change):
    article = ArticleFactory(author=author, content="Text")
    client = client_of(author)
    response = client.post(
        change(article),
        typed(
            client, change(article), author=editor.pk, featured="on", kind="page", publish_at="2020-01-01T10:00",
            expires_at="2030-01-01T10:00", published_at="2020-01-01T10:00", version_="9", word_count="5", _save="",
        ),
    )  # fmt: skip
    assert response.status_code == 302, errors(response)
    article.refresh_from_db()
    assert (article.author, article.featured, article.kind) == (author, False, "article")
    assert (article.published_at, article.expires_at, article.version) == (None, None, 2)


def test_an_author_cannot_publish(client_of, author, typed, change):
    article = ArticleFactory(author=author)
    client = client_of(author)
    for verb in ("_publish", "_schedule", "_withdraw"):
        response = client.post(change(article), typed(client, change(article), **{verb: ""}))
        assert "not publish" in str(errors(response))
    assert b'name="_publish"' not in client.get(change(article)).content
    client.post(CHANGE_LIST, {"action": "publish_selected", "_selected_action": [article.pk]})
    assert Article.objects.get().published_at is None


def test_an_author_deletes_own_drafts_and_nothing_else(client_of, author):
    draft, public = ArticleFactory(author=author), ArticleFactory(author=author, published=True)
    ours = ArticleFactory()
    ours.set_co_authors([author])
    client = client_of(author)
    answers = {
        article: client.post(reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"}).status_code
        for article in (draft, public, ours)
    }
    assert answers == {draft: 302, public: 403, ours: 403}
    assert set(Article.objects.all()) == {public, ours}


def test_what_an_author_writes_is_theirs(client_of, author, typed, add):
    client = client_of(author)
    client.post(add, typed(client, add, title="Fog", content="So thick.", _save=""))
    assert Article.objects.get().author == author


# The list


@pytest.mark.parametrize("status", ["draft", "scheduled", "published", "expired"])
def test_the_list_is_filtered_by_status(client_of, editor, status):
    rows = {
        "draft": ArticleFactory(),
        "scheduled": ArticleFactory(scheduled=True),
        "published": ArticleFactory(published=True),
        "expired": ArticleFactory(expired=True),
    }
    page = client_of(editor).get(CHANGE_LIST, {"status": status})
    assert list(page.context["cl"].result_list) == [rows[status]]
    assert status.capitalize() in page.content.decode()


def test_the_list_is_filtered_by_what_an_editor_files_under(client_of, editor):
    category, tag, series = CategoryFactory(), TagFactory(), SeriesFactory()
    article = ArticleFactory(category=category, series=series, tags=[tag], featured=True, language="de", published=True)
    ArticleFactory()
    today = timezone.localdate().isoformat()
    for query in (
        {"category__id__exact": category.pk}, {"author__id__exact": article.author_id}, {"tags__id__exact": tag.pk},
        {"series__id__exact": series.pk}, {"featured__exact": 1}, {"language": "de"}, {"kind__exact": "page"},
        {"published_at_from": "2020-01-01", "published_at_to": today},
    ):  # fmt: skip
        page = client_of(editor).get(CHANGE_LIST, query)
        assert list(page.context["cl"].result_list) == ([] if "kind__exact" in query else [article]), query


@pytest.mark.parametrize("words", ["lantern", "keeper-at", "paraffin"])
def test_titles_slugs_and_texts_are_searched(client_of, editor, words):
    found = ArticleFactory(title="The lantern", slug="keeper-at-night", content="It burns paraffin.")
    ArticleFactory()
    page = client_of(editor).get(CHANGE_LIST, {"q": words})
    assert list(page.context["cl"].result_list) == [found]


def test_queries_of_the_list_do_not_grow_with_it(client_of, editor):
    client = client_of(editor)
    ArticleFactory(published=True, category=CategoryFactory())
    counted = count_queries(client)
    for _ in range(29):
        ArticleFactory(published=True, category=CategoryFactory())
    assert count_queries(client) == counted


def count_queries(client) -> int:
    client.get(CHANGE_LIST)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(CHANGE_LIST).status_code == 200
    return len(captured)


def test_an_empty_list_teaches(client_of, editor):
    assert "Write the first one" in client_of(editor).get(CHANGE_LIST).content.decode()
    assert "Nothing matches" in client_of(editor).get(CHANGE_LIST, {"q": "zebra"}).content.decode()


# Many at once


def test_many_are_published_and_each_refusal_is_told(client_of, editor):
    good, empty, public = ArticleFactory(), ArticleFactory(title="Blank", content=""), ArticleFactory(published=True)
    was = public.published_at
    response = client_of(editor).post(
        CHANGE_LIST, {"action": "publish_selected", "_selected_action": [good.pk, empty.pk, public.pk]}
    )
    assert set(Article.objects.published()) == {good, public}
    assert Article.objects.get(pk=public.pk).published_at == was
    assert "Published 1 article." in told(response)
    assert "“Blank”</a> was left as it is: There is no text yet" in told(response)
    assert "public already" in told(response)


def test_many_are_withdrawn(client_of, editor):
    articles = [ArticleFactory(published=True), ArticleFactory(scheduled=True), ArticleFactory()]
    keys = [article.pk for article in articles]
    response = client_of(editor).post(CHANGE_LIST, {"action": "withdraw_selected", "_selected_action": keys})
    assert Article.objects.drafts().count() == 3
    assert "Withdrew 2 articles." in told(response)


# Writing


def test_an_article_is_written_with_all_its_filing(client_of, editor, typed, add):
    tag, category, series = TagFactory(name="Tides"), CategoryFactory(), SeriesFactory()
    second, first = UserFactory(name="Zoe", role="author"), UserFactory(name="Abe", role="author")
    client = client_of(editor)
    sent = typed(
        client, add, title="The tide", content="It *comes*.", tags=[tag.pk, "new:2024", "Spring"], category=category.pk,
        series=series.pk, series_position=2, coauthors=[second.pk, first.pk], seo_title="Tide", _save="",
    )  # fmt: skip
    response = client.post(add, sent)
    assert response.status_code == 302, errors(response)
    article = Article.objects.get()
    assert (article.slug, article.author, article.status) == ("the-tide", editor, "draft")
    assert article.authors == [editor, second, first]
    assert {tag.name for tag in article.tags.all()} == {"Tides", "2024", "Spring"}
    assert "<em>comes</em>" in article.content_html


def test_a_tag_is_not_made_twice(client_of, editor, typed, add):
    TagFactory(name="Tides")
    client = client_of(editor)
    client.post(add, typed(client, add, title="A", content="B", tags=["new:tides"], _save=""))
    assert Tag.objects.count() == 1


def test_wrong_keys_are_told_and_typed_text_stays(client_of, editor, typed, add):
    client = client_of(editor)
    wrong = {"coauthors": ["x"], "category": "y", "author": "9" * 30, "cover": "z", "tags": ["9" * 17]}
    response = client.post(add, typed(client, add, title="Kept title", content="Kept text", **wrong, _save=""))
    assert set(errors(response)) >= {"coauthors", "category", "author", "cover", "tags"}
    assert "Kept text" in response.content.decode()


def test_a_co_author_is_not_also_the_author(client_of, editor, typed, add):
    client = client_of(editor)
    response = client.post(add, typed(client, add, title="A", content="B", coauthors=[editor.pk], _save=""))
    assert "named already" in str(errors(response))


def test_a_slug_that_is_taken_or_reserved_is_told(client_of, editor, typed, add):
    ArticleFactory(slug="tide")
    client = client_of(editor)
    for slug, message in {"tide": "already exists", "admin": "address of the site", "A b": "not a slug"}.items():
        response = client.post(add, typed(client, add, title="Kept", content="B", slug=slug, _save=""))
        assert message in str(errors(response)["slug"])


def test_the_slug_stays_when_the_title_changes(client_of, editor, typed, change):
    article = ArticleFactory(title="Old")
    client = client_of(editor)
    client.post(change(article), typed(client, change(article), title="New", _continue=""))
    article.refresh_from_db()
    assert (article.title, article.slug) == ("New", "old")


# Publishing


def test_publish_now_saves_and_publishes(client_of, editor, typed, change):
    article = ArticleFactory()
    client = client_of(editor)
    response = client.post(change(article), typed(client, change(article), title="Better", _publish=""))
    article.refresh_from_db()
    assert article.is_published()
    assert article.title == "Better"
    assert "“Better” is public now." in told(response)


def test_a_new_article_is_published_at_once(client_of, editor, typed, add):
    client = client_of(editor)
    client.post(add, typed(client, add, title="News", content="Now.", _publish=""))
    assert Article.objects.published().get().title == "News"


def test_what_cannot_be_published_is_told_at_the_field_and_kept(client_of, editor, typed, change):
    article = ArticleFactory()
    client = client_of(editor)
    sent = typed(client, change(article), content="![](/media/images/aa/bb.png) typed text", _publish="")
    response = client.post(change(article), sent)
    assert "alternative text" in str(errors(response)["content"])
    assert "typed text" in response.content.decode()
    assert Article.objects.get().version == 1


def test_a_draft_without_text_is_saved_but_not_published(client_of, editor, typed, change):
    article = ArticleFactory()
    client = client_of(editor)
    assert client.post(change(article), typed(client, change(article), content="", _save="")).status_code == 302
    response = client.post(change(article), typed(client, change(article), content="", _publish=""))
    assert "There is no text yet" in str(errors(response)["content"])


def test_schedule_publishes_at_a_time_of_the_site(client_of, editor, typed, change, settings):
    settings.TIME_ZONE = "America/New_York"
    article = ArticleFactory()
    client = client_of(editor)
    client.post(change(article), typed(client, change(article), publish_at="2099-07-01T09:30", _schedule=""))
    article.refresh_from_db()
    assert article.published_at == datetime.datetime(2099, 7, 1, 13, 30, tzinfo=datetime.UTC)
    assert article.status == "scheduled"


@pytest.mark.parametrize(
    ("time", "verb", "message"),
    [
        ("", "_schedule", "Choose a date"),
        ("2020-01-01T10:00", "_schedule", "This time is past"),
        ("2099-01-01T10:00", "_save", "Press “Schedule”"),
        ("2027-03-28T02:30", "_schedule", "clocks change"),
        ("soon", "_schedule", "Enter a valid date"),
    ],
)
def test_a_time_that_cannot_be_is_told(client_of, editor, typed, change, settings, time, verb, message):
    settings.TIME_ZONE = "Europe/Berlin"
    article = ArticleFactory()
    client = client_of(editor)
    response = client.post(change(article), typed(client, change(article), publish_at=time, **{verb: ""}))
    assert message in str(errors(response)["publish_at"])
    assert Article.objects.get().published_at is None


def test_what_is_public_is_not_scheduled(client_of, editor, typed, change):
    article = ArticleFactory(published=True)
    client = client_of(editor)
    for verb in ("_schedule", "_save"):
        response = client.post(change(article), typed(client, change(article), publish_at=tomorrow(), **{verb: ""}))
        assert "Withdraw it first" in str(errors(response)["publish_at"])


def test_saving_leaves_the_moment_of_publishing_to_the_microsecond(client_of, editor, typed, change):
    article = ArticleFactory(published=True)
    client = client_of(editor)
    assert client.post(change(article), typed(client, change(article), title="New", _save="")).status_code == 302
    assert Article.objects.get().published_at == article.published_at
    assert Article.objects.get().version == 2


def test_the_date_of_a_public_article_can_be_moved_back(client_of, editor, typed, change):
    article = ArticleFactory(published=True)
    client = client_of(editor)
    client.post(change(article), typed(client, change(article), publish_at="2019-05-04T10:00", _save=""))
    assert Article.objects.get().published_at.year == 2019


def test_the_date_of_a_public_article_is_not_emptied(client_of, editor, typed, change):
    article = ArticleFactory(published=True)
    client = client_of(editor)
    response = client.post(change(article), typed(client, change(article), publish_at="", _save=""))
    assert "Press “Withdraw”" in str(errors(response)["publish_at"])


def test_withdraw_makes_it_a_draft_again(client_of, editor, typed, change):
    article = ArticleFactory(published=True)
    client = client_of(editor)
    response = client.post(change(article), typed(client, change(article), _withdraw=""))
    assert Article.objects.get().status == "draft"
    assert "draft again" in told(response)


def test_an_end_before_the_beginning_is_told(client_of, editor, typed, change):
    article = ArticleFactory()
    client = client_of(editor)
    response = client.post(change(article), typed(client, change(article), expires_at="2020-01-01T10:00", _publish=""))
    assert "ended before it begins" in str(errors(response)["expires_at"])
    assert Article.objects.get().version == 1


# Two at once


def test_a_stale_save_is_refused_and_shows_both_texts(client_of, editor, author, typed, change):
    article = ArticleFactory(author=author, content="Line one\nLine two")
    mine = typed(client_of(author), change(article), content="Line one\nMy line", _save="")
    other = client_of(editor)
    other.post(change(article), typed(other, change(article), content="Line one\nTheir line", _save=""))
    response = client_of(author).post(change(article), mine)
    page = response.content.decode()
    assert "Someone else saved this article" in page
    assert "last changed by Edgar Editor" in page
    assert "<del>− Their line</del>" in page
    assert "<ins>+ My line</ins>" in page
    assert Article.objects.get().content.endswith("Their line")


def test_the_writer_may_save_over_what_they_have_seen(client_of, editor, author, typed, change):
    article = ArticleFactory(author=author)
    mine = typed(client_of(author), change(article), content="Mine")
    Article.objects.get().save()
    client = client_of(author)
    assert client.post(change(article), {**mine, "_overwrite": "1"}).status_code == 200
    assert client.post(change(article), {**mine, "_overwrite": "2"}).status_code == 302
    assert Article.objects.get().content == "Mine"


def test_texts_that_are_too_long_to_compare_are_still_shown(client_of, author, typed, change):
    article = ArticleFactory(author=author)
    client = client_of(author)
    mine = typed(client, change(article), content="mine\n" * 4000, _save="")
    Article.objects.filter(pk=article.pk).update(content="theirs\n" * 4000, version=2)
    page = client.post(change(article), mine).content.decode()
    assert "too long to be compared" in page
    assert page.count("theirs\n") == 4000


def test_a_save_without_a_version_is_refused(client_of, editor, typed, change):
    article = ArticleFactory()
    client = client_of(editor)
    assert "version" in errors(client.post(change(article), typed(client, change(article), version="", _save="")))


def test_a_save_between_check_and_save_is_found(client_of, editor, typed, change, monkeypatch):
    article = ArticleFactory()
    client = client_of(editor)
    sent = typed(client, change(article), content="Mine", _save="")
    read, reads = ArticleAdmin.get_object, []

    def read_after_another_saved(self, *args, **kwargs):
        reads.append(args)
        if len(reads) == 2:
            Article.objects.filter(pk=article.pk).update(version=7, content="Theirs")
        return read(self, *args, **kwargs)

    def refuse(self, *args, **kwargs):
        raise StaleArticle(self, 7)

    monkeypatch.setattr(ArticleAdmin, "get_object", read_after_another_saved)
    monkeypatch.setattr(Article, "save", refuse)
    page = client.post(change(article), sent).content.decode()
    assert "Save mine over version 7" in page
    assert "<ins>+ Mine</ins>" in page


# The preview


def test_the_preview_is_rendered_by_the_same_markup(client_of, author):
    text = "A **word**<script>alert(1)</script>"
    response = client_of(author).post(PREVIEW, {"content": text, "title": "<b>Fog</b>", "summary": "Thick."})
    page = response.content.decode()
    assert "<strong>word</strong>" in page
    assert "&lt;b&gt;Fog&lt;/b&gt;" in page
    assert "<script" not in page
    assert "sandbox;" in response["Content-Security-Policy"] + ";"
    assert "no-store" in response["Cache-Control"]


def test_two_previews_are_two(client_of, author):
    client = client_of(author)
    pages = [client.post(PREVIEW, {"content": text}).content for text in ("one", "two")]
    assert b"one" in pages[0]
    assert b"two" in pages[1]
    assert not Article.objects.exists()


def test_the_preview_is_for_writers_and_says_what_is_too_much(client, client_of, author, reader):
    assert client.post(PREVIEW, {"content": "x"}).status_code == 302
    assert client_of(reader).post(PREVIEW, {"content": "x"}).status_code == 302
    assert client_of(author).get(PREVIEW).status_code == 405
    response = client_of(author).post(PREVIEW, {"content": "x" * (1024 * 1024 + 1)})
    assert response.status_code == 422
    assert "longer than 1 MiB" in response.content.decode()


# Autocomplete


def test_authors_find_writers_by_name_and_never_by_mail(client_of, author, reader, editor):
    ask = {"app_label": "articles", "model_name": "article", "field_name": "author"}
    address = reverse("admin:autocomplete")
    client = client_of(author)
    assert [row["text"] for row in client.get(address, {**ask, "term": "Edgar"}).json()["results"]] == ["Edgar Editor"]
    assert client.get(address, {**ask, "term": editor.email}).json()["results"] == []
    assert client.get(address, {**ask, "term": "Rita"}).json()["results"] == []
    co_authors = client.get(address, {**ask, "field_name": "co_authors", "term": "Edgar"}).json()
    assert co_authors["results"][0]["id"] == str(editor.pk)


def test_co_authors_are_replaced_in_order():
    article, one, two = ArticleFactory(), UserFactory(), UserFactory()
    article.set_co_authors([one, two])
    article.set_co_authors([two, one])
    assert article.authors == [article.author, two, one]
    assert CoAuthor.objects.count() == 2
