"""Writing, from the login to the reader."""

from base64 import b64encode

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Article, Image
from tests.factories import ArticleFactory, TagFactory
from tests.pictures import photo

pytestmark = pytest.mark.journey


def in_preview(page):
    return page.frame_locator("iframe.editor-preview")


def changed(article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


def test_write_preview_publish_read_and_search(log_in, page, live_server, editor, complaints):
    log_in(editor)
    page.get_by_role("link", name="Write an article").first.click()
    page.get_by_label("Title").first.fill("The lantern of the north mole")
    page.locator("#id_content").fill("## At night\n\nIt burns **paraffin**.")
    expect(in_preview(page).locator("h1")).to_have_text("The lantern of the north mole")
    expect(in_preview(page).locator("strong")).to_have_text("paraffin")
    page.get_by_role("button", name="Publish now").click()
    page.get_by_role("link", name="See it").click()
    expect(page.locator("article h1")).to_have_text("The lantern of the north mole")
    page.goto(f"{live_server.url}{reverse('articles:search')}?q=paraffin")
    expect(page.get_by_role("link", name="The lantern of the north mole")).to_be_visible()
    assert not complaints


# What the browser itself does with a file from the clipboard or from another window.
HAND_OVER = """(target, [event, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "quay.jpg", { type: "image/jpeg" }));
  const made = event === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  target.dispatchEvent(made);
}"""


def choose(page):
    page.locator(".editor input[type=file]").set_input_files(
        {"name": "quay.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )


def paste(page):
    page.locator("#id_content").evaluate(HAND_OVER, ["paste", b64encode(photo()).decode()])


def drop(page):
    page.locator("#id_content").evaluate(HAND_OVER, ["drop", b64encode(photo()).decode()])


@pytest.mark.parametrize("hand_over", [choose, paste, drop])
def test_a_picture_comes_into_the_text(log_in, page, author, complaints, hand_over):
    log_in(author, reverse("admin:articles_article_add"))
    hand_over(page)
    expect(page.locator(".editor-status")).to_have_text("Write what the picture shows between the brackets.")
    page.keyboard.type("The quay")
    image = Image.objects.get()
    expect(page.locator("#id_content")).to_have_value(f"![The quay](/media/{image.name})\n\n")
    assert not complaints


def test_a_cover_is_uploaded_beside_its_field(log_in, page, author, complaints):
    article = ArticleFactory(author=author)
    log_in(author, changed(article))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a cover").click()
    chooser.value.set_files({"name": "quay.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(page.locator("#select2-id_cover-container")).to_contain_text("quay.jpg")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Article.objects.get().cover == Image.objects.get()
    assert not complaints


def test_what_is_no_picture_is_told_in_words(log_in, page, author):
    log_in(author, reverse("admin:articles_article_add"))
    page.locator("#id_content").fill("Kept text")
    page.locator(".editor input[type=file]").set_input_files(
        {"name": "fake.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    expect(page.locator(".editor-status")).to_contain_text("fake.png:")
    expect(page.locator("#id_content")).to_have_value("Kept text")


def test_the_keyboard_writes_and_saves(log_in, page, author):
    article = ArticleFactory(author=author, content="tide")
    log_in(author, changed(article))
    text = page.locator("#id_content")
    text.press("ControlOrMeta+a")
    text.press("ControlOrMeta+b")
    expect(text).to_have_value("**tide**")
    text.press("ControlOrMeta+i")
    expect(text).to_have_value("***tide***")
    text.press("ControlOrMeta+s")
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert Article.objects.get().content == "***tide***"


def test_counts_follow_what_is_typed(log_in, page, author):
    log_in(author, reverse("admin:articles_article_add"))
    page.locator("#id_content").fill("One two three")
    expect(page.locator(".editor-counts")).to_have_text("3 words · 13 characters · 1 min to read")
    page.locator("#id_title").fill("A title that is long enough")
    expect(page.locator("#id_title_count")).to_contain_text("27 characters: good")


def test_leaving_with_unsaved_text_warns(log_in, page, author):
    asked = []
    log_in(author, reverse("admin:articles_article_add"))
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#id_content").fill("Unsaved")
    page.locator("#id_content").press("End")
    page.goto(page.url.replace("add/", ""))
    assert asked == ["beforeunload"]


def test_tags_are_found_and_made(log_in, page, author, complaints):
    TagFactory(name="Tides")
    article = ArticleFactory(author=author)
    log_in(author, changed(article))
    page.locator("#id_tags + .select2 .select2-selection").click()
    page.keyboard.type("Tid")
    page.get_by_role("option", name="Tides").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("2024,")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert {tag.name for tag in article.tags.all()} == {"Tides", "2024"}
    assert not complaints


def test_someone_elses_save_is_shown_and_can_be_overwritten(log_in, page, author):
    article = ArticleFactory(author=author, content="Old line")
    log_in(author, changed(article))
    page.locator("#id_content").fill("My line")
    theirs = Article.objects.get()
    theirs.content = "Their line"
    theirs.save()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".stale del")).to_contain_text("Their line")
    expect(page.locator("#id_content")).to_have_value("My line")
    page.get_by_role("button", name="Save mine over version 2").click()
    page.wait_for_url(f"**{reverse('admin:articles_article_changelist')}")
    assert Article.objects.get().content == "My line"


def test_everything_works_on_a_phone(log_in, page, editor):
    page.set_viewport_size({"width": 390, "height": 844})
    article = ArticleFactory()
    for address in (reverse("admin:index"), reverse("admin:articles_article_changelist"), changed(article)):
        log_in(editor, address)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_the_form_works_without_scripts(log_in, page, editor):
    log_in(editor, reverse("admin:articles_article_add"))
    page.locator("#id_title").fill("By hand")
    page.locator("#id_content").fill("Plain text.")
    page.locator("button[name=_publish]").click()
    page.get_by_role("link", name="See it").click()
    expect(page.locator("article h1")).to_have_text("By hand")


def test_the_keyboard_reaches_what_the_theme_leaves_to_the_mouse(log_in, page, editor):
    page.set_viewport_size({"width": 390, "height": 844})
    ArticleFactory()
    log_in(editor, reverse("admin:articles_article_changelist"))
    page.get_by_role("button", name="Filters").press("Enter")
    expect(page.get_by_role("link", name="Drafts")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show or hide the menu").last.press("Enter")
    expect(page.get_by_role("link", name="Categories")).to_be_visible()
