import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.models import Category, Comment
from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["tag", "category", "series"])
def test_terms_show_how_many_articles_stand_under_them(client_of, editor, kind):
    term = {"tag": TagFactory, "category": CategoryFactory, "series": SeriesFactory}[kind]()
    for _ in range(3):
        ArticleFactory(**({"tags": [term]} if kind == "tag" else {kind: term}))
    client = client_of(editor)
    page = client.get(reverse(f"admin:articles_{kind}_changelist")).content.decode()
    link = f"{reverse('admin:articles_article_changelist')}?{'tags' if kind == 'tag' else kind}__id__exact={term.pk}"
    assert f'href="{link}">3</a>' in page
    assert client.get(link).context["cl"].result_count == 3


def test_queries_of_a_list_of_terms_do_not_grow(client_of, editor):
    client = client_of(editor)
    counts = []
    for number in (1, 29):
        for _ in range(number):
            CategoryFactory(parent=CategoryFactory())
        client.get(reverse("admin:articles_category_changelist"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("admin:articles_category_changelist"))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_category_does_not_stand_below_itself(client_of, editor):
    top = CategoryFactory(name="Top")
    below = CategoryFactory(name="Below", parent=CategoryFactory(parent=top))
    change = reverse("admin:articles_category_change", args=[top.pk])
    page = client_of(editor).post(change, {"name": "Top", "slug": "top", "parent": below.pk}).content.decode()
    assert "stands below this category" in page
    assert Category.objects.get(pk=top.pk).parent is None


def test_an_author_adds_tags_and_no_categories(client_of, author):
    client = client_of(author)
    assert client.get(reverse("admin:articles_tag_add")).status_code == 200
    assert client.get(reverse("admin:articles_category_add")).status_code == 403


def test_comments_are_only_read(client_of, editor):
    comment = Comment.objects.create(article=ArticleFactory(), content="Well said.", created_at="2020-01-01T00:00Z")
    client = client_of(editor)
    change = reverse("admin:articles_comment_change", args=[comment.pk])
    assert "Well said." in client.get(reverse("admin:articles_comment_changelist")).content.decode()
    assert "Well said." in client.get(change).content.decode()
    assert client.post(change, {"content": "Changed"}).status_code == 403
