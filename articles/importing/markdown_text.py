"""One Markdown file on its way to an item: what its head says, and where its links and pictures lead."""

import posixpath
import re
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from articles.importing import frontmatter, links
from articles.importing.folders import Folder, Place, language_code
from articles.importing.frontmatter import first, is_false, is_true, moment, names_of, plain, text_of
from articles.importing.items import ArticleItem, ImageItem, TermItem
from articles.importing.links import KEEP, Verdict
from articles.importing.templating import Site, Templating
from core.slugs import slugify

COVER_NAMES = (
    "cover", "image", "hero", "featured_image", "featuredimage", "feature_image", "banner", "thumbnail", "og_image",
    "cover_image", "coverimage", "header_image", "images", "social_image",
)  # fmt: skip
DATE_NAMES = ("publishdate", "pubdate", "date", "published_at", "date_published", "created", "created_at", "published")
# What Eleventy uses to say in which lists a text stands.
COLLECTIONS = frozenset({"post", "posts", "all", "page", "pages", "nav"})

_DATED_PATH = re.compile(r"/?(\d{4})/(\d{1,2})/(\d{1,2})/")
_HEADING = re.compile(r"\s*(?:#[ \t]+(?P<atx>[^\n]+)(?:\n|\Z)|(?P<setext>[^\n#>*+-][^\n]*)\n=+[ \t]*(?:\n|\Z))")
_ANY_HEADING = re.compile(r"^#{1,3}[ \t]+(?P<atx>[^\n]+)$", re.MULTILINE)
_MORE = re.compile(r"<!--\s*more\s*-->", re.IGNORECASE)


class MarkdownText:
    def __init__(self, folder: Folder, place: Place, data: dict[str, Any], body: str, base_url: str) -> None:
        self._folder = folder
        self._place = place
        self._data = data
        self._body = body
        self._base_url = base_url
        extra = data.get("extra")
        self._extra = {str(key).lower(): value for key, value in extra.items()} if isinstance(extra, dict) else {}
        self.pictures: dict[str, ImageItem] = {}
        self.item = ArticleItem(place.key, self._kind(), title="", content="")
        self._date = self._when()

    # What the head says

    def _kind(self) -> Literal["article", "page"]:
        says = {text_of(self._data.get(name)).lower() for name in ("type", "layout", "kind")}
        layout = {word.rpartition("/")[2].partition(".")[0] for word in says}
        if layout & {"page", "pages", "about", "contact"}:
            return "page"
        if layout & {"post", "posts", "article", "blog"} or self._place.is_post or self._when() is not None:
            return "article"
        at_top = not self._place.section and bool(self._folder.configuration)
        return "page" if at_top or self._place.is_section else "article"

    def _when(self) -> Any:
        for name in DATE_NAMES:
            if found := moment(self._data.get(name)):
                return found
        address = text_of(first(self._data, ("path", "url", "permalink")))
        dated = _DATED_PATH.match(address) or _DATED_PATH.match(f"{self._place.section}/")
        return moment(self._place.date) or (moment("-".join(dated.groups())) if dated else None)

    def terms(self) -> list[TermItem]:
        """Tags and categories; the first category files the article, the others are tags."""
        taxonomies = self._data.get("taxonomies")
        data = (
            {**self._data, **{str(k).lower(): v for k, v in taxonomies.items()}}
            if isinstance(taxonomies, dict)
            else self._data
        )
        categories = frontmatter.lines_of(data.get("category")) or names_of(data.get("categories"))
        before_posts = self._place.folder.partition("_posts")[0].strip("/")
        if self._place.is_post and before_posts and not categories:
            categories = [before_posts.rpartition("/")[2]]
        tags = [tag for name in ("tags", "tag") for tag in names_of(data.get(name)) if tag.lower() not in COLLECTIONS]
        terms: list[TermItem] = []
        for position, name in enumerate(categories):
            terms.append(TermItem("tag" if position else "category", _term_key(name), name))
        terms += [TermItem("tag", _term_key(tag), tag) for tag in tags]
        self.item.category = terms[0].key if categories else None
        self.item.tags = list(dict.fromkeys(term.key for term in terms if term.kind == "tag"))
        return terms

    # The text

    def read_text(self, include: Any) -> None:
        """Fills the item with everything but authors and terms, which were read before."""
        item = self.item
        templating = Templating(Site(self._resolve, include, self._variables(), self._folder.has_liquid))
        content = templating.render(self._body).strip("\n")
        title = plain(self._render_line(first(self._data, ("title", "linktitle", "name"))))
        item.title, content = self._titled(title, content)
        self._set_times()
        self._set_names()
        self._set_summary(content)
        item.cover = self._cover()
        item.content = links.rewrite(content, self._decide)
        left_out = list(dict.fromkeys(templating.left_out))
        if left_out:
            named = ", ".join(name[:60] for name in left_out[:8]) + (" …" if len(left_out) > 8 else "")
            item.notes.append(f"Template tags that mean nothing here were left out: {named}.")

    def _render_line(self, value: Any) -> str:
        line = text_of(value)
        if "{{" not in line and "{%" not in line:
            return line
        return Templating(Site(self._resolve, lambda path: None, self._variables(), self._folder.has_liquid)).render(
            line
        )

    def _variables(self) -> dict[str, Any]:
        site = {f"site.{key}": value for key, value in self._folder.configuration.items() if text_of(value)}
        page = {f"page.{key}": value for key, value in {**self._params(), **self._data}.items() if text_of(value)}
        own = {key: value for key, value in self._data.items() if text_of(value)}
        base = self._base_url.rstrip("/")
        return {
            **own,
            **site,
            **page,
            "site.baseurl": "",
            "baseurl": "",
            "base_url": "",
            "site.url": base,
            "site.base_url": base,
        }

    def _params(self) -> dict[str, Any]:
        params = self._data.get("params")
        return {str(key).lower(): value for key, value in params.items()} if isinstance(params, dict) else {}

    def _titled(self, title: str, content: str) -> tuple[str, str]:
        """The title, and the text without a first heading that only repeats it."""
        heading = _HEADING.match(content)
        found = _heading_text(heading["atx"] or heading["setext"]) if heading else ""
        if heading and (not title or found.casefold() == title.casefold()):
            return title or found, content[heading.end() :].lstrip("\n")
        if not title and (other := _ANY_HEADING.search(content)):
            title = _heading_text(other["atx"])
        return title or self._place.stem.replace("-", " ").replace("_", " ").strip().capitalize() or "Untitled", content

    def _set_times(self) -> None:
        item = self.item
        hidden = is_true(self._data.get("draft")) or is_false(self._data.get("published")) or self._place.is_draft
        status = text_of(self._data.get("status")).lower()
        if hidden or status in {"draft", "private", "hidden"}:
            item.created_at = self._date
        elif self._date is not None:
            item.published_at = self._date
        else:
            item.undated = True
        item.expires_at = moment(first(self._data, ("expirydate", "expires", "expires_at", "unpublishdate")))

    def _set_names(self) -> None:
        item = self.item
        address = self._own_address()
        last = address.rstrip("/").rpartition("/")[2].removesuffix(".html") if address else ""
        item.slug = text_of(self._data.get("slug")).rpartition("/")[2] or last or self._place.stem
        item.language = next(
            (code for name in ("lang", "language", "locale") if (code := language_code(text_of(self._data.get(name))))),
            self._place.language,
        )
        item.old_paths = self._old_paths(address)
        canonical = first(self._data, ("canonical_url", "canonicalurl", "canonical")) or self._extra.get(
            "canonical_url"
        )
        item.canonical_url = text_of(canonical)
        item.featured = is_true(self._data.get("featured")) or is_true(self._data.get("pinned"))
        series = frontmatter.lines_of(first(self._data, ("series",)))
        item.series = series[0] if series else None
        position = first(self._data, ("series_order", "series_weight", "series_part", "part"))
        item.series_position = position if isinstance(position, int) and 0 <= position < 10_000 else None
        item.seo_title = plain(first(self._data, ("seo_title", "seotitle", "meta_title")))

    def _set_summary(self, content: str) -> None:
        item = self.item
        excerpt = plain(self._render_line(first(self._data, ("excerpt", "summary", "lede", "subtitle", "dek"))))
        description = plain(self._render_line(first(self._data, ("description", "meta_description"))))
        item.summary = excerpt or description
        item.seo_description = description if description != item.summary else ""
        more = _MORE.search(content)
        if more and not item.summary and len(before := plain(content[: more.start()])) <= 600:
            item.summary = before

    # Addresses

    def _own_address(self) -> str:
        """The address that the file gives itself, which never leads out of the site."""
        value = text_of(first(self._data, ("permalink", "url", "path")))
        if not value or "{" in value or "://" in value:
            return ""
        return _rooted(self._filled(value))

    def _filled(self, pattern: str) -> str:
        """A permalink with the parts that Jekyll writes as ``:name``."""
        if ":" not in pattern:
            return pattern
        date = self._date
        category = self.item.category or ""
        parts = {
            "title": self._place.stem, "slug": slugify(text_of(self._data.get("slug")) or self._place.stem),
            "categories": category, "category": category, "collection": "posts", "output_ext": ".html",
            "name": self._place.stem,
        }  # fmt: skip
        if date is not None:
            parts |= {"year": f"{date:%Y}", "month": f"{date:%m}", "day": f"{date:%d}", "i_month": str(date.month),
                      "i_day": str(date.day), "short_year": f"{date:%y}", "y_day": f"{date:%j}"}  # fmt: skip
        return re.sub(r":(\w+)", lambda match: parts.get(match[1], ""), pattern)

    def _old_paths(self, address: str) -> list[str]:
        """The former addresses, the most likely one first."""
        place = self._place
        stem = text_of(self._data.get("slug")).rpartition("/")[2] or place.stem
        found = [address] if address else []
        style = self._folder.configuration.get("permalink")
        if not address and place.is_post and isinstance(style, str) and ":" in style:
            found.append(_rooted(self._filled(style)))
        if place.date and self._date is not None and not address:
            category = self.item.category
            found += [f"/{self._date:%Y/%m/%d}/{stem}/"] + (
                [f"/{category}/{self._date:%Y/%m/%d}/{stem}.html"] if category else []
            )
            found.append(f"/{self._date:%Y/%m/%d}/{stem}.html")
        elif not address:
            path = _rooted(posixpath.join(place.section, stem))
            found += [f"{path}/" if path != "/" else "/", f"{path}.html"]
        found += [path.lower() for path in found]
        here = found[0] if found else "/"
        aliases = [
            alias
            for name in ("aliases", "alias", "redirect_from", "redirects")
            for alias in frontmatter.lines_of(self._data.get(name))
        ]
        beside = posixpath.dirname(here.rstrip("/"))
        for alias in aliases:
            if "://" not in alias:
                found.append(_rooted(posixpath.join(beside, alias) if self._is_relative(alias) else alias))
        return list(dict.fromkeys(found))

    def _is_relative(self, alias: str) -> bool:
        # In Zola every alias begins at the root; in Hugo only one that begins with a slash.
        return not alias.startswith("/") and "/" not in alias

    # Links and pictures

    def _resolve(self, target: str, kind: str) -> str:
        """The link for what a tag names: another text, or a file."""
        if kind == "image":
            return _rooted(target) if not target.startswith(("/", ".")) and not self._picture(target) else target
        path, hash_, fragment = target.partition("#")
        if not path:
            return f"#{fragment}"
        if kind == "post_url":
            key = self._folder.find_by_name(path) or self._folder.find_content(path, self._place.key)
        else:
            key = self._folder.find_content(path, self._place.key) or self._folder.find_by_name(path)
        if key is None and kind == "link":
            return _rooted(path)
        return f"item:{quote(key or path)}{hash_}{fragment}"

    def _decide(self, url: str, is_picture: bool) -> Verdict:
        # What `{{ "/" | url }}/2015/` comes to; a host has a dot.
        doubled = re.match(r"//[^/.]*/", url)
        url = url[1:] if doubled else url
        try:
            parts = urlsplit(url)
        except ValueError:
            return KEEP
        if parts.scheme or parts.netloc or not parts.path:
            return KEEP
        if picture := self._picture(url):
            return links.replace(f"item:{quote(picture.key)}")
        if is_picture:
            return links.replace(url) if doubled else KEEP
        key = self._folder.find_content(parts.path, self._place.key)
        if key is None or (key == self._place.key and not parts.fragment):
            return links.replace(url) if doubled else KEEP
        return links.replace(f"item:{quote(key)}" + (f"#{quote(unquote(parts.fragment))}" if parts.fragment else ""))

    def _picture(self, url: str, alt: str = "", caption: str = "") -> ImageItem | None:
        found = self._folder.find_picture(url, self._place.key)
        if found is None:
            return None
        key, path = found
        return self.pictures.setdefault(key, ImageItem(key, path=path, alt=alt, caption=caption))

    def _cover(self) -> ImageItem | None:
        value = first(self._data, COVER_NAMES) or first(self._extra, COVER_NAMES)
        value = value[0] if isinstance(value, list) and value else value
        alt = plain(first(self._data, ("image_alt", "alt", "cover_alt", "hero_alt", "imagealt")))
        caption = plain(first(self._data, ("image_figcaption", "image_caption", "caption")))
        if isinstance(value, dict):
            fields = {str(key).lower(): field for key, field in value.items()}
            value = first(fields, ("image", "src", "url", "path", "file", "feature"))
            alt = plain(first(fields, ("alt", "alt_text", "title"))) or alt
            caption = plain(fields.get("caption")) or caption
        address = text_of(value)
        if not address or "{" in address:
            return None
        if "://" in address or address.startswith("//"):
            address = f"https:{address}" if address.startswith("//") else address
            return ImageItem(address, url=address, alt=alt, caption=caption)
        if found := self._picture(address, alt, caption):
            return found
        absolute = f"{self._base_url.rstrip('/')}{_rooted(address)}"
        return ImageItem(absolute, url=absolute, alt=alt, caption=caption)


def _heading_text(line: str) -> str:
    return plain(line.strip().rstrip("#"))


def _term_key(name: str) -> str:
    return slugify(name, 200) or name.casefold()


def _rooted(path: str) -> str:
    """A path from the root, in which no ``..`` is left."""
    normal = posixpath.normpath("/" + path.strip().lstrip("/"))
    return f"{normal}/" if path.endswith("/") and normal != "/" else normal
