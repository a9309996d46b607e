"""Hostile texts, rendered and shown by a real browser, do nothing."""

import json

import pytest
from playwright.sync_api import Browser, Page

from articles import markup

pytestmark = [pytest.mark.journey, pytest.mark.shared_data]

ORIGIN = "http://sanitiser.test"
PAYLOADS_PER_PAGE = 60

# Runs before anything of the page does. What a payload would do to prove itself is written down.
WATCH = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch"]) {
  const note = (...values) => { window.ran.push(name + "(" + String(values[0]).slice(0, 80) + ")"); };
  Object.defineProperty(window, name, { value: note, writable: false, configurable: false });
}
window.addEventListener("securitypolicyviolation", (event) => window.ran.push("csp: " + event.violatedDirective));
"""
# What must not be in the document, whoever wrote it; the boxes of task lists are no form.
INSPECT = """() => {
  const problems = [];
  const forbidden = "script, style, link, meta, base, iframe, frame, object, embed, applet, form, button, textarea, " +
    "select, svg, math, template, noscript, dialog, portal, input:not([type=checkbox][disabled])";
  const address = new Set(["href", "src", "srcset", "action", "formaction", "poster", "cite", "data", "xlink:href"]);
  for (const box of document.querySelectorAll("[data-payload]")) {
    for (const element of box.querySelectorAll("*")) {
      const at = box.dataset.payload + " <" + element.localName + ">";
      if (element.matches(forbidden)) problems.push(at);
      for (const { name, value } of element.attributes) {
        if (/^on|^style$|^srcdoc$|^name$|^is$/i.test(name)) problems.push(at + " " + name);
        const plain = value.replace(/[\\u0000-\\u0020\\u007f-\\u009f\\u200b-\\u200f\\ufeff]/g, "").toLowerCase();
        if (address.has(name) && /^(javascript|vbscript|data|blob|file):/.test(plain)) problems.push(at + " " + value);
      }
      if (element.namespaceURI !== "http://www.w3.org/1999/xhtml") problems.push(at + " " + element.namespaceURI);
      if (element.id && !/^(s-|footnote-)/.test(element.id)) problems.push(at + " #" + element.id);
    }
  }
  return problems;
}"""
# The events that handlers wait for.
PROVOKE = """() => {
  for (const element of document.querySelectorAll("[data-payload] *")) {
    for (const name of ["mouseover", "mouseenter", "focus", "pointerover", "animationstart", "error", "toggle"]) {
      element.dispatchEvent(new Event(name, { bubbles: true }));
    }
    if (element.localName === "summary") element.click();
  }
}"""


class Witness:
    """A page that shows texts, and notes what they try."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_page()
        self.tried: list[str] = []
        self.html = ""
        self.page.add_init_script(WATCH)
        self.page.on("dialog", self.dismiss)
        self.page.on("popup", lambda popup: self.tried.append(f"popup {popup.url}"))
        self.page.route("**/*", self.answer)

    def dismiss(self, dialog):
        self.tried.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def answer(self, route):
        request = route.request
        if request.is_navigation_request() and request.url == f"{ORIGIN}/":
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
            return
        if request.resource_type not in ("image", "media") and not request.url.endswith("/favicon.ico"):
            self.tried.append(f"{request.resource_type} {request.url}")
        route.abort()

    def show(self, texts: dict[str, str]) -> list[str]:
        boxes = "".join(f'<div data-payload="{key}">{html}</div>\n' for key, html in texts.items())
        self.html = (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Payloads</title><body>{boxes}</body></html>"
        )
        self.page.goto(f"{ORIGIN}/", wait_until="domcontentloaded")
        assert self.page.locator("[data-payload]").count() == len(texts), "a text has closed its own box"
        self.page.evaluate(PROVOKE)
        problems = self.page.evaluate(INSPECT) + self.page.evaluate("window.ran")
        if self.page.url != f"{ORIGIN}/":
            problems.append(f"moved to {self.page.url}")
        return [*problems, *self.tried]


def rendered(payload: str) -> str:
    """As a text of its own; what is refused is shown to nobody."""
    try:
        return markup.render(payload, {}).html
    except markup.MarkupError:
        return ""


def ways(payload: str) -> dict[str, str]:
    """Where a payload can stand in a text."""
    return {
        "alone": payload,
        "paragraph": f"Words before {payload} and after.",
        "html": f"<div>{payload}</div>",
        "link": f"[text]({payload})",
        "title": f'![alt](a.png "{payload}")',
        "code": f"```{payload}\n{payload}\n```",
        "heading": f"## {payload}",
    }


def test_no_payload_does_anything_in_a_browser(chromium, shared_data):
    payloads = json.loads((shared_data / "sanitiser" / "xss_payloads.json").read_text(encoding="utf-8"))
    texts = [
        (f"{entry['id']}-{way}", rendered(text)) for entry in payloads for way, text in ways(entry["payload"]).items()
    ]
    witness = Witness(chromium)
    problems = []
    for start in range(0, len(texts), PAYLOADS_PER_PAGE * 7):
        problems += witness.show(dict(texts[start : start + PAYLOADS_PER_PAGE * 7]))
    assert len(payloads) > 1500
    assert problems == []


def test_the_witness_sees_what_unsanitised_payloads_do(chromium):
    """Without this, the test above could pass because it is blind."""
    witness = Witness(chromium)
    problems = witness.show(
        {
            "script": "<script>alert(1)</script>",
            "handler": "<b onmouseover=alert(2)>x</b>",
            "address": '<a href="java&#9;script:alert(3)">x</a>',
            "frame": '<iframe src="https://evil.test/"></iframe>',
        }
    )
    seen = " ".join(problems)
    assert all(sign in seen for sign in ("alert(1)", "alert(2)", "address <a>", "evil.test"))
