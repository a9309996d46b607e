"""A post or page of an export on its way to an item."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from articles.importing import blocks
from articles.importing.addresses import local_path, site_place, split
from articles.importing.attachments import Attachment, Library
from articles.importing.fields import SUMMARY_LENGTH, TITLE_LENGTH, shortened
from articles.importing.items import ArticleItem, Item, SkippedItem
from articles.importing.shortcodes import Expansion
from articles.importing.tree import plain_text
from articles.importing.wordpress_comments import comments_of
from articles.importing.wordpress_fields import kind_of, number, slug_of, title_of
from articles.importing.wordpress_site import Site
from articles.importing.wxr import Record

# Markup of WordPress can be several times as long as the Markdown for it, but not more.
_MAX_CHARACTERS = 5_000_000
_NOT_PUBLIC = {"draft", "pending", "private", "publish", "future"}
_SEO_TITLE = (
    "_yoast_wpseo_title", "rank_math_title", "_aioseo_title", "_aioseop_title", "jetpack_seo_html_title",
    "_seopress_titles_title", "_genesis_title",
)  # fmt: skip
_SEO_DESCRIPTION = (
    "_yoast_wpseo_metadesc", "rank_math_description", "_aioseo_description", "_aioseop_description",
    "advanced_seo_description", "_seopress_titles_desc", "_genesis_description",
)  # fmt: skip
_CANONICAL = (
    "_yoast_wpseo_canonical", "rank_math_canonical_url", "_aioseo_canonical_url", "_seopress_robots_canonical",
    "_genesis_canonical_uri",
)  # fmt: skip
_PRIMARY_CATEGORY = ("_yoast_wpseo_primary_category", "rank_math_primary_category", "_seopress_robots_primary_cat")


class Post:
    """One post or page, with its comments, as items."""

    def __init__(self, record: Record, site: Site, seen: set[str]) -> None:
        self.record = record
        self.site = site
        self.seen = seen
        self.kind = kind_of(record)
        self.status = record.get("wp:status") or "publish"
        self.number = number(record.get("wp:post_id"))
        self.notes: list[str] = []

    def items(self) -> Iterator[Item]:
        if reason := self._reason_to_skip():
            kind = self.kind if self.kind == "page" else "article" if self.kind == "post" else self.kind
            yield SkippedItem(kind, self._name(), reason)
            if self.record.comments:
                yield SkippedItem("comment", self._name(), f"Its {len(self.record.comments)} comments go with it.")
            return
        article = self._article()
        yield article
        yield from comments_of(self.record, article.key, self._name(), self.site)

    def _name(self) -> str:
        return title_of(self.record.get("title")) or f"{self.kind} {self.number or self.record.get('guid')}"

    def _reason_to_skip(self) -> str:
        if self.kind == "attachment":
            return "The media file has no address in the export."
        if self.kind not in ("post", "page"):
            return f"Posts of the type “{self.kind}” belong to a plugin or a theme and are not taken over."
        if (size := len(self.record.fields.get("content:encoded", ""))) > _MAX_CHARACTERS:
            return f"Its text has {size:,} characters, which is more than an article may have. Split it in WordPress."
        if self.status == "trash":
            return "It is in the trash."
        if self.status == "auto-draft":
            return "It is a draft that WordPress made by itself and that nobody wrote."
        return ""

    def _key(self) -> str:
        """The GUID, which WordPress never changes, else the number; the title tells two of one key apart."""
        key = self.record.get("guid") or str(self.number or self.record.get("link") or self.record.get("title"))
        if key in self.seen:
            key = f"{key} {self.number} {self.record.get('title')}"
        attempt, distinct = 1, key
        while distinct in self.seen:
            attempt += 1
            distinct = f"{key} {attempt}"
        self.seen.add(distinct)
        return distinct

    def _article(self) -> ArticleItem:
        record = self.record
        body = blocks.convert(
            record.fields.get("content:encoded", ""),
            self.site.library,
            post=self.number,
            footnotes=record.meta_value("footnotes"),
            reusable=self.site.reusable,
        )
        self.notes += body.notes
        moment = self.site.moment(record.get("wp:post_date_gmt"), record.get("wp:post_date"), record.get("pubDate"))
        public = self._is_public()
        category = self._category()
        thumbnail = self._cover()
        return ArticleItem(
            self._key(),
            kind="page" if self.kind == "page" else "article",
            title=self._article_title(),
            content=body.markdown,
            slug=slug_of(unquote(record.get("wp:post_name"))),
            summary=self._summary(),
            authors=self.site.authors_of(record),
            category=category,
            tags=self._tags(),
            cover=thumbnail.item() if thumbnail else None,
            language=self._language(),
            published_at=moment if public else None,
            undated=public and moment is None,
            created_at=moment,
            featured=record.get("wp:is_sticky") == "1",
            seo_title=self._seo(_SEO_TITLE),
            seo_description=self._seo(_SEO_DESCRIPTION),
            canonical_url=self._canonical(),
            old_paths=self._old_paths(),
            notes=self.notes,
        )

    def _is_public(self) -> bool:
        if self.record.get("wp:post_password"):
            self.notes.append("It was protected by a password, which does not exist here, so it is a draft now.")
            return False
        if self.status == "private":
            self.notes.append("It was private, which does not exist here, so it is a draft now.")
        elif self.status not in _NOT_PUBLIC:
            self.notes.append(f"Its status was “{self.status}”, which is not known here, so it is a draft now.")
        return self.status in ("publish", "future")

    def _article_title(self) -> str:
        title = title_of(self.record.get("title"))
        if not title:
            text = " ".join(plain_text(self._without_blocks("content:encoded")[:5000]).split())
            title = shortened(text, 60) or "Untitled"
            self.notes.append(f"It had no title; it is called “{title}” now.")
        if len(title) > TITLE_LENGTH:
            self.notes.append(f"Its title was longer than {TITLE_LENGTH} characters and is cut: “{title}”")
        return title

    def _without_blocks(self, name: str) -> str:
        text = re.sub(r"<!--.*?-->", " ", self.record.fields.get(name, ""), flags=re.DOTALL)
        return Expansion(Library()).expand(text)

    def _summary(self) -> str:
        if not self.record.get("excerpt:encoded"):
            return ""
        summary = " ".join(plain_text(self._without_blocks("excerpt:encoded")).split())
        if len(summary) > SUMMARY_LENGTH:
            self.notes.append(f"Its excerpt was longer than {SUMMARY_LENGTH} characters and is cut.")
        return summary

    def _category(self) -> str | None:
        """The one category: the chosen main one, else the first of the most precise."""
        keys = [
            self.site.term(domain, slug, name)
            for domain, slug, name in self.record.categories
            if domain == "category" or (not domain and not self._has_domains())
        ]
        keys = list(dict.fromkeys(filter(None, keys)))
        if not keys:
            return None
        main = self.site.category_numbered(self.record.meta_value(*_PRIMARY_CATEGORY))
        if main not in keys:
            precise = [key for key in keys if not any(self.site.is_above(key, other) for other in keys)] or keys
            main = next((key for key in precise if key != "uncategorized"), precise[0])
        self._note_other_categories(main, [key for key in keys if key != main and not self.site.is_above(key, main)])
        return main

    def _note_other_categories(self, main: str, others: list[str]) -> None:
        lost = [key for key in others if ("tag", key) not in self.site.terms and key != "uncategorized"]
        if lost:
            names = ", ".join(f"“{self.site.terms['category', key].name}”" for key in lost)
            name = self.site.terms["category", main].name
            self.notes.append(f"An article has one category; of its categories “{name}” is kept, not {names}.")

    def _has_domains(self) -> bool:
        return any(domain in ("category", "post_tag") for domain, _, _ in self.record.categories)

    def _tags(self) -> list[str]:
        """The tags; a further category counts as one if there is a tag of the same address."""
        found = [
            self.site.term("post_tag", slug, name)
            for domain, slug, name in self.record.categories
            if domain in ("post_tag", "tag") or (domain == "category" and ("tag", unquote(slug)) in self.site.terms)
        ]
        return list(dict.fromkeys(filter(None, found)))

    def _language(self) -> str:
        own = next((unquote(slug) for domain, slug, _ in self.record.categories if domain == "language"), "")
        return (own or self.site.language)[:20]

    def _cover(self) -> Attachment | None:
        number = self.record.meta_value("_thumbnail_id")
        found = self.site.library.get(number)
        if number.isdecimal() and int(number) > 0 and (found is None or not found.is_image):
            self.notes.append("Its featured image is not in the export. Export “All content”, or choose a cover here.")
            return None
        return found

    def _seo(self, keys: tuple[str, ...]) -> str:
        """What a plugin for search engines says, its placeholders filled; blank if that is only the title again."""
        text = unescape(self.record.meta_value(*keys))
        title = title_of(self.record.get("title"))
        known = {"title": title, "sitename": self.site.title, "sep": "–"}
        aioseo = {"#post_title": title, "#site_title": self.site.title, "#separator_sa": "–"}
        text = re.sub(r"%(%?)(\w+)%\1", lambda match: known.get(match[2].lower(), ""), text)
        text = re.sub("|".join(aioseo), lambda match: aioseo[match[0]], text)
        text = re.sub(r"^[\s–|-]+|[\s–|-]+$", "", " ".join(text.split()))
        return "" if text in (title, f"{title} – {self.site.title}") else text

    def _canonical(self) -> str:
        url = self.record.meta_value(*_CANONICAL)
        return "" if site_place(url) == site_place(self.record.get("link")) else url

    def _old_paths(self) -> list[str]:
        """Former addresses, the permanent link first."""
        root = split(self.site.url).path.rstrip("/")
        link = local_path(self.record.get("link"))
        paths = [link, local_path(self.record.get("guid"))]
        if self.number:
            paths += [f"{root}/?{name}={self.number}" for name in (("page_id", "p") if self.kind == "page" else ("p",))]
        slug = self.record.get("wp:post_name")
        for old in self.record.meta.get("_wp_old_slug", ()):
            if slug and old.strip() and link.rstrip("/").endswith(f"/{slug}"):
                paths.append(f"{link.rstrip('/').removesuffix(slug)}{old.strip()}/")
        return [path for path in dict.fromkeys(paths) if path and path.strip("/") != root.strip("/")]
