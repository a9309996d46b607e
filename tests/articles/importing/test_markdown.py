import datetime
import os

import pytest

from articles.errors import ImportRefused
from articles.importing.items import ArticleItem, AuthorItem, ImageItem, SkippedItem, TermItem
from articles.importing.markdown import MarkdownFolder
from articles.importing.sources import open_source


@pytest.fixture
def folder(tmp_path):
    """Writes files into a folder and reads it."""

    def read(files: dict[str, str | bytes], **options):
        for name, content in files.items():
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(MarkdownFolder(tmp_path / "site", **options).items())

    return read


def article(items, key=None) -> ArticleItem:
    return next(item for item in items if isinstance(item, ArticleItem) and key in (None, item.key))


def skipped(items) -> list[tuple[str, str]]:
    return [(item.name, item.reason) for item in items if isinstance(item, SkippedItem)]


@pytest.mark.parametrize(
    "head",
    [
        "---\ntitle: Tide\ndate: 2024-05-01\n---\n",
        "\ufeff---  \r\ntitle: Tide\r\ndate: 2024-05-01\r\n...\r\n",
        "----\ntitle: Tide\ndate: 2024-05-01\n----\n",
        '+++\ntitle = "Tide"\ndate = 2024-05-01\n+++\n',
        '{"title": "Tide", "date": "2024-05-01"}\n\n',
        '---json\n{"title": "Tide", "date": "2024-05-01"}\n---\n',
    ],
)
def test_every_kind_of_front_matter_is_read(folder, head):
    item = article(folder({"tide.md": head + "Low water.\n"}))
    assert (item.title, item.content, item.published_at.date()) == ("Tide", "Low water.", datetime.date(2024, 5, 1))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("---\ntitle: [open\n---\n", "not valid YAML"),
        ("---\ntitle: Tide\n", "has no end"),
        ("+++\ntitle = \n+++\n", "not valid TOML"),
        ('{"title": }\n', "not valid JSON"),
        ("---\na: &a [x]\nb: *a\n---\n", "aliases"),
        ("---\na: " + "[" * 5000 + "\n---\n", "nested too deeply"),
        ("---\na: " + "x" * 70_000 + "\n---\n", "larger than 64 KB"),
        ("---\ndate: 2024-13-45\n---\n", "not valid YAML"),
    ],
)
def test_broken_front_matter_is_reported_and_stops_no_other(folder, head, reason):
    items = folder({"a.md": head + "x", "b.md": "---\ntitle: Good\n---\nText"})
    assert article(items).title == "Good"
    assert [(name, reason in why) for name, why in skipped(items)] == [("a.md", True)]


def test_a_file_that_is_not_utf_8_is_reported(folder):
    items = folder({"a.md": b"---\ntitle: caf\xe9\n---\nx", "b.md": "text"})
    assert skipped(items) == [("a.md", "It is not UTF-8 (byte 14). Save it as UTF-8 and import again.")]


@pytest.mark.parametrize(
    ("name", "head", "moment"),
    [
        ("a.md", "date: 2014-12-22 08:00:00 +1100", "2014-12-21T21:00:00+00:00"),
        ("a.md", "date: 2014-12-22T08:00:00Z", "2014-12-22T08:00:00+00:00"),
        ("a.md", "date: December 22, 2014", "2014-12-22T00:00:00+01:00"),
        ("2014-12-22-a.md", "layout: post", "2014-12-22T00:00:00+01:00"),
        ("a.md", "path: 2014/12/22/a", "2014-12-22T00:00:00+01:00"),
        ("a.md", "date: 2014-01-01\npublishDate: 2014-12-22", "2014-12-22T00:00:00+01:00"),
    ],
)
def test_dates_have_a_zone_wherever_they_stand(folder, settings, name, head, moment):
    settings.TIME_ZONE = "Europe/Berlin"
    item = article(folder({name: f"---\n{head}\n---\nText"}))
    assert item.published_at == datetime.datetime.fromisoformat(moment)


@pytest.mark.parametrize("head", ["draft: true", "published: false", "draft: 'true'"])
def test_a_draft_is_not_published(folder, head):
    item = article(folder({"a.md": f"---\n{head}\ndate: 2014-12-22\n---\nText"}))
    assert (item.published_at, item.undated) == (None, False)


def test_what_lies_among_the_drafts_is_a_draft(folder):
    assert article(folder({"_drafts/a.md": "---\ntitle: A\n---\nText"})).published_at is None


def test_a_public_text_without_a_date_says_so(folder):
    item = article(folder({"a.md": "---\ntitle: A\nexpiryDate: 2020-01-01\n---\nText"}))
    assert (item.published_at, item.undated, item.expires_at.year) == (None, True, 2020)


@pytest.mark.parametrize(
    ("head", "category", "tags"),
    [
        ("tags: [a, b]\ncategories: News", "news", ["a", "b"]),
        ("tags: a b\ncategory: Big News", "big-news", ["a", "b"]),
        ("tags: one thing, other\ncategories: [News, More]", "news", ["more", "one-thing", "other"]),
        ("taxonomies:\n  tags: [a]\n  categories: [News]", "news", ["a"]),
        ("title: none", None, []),
        ("tags: posts", None, []),
    ],
)
def test_tags_and_categories_are_read_in_every_form(folder, head, category, tags):
    items = folder({"a.md": f"---\n{head}\n---\nText"})
    item = article(items)
    assert (item.category, sorted(item.tags)) == (category, tags)
    assert {term.key for term in items if isinstance(term, TermItem)} == {*tags, *([category] if category else [])}


def test_authors_are_strings_lists_and_dictionaries(folder):
    items = folder(
        {
            "_data/authors.yml": "ada:\n  full_name: Ada L.\n  email: ada@example.org\n",
            "a.md": "---\nauthors: [ada, {name: Bo, email: bo@example.org}, 'The Team <https://team.example>']\n---\nText",
        }
    )
    people = [(item.name, item.email) for item in items if isinstance(item, AuthorItem)]
    assert people == [("Ada L.", "ada@example.org"), ("Bo", "bo@example.org"), ("The Team", None)]
    assert len(article(items).authors) == 3


@pytest.mark.parametrize(
    ("text", "title", "content"),
    [
        ("# Tide\n\nLow.", "Tide", "Low."),
        ("Tide\n====\n\nLow.", "Tide", "Low."),
        ("---\ntitle: Tide\n---\n# tide\n\nLow.", "Tide", "Low."),
        ("---\ntitle: Tide\n---\n# Other\n\nLow.", "Tide", "# Other\n\nLow."),
        ("Low.\n\n## Tide\n", "Tide", "Low.\n\n## Tide"),
        ("Low.", "High water", "Low."),
    ],
)
def test_a_missing_title_comes_from_the_heading_or_the_name(folder, text, title, content):
    item = article(folder({"2020-01-01-high-water.md": text}))
    assert (item.title, item.content) == (title, content)


def test_languages_come_from_head_suffix_and_folder(folder):
    files = {"a.pt-br.md": "x", "de/b.md": "x", "c.md": "---\nlang: fr\n---\nx", "d.md": "---\nlanguage: 中文\n---\nx"}
    items = folder(files)
    assert [article(items, key).language for key in files] == ["pt-br", "de", "fr", ""]


def test_former_addresses_are_all_kept_within_the_site(folder):
    items = folder(
        {
            "2015-01-02-Tide.md": "---\nredirect_from: [/old/, ../../etc]\ncategories: sea\n---\nx",
            "guide/_index.md": "---\ntitle: Guide\n---\nx",
            "guide/Start.md": "---\naliases: [begin]\nslug: go\n---\nx",
            "p.md": "---\npermalink: /../../etc/passwd\n---\nx",
        }
    )
    dated = article(items, "2015-01-02-Tide.md")
    assert dated.old_paths[0] == "/2015/01/02/Tide/"
    assert {"/sea/2015/01/02/Tide.html", "/old/", "/etc"} <= set(dated.old_paths)
    assert article(items, "guide/_index.md").old_paths[0] == "/guide/"
    assert set(article(items, "guide/Start.md").old_paths) == {"/guide/go/", "/guide/go.html", "/guide/begin"}
    assert article(items, "p.md").old_paths[0] == "/etc/passwd"


def test_links_between_files_follow_the_file(folder):
    body = "[a](../b.md#x) [b](b/) ![p](pic.png) [c](https://x.org) [d](#here) [e](gone.md)"
    items = folder({"one/a.md": body.replace("b/", "/b/"), "b.md": "x", "one/pic.png": b"png"})
    assert article(items, "one/a.md").content == (
        "[a](item:b.md#x) [b](item:b.md) ![p](item:one/pic.png) [c](https://x.org) [d](#here) [e](gone.md)"
    )
    assert [item.key for item in items if isinstance(item, ImageItem)] == ["one/pic.png"]


def test_a_cover_is_found_among_the_static_files_or_named_by_its_address(folder):
    items = folder(
        {
            "a.md": "---\nimage: /img/c.png\nimage_alt: Sea\n---\nx",
            "b.md": "---\ncover: {image: https://x.org/c.png, alt: Sky}\n---\nx",
            "static/img/c.png": b"png",
        }
    )
    local, remote = article(items, "a.md").cover, article(items, "b.md").cover
    assert (local.path.name, local.alt) == ("c.png", "Sea")
    assert (remote.url, remote.alt) == ("https://x.org/c.png", "Sky")


def test_files_outside_the_folder_are_not_read(folder, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "secret.png").write_bytes(b"png")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "site" / "link.png").symlink_to(tmp_path / "secret.png")
    items = folder({"a.md": "![x](../secret.png) ![y](link.png) {% include ../secret.md %}"})
    assert [name for name, _ in skipped(items)] == ["link.md"]
    assert not [item for item in items if isinstance(item, ImageItem)]
    assert "secret\n" not in article(items).content


def test_files_about_the_repository_and_empty_heads_are_skipped_with_a_reason(folder):
    items = folder({"README.md": "# Repo", "sec/_index.md": "---\ntitle: S\n---\n", "notes.txt": "x", "a.md": "text"})
    assert [name for name, _ in skipped(items)] == ["README.md", "notes.txt", "sec/_index.md"]


def test_undated_texts_at_the_top_of_a_whole_site_are_pages(folder):
    items = folder({"_config.yml": "url: https://sea.example", "about.md": "---\ntitle: A\n---\nx", "docs/b.md": "x"})
    assert (article(items, "about.md").kind, article(items, "docs/b.md").kind) == ("page", "article")


def test_the_source_is_named_after_its_site_if_that_is_known(tmp_path):
    (tmp_path / "a.md").write_text("x")
    assert MarkdownFolder(tmp_path, base_url="https://www.sea.example/").name == "markdown:sea.example"
    assert MarkdownFolder(tmp_path, name="site.zip").name == "markdown:site.zip"


def test_a_folder_without_markdown_is_refused(tmp_path):
    with pytest.raises(ImportRefused, match="no Markdown files"), open_source(tmp_path):
        pass


@pytest.fixture
def closed_folder(tmp_path):
    """To root every folder is open, so the test is somebody else for a while."""
    was = os.geteuid()
    tmp_path.chmod(0)
    if was == 0:
        os.seteuid(65534)
    yield tmp_path
    os.seteuid(was)
    tmp_path.chmod(0o700)


def test_a_folder_that_may_not_be_read_is_refused(closed_folder):
    with pytest.raises(ImportRefused), open_source(closed_folder / "x"):
        pass
