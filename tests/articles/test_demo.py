import pytest
from django.core.management import call_command

from accounts.models import User
from articles.demo.loading import FOLDER, Demo, split
from articles.demo.pictures import PICTURES, drawn
from articles.markup import render
from articles.models import Article, Image, Series

FILES = {file.name: split(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.md"))}


@pytest.fixture
def loaded(db):
    call_command("demo")


def test_about_twenty_five_articles_by_several_authors_are_added(loaded):
    assert Article.objects.posts().count() == 25
    assert Article.objects.pages().count() == 2
    assert Article.objects.posts().published().count() == 23
    assert User.objects.exclude(bio="").count() == 5


def test_one_is_a_draft_and_one_comes_in_a_week(loaded):
    assert [article.slug for article in Article.objects.drafts()] == ["the-tug-that-could-not-turn-left"]
    assert [article.slug for article in Article.objects.scheduled()] == ["tides-4-being-wrong-politely"]


def test_a_second_run_adds_nothing_and_changes_nothing(loaded, capsys):
    before = list(Article.objects.order_by("pk").values_list("pk", "version", "published_at"))
    call_command("demo")
    assert list(Article.objects.order_by("pk").values_list("pk", "version", "published_at")) == before
    assert "already there" in capsys.readouterr().out


def test_what_an_editor_changed_stays(loaded):
    article = Article.objects.get(slug="in-praise-of-fog")
    article.title = "Against fog"
    article.save()
    call_command("demo")
    assert Article.objects.get(pk=article.pk).title == "Against fog"


def test_series_are_in_their_order(loaded):
    parts = Article.objects.filter(series__slug="tides-for-programmers").order_by("series_position")
    assert [article.slug[:7] for article in parts] == ["tides-1", "tides-2", "tides-3", "tides-4"]
    assert Series.objects.count() == 2


def test_every_picture_has_an_alternative_text_and_most_articles_a_cover(loaded):
    assert Image.objects.count() == len(PICTURES) >= 10
    assert not Image.objects.filter(alt="").exists()
    assert Article.objects.filter(cover__isnull=False).count() >= 18


def test_a_shared_article_names_its_authors_in_order(loaded):
    article = Article.objects.get(slug="a-queue-is-a-harbour")
    assert [author.name for author in article.authors] == ["Tomás Arrieta", "Ingrid Solberg"]


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_long_enough_and_finds_what_it_names(name):
    head, content = FILES[name]
    publication = Demo().publication
    assert render(content, {}).word_count > (80 if head.get("kind") == "page" or "days_ago" not in head else 250)
    assert {head["author"], *head.get("co_authors", [])} <= publication["people"].keys()
    assert head.get("cover", "dawn") in PICTURES
    assert head.get("category", "sea") in publication["categories"]


def test_links_between_articles_lead_somewhere():
    slugs = {f"/articles/{head['slug']}/" for head, _ in FILES.values()}
    linked = {part.split(")")[0] for _, content in FILES.values() for part in content.split("](")[1:]}
    assert {address for address in linked if address.startswith("/")} <= slugs


def test_the_texts_show_what_markdown_can_do():
    html = "".join(render(content, {}).html for _, content in FILES.values())
    signs = ("<table", "<dl>", "footnotes", 'type="checkbox"', "<blockquote>", "embed-youtube", "<figcaption>", "<sub>")
    assert [sign for sign in signs if sign not in html] == []
    assert all(
        f'data-language="{name}"' in html for name in ("Python", "Rust", "SQL", "TOML", "Go", "JavaScript", "Bash")
    )
    assert {head.get("language") for head, _ in FILES.values()} >= {"ar", "ja"}


def test_a_picture_is_drawn_the_same_each_time():
    assert drawn("dawn") == drawn("dawn")
