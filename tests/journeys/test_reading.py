"""A reader's way through the site, in a real browser that runs no script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.factories import ArticleFactory, CategoryFactory, SeriesFactory, TagFactory, UserFactory

pytestmark = pytest.mark.journey


@pytest.fixture
def reader(chromium: Browser, live_server) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def _articles(live_server):
    anna, series = UserFactory(name="Anna"), SeriesFactory(name="Tables")
    filed = {"author": anna, "category": CategoryFactory(name="Harbour"), "tags": [TagFactory(name="Tides")]}
    for number in range(1, 16):
        text = "## Ebb\n\nWater goes.\n\n## Flow\n\nWater comes.\n\n## Slack\n\nWater waits."
        ArticleFactory(
            title=f"Tide {number}", content=text, published=True, series=series, series_position=number, **filed
        )
    ArticleFactory(title="Secret storm")
    ArticleFactory(page=True, title="About", published=True)


@pytest.mark.usefixtures("_articles")
def test_a_reader_goes_from_the_first_page_through_the_site(reader):
    reader.goto("/")
    reader.get_by_role("link", name="Older articles").click()
    reader.get_by_role("link", name="Tide 2", exact=True).click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Tide 2")
    reader.get_by_text("Contents").click()
    reader.get_by_role("link", name="Flow").click()
    expect(reader.get_by_role("heading", name="Flow")).to_be_in_viewport()
    reader.get_by_role("navigation", name="Series").get_by_role("link", name="Tide 3").click()
    expect(reader.get_by_text("Part 3 of 15")).to_be_visible()
    for name, heading in [("Harbour", "Harbour"), ("Anna", "Anna")]:
        reader.get_by_role("link", name=name).first.click()
        expect(reader.get_by_role("heading", level=1)).to_have_text(heading)
    reader.get_by_role("link", name="About").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("About")


@pytest.mark.usefixtures("_articles")
def test_a_reader_searches_and_finds_only_what_is_public(reader):
    reader.goto("/nothing/")
    reader.get_by_role("searchbox").fill("water tide 1")
    reader.keyboard.press("Enter")
    expect(reader.locator("mark").first).to_be_visible()
    expect(reader.get_by_role("link", name="Tide 15")).to_be_visible()
    reader.get_by_role("searchbox").fill("storm")
    reader.get_by_role("button", name="Search").click()
    expect(reader.get_by_text("No article has all of these words")).to_be_visible()


@pytest.mark.usefixtures("_articles")
def test_a_reader_with_a_keyboard_skips_to_the_text(reader):
    reader.goto("/articles/tide-1/")
    reader.keyboard.press("Tab")
    expect(reader.get_by_role("link", name="Skip to the text")).to_be_focused()
    reader.keyboard.press("Enter")
    expect(reader).to_have_url(re.compile("#main$"))
