"""Recognises what is to be imported: a WordPress export, a folder of Markdown, or an archive of either."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from articles.errors import ImportRefused
from articles.importing import archives
from articles.importing.items import Reader
from articles.importing.markdown import MarkdownFolder
from articles.importing.wordpress import WordPressExport

_GZIP = b"\x1f\x8b"
_ZIP = b"PK"


@contextmanager
def open_source(path: Path, *, name: str = "", base_url: str = "") -> Iterator[Reader]:
    """The reader for a file or a folder. Raises ImportRefused, with what can be imported.

    ``name`` is what an uploaded file was called; ``base_url`` is the old site's address where the source does not
    tell it.
    """
    name = name or path.name
    with tempfile.TemporaryDirectory(prefix="broadsheet-import-") as directory:
        try:
            if not path.exists():
                raise ImportRefused(f"There is no file or folder “{path}”.")
            reader = _reader(path, name, base_url, Path(directory))
        except PermissionError as error:
            raise ImportRefused(
                f"“{error.filename}” may not be read by this user. Change its permissions, or copy it elsewhere."
            ) from error
        yield reader


def _reader(path: Path, name: str, base_url: str, scratch: Path) -> Reader:
    if path.is_dir():
        return MarkdownFolder(path, base_url=base_url)
    with path.open("rb") as file:
        beginning = file.read(4096)
    if not beginning.strip():
        raise ImportRefused(f"“{name}” is empty.")
    if beginning.startswith(_GZIP):
        unpacked = archives.gunzip(path, scratch / "unpacked")
        return _reader(unpacked, name.removesuffix(".gz"), base_url, scratch / "inner")
    if beginning.startswith(_ZIP) and zipfile.is_zipfile(path):
        return _zip_reader(path, name, base_url, scratch / "zip")
    if b"<" in beginning[:1000] or name.lower().endswith(".xml"):
        return WordPressExport(path, base_url=base_url)
    raise ImportRefused(
        f"“{name}” is neither a WordPress export (a file that ends with .xml) nor a folder of Markdown files "
        "or a zip of one."
    )


def _zip_reader(path: Path, name: str, base_url: str, scratch: Path) -> Reader:
    scratch.mkdir(parents=True)
    folder = archives.unzip(path, scratch)
    files = [file for file in folder.rglob("*") if file.is_file()]
    if len(files) == 1 and files[0].suffix.lower() == ".xml":
        return WordPressExport(files[0], base_url=base_url)
    return MarkdownFolder(folder, base_url=base_url, name=name)
