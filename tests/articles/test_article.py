import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.errors import NotPublishable, StaleArticle
from articles.models import Article, CoAuthor
from tests.factories import ArticleFactory, TagFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("state", "public"), [("published", True), ("scheduled", False), ("expired", False)])
def test_published_is_a_question_about_time(state, public):
    article = ArticleFactory(**{state: True})
    assert article.is_published() is public
    assert Article.objects.published().exists() is public
    assert article.status == state


def test_a_draft_is_hidden_from_strangers(author, editor, reader):
    draft = ArticleFactory(author=author)
    assert list(Article.objects.visible_to(author)) == [draft]
    assert list(Article.objects.visible_to(editor)) == [draft]
    for stranger in (reader, AnonymousUser()):
        assert not Article.objects.visible_to(stranger).exists()


def test_a_save_from_an_older_version_is_refused():
    article = ArticleFactory()
    other = Article.objects.get(pk=article.pk)
    other.save()
    with pytest.raises(StaleArticle):
        article.save()


def test_equal_titles_get_numbered_slugs():
    assert [ArticleFactory(title="Low tide").slug for _ in range(3)] == ["low-tide", "low-tide-2", "low-tide-3"]


def test_a_draft_has_no_date_and_publishing_gives_it_one(editor):
    article = ArticleFactory()
    assert (article.status, article.published_at) == ("draft", None)
    article.publish(by=editor)
    assert article.is_published()
    assert Article.objects.published().get() == article


def test_withdrawing_makes_it_a_draft_again(editor):
    article = ArticleFactory(published=True)
    article.withdraw(by=editor)
    assert article.status == "draft"
    assert not Article.objects.published().exists()


def test_publishing_at_a_time_schedules(editor):
    article = ArticleFactory()
    article.publish(by=editor, at=timezone.now() + datetime.timedelta(days=1))
    assert article.status == "scheduled"
    assert list(Article.objects.scheduled()) == [article]


def test_an_empty_article_is_not_published(editor):
    with pytest.raises(NotPublishable) as refusal:
        ArticleFactory(content=" \n").publish(by=editor)
    assert set(refusal.value.problems) == {"content"}


def test_an_article_that_would_have_ended_is_not_published(editor):
    article = ArticleFactory(expires_at=timezone.now() - datetime.timedelta(days=1))
    with pytest.raises(NotPublishable) as refusal:
        article.publish(by=editor)
    assert set(refusal.value.problems) == {"expires_at"}


@pytest.mark.parametrize("slug", ["admin", "api", "2024", "sitemap"])
def test_addresses_of_the_site_itself_are_refused_as_slugs(slug):
    with pytest.raises(ValidationError, match="address of the site"):
        ArticleFactory.build(slug=slug, author=UserFactory()).full_clean()


@pytest.mark.parametrize(("title", "slug"), [("Admin", "admin-2"), ("2024", "2024-2"), ("🎉", "article")])
def test_a_made_slug_is_never_reserved_or_empty(title, slug):
    assert ArticleFactory(title=title).slug == slug


def test_a_new_title_leaves_the_slug(editor):
    article = ArticleFactory(title="Low tide")
    article.title = "High tide"
    article.save()
    assert article.slug == "low-tide"


def test_co_authors_stand_in_their_order():
    first, second, third = (UserFactory() for _ in range(3))
    article = ArticleFactory(author=first)
    CoAuthor.objects.create(article=article, user=third, position=2)
    CoAuthor.objects.create(article=article, user=second, position=1)
    assert article.authors == [first, second, third]


def test_a_co_author_may_edit_and_counts_as_writer(author):
    article = ArticleFactory()
    CoAuthor.objects.create(article=article, user=author)
    assert list(Article.objects.editable_by(author)) == [article]
    assert list(Article.objects.written_by(author)) == [article]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"kind": "poem"},
        {"published_at": timezone.now(), "expires_at": timezone.now() - datetime.timedelta(1)},
    ],
)
def test_the_database_refuses_what_cannot_be(wrong):
    article = ArticleFactory()
    with pytest.raises(IntegrityError):
        Article.objects.filter(pk=article.pk).update(**wrong)


def test_newest_first_is_the_order_of_the_model():
    assert Article._meta.ordering == ["-published_at"]
    older = ArticleFactory(published_at=timezone.now() - datetime.timedelta(days=2))
    newer = ArticleFactory(published=True)
    assert list(Article.objects.all()) == [newer, older]


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_one_title_get_two_slugs():
    writer = UserFactory()
    with ThreadPoolExecutor(4) as pool:
        slugs = list(pool.map(lambda _: write_and_close(writer), range(8)))
    assert len(set(slugs)) == 8


def write_and_close(writer) -> str:
    try:
        return Article.objects.create(title="Spring tide", content="Water.", author=writer).slug
    finally:
        connection.close()


def test_lists_ask_the_same_number_of_queries_for_one_and_for_thirty():
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            for article in Article.objects.published().for_list():
                _ = (article.authors, article.category, article.cover, list(article.tags.all()), article.description)
        return len(captured)

    tags = [TagFactory(), TagFactory()]
    ArticleFactory(published=True, tags=tags)
    one = queries()
    ArticleFactory.create_batch(29, published=True, tags=tags)
    assert queries() == one
