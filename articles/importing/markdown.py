"""Reads a folder of Markdown with front matter, as Hugo, Jekyll, Zola and Eleventy use it.

A file with a date, or in ``_posts``, is an article; so is any other text unless its type or layout says page, or it is
the text of a section or stands undated at the top of a whole site. A public text without any date is published at the
moment of its first import, which stays.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from articles.errors import ImportRefused
from articles.importing import frontmatter
from articles.importing.addresses import split
from articles.importing.folders import ABOUT_REPOSITORY, MAX_FILE_BYTES, Folder, Place
from articles.importing.frontmatter import FrontMatterError, first, is_false, is_true, plain, text_of
from articles.importing.items import AuthorItem, Item, SkippedItem
from articles.importing.markdown_text import MarkdownText
from core.slugs import slugify

_PERSON = re.compile(r"(?P<name>[^<>]+?)\s*<(?P<contact>[^<>]*)>")


class MarkdownFolder:
    """``name`` is the site's host when that is known, since the same folder may lie elsewhere the next time."""

    def __init__(self, path: Path, *, base_url: str = "", name: str = "") -> None:
        self._folder = Folder.read(path)
        if not self._folder.keys:
            raise ImportRefused(f"There are no Markdown files (.md, .markdown, .txt) in “{name or path}”.")
        self.base_url = base_url or self._folder.base_url
        self.total = len(self._folder.keys) + len(self._folder.outside)
        host = split(self.base_url).netloc.removeprefix("www.")
        self.name = f"markdown:{host or name or self._folder.root}"[:300]
        self._authors = self._folder.author_data()
        self._cascades: dict[str, bool] = {}
        self._unlisted = {key for key in self._folder.keys if self._is_part(key)}
        self._given: set[tuple[str, str]] = set()

    def items(self) -> Iterator[Item]:
        for key in self._folder.outside:
            yield SkippedItem("article", key, "It is a link to another place, which is not followed.")
        for key in self._folder.keys:
            try:
                yield from self._items(key)
            except FrontMatterError as error:
                yield SkippedItem("article", key, str(error))
            except UnicodeDecodeError as error:
                yield SkippedItem(
                    "article", key, f"It is not UTF-8 (byte {error.start}). Save it as UTF-8 and import again."
                )
            except OSError as error:
                yield SkippedItem("article", key, f"It cannot be read: {error.strerror}.")

    def _read(self, key: str) -> tuple[dict[str, Any], str] | None:
        path = self._folder.file(key)
        if path is None or path.stat().st_size > MAX_FILE_BYTES:
            return None
        return frontmatter.split(path.read_bytes().decode("utf-8"))

    def _items(self, key: str) -> Iterator[Item]:
        read = self._read(key)
        if read is None:
            yield SkippedItem("article", key, "It is larger than 2 MB.")
            return
        data, body = read
        place = self._folder.place(key)
        if reason := self._reason_to_skip(place, data, body):
            yield SkippedItem("article", key, reason)
            return
        article = MarkdownText(self._folder, place, data, body, self.base_url)
        for author in self._people(data):
            yield from self._once("author", author.key, author)
            article.item.authors.append(author.key)
        for term in article.terms():
            yield from self._once(term.kind, term.key, term)
        article.read_text(self._include)
        for picture in article.pictures.values():
            yield from self._once("image", picture.key, picture)
        if article.item.content.strip():
            yield article.item
        else:
            yield SkippedItem(article.item.kind, key, "It has no text besides template tags.")

    def _once(self, kind: str, key: str, item: Item) -> Iterator[Item]:
        if (kind, key) not in self._given:
            self._given.add((kind, key))
            yield item

    def _reason_to_skip(self, place: Place, data: dict[str, Any], body: str) -> str:
        name = posixpath.basename(place.key)
        if place.key in self._unlisted or is_true(data.get("headless")) or _is_never_rendered(data):
            return "It is a part that other texts include, and no page of its own."
        if not data and name.rpartition(".")[0].lower() in ABOUT_REPOSITORY:
            return "It is about the repository and has no front matter."
        if not data and name.lower().endswith(".txt") and not body.startswith("---"):
            return "It is plain text without front matter."
        if not re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL).strip():
            return "It has no text." if not place.is_section else "It is the head of a section and has no text."
        return ""

    def _is_part(self, key: str) -> bool:
        """Whether a section above says that its files are never rendered by themselves."""
        folder = posixpath.dirname(key)
        while folder:
            index = f"{folder}/_index.md"
            if index in self._folder.keys_set and self._cascades_never(index):
                return True
            folder = posixpath.dirname(folder)
        return False

    def _cascades_never(self, index: str) -> bool:
        if index not in self._cascades:
            try:
                read = self._read(index)
            except (FrontMatterError, UnicodeDecodeError, OSError):
                read = None
            cascade = read[0].get("cascade") if read else None
            self._cascades[index] = isinstance(cascade, dict) and _is_never_rendered(cascade)
        return self._cascades[index]

    def _include(self, path: str) -> str | None:
        for candidate in (path, f"_includes/{path}", posixpath.join(self._folder.content_root, path)):
            key = self._folder.find_content("/" + candidate) or candidate
            file = self._folder.file(key)
            if file and file.suffix.lower() in {".md", ".markdown", ".mdx"} and file.stat().st_size <= MAX_FILE_BYTES:
                try:
                    return frontmatter.split(file.read_text(encoding="utf-8"))[1]
                except (FrontMatterError, UnicodeDecodeError, OSError):
                    return None
        return None

    def _people(self, data: dict[str, Any]) -> list[AuthorItem]:
        extra = data.get("extra")
        extra = extra if isinstance(extra, dict) else {}
        value = first(data, ("authors", "author")) or first(extra, ("authors", "author"))
        taxonomies = data.get("taxonomies")
        if value is None and isinstance(taxonomies, dict):
            value = taxonomies.get("authors") or taxonomies.get("author")
        values = value if isinstance(value, list) else [value]
        people = [person for one in values if (person := self._person(one))]
        return list({person.key: person for person in people}.values())

    def _person(self, value: Any) -> AuthorItem | None:
        known = self._authors.get(text_of(value))
        if known:
            value = {"name": text_of(value), **{str(key).lower(): field for key, field in known.items()}}
        if isinstance(value, dict):
            fields = {str(key).lower(): field for key, field in value.items()}
            name = plain(first(fields, ("full_name", "display_name", "name", "title", "github", "twitter", "email")))
            email = text_of(first(fields, ("email", "mail")))
            bio = plain(first(fields, ("bio", "description", "about")))
        else:
            name, email, bio = text_of(value), "", ""
        if match := _PERSON.fullmatch(name):
            name = match["name"]
            email = email or (match["contact"] if "@" in match["contact"] else "")
        return AuthorItem(slugify(name, 200) or name.casefold(), name, email or None, bio) if name else None


def _is_never_rendered(data: dict[str, Any]) -> bool:
    build = first({str(key).lower(): value for key, value in data.items()}, ("build", "_build"))
    return isinstance(build, dict) and (build.get("render") == "never" or is_false(build.get("render")))
