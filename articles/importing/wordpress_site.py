"""What the first reading of an export learns about the site: who and what its posts refer to."""

import datetime
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import unquote

from articles.importing import blocks
from articles.importing.addresses import split
from articles.importing.ancestry import ancestors, parents_first
from articles.importing.attachments import Attachment, Library, aliases
from articles.importing.items import AuthorItem, TermItem
from articles.importing.tree import plain_text
from articles.importing.wordpress_fields import moment, number, slug_of
from articles.importing.wxr import Record

_REUSABLE_CHARACTERS = 5_000_000
_TERM_FIELDS = {
    "wp:category": ("wp:category_nicename", "wp:cat_name", "wp:category_parent", "wp:category_description"),
    "wp:tag": ("wp:tag_slug", "wp:tag_name", "", "wp:tag_description"),
    "wp:term": ("wp:term_slug", "wp:term_name", "wp:term_parent", "wp:term_description"),
}


class Site:
    def __init__(self) -> None:
        self.title = ""
        self.url = ""
        self.language = ""
        self.authors: dict[str, AuthorItem] = {}
        self.terms: dict[tuple[str, str], TermItem] = {}
        self.library = Library()
        self.reusable: dict[int, str] = {}
        self.offset: datetime.timedelta | None = None
        self._reusable_size = 0
        self._logins: dict[str, str] = {}
        self._term_numbers: dict[str, str] = {}
        self._term_names: dict[tuple[str, str], str | None] = {}

    # The first reading

    def learn(self, record: Record) -> None:
        text = record.text.strip()
        match record.name:
            case "wp:author" | "wp:wp_author":
                self._author(record)
            case "wp:category" | "wp:tag" | "wp:term":
                self._declared_term(record)
            case "title":
                self.title = text
            case "language":
                self.language = text[:20]
            case "link" | "wp:base_site_url" | "wp:base_blog_url":
                self.library.know_host(text)
                if record.name == "wp:base_blog_url" or not self.url:
                    self.url = text if text.startswith("http") else self.url

    def _author(self, record: Record) -> None:
        login = record.get("wp:author_login")
        full = f"{record.get('wp:author_first_name')} {record.get('wp:author_last_name')}".strip()
        name = unescape(record.get("wp:author_display_name") or full or login)
        if key := login or name:
            self._add_author(AuthorItem(key, name, email=record.get("wp:author_email") or None))

    def _add_author(self, author: AuthorItem) -> None:
        self.authors.setdefault(author.key, author)
        for name in (author.key, author.name, slug_of(author.key)):
            self._logins.setdefault(name.casefold(), author.key)

    def _declared_term(self, record: Record) -> None:
        taxonomy = {"wp:category": "category", "wp:tag": "post_tag"}.get(record.name) or record.get("wp:term_taxonomy")
        slug, name, parent, description = (record.get(field) for field in _TERM_FIELDS[record.name])
        key = self.term(taxonomy, slug, name, parent=parent, description=description)
        if key:
            # Two of one name cannot be told apart by it.
            place = self._kind(taxonomy), unescape(name).casefold()
            self._term_names[place] = None if place in self._term_names else key
            self._term_numbers[record.get("wp:term_id")] = key

    def term(self, domain: str, slug: str, name: str, *, parent: str = "", description: str = "") -> str:
        """The key of a category or tag, which is noted if it was not known; blank for other taxonomies."""
        kind = self._kind(domain)
        key = unquote(slug) or slug_of(name)
        if not kind or not key:
            return ""
        label = unescape(name) or key
        same_name = kind, label.casefold()
        if (kind, key) not in self.terms:
            if (declared := self._term_names.get(same_name)) and not description and not parent:
                return declared
            about = plain_text(description) if description else ""
            self.terms[kind, key] = TermItem(
                "category" if kind == "category" else "tag", key, label, about, unquote(parent) or None
            )
        return key

    @staticmethod
    def _kind(taxonomy: str) -> str:
        return {"category": "category", "": "category", "post_tag": "tag", "tag": "tag"}.get(taxonomy, "")

    def learn_attachment(self, record: Record) -> None:
        url = record.get("wp:attachment_url")
        self.library.add(
            Attachment(
                number(record.get("wp:post_id")),
                url,
                title=unescape(record.get("title")),
                alt=" ".join(unescape(record.meta_value("_wp_attachment_image_alt")).split()),
                caption=blocks.caption_text(record.get("excerpt:encoded")),
                parent=number(record.get("wp:post_parent")),
                order=number(record.get("wp:menu_order")),
                aliases=aliases(url, record.get("guid"), record.meta_value("_wp_attachment_metadata")),
                page=record.get("link") if not split(record.get("link")).query else "",
            )
        )

    def learn_reusable(self, record: Record) -> None:
        content = record.fields.get("content:encoded", "")
        self._reusable_size += len(content)
        if record.get("wp:post_type") == "wp_block" and self._reusable_size < _REUSABLE_CHARACTERS:
            self.reusable[number(record.get("wp:post_id"))] = content

    def learn_post(self, record: Record) -> None:
        if self.offset is None:
            local, universal = moment(record.get("wp:post_date")), moment(record.get("wp:post_date_gmt"))
            if local and universal:
                self.offset = local - universal
        self.library.know_host(record.get("link"))
        self.authors_of(record)
        for domain, slug, name in record.categories:
            self.term(domain, slug, name)

    def complete(self) -> None:
        """Takes away parents that do not exist or that stand below their own children."""
        for place, term in self.terms.items():
            if self._parent(place) not in self.terms or place in ancestors(place, self._parent):
                term.parent = None

    def _parent(self, place: tuple[str, str]) -> tuple[str, str] | None:
        term = self.terms.get(place)
        return (term.kind, term.parent) if term and term.parent else None

    def ordered_terms(self) -> Iterator[TermItem]:
        """Each parent before its children."""
        return (self.terms[place] for place in parents_first(self.terms, self._parent))

    # What posts ask

    def author_key(self, name: str) -> str:
        """The key of whoever is meant; stray brackets and the case make no difference."""
        name = unescape(name).strip(" \t\n<>\"'")
        if not name:
            return ""
        if name.casefold() not in self._logins:
            self._add_author(AuthorItem(name, name))
        return self._logins[name.casefold()]

    def authors_of(self, record: Record) -> list[str]:
        """The byline of Co-Authors Plus where there is one, else whoever created the post."""
        byline = []
        for domain, slug, name in record.categories:
            if domain == "author":
                login = unquote(slug).removeprefix("cap-")
                known = self._logins.get(login.casefold()) or self._logins.get(name.casefold())
                if known is None and login and name:
                    known = login
                    self._add_author(AuthorItem(login, unescape(name)))
                byline.append(known or self.author_key(name))
        return list(dict.fromkeys(filter(None, byline or [self.author_key(record.get("dc:creator"))])))

    def moment(self, universal: str, local: str, published: str = "") -> datetime.datetime | None:
        """The time of a post, from the first of its dates that is one."""
        found = moment(universal)
        if found is None and (found := moment(local)) is not None and self.offset:
            found -= self.offset
        if found is None and published:
            try:
                found = parsedate_to_datetime(published)
            except ValueError:
                return None
            found = found if found.tzinfo is None else found.astimezone(datetime.UTC)
        if found is None or found.year < 1970:
            return None
        return found.replace(tzinfo=datetime.UTC)

    def category_numbered(self, number: str) -> str:
        return self._term_numbers.get(number, "")

    def is_above(self, above: str, below: str) -> bool:
        """Whether one category is an ancestor of another."""
        return ("category", above) in ancestors(("category", below), self._parent)
