"""Markdown to safe HTML: the only place from which HTML reaches a page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import nh3
from django.conf import settings
from markdown_it import MarkdownIt

from articles.errors import MarkupError

__all__ = ["ImageUse", "MarkupError", "Picture", "Rendered", "image_names", "render"]


@dataclass(frozen=True)
class Picture:
    """An image as pages show it: ``sources`` are pairs of MIME type and srcset, best format first."""

    src: str
    width: int
    height: int
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ImageUse:
    src: str
    alt: str


@dataclass(frozen=True)
class Rendered:
    """``html`` is sanitised; ``text`` is what a reader reads; ``toc`` lists ``{"level", "id", "text"}``."""

    html: str
    text: str
    toc: list[dict[str, str | int]] = field(default_factory=list)
    word_count: int = 0
    images: tuple[ImageUse, ...] = ()


def image_names(content: str) -> set[str]:
    """The names of the site's own images to which this Markdown refers."""
    return set(re.findall(re.escape(settings.MEDIA_URL) + r"(images/[\w./-]+)", content))


def render(content: str, pictures: Mapping[str, Picture]) -> Rendered:
    """Renders and sanitises. Raises MarkupError beyond the limits."""
    html = nh3.clean(MarkdownIt("commonmark").render(content))
    text = nh3.clean(html, tags=set())
    return Rendered(html, text, word_count=len(text.split()))
