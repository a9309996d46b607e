"""The reader of WordPress exports."""

import datetime
import json
from collections import Counter
from pathlib import Path

import pytest

from articles.errors import ImportRefused
from articles.importing.items import ArticleItem, AuthorItem, CommentItem, ImageItem, SkippedItem, TermItem
from articles.importing.wordpress import WordPressExport

SAMPLES = Path(__file__).parent / "samples"


def items_of(export, kind):
    return [item for item in export.items() if isinstance(item, kind)]


@pytest.fixture(scope="module")
def harbour():
    return WordPressExport(SAMPLES / "harbour.xml")


@pytest.fixture(scope="module")
def articles(harbour):
    return {item.key.removeprefix("https://harbour.example/?p="): item for item in items_of(harbour, ArticleItem)}


@pytest.fixture
def export(tmp_path):
    """The reader for an export with the given items, each a piece of XML."""

    def read(*items: str) -> WordPressExport:
        source = (SAMPLES / "old.xml").read_text(encoding="utf-8")
        head, rest = source.split("<item>", 1)
        path = tmp_path / "export.xml"
        path.write_text(head + "".join(items) + rest.split("</item>", 1)[1], encoding="utf-8")
        return WordPressExport(path)

    return read


def item(number=1, **fields):
    fields = {"post_id": number, "post_type": "post", "status": "publish", "post_date": "2020-01-02 03:04:05"} | fields
    title = fields.pop("title", "A title")
    content = fields.pop("content", "Text")
    values = "".join(f"<wp:{name}>{value}</wp:{name}>" for name, value in fields.items())
    return f"<item><title>{title}</title><content:encoded><![CDATA[{content}]]></content:encoded>{values}</item>"


def test_the_source_is_named_by_its_address(harbour):
    assert (harbour.name, harbour.base_url) == ("wordpress:harbour.example", "https://harbour.example")


def test_a_site_without_an_address_of_its_own_is_named_with_its_title(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text((SAMPLES / "old.xml").read_text().replace("diary.example", "localhost:8888"))
    assert WordPressExport(path).name == "wordpress:localhost/blog An old diary"


def test_the_total_is_the_number_of_items_when_nothing_with_comments_is_skipped(harbour):
    assert harbour.total == len(list(harbour.items()))


def test_the_items_are_the_same_each_time(harbour):
    assert list(harbour.items()) == list(harbour.items())


def test_what_is_referred_to_comes_before_what_refers(harbour):
    kinds = [type(item) for item in harbour.items()]
    assert max(kinds.index(kind) for kind in (AuthorItem, TermItem, ImageItem)) < kinds.index(ArticleItem)


def test_authors_are_those_declared_and_those_in_bylines(harbour):
    assert [(a.key, a.name, a.email) for a in items_of(harbour, AuthorItem)] == [
        ("mira", "Mira Quay", "mira@harbour.example"),
        ("jon", "Jon Mole", None),
    ]


def test_parents_of_categories_come_first(harbour):
    terms = [(t.kind, t.key, t.name, t.parent) for t in items_of(harbour, TermItem)]
    assert terms == [
        ("category", "sea", "Sea", None),
        ("category", "tides", "Tides & moons", "sea"),
        ("tag", "boats", "Boats", None),
    ]


def test_a_description_is_plain_text(harbour):
    assert items_of(harbour, TermItem)[0].description == "All about water"


def test_an_attachment_becomes_an_image_with_its_alternative_text(harbour):
    image = items_of(harbour, ImageItem)[0]
    assert (image.alt, image.caption) == ("A wooden pier at low water", "The old pier")
    assert image.url == "https://harbour.example/wp-content/uploads/2024/05/pier.jpg"
    assert image.aliases == ("https://cdn.harbour.example/2024/05/pier.jpg",)


def test_a_published_post_keeps_what_it_had(articles):
    post = articles["10"]
    assert (post.kind, post.title, post.slug) == ("article", "Low water & high hopes", "low-water")
    assert post.published_at == datetime.datetime(2024, 5, 4, 6, 30, tzinfo=datetime.UTC)
    assert (post.summary, post.featured, post.language) == ("What the moon does to us.", True, "en-GB")
    assert post.cover.alt == "A wooden pier at low water"


def test_a_post_has_the_authors_of_its_byline_once(articles):
    assert articles["10"].authors == ["mira", "jon"]


def test_a_post_has_its_most_precise_category(articles):
    assert (articles["10"].category, articles["10"].tags) == ("tides", ["boats"])


def test_what_search_engines_were_told_is_kept(articles):
    post = articles["10"]
    assert post.seo_title == "Ebb and flow – The Harbour Gazette"
    assert post.seo_description == "When the water goes."
    assert post.canonical_url == "https://moon.example/low"


def test_former_addresses_are_kept_the_permanent_link_first(articles):
    assert articles["10"].old_paths == ["/2024/05/low-water/", "/?p=10", "/2024/05/ebb/"]
    assert "/?page_id=12" in articles["12"].old_paths


def test_a_picture_has_full_size_and_no_link_to_itself(articles):
    picture = "![A wooden pier at low water](https://harbour.example/wp-content/uploads/2024/05/pier.jpg"
    assert f'{picture} "The old pier")' in articles["10"].content
    assert "[![" not in articles["10"].content


@pytest.mark.parametrize(("key", "reason"), [("11", "private"), ("12", "password")])
def test_what_was_not_for_everyone_becomes_a_draft_with_a_note(articles, key, reason):
    assert articles[key].published_at is None
    assert reason in articles[key].notes[0]


def test_a_draft_keeps_the_day_on_which_it_was_written(articles):
    draft = articles["13"]
    # The site is two hours ahead, as its other posts show.
    assert (draft.published_at, draft.created_at.hour) == (None, 8)


def test_a_post_without_title_is_called_after_its_first_words(articles):
    assert articles["13"].title == "Notes about ropes and knots that nobody has given a name to…"
    assert "no title" in articles["13"].notes[0]


def test_a_scheduled_post_keeps_its_time(articles):
    assert articles["14"].published_at == datetime.datetime(2099, 6, 1, 8, tzinfo=datetime.UTC)


def test_what_is_left_out_is_named_with_the_reason(harbour):
    skipped = {(s.kind, s.name): s.reason for s in items_of(harbour, SkippedItem)}
    assert "trash" in skipped["article", "Thrown away"]
    assert "“product”" in skipped["product", "A lamp"]
    assert skipped["nav_menu_item", "2 × nav_menu_item"] == "Menus are not taken over."
    assert "PDF" in skipped["image", "https://harbour.example/wp-content/uploads/2024/05/timetable.pdf"]
    assert "pingback" in skipped["comment", "Other blog on “Low water & high hopes”"]


def test_the_parent_of_a_comment_comes_before_it(harbour):
    first, second, third = items_of(harbour, CommentItem)
    assert (first.state, second.state, third.state) == ("pending", "approved", "spam")
    assert (first.parent, second.parent, third.parent) == (None, first.key, None)


def test_a_comment_is_plain_text_with_its_lines_and_links(harbour):
    first, second, _ = items_of(harbour, CommentItem)
    assert (first.content, first.author_email) == ("First line\nsecond line", "ole@a.example")
    assert second.content == "Reply to this (https://a.example/x)"


def test_comments_that_answer_each_other_in_a_circle_are_all_kept(export):
    comment = (
        "<wp:comment><wp:comment_id>{}</wp:comment_id><wp:comment_parent>{}</wp:comment_parent>"
        "<wp:comment_content>Hi</wp:comment_content></wp:comment>"
    )
    post = item().replace("</item>", comment.format(1, 2) + comment.format(2, 1) + "</item>")
    assert len({c.key for c in items_of(export(post), CommentItem)}) == 2


def test_version_1_0_is_read_with_authors_who_are_only_names():
    export = WordPressExport(SAMPLES / "old.xml")
    post = items_of(export, ArticleItem)[0]
    assert [a.name for a in items_of(export, AuthorItem)] == ["Theo Brand"]
    assert (post.authors, post.category, post.tags) == (["Theo Brand"], "days", ["rain"])


def test_backslashes_quotes_blank_lines_and_encoded_slugs_are_kept():
    post = items_of(WordPressExport(SAMPLES / "old.xml"), ArticleItem)[0]
    assert (post.title, post.slug) == ('C:\\boats and "quotes"', "café-日本")
    assert post.content == "First paragraph with C:\\boats\\new\n\nsecond * paragraph"


def test_a_blog_in_a_folder_keeps_the_folder_in_its_old_addresses():
    assert items_of(WordPressExport(SAMPLES / "old.xml"), ArticleItem)[0].old_paths == ["/blog/?p=3"]


def test_strange_characters_survive(export):
    strange = "\u202eright to left\u202c zero\u200bwidth Z̷a̷l̷g̷o 𝔐𝔞𝔱𝔥 👩‍🚀"
    post = items_of(export(item(title=strange, content=strange)), ArticleItem)[0]
    assert (post.title, post.content) == (strange, strange)


def test_a_published_post_without_any_date_is_marked_as_undated(export):
    post = items_of(export(item(post_date="0000-00-00 00:00:00")), ArticleItem)[0]
    assert (post.published_at, post.undated) == (None, True)


def test_two_items_of_one_number_are_both_kept(export):
    keys = [a.key for a in items_of(export(item(4, title="One"), item(4, title="Two")), ArticleItem)]
    assert len(set(keys)) == 2


def test_a_featured_image_that_is_not_in_the_export_is_noted(export):
    meta = "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>99</wp:meta_value></wp:postmeta>"
    post = items_of(export(item().replace("</item>", meta + "</item>")), ArticleItem)[0]
    assert "featured image" in post.notes[0]


def test_a_long_title_is_noted(export):
    assert "200 characters" in items_of(export(item(title="long " * 60)), ArticleItem)[0].notes[0]


def test_a_text_far_beyond_every_limit_is_skipped_and_the_others_are_not(export):
    reader = export(item(1, content="x" * 5_000_001), item(2))
    assert [a.key for a in items_of(reader, ArticleItem)] == ["2"]
    assert "5,000,001" in items_of(reader, SkippedItem)[0].reason


def test_a_reusable_block_is_put_where_it_is_used(export):
    block = item(5, post_type="wp_block", content="<!-- wp:paragraph --><p>Shared words</p><!-- /wp:paragraph -->")
    reader = export(item(6, content='<!-- wp:block {"ref":5} /-->'), block)
    assert items_of(reader, ArticleItem)[0].content == "Shared words"


def test_a_category_whose_parents_form_a_circle_loses_its_parent(tmp_path):
    circle = "".join(
        f"<wp:category><wp:category_nicename>{a}</wp:category_nicename><wp:category_parent>{b}</wp:category_parent>"
        f"<wp:cat_name>{a}</wp:cat_name></wp:category>"
        for a, b in ("ab", "ba")
    )
    path = tmp_path / "export.xml"
    path.write_text((SAMPLES / "old.xml").read_text().replace("<item>", circle + "<item>", 1))
    assert {t.key: t.parent for t in items_of(WordPressExport(path), TermItem)} == {
        "days": None, "a": None, "b": "a", "rain": None,
    }  # fmt: skip


@pytest.mark.shared_data
def test_every_collected_export_gives_what_was_counted_in_it_or_is_refused(shared_data):
    for name, counts in json.loads((shared_data / "wxr" / "COUNTS.json").read_text()).items():
        try:
            export = WordPressExport(shared_data / "wxr" / name)
        except ImportRefused:
            assert counts["wxr_version"] not in ("1.0", "1.1", "1.2"), name
            continue
        read = Counter(
            ("post" if a.kind == "article" else "page") + ("/public" if a.published_at or a.undated else "/draft")
            for a in items_of(export, ArticleItem)
        )
        assert read == expected_articles(counts), name
        assert len(items_of(export, AuthorItem)) >= counts["authors_declared"], name


def expected_articles(counts):
    expected = Counter()
    for kind_and_status, number in counts["by_type_status"].items():
        kind, status = kind_and_status.split("/")
        if kind in ("post", "page"):
            expected[f"{kind}/{'public' if status in ('publish', 'future') else 'draft'}"] += number
    if counts["password"]:
        expected["post/public"] -= counts["password"]
        expected["post/draft"] += counts["password"]
    return expected
