"""Old addresses that lead to where their content is now."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from django.db import models

if TYPE_CHECKING:
    from articles.models.article import Article

MAX_ADDRESS = 700

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def normalise_address(address: str) -> str:
    """One form for all spellings of an address: path and sorted query, without scheme, host, fragment and last slash.

    Blank when it can be no address of ours: nonsense, control characters, or too long to be stored.
    """
    try:
        parts = urlsplit(address.strip())
        # `//x/y` is a host to urlsplit, but as the path of a request it is only a doubled slash.
        path = "/" + unquote(parts.path).strip("/")
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return ""
    query = urlencode(sorted(pairs))
    normal = f"{path}?{query}" if query else path
    return "" if _CONTROL.search(unquote(normal)) or len(normal) > MAX_ADDRESS else normal


class RedirectQuerySet(models.QuerySet["Redirect"]):
    def match(self, path: str, query: str) -> "Redirect | None":
        """The redirect for a request: the one with this query, else the one without."""
        plain = normalise_address(_path_only(path))
        exact = normalise_address(f"{_path_only(path)}?{query}") if query else plain
        wanted = [address for address in (exact, plain) if address]
        found = {redirect.path: redirect for redirect in self.filter(path__in=wanted).select_related("article")}
        return next((found[address] for address in wanted if address in found), None)

    def leave(self, before: "Article", after: "Article", fields: Iterable[str] | None = None) -> None:
        """When the address of a published article changes, the old one leads to it; one made by hand stays.

        ``fields`` are those that are being saved, if not all.
        """
        moves = fields is None or not {"slug", "kind"}.isdisjoint(fields)
        if not moves or before.published_at is None or (before.slug, before.kind) == (after.slug, after.kind):
            return
        old, new = normalise_address(before.get_absolute_url()), normalise_address(after.get_absolute_url())
        self.filter(path=new, automatic=True).delete()
        if not self.filter(path=old, automatic=False).exists():
            self.update_or_create(path=old, defaults={"article": after, "target": "", "automatic": True})


def _path_only(path: str) -> str:
    """The path of a request, which is already decoded, quoted where it would read as a query or a host."""
    return "/" + path.lstrip("/").replace("%", "%25").replace("?", "%3F").replace("#", "%23")


class Redirect(models.Model):
    """``path`` (with its query, if it has one) leads to an article, wherever that is, or to a fixed ``target``.

    Those that imports and changed slugs leave are ``automatic``; they never replace one that was made by hand.
    """

    path = models.CharField(max_length=MAX_ADDRESS, unique=True)
    article = models.ForeignKey("articles.Article", models.CASCADE, null=True, blank=True, related_name="redirects")
    target = models.CharField(max_length=700, blank=True)
    permanent = models.BooleanField(default=True)
    automatic = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Redirect"]] = RedirectQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(condition=models.Q(path__startswith="/"), name="redirect_path_is_absolute"),
            models.CheckConstraint(
                condition=models.Q(article__isnull=False, target="")
                | models.Q(article__isnull=True) & ~models.Q(target=""),
                name="redirect_has_one_destination",
            ),
        ]

    def __str__(self) -> str:
        return self.path

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.path = normalise_address(self.path) or self.path
        super().save(*args, **kwargs)

    def destination(self) -> str | None:
        """Where it leads now; None while its article is not public, whose address must not be given away."""
        if self.article is None:
            return self.target
        return self.article.get_absolute_url() if self.article.is_published() else None
