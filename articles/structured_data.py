"""What search engines and link previews are told about a page: JSON-LD in the words of schema.org."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from articles.models import Article
from core.addresses import absolute

if TYPE_CHECKING:
    from accounts.models import User

Data = dict[str, Any]


def website() -> Data:
    target = f"{absolute(reverse('articles:search'))}?q={{search_term_string}}"
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": settings.SITE_NAME,
        "description": settings.SITE_DESCRIPTION,
        "url": absolute("/"),
        "inLanguage": settings.LANGUAGE_CODE,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": target},
            "query": "{search_term_string}",
        },
    }


def article(article: Article) -> list[Data]:
    """The article (a plain page is a WebPage) and the way to it."""
    address = absolute(article.get_absolute_url())
    is_page = article.kind == Article.Kind.PAGE
    data: Data = {
        "@context": "https://schema.org",
        "@type": "WebPage" if is_page else "BlogPosting",
        "headline": article.title,
        "url": address,
        "inLanguage": article.language,
        "author": [_person(author) for author in article.authors],
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME, "url": absolute("/")},
        "dateModified": article.updated_at.isoformat(),
    }
    if not is_page:
        data |= {"mainEntityOfPage": address, "wordCount": article.word_count}
    if article.published_at:
        data["datePublished"] = article.published_at.isoformat()
    if article.description:
        data["description"] = article.description
    if article.cover and article.cover.file:
        data["image"] = {"@type": "ImageObject", "url": absolute(article.cover.file.url), "caption": article.cover.alt}
    if keywords := ", ".join(tag.name for tag in article.tags.all()):
        data["keywords"] = keywords
    if is_page:
        return [data, breadcrumbs((article.title, article.get_absolute_url()))]
    if article.category:
        data["articleSection"] = article.category.name
        filed = (article.category.name, article.category.get_absolute_url())
        return [data, breadcrumbs(filed, (article.title, article.get_absolute_url()))]
    return [data, breadcrumbs((article.title, article.get_absolute_url()))]


def profile(author: "User") -> Data:
    person = _person(author)
    if author.bio:
        person["description"] = author.bio
    if author.avatar:
        person["image"] = absolute(author.avatar.url)
    if author.links:
        person["sameAs"] = [link["url"] for link in author.links]
    return {"@context": "https://schema.org", "@type": "ProfilePage", "url": person["url"], "mainEntity": person}


def breadcrumbs(*steps: tuple[str, str]) -> Data:
    """The way from the home page: pairs of name and address."""
    trail = [(settings.SITE_NAME, "/"), *steps]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": {"@type": "WebPage", "@id": absolute(address)},
            }
            for position, (name, address) in enumerate(trail, start=1)
        ],
    }


def _person(author: "User") -> Data:
    return {"@type": "Person", "name": author.name, "url": absolute(author.get_absolute_url())}
