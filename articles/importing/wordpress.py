"""Reads the export of a WordPress site."""

import datetime
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from articles.importing import blocks
from articles.importing.attachments import Attachment, Library, aliases
from articles.importing.autop import autop
from articles.importing.items import ArticleItem, AuthorItem, CommentItem, Item, SkippedItem, TermItem
from articles.importing.shortcodes import Expansion
from articles.importing.tree import parse, plain_text, readable, text_of
from articles.importing.wxr import MisplacedEnd, Record, WxrFile

_DESIGN = (
    "wp_global_styles", "wp_template", "wp_template_part", "wp_font_family", "wp_font_face", "custom_css",
    "customize_changeset",
)  # fmt: skip
# Kinds of posts that are the site's machinery; they are counted, not listed.
_MACHINERY = {
    "nav_menu_item": "Menus are not taken over.",
    "wp_navigation": "Menus are not taken over.",
    "revision": "Earlier revisions are not taken over.",
    **dict.fromkeys(_DESIGN, "The design of the old site is not taken over."),
    **dict.fromkeys(("oembed_cache", "user_request", "acf-field", "acf-field-group"), "It is no content."),
    "wp_block": "Reusable blocks are put into the posts that use them.",
}  # fmt: skip
# Markup of WordPress can be several times as long as the Markdown for it, but not more.
_MAX_CHARACTERS = 5_000_000
_REUSABLE_CHARACTERS = 5_000_000
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
_TERM_FIELDS = {
    "wp:category": ("wp:category_nicename", "wp:cat_name", "wp:category_parent", "wp:category_description"),
    "wp:tag": ("wp:tag_slug", "wp:tag_name", "", "wp:tag_description"),
    "wp:term": ("wp:term_slug", "wp:term_name", "wp:term_parent", "wp:term_description"),
}
_PRIMARY_CATEGORY = ("_yoast_wpseo_primary_category", "rank_math_primary_category", "_seopress_robots_primary_cat")
_PRIVATE_HOST = re.compile(r"(?:localhost|[\d.]+|[^/]+\.(?:local|localhost|test|internal|invalid))?(?:/|\Z)")
_TITLE_LENGTH = 200
_SUMMARY_LENGTH = 600


class WordPressExport:
    """A WXR file. It is read twice: first to check it and to learn what its items refer to, then item by item.

    Raises ImportRefused when it is malformed, cut off, hostile, or of an unknown version.
    """

    def __init__(self, path: Path, *, base_url: str = "") -> None:
        self._file = WxrFile(path)
        try:
            self._survey()
        except MisplacedEnd:
            self._file.repair_cdata()
            self._survey()
        self.base_url = self._site.url or base_url
        self.name = f"wordpress:{self._identity() or path.name}"
        declared = len(self._site.authors) + len(self._site.terms) + len(self._site.library)
        self.total = declared + len(self._machinery) + self._posts + self._comments

    def _identity(self) -> str:
        """The site's address; where that says nothing, as on somebody's own machine, with its title."""
        place = _place(self.base_url)
        return f"{place} {self._site.title}".strip() if _PRIVATE_HOST.match(place) else place

    def items(self) -> Iterator[Item]:
        yield from self._site.authors.values()
        yield from self._site.ordered_terms()
        for attachment in self._site.library:
            yield attachment.item() if attachment.is_image else _no_image(attachment)
        for kind, number in self._machinery.items():
            yield SkippedItem(kind, f"{number} × {kind}", _MACHINERY[kind])
        seen: set[str] = set()
        for record in self._file.records():
            if record.name == "item" and not _is_media(record) and _kind(record) not in _MACHINERY:
                yield from _Post(record, self._site, seen).items()

    def _survey(self) -> None:
        """The first reading, to the very end."""
        self._site = _Site()
        self._machinery: Counter[str] = Counter()
        self._posts = self._comments = 0
        for record in self._file.records():
            self._learn(record)
        self._site.complete()

    def _learn(self, record: Record) -> None:
        if record.name != "item":
            self._site.learn(record)
            return
        if _is_media(record):
            self._site.learn_attachment(record)
        elif (kind := _kind(record)) in _MACHINERY:
            self._machinery[kind] += 1
            self._site.learn_reusable(record)
        else:
            self._posts += 1
            self._comments += len(record.comments)
            self._site.learn_post(record)


class _Site:
    """What the first reading learns: who and what the posts refer to."""

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
        for name in (author.key, author.name, _slug(author.key)):
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
        key = unquote(slug) or _slug(name)
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
                _number(record.get("wp:post_id")),
                url,
                title=unescape(record.get("title")),
                alt=" ".join(unescape(record.meta_value("_wp_attachment_image_alt")).split()),
                caption=blocks.caption_text(record.get("excerpt:encoded")),
                parent=_number(record.get("wp:post_parent")),
                order=_number(record.get("wp:menu_order")),
                aliases=aliases(url, record.get("guid"), record.meta_value("_wp_attachment_metadata")),
                page=record.get("link") if not urlsplit(record.get("link")).query else "",
            )
        )

    def learn_reusable(self, record: Record) -> None:
        content = record.fields.get("content:encoded", "")
        self._reusable_size += len(content)
        if record.get("wp:post_type") == "wp_block" and self._reusable_size < _REUSABLE_CHARACTERS:
            self.reusable[_number(record.get("wp:post_id"))] = content

    def learn_post(self, record: Record) -> None:
        if self.offset is None:
            local, universal = _moment(record.get("wp:post_date")), _moment(record.get("wp:post_date_gmt"))
            if local and universal:
                self.offset = local - universal
        self.library.know_host(record.get("link"))
        self.authors_of(record)
        for domain, slug, name in record.categories:
            self.term(domain, slug, name)

    def complete(self) -> None:
        """Takes away parents that do not exist or that stand below their own children."""
        for (kind, key), term in self.terms.items():
            seen = {key}
            above = term.parent
            while above is not None and above not in seen:
                seen.add(above)
                found = self.terms.get((kind, above))
                above = found.parent if found else None
            if above == key or (term.parent and (kind, term.parent) not in self.terms):
                term.parent = None

    def ordered_terms(self) -> Iterator[TermItem]:
        """Each parent before its children."""
        given: set[tuple[str, str]] = set()
        for term in self.terms.values():
            chain = []
            current: TermItem | None = term
            while current is not None and (current.kind, current.key) not in given:
                given.add((current.kind, current.key))
                chain.append(current)
                current = self.terms.get((current.kind, current.parent)) if current.parent else None
            yield from reversed(chain)

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
        moment = _moment(universal)
        if moment is None and (moment := _moment(local)) is not None and self.offset:
            moment -= self.offset
        if moment is None and published:
            try:
                moment = parsedate_to_datetime(published)
            except ValueError:
                return None
            moment = moment if moment.tzinfo is None else moment.astimezone(datetime.UTC)
        if moment is None or moment.year < 1970:
            return None
        return moment.replace(tzinfo=datetime.UTC)

    def category_numbered(self, number: str) -> str:
        return self._term_numbers.get(number, "")

    def is_above(self, above: str, below: str) -> bool:
        """Whether one category is an ancestor of another."""
        term = self.terms.get(("category", below))
        while term is not None and term.parent:
            if term.parent == above:
                return True
            term = self.terms.get(("category", term.parent))
        return False


class _Post:
    """One post or page, with its comments, as items."""

    def __init__(self, record: Record, site: _Site, seen: set[str]) -> None:
        self.record = record
        self.site = site
        self.seen = seen
        self.kind = _kind(record)
        self.status = record.get("wp:status") or "publish"
        self.number = _number(record.get("wp:post_id"))
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
        yield from self._comments(article.key)

    def _name(self) -> str:
        return _title(self.record.get("title")) or f"{self.kind} {self.number or self.record.get('guid')}"

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
            slug=_slug(unquote(record.get("wp:post_name"))),
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
        title = _title(self.record.get("title"))
        if not title:
            text = " ".join(plain_text(self._without_blocks("content:encoded")[:5000]).split())
            title = _cut(text, 60) or "Untitled"
            self.notes.append(f"It had no title; it is called “{title}” now.")
        if len(title) > _TITLE_LENGTH:
            self.notes.append(f"Its title was longer than {_TITLE_LENGTH} characters and is cut: “{title}”")
        return title

    def _without_blocks(self, name: str) -> str:
        text = re.sub(r"<!--.*?-->", " ", self.record.fields.get(name, ""), flags=re.DOTALL)
        return Expansion(Library()).expand(text)

    def _summary(self) -> str:
        if not self.record.get("excerpt:encoded"):
            return ""
        summary = " ".join(plain_text(self._without_blocks("excerpt:encoded")).split())
        if len(summary) > _SUMMARY_LENGTH:
            self.notes.append(f"Its excerpt was longer than {_SUMMARY_LENGTH} characters and is cut.")
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
        title = _title(self.record.get("title"))
        known = {"title": title, "sitename": self.site.title, "sep": "–"}
        aioseo = {"#post_title": title, "#site_title": self.site.title, "#separator_sa": "–"}
        text = re.sub(r"%(%?)(\w+)%\1", lambda match: known.get(match[2].lower(), ""), text)
        text = re.sub("|".join(aioseo), lambda match: aioseo[match[0]], text)
        text = re.sub(r"^[\s–|-]+|[\s–|-]+$", "", " ".join(text.split()))
        return "" if text in (title, f"{title} – {self.site.title}") else text

    def _canonical(self) -> str:
        url = self.record.meta_value(*_CANONICAL)
        return "" if _place(url) == _place(self.record.get("link")) else url

    def _old_paths(self) -> list[str]:
        """Former addresses, the permanent link first."""
        root = urlsplit(self.site.url).path.rstrip("/")
        link = _path(self.record.get("link"))
        paths = [link, _path(self.record.get("guid"))]
        if self.number:
            paths += [f"{root}/?{name}={self.number}" for name in (("page_id", "p") if self.kind == "page" else ("p",))]
        slug = self.record.get("wp:post_name")
        for old in self.record.meta.get("_wp_old_slug", ()):
            if slug and old.strip() and link.rstrip("/").endswith(f"/{slug}"):
                paths.append(f"{link.rstrip('/').removesuffix(slug)}{old.strip()}/")
        return [path for path in dict.fromkeys(paths) if path and path.strip("/") != root.strip("/")]

    # Comments

    def _comments(self, article: str) -> Iterator[Item]:
        known = {}
        for position, comment in enumerate(self.record.comments):
            if reason := _reason_to_skip_comment(comment):
                name = f"{unescape(comment.get('wp:comment_author', '').strip()) or 'Someone'} on “{self._name()}”"
                yield SkippedItem("comment", name, reason)
            else:
                known[comment.get("wp:comment_id", "").strip() or f"{article}-{position}"] = comment
        given: set[str] = set()
        for start in known:
            chain: list[str] = []
            key = start
            while key in known and key not in given and key not in chain:
                chain.append(key)
                key = known[key].get("wp:comment_parent", "0").strip()
            for number in reversed(chain):
                given.add(number)
                parent = known[number].get("wp:comment_parent", "").strip()
                yield self._comment(number, known[number], article, parent if parent in given - {number} else None)

    def _comment(self, key: str, comment: dict[str, str], article: str, parent: str | None) -> CommentItem:
        moment = self.site.moment(comment.get("wp:comment_date_gmt", ""), comment.get("wp:comment_date", ""))
        posted = self.site.moment(self.record.get("wp:post_date_gmt"), self.record.get("wp:post_date"))
        state = comment.get("wp:comment_approved", "1").strip()
        return CommentItem(
            f"{article} comment {key}",
            article,
            author_name=unescape(comment.get("wp:comment_author", "").strip()),
            content=_comment_text(comment.get("wp:comment_content", "")),
            created_at=moment or posted or datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
            parent=f"{article} comment {parent}" if parent else None,
            author_email=comment.get("wp:comment_author_email", "").strip(),
            author_url=comment.get("wp:comment_author_url", "").strip(),
            state="spam" if state == "spam" else "pending" if state in ("0", "hold") else "approved",
        )


def _kind(record: Record) -> str:
    return record.get("wp:post_type") or "post"


def _is_media(record: Record) -> bool:
    """Whether it is an upload of which one can tell where it is."""
    number, url = record.get("wp:post_id"), record.get("wp:attachment_url")
    return _kind(record) == "attachment" and _number(number) > 0 and bool(re.match(r"https?://[^/]", url))


def _reason_to_skip_comment(comment: dict[str, str]) -> str:
    kind = comment.get("wp:comment_type", "").strip()
    if kind in ("pingback", "trackback"):
        return f"It is a {kind}, which is not taken over."
    if kind not in ("", "comment"):
        return f"Comments of the type “{kind}” belong to a plugin and are not taken over."
    if comment.get("wp:comment_approved", "").strip() in ("trash", "post-trashed"):
        return "The comment is in the trash."
    if not _comment_text(comment.get("wp:comment_content", "")):
        return "The comment is empty."
    return ""


def _comment_text(content: str) -> str:
    tree = parse(autop(content))
    for link in tree.iter("a"):
        href = (link.get("href") or "").strip()
        text = text_of(link).strip()
        if href and text and href.rstrip("/") not in text and not href.startswith("#"):
            link.tail = f" ({href}){link.tail or ''}"
    return readable(tree)


def _no_image(attachment: Attachment) -> SkippedItem:
    name = attachment.extension.upper()[:10] or "unknown"
    return SkippedItem(
        "image",
        attachment.url,
        f"Only pictures are taken over, and this is a {name} file. Links to it lead to the old site.",
    )


def _title(source: str) -> str:
    """A title as it shows: no tags, no entities, one line."""
    text = re.sub(
        r"</?(?:a|abbr|b|br|cite|code|del|em|i|ins|mark|q|s|small|span|strong|sub|sup|u|wbr)\b[^<>]*>", "", source
    )
    return " ".join(unescape(text).split())


def _slug(name: str) -> str:
    """The slug as WordPress had it, with its accents, if that is one here."""
    name = unicodedata.normalize("NFC", name.strip()).lower()
    return "-".join(re.sub(r"[\W_]+", " ", name).split()) if name.isascii() else name


def _moment(text: str) -> datetime.datetime | None:
    """A time without a zone."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=None) if moment.year > 1 else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[:length].rpartition(" ")[0].rstrip(" ,;:.–-") + "…"


def _path(url: str) -> str:
    """Path and query of an address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _place(url: str) -> str:
    """Host and path, the same for every spelling of a site's address."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
