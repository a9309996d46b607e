"""Pictures of the site's own images, outside of an article's text."""

from typing import Any

from django import template

from articles.models import Image

register = template.Library()


@register.inclusion_tag("articles/_picture.html")
def picture(
    image: Image, sizes: str = "100vw", *, alt: str | None = None, css_class: str = "", priority: bool = False
) -> dict[str, Any]:
    """The image in every format and width. ``priority`` is for the one that readers see first: it is fetched first."""
    return {
        "picture": image.picture(),
        "sizes": sizes,
        "alt": image.alt if alt is None else alt,
        "css_class": css_class,
        "priority": priority,
    }
