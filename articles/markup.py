"""Markdown to safe HTML: the only place from which HTML reaches a page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from articles.errors import MarkupError
from articles.rendering.nesting import check_html, has_html
from articles.rendering.parsing import EXTENSIONS, GFM, Budget, parser
from articles.rendering.reading import count_words, excerpt, lead_of, text_of
from articles.rendering.rewriting import ImageUse, Picture, Rewriting
from articles.rendering.sanitising import normalise, sanitise
from articles.rendering.structure import in_order

__all__ = [
    "EXTENSIONS",
    "GFM",
    "MAX_BYTES",
    "ImageUse",
    "MarkupError",
    "Picture",
    "Rendered",
    "excerpt",
    "image_names",
    "parser",
    "render",
]

MAX_BYTES = 1024 * 1024
# Characters that no HTML document may contain. Surrogates cannot even be encoded.
FORBIDDEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Rendered:
    """``html`` is sanitised; ``text`` is what a reader reads; ``toc`` lists ``{"level", "id", "text"}``.

    ``lead`` is the beginning of the running text, for cards and feeds; ``images`` are the pictures in their order.
    """

    html: str
    text: str
    toc: list[dict[str, str | int]] = field(default_factory=list)
    word_count: int = 0
    images: tuple[ImageUse, ...] = ()
    lead: str = ""


def image_names(content: str) -> set[str]:
    """The names of the site's own images to which this Markdown refers."""
    return set(re.findall(re.escape(settings.MEDIA_URL) + r"(images/[\w./-]+)", content))


def render(content: str, pictures: Mapping[str, Picture]) -> Rendered:
    """Renders and sanitises. Raises MarkupError beyond the limits; ``pictures`` are keyed by the image's name."""
    size = check_size(content)
    rewriting = Rewriting(pictures, settings.MEDIA_URL)
    html = sanitise(rewriting.rewrite(_to_html(content, Budget(size))))
    text = text_of(html)
    return Rendered(html, text, rewriting.toc, count_words(text), tuple(rewriting.images), lead_of(html))


def check_size(content: str) -> int:
    """The number of bytes. Raises MarkupError when there are too many."""
    size = len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise MarkupError(
            f"The text has {size:,} bytes; at most {MAX_BYTES:,} (1 MiB) are allowed. Split it into several articles."
        )
    return size


def _to_html(content: str, budget: Budget) -> str:
    md = parser()
    budget.charge_lines(content)
    env = {"budget": budget}
    tokens = md.parse(FORBIDDEN.sub("", content), env)
    check_html(tokens)
    html = normalise(FORBIDDEN.sub("", md.renderer.render(tokens, md.options, env)))
    # Markdown alone never puts an element into a wrong place.
    return in_order(html) if has_html(tokens) else html
