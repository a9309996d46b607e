"""WordPress' export format (WXR), read as a stream: nothing in the file is followed, expanded or kept for long."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from articles.errors import ImportRefused

VERSIONS = ("1.0", "1.1", "1.2")
MAX_DEPTH = 100
# One item with all its comments is held in memory.
MAX_ELEMENTS = 400_000
MAX_ITEM_CHARACTERS = 64_000_000

_CHUNK = 1 << 16
_ILLEGAL = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})
_NONCHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")
# The end of a CDATA section that was meant as text: what follows is neither a tag nor another section.
_STRAY_END = re.compile(rb"\]\]>(?!\s*<)")
_EXPORT = "In WordPress choose Tools, Export, “All content”, and import the file that it gives you."

_ERRORS = etree.ErrorTypes
_CODES = {
    _ERRORS.ERR_INVALID_ENCODING: "encoding",
    _ERRORS.ERR_UNKNOWN_ENCODING: "encoding",
    _ERRORS.ERR_UNSUPPORTED_ENCODING: "encoding",
    _ERRORS.I18N_CONV_FAILED: "encoding",
    _ERRORS.ERR_TAG_NOT_FINISHED: "end",
    _ERRORS.ERR_CDATA_NOT_FINISHED: "end",
    _ERRORS.ERR_COMMENT_NOT_FINISHED: "end",
    _ERRORS.ERR_GT_REQUIRED: "end",
    _ERRORS.ERR_DOCUMENT_EMPTY: "no xml",
    _ERRORS.ERR_UNDECLARED_ENTITY: "entity",
}
_EXPLANATIONS = {
    "encoding": ("has bytes that are not in the encoding which it declares", "Export it again, or save it as UTF-8."),
    "end": ("ends in the middle", "Export or copy it again, until the whole file has arrived."),
    "no xml": ("is not an XML file", _EXPORT),
    "entity": ("uses an entity that XML does not know", "Replace it by the character that it stands for."),
    "limit": ("has a text of more than 10 million characters, or is nested deeper than any export", "It is not read."),
    "": ("is not well-formed XML", "Export it again, or repair that line."),
}


@dataclass
class Record:
    """One entry of the channel: an author, a term, an item or a single value.

    ``fields`` maps names such as ``wp:post_id``, ``dc:creator``, ``content:encoded`` and ``title`` to their text.
    """

    name: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    meta: dict[str, list[str]] = field(default_factory=dict)
    categories: list[tuple[str, str, str]] = field(default_factory=list)
    comments: list[dict[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def meta_value(self, *keys: str) -> str:
        """The first of these custom fields that is not blank."""
        return next((value.strip() for key in keys for value in self.meta.get(key, ()) if value.strip()), "")


class WxrFile:
    """A file whose ``records`` can be read several times."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._repairs_cdata = False

    def repair_cdata(self) -> None:
        """From now on takes for text whatever ends a CDATA section where neither a tag nor another section follows."""
        self._repairs_cdata = True

    def records(self) -> Iterator[Record]:
        """The entries in their order. Raises ImportRefused, with what is wrong, where, and what to do."""
        versions = 0
        with self._path.open("rb") as file:
            parser = etree.iterparse(
                _Filtered(file, repair_cdata=self._repairs_cdata), events=("start", "end"), resolve_entities=False,
                no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            try:
                for record in _records(parser):
                    versions += record.name == "wp:wxr_version"
                    yield record
            except etree.XMLSyntaxError as error:
                raise _refusal(error, parser.error_log) from error
        if not versions:
            raise ImportRefused(
                f"The file is an RSS feed, but wxr_version is missing, so it is not an export of WordPress. {_EXPORT}"
            )


class MisplacedEnd(ImportRefused):
    """A CDATA section ends where it was not meant to end; the exporters of some plugins write that."""


class _Filtered:
    """The file without the characters that XML forbids; old versions of WordPress let them through."""

    def __init__(self, file: BinaryIO, *, repair_cdata: bool) -> None:
        self._file = file
        self._repair = repair_cdata
        self._rest = b""
        self._is_first = True
        self._is_wide = False

    def read(self, size: int = -1) -> bytes:
        chunk = self._rest + self._file.read(_CHUNK)
        self._rest = b""
        if self._is_first:
            self._is_first = False
            self._is_wide = chunk[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in chunk[:4]
            chunk = chunk if self._is_wide else chunk.removeprefix(b"\xef\xbb\xbf").lstrip()
        if self._is_wide:
            return chunk
        chunk = self._whole(chunk)
        clean = _NONCHARACTER.sub(b"", chunk.translate(None, _ILLEGAL))
        clean = _STRAY_END.sub(b"]]]]><![CDATA[>", clean) if self._repair else clean
        # An empty answer would be the end of the file.
        return clean or (self.read(size) if chunk else b"")

    def _whole(self, chunk: bytes) -> bytes:
        """The chunk up to a place where no sequence of interest is cut in two."""
        if len(chunk) < 64:
            return chunk
        cut = re.search(rb"(?:\xef\xbf?|\]{1,2}|\]\]>\s{0,40})\Z", chunk)
        if cut:
            self._rest = chunk[cut.start() :]
            chunk = chunk[: cut.start()]
        return chunk


def _records(events: "etree.iterparse[tuple[str, etree._Element]]") -> Iterator[Record]:
    depth = elements = characters = 0
    for event, element in events:
        if event == "start":
            depth += 1
            elements += 1
            if depth > MAX_DEPTH or elements > MAX_ELEMENTS or depth == 1:
                _check_start(element, depth, elements)
            continue
        depth -= 1
        characters += len(element.text or "")
        if characters > MAX_ITEM_CHARACTERS:
            raise ImportRefused(f"One item near line {element.sourceline} is larger than 64 MB. It is not read.")
        if depth <= 2:
            if depth == 2:
                record = _record(element)
                _check_version(record, element)
                yield record
            _forget(element)
            elements = characters = 0


def _check_start(element: etree._Element, depth: int, elements: int) -> None:
    if depth > MAX_DEPTH:
        raise ImportRefused(
            f"The file is nested more than {MAX_DEPTH} elements deep at line {element.sourceline}, as no export of "
            f"WordPress is. {_EXPORT}"
        )
    if elements > MAX_ELEMENTS:
        raise ImportRefused(
            f"One item near line {element.sourceline} has more than {MAX_ELEMENTS:,} elements. It is not read."
        )
    if depth == 1:
        _check_root(element)


def _check_root(root: etree._Element) -> None:
    name = etree.QName(root).localname.lower()
    doctype = root.getroottree().docinfo.doctype  # type: ignore[attr-defined]
    if name == "html":
        raise ImportRefused(f"The file is an HTML page, not an export of WordPress. {_EXPORT}")
    if doctype:
        raise ImportRefused(
            f"The file declares a document type or entities (line {root.sourceline}), as no WordPress export does. "
            f"It is not read. {_EXPORT}"
        )
    if name != "rss":
        raise ImportRefused(
            f"The file begins with <{name}>, not with <rss>, so it is not an export of WordPress. {_EXPORT}"
        )


def _check_version(record: Record, element: etree._Element) -> None:
    if record.name == "wp:wxr_version" and record.text.strip() not in VERSIONS:
        raise ImportRefused(
            f"The file says that its wxr_version is “{record.text.strip()[:40]}” (line {element.sourceline}); "
            f"{', '.join(VERSIONS)} can be read. {_EXPORT}"
        )


def _record(element: etree._Element) -> Record:
    record = Record(_short(element.tag), _text(element))
    for child in element:
        name = _short(child.tag)
        if name == "category":
            record.categories.append((child.get("domain", ""), child.get("nicename", ""), _text(child).strip()))
        elif name in ("wp:postmeta", "wp:termmeta"):
            values = {_short(part.tag): _text(part) for part in child}
            record.meta.setdefault(values.get("wp:meta_key", "").strip(), []).append(values.get("wp:meta_value", ""))
        elif name == "wp:comment":
            record.comments.append({_short(part.tag): _text(part) for part in child})
        else:
            record.fields.setdefault(name, _text(child))
    return record


def _text(element: etree._Element) -> str:
    return element.text or ""


@lru_cache(maxsize=1000)
def _short(tag: str) -> str:
    namespace, _, name = tag.rpartition("}")
    if re.match(r"\{https?://(?:www\.)?wordpress\.org/export/", namespace):
        return f"{'excerpt' if namespace.rstrip('/').endswith('excerpt') else 'wp'}:{name}"
    prefix = {"{http://purl.org/rss/1.0/modules/content/": "content:", "{http://purl.org/dc/elements/1.1/": "dc:"}
    return prefix.get(namespace, "") + name


def _forget(element: etree._Element) -> None:
    """Frees the element and all before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _refusal(error: etree.XMLSyntaxError, log: "etree._ErrorLog") -> ImportRefused:
    # What is raised can be a consequence; the first error in the parser's own log is the cause.
    errors = [entry for entry in log if entry.level >= etree.ErrorLevels.ERROR]  # type: ignore[attr-defined]
    code, line, message = (
        (errors[0].type, errors[0].line, errors[0].message) if errors else (0, error.lineno, error.msg)
    )
    if code == _ERRORS.ERR_MISPLACED_CDATA_END:
        return MisplacedEnd(f"The file is not well-formed XML (line {line}): “]]>” stands where it must not.")
    sort = _CODES.get(code, "")
    if any(sign in message for sign in ("no element found", "Document is empty", "Start tag expected")):
        sort = "no xml"
    elif any(sign in message for sign in ("Excessive depth", "too long", "Resource limit")):
        sort = "limit"
    what, remedy = _EXPLANATIONS[sort]
    detail = re.sub(r", line \d+, column \d+.*", "", message).rstrip(". ")
    return ImportRefused(f"The file {what} (line {line or 1}: {detail}). {remedy}")
