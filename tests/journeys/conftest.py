"""A real browser in front of a real server."""

import pytest
from django.urls import reverse

from tests.browser import chromium  # noqa: F401 - a fixture


@pytest.fixture
def page(chromium, request):  # noqa: F811 - the fixture above
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
