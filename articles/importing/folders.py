"""A folder of Markdown as generators of sites lay it out: which files are content, which addresses they had."""

import json
import os
import posixpath
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from django.conf.locale import LANG_INFO

MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdwn", ".mdx", ".txt"})
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp", ".tif", ".tiff"})
# Files about a repository, which are not part of its site.
ABOUT_REPOSITORY = frozenset(
    "readme license licence contributing changelog changes history code_of_conduct code-of-conduct security support "
    "authors contributors governance maintainers codeowners notice todo copying install robots humans requirements "
    "pull_request_template issue_template".split()
)
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_CONFIG_BYTES = 256 * 1024

_NOT_CONTENT = frozenset(
    {"node_modules", "vendor", "bower_components", "_site", "_includes", "_layouts", "_sass", "_data"}
)
_NOT_CONTENT_OF_A_SITE = frozenset(
    {"themes", "layouts", "archetypes", "public", "resources", "i18n", "templates", "sass", "scss"}
)
_CONFIGURATIONS = (
    "hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config.toml", "config.yaml", "config.yml", "config.json",
    "_config.yml", "_config.yaml", "config/_default/hugo.toml", "config/_default/config.toml", "zola.toml",
)  # fmt: skip
_STATIC_FOLDERS = (
    "",
    "static",
    "assets",
    "public",
    "src",
    "source",
    "content",
    "src/assets",
    "assets/images",
    "static/images",
)
_DATED_NAME = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<rest>.+)")
_LANGUAGE_SUFFIX = re.compile(r"(?P<stem>.+)\.(?P<language>[a-zA-Z]{2,3}(?:[-_][a-zA-Z]{2,4})?)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


def language_code(text: str) -> str:
    """A language code as ``pt-br``, or nothing when it is none."""
    code = text.strip().replace("_", "-").lower()
    return code if _LANGUAGE.fullmatch(code) and len(code) <= 20 else ""


def is_known_language(text: str) -> bool:
    return language_code(text) in LANG_INFO


@dataclass(frozen=True)
class Place:
    """What the path of a file tells: ``folder`` and ``stem`` are without content root, date, language and suffix."""

    key: str
    folder: str
    stem: str
    date: str = ""
    language: str = ""
    is_index: bool = False
    is_section: bool = False

    @classmethod
    def of(cls, key: str, content_root: str) -> "Place":
        path = key.removeprefix(f"{content_root}/") if content_root else key
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        language = ""
        suffix = _LANGUAGE_SUFFIX.fullmatch(stem)
        if suffix and is_known_language(suffix["language"]):
            stem, language = suffix["stem"], language_code(suffix["language"])
        top = folder.partition("/")[0]
        if not language and is_known_language(top):
            language = language_code(top)
        is_section = stem == "_index"
        is_index = stem in {"index", "_index"}
        if is_index:
            folder, _, stem = folder.rpartition("/")
        dated = _DATED_NAME.fullmatch(stem)
        date, stem = (dated["date"], dated["rest"]) if dated else ("", stem)
        return cls(key, folder, stem, date, language, is_index, is_section)

    @property
    def is_post(self) -> bool:
        parts = self.folder.split("/")
        return "_posts" in parts or "_drafts" in parts

    @property
    def is_draft(self) -> bool:
        return "_drafts" in self.folder.split("/")

    @property
    def section(self) -> str:
        """The folders that are part of the address."""
        return "/".join(part for part in self.folder.split("/") if part and part not in {"_posts", "_drafts"})


@dataclass
class Folder:
    """The files of one site. Links that lead out of the folder are noted and never read."""

    root: Path
    keys: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    configuration: dict[str, Any] = field(default_factory=dict)
    content_root: str = ""
    # False where the texts are written for Hugo, to whose readers `{{ }}` is ordinary text.
    has_liquid: bool = True
    keys_set: set[str] = field(default_factory=set)
    _known: dict[str, str] = field(default_factory=dict)
    _by_name: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Folder":
        folder = cls(root.resolve())
        folder.configuration = folder._configuration()
        folder._walk()
        beginnings = {key.partition("/")[0] for key in folder.keys}
        if folder.configuration and "content" in beginnings:
            folder.content_root = "content"
        folder._known = {key.lower(): key for key in folder.keys}
        folder.keys_set = set(folder.keys)
        folder.has_liquid = not folder._is_hugo()
        for key in folder.keys:
            for name in {posixpath.basename(key).lower(), posixpath.splitext(posixpath.basename(key))[0].lower()}:
                folder._by_name[name] = None if name in folder._by_name else key
        return folder

    @property
    def base_url(self) -> str:
        names = ("baseurl", "base_url", "url")
        values = [value for name in names if isinstance(value := self.configuration.get(name), str)]
        return next((value for value in values if value.startswith(("http://", "https://"))), "")

    def place(self, key: str) -> Place:
        return Place.of(key, self.content_root)

    def file(self, path: str) -> Path | None:
        """A file in the folder, by its path in it; None for what is missing or lies outside."""
        if "\x00" in path:
            return None
        try:
            resolved = (self.root / path.lstrip("/")).resolve()
            return resolved if resolved.is_relative_to(self.root) and resolved.is_file() else None
        except OSError:
            return None

    def find_content(self, target: str, here: str = "") -> str | None:
        """The key of the file that a path or address leads to, seen from the file ``here``."""
        path = unquote(urlsplit(target).path)
        bases = [self.content_root] if path.startswith("/") else [posixpath.dirname(here), self.content_root, ""]
        for base in bases:
            joined = posixpath.normpath(posixpath.join(base, path.strip("/") if path.startswith("/") else path))
            if joined.startswith("../"):
                continue
            joined = "" if joined == "." else joined
            if found := self._content_at(joined.lower()):
                return found
        return None

    def _content_at(self, path: str) -> str | None:
        stem = path.removesuffix(".html").removesuffix("/")
        candidates = [path, *(f"{stem}{suffix}" for suffix in (".md", ".markdown", ".mdx"))]
        candidates += [
            f"{stem}/{name}".lstrip("/") for name in ("index.md", "_index.md", "readme.md", "index.markdown")
        ]
        return next((self._known[name] for name in candidates if name in self._known), None)

    def find_by_name(self, target: str) -> str | None:
        """The key of the only file with this name, with or without suffix."""
        return self._by_name.get(posixpath.basename(urlsplit(target).path).lower())

    def find_picture(self, target: str, here: str) -> tuple[str, Path] | None:
        """The key and file of a picture that a text or a front matter names."""
        path = unquote(urlsplit(target).path)
        if posixpath.splitext(path)[1].lower() not in PICTURES:
            return None
        bases = list(_STATIC_FOLDERS) if path.startswith("/") else [posixpath.dirname(here), *_STATIC_FOLDERS]
        for base in bases:
            key = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
            if not key.startswith("..") and (file := self.file(key)):
                return key, file
        return None

    def _walk(self) -> None:
        skipped = _NOT_CONTENT | (_NOT_CONTENT_OF_A_SITE if self.configuration else frozenset())
        for directory, folders, files in os.walk(self.root, followlinks=False):
            here = Path(directory)
            linked = [name for name in folders if (here / name).is_symlink()]
            self.outside += [(here / name).relative_to(self.root).as_posix() for name in linked]
            folders[:] = sorted(
                name for name in folders if not name.startswith(".") and name not in skipped and name not in linked
            )
            for name in sorted(files):
                path = here / name
                if path.suffix.lower() in MARKDOWN and not name.startswith("."):
                    key = path.relative_to(self.root).as_posix()
                    (self.outside if path.is_symlink() else self.keys).append(key)

    def _is_hugo(self) -> bool:
        """Whether one of the first texts uses a shortcode of Hugo."""
        for key in self.keys[:300]:
            path = self.file(key)
            if path and path.stat().st_size <= MAX_FILE_BYTES and re.search(rb"\{\{[<%]", path.read_bytes()):
                return True
        return False

    def _configuration(self) -> dict[str, Any]:
        for name in _CONFIGURATIONS:
            path = self.file(name)
            if path is None or path.stat().st_size > MAX_CONFIG_BYTES or (self.root / name).is_symlink():
                continue
            data = read_data(path)
            if isinstance(data, dict):
                return {str(key).lower(): value for key, value in data.items()}
        return {}

    def author_data(self) -> dict[str, dict[str, Any]]:
        """What Jekyll keeps about authors beside the texts, by their short names."""
        for name in (
            "_data/authors.yml",
            "_data/authors.yaml",
            "_data/authors.json",
            "data/authors.yml",
            "data/authors.toml",
        ):
            path = self.file(name)
            data = read_data(path) if path and path.stat().st_size <= MAX_CONFIG_BYTES else None
            if isinstance(data, dict):
                return {str(key): value for key, value in data.items() if isinstance(value, dict)}
        return {}


def read_data(path: Path) -> Any:
    """YAML, TOML or JSON from a file; None when it is broken."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        if path.suffix == ".json":
            return json.loads(text)
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, yaml.SafeLoader)):
            return None
        return yaml.safe_load(text)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError, yaml.YAMLError):
        return None
