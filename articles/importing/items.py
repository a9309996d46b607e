"""What a reader hands to the importer, one item after the other.

Keys are the source's own identities (a login, a term slug, a GUID, a path). They are stable between two exports of
the same site, so that importing again finds the same rows.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol


@dataclass(slots=True)
class AuthorItem:
    key: str
    name: str
    email: str | None = None
    bio: str = ""


@dataclass(slots=True)
class TermItem:
    """A tag or a category; ``parent`` is the key of another category."""

    kind: Literal["tag", "category"]
    key: str
    name: str
    description: str = ""
    parent: str | None = None


@dataclass(slots=True)
class ImageItem:
    """A picture: ``path`` is a file that lies here, ``url`` where the old site had it; at least one is given.

    ``aliases`` are other addresses of the same picture, such as the sizes that WordPress made of it.
    """

    key: str
    url: str = ""
    path: Path | None = None
    alt: str = ""
    caption: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class ArticleItem:
    """``content`` is Markdown, whose links and images still have the old addresses.

    A link to ``item:<key>#anchor`` leads to the article with that key, and a picture at ``item:<key>`` is the image
    with that key; the key is percent-encoded. ``published_at`` is aware and null for what is not public; ``undated``
    means public since a moment that the source does not know. ``old_paths`` are the former addresses, each beginning
    with ``/``; ``notes`` tell what the reader could not keep, and are reported as problems.
    """

    key: str
    kind: Literal["article", "page"]
    title: str
    content: str
    slug: str = ""
    summary: str = ""
    authors: list[str] = field(default_factory=list)
    category: str | None = None
    tags: list[str] = field(default_factory=list)
    cover: ImageItem | None = None
    language: str = ""
    published_at: datetime.datetime | None = None
    undated: bool = False
    created_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None
    featured: bool = False
    seo_title: str = ""
    seo_description: str = ""
    canonical_url: str = ""
    old_paths: list[str] = field(default_factory=list)
    series: str | None = None
    series_position: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The old path from which relative addresses in the text count."""
        return self.old_paths[0] if self.old_paths else ""


@dataclass(slots=True)
class CommentItem:
    """``content`` is plain text; ``article`` and ``parent`` are keys."""

    key: str
    article: str
    author_name: str
    content: str
    created_at: datetime.datetime
    parent: str | None = None
    author_email: str = ""
    author_url: str = ""
    state: Literal["approved", "pending", "spam"] = "approved"


@dataclass(slots=True)
class SkippedItem:
    """Something in the source that is left out on purpose or because it is broken, with the reason."""

    kind: str
    name: str
    reason: str


Item = AuthorItem | TermItem | ImageItem | ArticleItem | CommentItem | SkippedItem


class Reader(Protocol):
    """A source that has been checked: constructing it raises ImportRefused when it cannot be imported at all.

    ``name`` identifies the source among all imports; ``base_url`` is the old site's address, or blank when unknown;
    ``total`` is the number of items to come, for the progress bar. Items come in an order in which what is referred
    to (authors, terms, images) stands before what refers to it; the parent of a comment stands before it.
    """

    name: str
    base_url: str
    total: int

    def items(self) -> Iterator[Item]: ...
