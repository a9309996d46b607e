"""axe finds nothing that would keep someone out, in light and in dark, on a phone and on a desk."""

import pytest

from tests.checkers.conftest import PAGES, make_site

pytestmark = pytest.mark.checker

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_no_violation(live_server, chromium, tools, scheme, width):
    make_site()
    context = chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    # An init script is the only one that the content security policy lets in.
    context.add_init_script(path=tools / "axe-core" / "axe.min.js")
    page = context.new_page()
    problems = []
    page.on("console", lambda message: message.type == "error" and problems.append(f"{page.url}: {message.text}"))
    for name, address in PAGES.items():
        page.goto(live_server.url + address)
        problems += [
            f"{name}: {violation['id']} ({violation['impact']}): {node['html']} {node['failureSummary']}"
            for violation in page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
            for node in violation["nodes"]
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{name}: wider than the screen")
    context.close()
    # The browser reports the status of the pages that are errors on purpose.
    assert not [problem for problem in problems if "status of 40" not in problem], "\n".join(problems)
