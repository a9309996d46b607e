"""What the public templates need beside Django's own tags."""

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.timezone import localtime

from articles.models import Article
from core.addresses import absolute

register = template.Library()

RIGHT_TO_LEFT = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "ku", "nqo", "prs", "ps", "sd", "syr", "ug", "ur", "yi"]
)
# Within a script element only these can end it or begin a comment; JSON reads the escapes as the characters.
JSON_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


@dataclass(frozen=True)
class JsonLd:
    """Data as a script element that no value in it can leave."""

    data: Any

    def __html__(self) -> str:
        text = json.dumps(self.data, ensure_ascii=False).translate(JSON_ESCAPES)
        return f'<script type="application/ld+json">{text}</script>'


@dataclass(frozen=True)
class Body:
    """The HTML that ``articles.markup`` sanitised when the article was saved."""

    article: Article

    def __html__(self) -> str:
        return self.article.content_html


@register.simple_tag
def json_ld(data: Any) -> JsonLd:
    return JsonLd(data)


@register.simple_tag
def body(article: Article) -> Body:
    return Body(article)


@register.simple_tag
def plain_pages() -> list[Article]:
    """The plain pages that the foot of each page links to."""
    pages = Article.objects.published().pages().only("kind", "slug", "title", "language")
    return list(pages.order_by("title", "pk")[:8])


@register.filter
def timestamp(moment: datetime.datetime) -> str:
    """Date and time as programs read them; HTML allows no microseconds."""
    return localtime(moment).isoformat(timespec="seconds")


@register.filter
def direction(language: str) -> str:
    """``rtl`` or ``ltr``, for a language tag (BCP 47)."""
    primary, *subtags = language.lower().split("-")
    if "latn" in subtags:
        return "ltr"
    return "rtl" if primary in RIGHT_TO_LEFT or "arab" in subtags or "hebr" in subtags else "ltr"


@register.filter
def language_tag(language: str) -> str:
    """The tag in the usual case: ``pt-BR``, ``zh-Hant``."""
    primary, *subtags = language.replace("_", "-").split("-")
    usual = {2: str.upper, 4: str.title}
    return "-".join([primary.lower(), *(usual.get(len(subtag), str)(subtag) for subtag in subtags)])


@register.filter
def locale(language: str) -> str:
    """The tag as Open Graph writes it: ``pt_BR``."""
    return language_tag(language).replace("-", "_")


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1].upper()


register.filter("absolute", absolute)
