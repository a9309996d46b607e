import pytest
from django.contrib.auth.models import AnonymousUser

from articles.errors import StaleArticle
from articles.models import Article
from tests.factories import ArticleFactory

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
