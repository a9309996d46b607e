import datetime
import io
from dataclasses import replace

import pytest
from PIL import Image as Pillow

from accounts.models import User
from articles.importing.importer import Importer
from articles.importing.items import ArticleItem, AuthorItem, CommentItem, ImageItem, SkippedItem, TermItem
from articles.models import Article, Category, Comment, Image, ImportedItem, Redirect, Tag
from tests.factories import ArticleFactory, UserFactory
from tests.web import respond, running_site

pytestmark = pytest.mark.django_db

MOMENT = datetime.datetime(2015, 3, 1, 12, tzinfo=datetime.UTC)


class Source:
    """A reader that gives the items it was made with."""

    def __init__(self, *items, base_url="https://old.test", name="old"):
        self.name, self.base_url, self._items, self.total = name, base_url, items, len(items)

    def items(self):
        return iter(self._items)


def post(key="1", **fields):
    defaults = {
        "kind": "article",
        "title": f"Post {key}",
        "content": "Text.",
        "slug": f"post-{key}",
        "published_at": MOMENT,
    }
    return ArticleItem(key, **{**defaults, "old_paths": [f"/2015/{key}/"], **fields})


def run(*items, base_url="https://old.test", name="old", **options):
    return Importer(Source(*items, base_url=base_url, name=name), **options).run()


def png(colour="red") -> bytes:
    buffer = io.BytesIO()
    Pillow.new("RGB", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def numbers(report, kind):
    return tuple(report.counts[kind].values())


COMPLETE = [
    AuthorItem("ada", "Ada", "ada@example.org"),
    TermItem("category", "sea", "Sea"),
    TermItem("category", "tides", "Tides", parent="sea"),
    TermItem("tag", "low", "Low"),
    post(
        "1", authors=["ada", "bo", "ada"], category="tides", tags=["low"], summary="S", content="See [2](/2015/2/#x)."
    ),
    post("2", kind="page", content="See [1](https://www.old.test/2015/1) and [gone](/gone/)."),
    CommentItem("c1", "1", "Cy", "Nice.", MOMENT),
    CommentItem("c2", "1", "Di", "Yes.", MOMENT, parent="c1", author_url="javascript:x", author_email="no"),
]


def test_everything_arrives_with_its_connections():
    report = run(*COMPLETE)
    article = Article.objects.get(slug="post-1")
    assert [user.name for user in article.authors] == ["Ada", "bo"]
    assert (article.category.parent.name, article.tags.get().name, article.published_at) == ("Sea", "Low", MOMENT)
    reply = Comment.objects.get(content="Yes.")
    assert (reply.parent.content, reply.author_url, reply.author_email) == ("Nice.", "", "")
    assert numbers(report, "articles") == numbers(report, "pages") == (1, 0, 0, 0)
    assert [report.counts[kind]["created"] for kind in ("authors", "tags", "categories", "comments", "redirects")] == [
        2,
        1,
        2,
        2,
        2,
    ]


def test_running_again_changes_nothing():
    run(*COMPLETE)
    before = list(Article.objects.order_by("pk").values("version", "content", "updated_at"))
    report = run(*COMPLETE)
    assert list(Article.objects.order_by("pk").values("version", "content", "updated_at")) == before
    assert all(counts["created"] == counts["updated"] == 0 for counts in report.counts.values())
    assert report.problems == []


def test_what_changed_at_the_source_is_updated():
    run(*COMPLETE)
    report = run(*COMPLETE[:4], replace(COMPLETE[4], content="New.", tags=[]), *COMPLETE[5:])
    article = Article.objects.get(slug="post-1")
    assert (article.content, article.tags.count(), numbers(report, "articles")) == ("New.", 0, (0, 1, 0, 0))


def test_an_article_that_was_edited_here_is_left_alone_and_reported():
    run(post())
    article = Article.objects.get()
    article.title = "Ours"
    article.save()
    assert numbers(run(post()), "articles") == (0, 0, 1, 0)
    report = run(post(title="Theirs"))
    assert (Article.objects.get().title, numbers(report, "articles")) == ("Ours", (0, 0, 0, 1))
    assert "edited here" in report.problems[0][1]


def test_links_between_articles_lead_to_their_new_addresses_forward_and_back():
    run(*COMPLETE)
    assert Article.objects.get(slug="post-1").content == "See [2](/post-2/#x)."
    assert (
        Article.objects.get(slug="post-2").content == "See [1](/articles/post-1/) and [gone](https://old.test/gone/)."
    )


def test_a_link_to_nothing_becomes_text_when_the_old_site_is_unknown():
    report = run(post(content="See [a](/gone/), [b](item:c.md) and [r][x].\n\n[x]: ../y/\n"), base_url="")
    assert Article.objects.get().content == "See a, b and r.\n\n\n"
    assert report.problems == [("Post 1", "Links to what was not imported became plain text: ../y/, /gone/, c.md.")]


def test_a_link_to_a_draft_is_not_made():
    run(post(content="[a](/2015/2/)"), post("2", published_at=None))
    assert Article.objects.get(slug="post-1").content == "[a](https://old.test/2015/2/)"


def test_old_addresses_lead_to_the_articles(client):
    run(post(old_paths=["/2015/1/", "/?p=1"]))
    assert client.get("/2015/1")["Location"] == client.get("/?p=1")["Location"] == "/articles/post-1/"


def test_a_redirect_made_by_hand_is_not_overwritten():
    Redirect.objects.create(path="/2015/1", target="/mine/")
    report = run(post())
    assert Redirect.objects.get().target == "/mine/"
    assert numbers(report, "redirects") == (0, 0, 0, 1)


def test_slugs_that_are_taken_get_the_language_or_a_number():
    ArticleFactory(slug="tide", language="en-us")
    items = [post(str(n), slug="tide", language=language) for n, language in enumerate(["pt", "pt", "en-us"])]
    run(*items, post("9", slug="admin"), post("10", slug="", title="日記"))
    slugs = list(Article.objects.order_by("pk").values_list("slug", flat=True))
    assert slugs == ["tide", "tide-pt", "tide-pt-2", "tide-2", "admin-2", "日記"]


def test_one_bad_item_is_skipped_and_takes_nothing_with_it():
    bad = post("bad", content="> " * 5000 + "x", authors=["new"], tags=["fresh"])
    report = run(bad, post(authors=["new"], tags=["fresh"]))
    assert Article.objects.get().author.name == "new"
    assert numbers(report, "articles") == (1, 0, 0, 1)
    assert report.problems[0][0] == "Post bad"


def test_a_user_with_the_same_e_mail_is_the_author_and_nobody_else_gets_a_login(editor):
    items = [AuthorItem("e", "Impostor", editor.email.upper()), AuthorItem("x", "New", "new@example.org")]
    run(*items, post(authors=["e", "x"]))
    editor.refresh_from_db()
    new = User.objects.get(name="New")
    assert (Article.objects.get().author, editor.name, editor.role) == (editor, "Edgar Editor", "editor")
    assert (new.email, new.has_usable_password(), new.role) == (None, False, "author")


def test_what_names_no_author_belongs_to_the_owner_or_to_imported(editor):
    run(post(), owner=editor)
    run(post("2"), post("3"))
    assert sorted(Article.objects.values_list("author__name", flat=True)) == ["Edgar Editor", "Imported", "Imported"]


def test_terms_that_are_here_already_are_used_and_not_changed():
    Tag.objects.create(name="Low Water", slug="low", description="Ours")
    report = run(TermItem("tag", "low", "low water", "Theirs"), TermItem("tag", "c", "C"), TermItem("tag", "c#", "C#"))
    assert list(Tag.objects.values_list("name", "description")) == [("C", ""), ("C#", ""), ("Low Water", "Ours")]
    assert numbers(report, "tags") == (2, 0, 1, 0)


def test_categories_that_are_each_others_parents_make_no_circle():
    run(TermItem("category", "a", "A"), TermItem("category", "b", "B", parent="a"))
    run(TermItem("category", "b", "B", parent="a"), TermItem("category", "a", "A", parent="b"))
    assert Category.objects.get(name="A").parent is None


def test_a_public_article_without_a_date_keeps_the_moment_of_its_first_import(time_machine):
    item = post(published_at=None, undated=True)
    run(item)
    first = Article.objects.get().published_at
    time_machine.move_to(first + datetime.timedelta(days=1))
    run(item)
    run(replace(item, content="Changed."))
    assert Article.objects.get().published_at == first


def test_fields_are_cut_to_what_the_site_can_hold():
    run(
        post(
            title="t " * 300,
            summary="s " * 900,
            seo_description="d " * 900,
            canonical_url="javascript:x",
            content="a\x00b",
        )
    )
    article = Article.objects.get()
    article.full_clean()
    assert (len(article.title) <= 200, article.canonical_url, article.content) == (True, "", "ab")


def test_what_ended_before_it_began_stays_a_draft():
    run(post(expires_at=MOMENT - datetime.timedelta(days=1)))
    assert Article.objects.get().status == "draft"


def test_skipped_items_are_counted_and_named():
    report = run(SkippedItem("page", "Broken", "It has no text."), SkippedItem("menu", "Main", "Menus are left out."))
    assert numbers(report, "pages") == (0, 0, 0, 1)
    assert report.as_json()["problems"] == [
        {"item": "Broken", "reason": "It has no text."},
        {"item": "Main", "reason": "Menus are left out."},
    ]


def test_a_trial_gives_the_same_numbers_and_stores_nothing(tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    items = [*COMPLETE, ImageItem("i", url="https://old.test/a.png"), *(post(f"n{n}") for n in range(150))]
    trial = run(*items, dry_run=True, media=tmp_path)
    assert not any(model.objects.exists() for model in (Article, User, Tag, Image, Comment, Redirect, ImportedItem))
    assert trial.counts == run(*items, media=tmp_path).counts


def test_pictures_come_from_the_local_folder_by_path_or_name(tmp_path, django_capture_on_commit_callbacks):
    for name, colour in {"2015/03/a.png": "red", "elsewhere/b.png": "blue"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(colour))
    content = "![A](https://old.test/wp-content/uploads/2015/03/a-300x200.png) ![B](/files/b.png) ![C](https://other.test/c.png)"
    report = run(
        post(content=content, cover=ImageItem("7", url="https://old.test/wp-content/uploads/2015/03/a.png")),
        media=tmp_path,
    )
    article = Article.objects.get()
    names = {image.original_name: image.name for image in Image.objects.all()}
    assert (
        article.content == f"![A](/media/{names['a.png']}) ![B](/media/{names['b.png']}) ![C](https://other.test/c.png)"
    )
    assert (article.cover.name, numbers(report, "images")) == (names["a.png"], (2, 0, 0, 0))


def media_of(folder, colours):
    """A folder with one picture for each name."""
    for name, colour in colours.items():
        (folder / f"{name}.png").write_bytes(png(colour))
    return folder


def shown(*names):
    """What the text should be that shows these pictures."""
    stored = {image.original_name: image.name for image in Image.objects.all()}
    return " ".join(f"![](/media/{stored[f'{name}.png']})" for name in names)


def test_whole_pictures_whose_names_look_like_sizes_are_told_apart(tmp_path):
    media = media_of(tmp_path, {"a-150x150": "red", "a-300x200": "green", "a": "blue"})
    items = [ImageItem(name, url=f"https://old.test/{name}.png") for name in ("a-150x150", "a-300x200", "a")]
    content = "![](/a-150x150.png) ![](/a-300x200.png) ![](/a.png) ![](/a-640x480.png) ![](/a-150x150-9x9.png)"
    report = run(*items, post(content=content), media=media)
    assert Article.objects.get().content == shown("a-150x150", "a-300x200", "a", "a", "a-150x150")
    assert numbers(report, "images") == (3, 0, 0, 0)


def test_pictures_that_only_a_text_names_are_told_apart_when_they_cannot_be_sizes(tmp_path):
    media = media_of(tmp_path, {"a-150x150": "red", "a-300x200": "green", "b": "blue"})
    run(post(content="![](/a-150x150.png) ![](/a-300x200.png) ![](/b-9x9.png) ![](/b.png)"), media=media)
    assert Article.objects.get().content == shown("a-150x150", "a-300x200", "b", "b")


def test_a_cover_whose_name_looks_like_a_size_is_that_picture(tmp_path):
    media = media_of(tmp_path, {"a-150x150": "red", "a-300x200": "green"})
    covers = [ImageItem(name, url=f"https://old.test/{name}.png") for name in ("a-150x150", "a-300x200")]
    run(*(post(cover.key, cover=cover) for cover in covers), media=media)
    names = list(Article.objects.order_by("pk").values_list("cover__original_name", flat=True))
    assert names == ["a-150x150.png", "a-300x200.png"]


def test_a_picture_that_the_source_names_is_downloaded_once_whatever_size_is_shown():
    with running_site() as site:
        site.answers["/a.png"] = respond(png(), Content_Type="image/png")
        item = ImageItem("7", url=site.url("/a.png"))
        run(item, post(content="![](/a.png) ![](/a-30x20.png)"), base_url=site.url(""), policy=site.policy())
    assert site.asked == ["/a.png"]
    name = Image.objects.get().name
    assert Article.objects.get().content == f"![](/media/{name}) ![](/media/{name})"


def test_pictures_are_downloaded_and_a_missing_one_is_reported():
    with running_site() as site:
        site.answers["/a.png"] = respond(png(), Content_Type="image/png")
        site.answers["/page.png"] = respond(b"<html>", Content_Type="text/html")
        content = "![A](/a.png) ![P](/page.png) ![](/gone.png)"
        report = run(post(content=content), base_url=site.url(""), policy=site.policy())
    assert Article.objects.get().content == (
        f"![A](/media/{Image.objects.get().name}) [P]({site.url('/page.png')}) [gone.png]({site.url('/gone.png')})"
    )
    assert numbers(report, "images") == (1, 0, 0, 2)


def test_an_address_that_is_none_costs_only_its_picture():
    broken = "http://[broken/a-30x20.png"
    report = run(post(content=f"![A]({broken}) [b]({broken})", cover=ImageItem("c", broken)))
    assert (Article.objects.get().cover, numbers(report, "articles")) == (None, (1, 0, 0, 0))
    assert numbers(report, "images")[3] == 1


def test_a_failed_picture_is_tried_again_in_the_next_run():
    with running_site() as site:
        run(post(content="![A](/a.png)"), base_url=site.url(""), policy=site.policy())
        site.answers["/a.png"] = respond(png(), Content_Type="image/png")
        report = run(post(content="![A](/a.png)"), base_url=site.url(""), policy=site.policy())
        assert (numbers(report, "articles"), numbers(report, "images")) == ((0, 1, 0, 0), (1, 0, 0, 0))
        asked = len(site.asked)
        run(post(content="![A](/a.png)"), base_url=site.url(""), policy=site.policy())
        assert len(site.asked) == asked


def test_a_host_that_is_down_is_asked_three_times_only():
    asked = []

    def unknown(host, port):
        asked.append(host)
        raise OSError("no such name")

    with running_site() as site:
        images = [ImageItem(str(n), url=f"https://old.test/{n}.png") for n in range(8)]
        report = run(*images, policy=site.policy(resolver=unknown))
    assert (len(asked), numbers(report, "images")) == (3, (0, 0, 0, 8))


def test_a_run_that_died_before_its_links_were_connected_is_made_good(monkeypatch):
    class KilledError(Exception):
        pass

    def killed(self):
        raise KilledError

    items = [post(content="[2](/2015/2/)"), post("2")]
    with monkeypatch.context() as patch:
        patch.setattr(Importer, "_connect_forward_links", killed)
        with pytest.raises(KilledError):
            run(*items)
    run(*items)
    assert Article.objects.get(slug="post-1").content == "[2](/articles/post-2/)"


def test_the_number_of_queries_for_unchanged_items_depends_on_batches_only(django_assert_max_num_queries):
    items = [post(str(n)) for n in range(90)]
    run(*items)
    with django_assert_max_num_queries(3 * 90):
        run(*items)


def test_comments_of_what_was_not_imported_are_skipped():
    report = run(CommentItem("c", "missing", "Cy", "Nice.", MOMENT))
    assert (numbers(report, "comments"), report.problems[0][1]) == ((0, 0, 0, 1), "Its article was not imported.")


def test_what_a_moderator_decided_stays():
    comment = CommentItem("c", "1", "Cy", "Nice.", MOMENT)
    run(post(), comment)
    Comment.objects.update(state="spam")
    run(post(), replace(comment, content="Nicer."))
    assert list(Comment.objects.values_list("content", "state")) == [("Nicer.", "spam")]


def test_progress_ends_at_the_total():
    seen = []
    run(*(post(str(n)) for n in range(5)), progress=lambda done, total: seen.append((done, total)), owner=UserFactory())
    assert seen[-1] == (5, 5)
