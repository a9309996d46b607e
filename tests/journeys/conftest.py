"""A real browser in front of a real server."""

import os
from pathlib import Path

import pytest
from django.urls import reverse

# Playwright runs an event loop in the thread of the tests, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def chromium(playwright):
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing. On Debian: apt install chromium")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium, request):
    """A window of its own; ``@pytest.mark.parametrize("page", [{...}], indirect=True)`` gives it options."""
    context = chromium.new_context(**getattr(request, "param", {"viewport": {"width": 1440, "height": 900}}))
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page):
    """What the browser complained about: errors of scripts, and what the policy of a page refused."""
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda message: heard.append(message.text) if "Content Security Policy" in message.text else None,
    )
    return heard


@pytest.fixture
def log_in(page, live_server):
    """Logs in through the form, as people do, and goes to an address of the site."""

    def enter(user, address=None):
        page.goto(live_server.url + (address or reverse("admin:index")))
        if "/login/" in page.url:
            page.get_by_label("E-mail").fill(user.email)
            page.get_by_label("Password").fill("correct horse battery")
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(lambda url: "/login/" not in url)
        return page

    return enter
