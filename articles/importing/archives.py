"""Archives from elsewhere, unpacked within limits: nothing outside the folder, nothing beyond its size."""

import gzip
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from articles.errors import ImportRefused

MAX_ENTRIES = 10_000
MAX_BYTES = 1024**3
MAX_RATIO = 100
# Below this size a high ratio harms nobody: a few blank files compress that well.
RATIO_MATTERS_FROM = 1024**2
_CHUNK = 1024 * 1024
_NOT_CONTENT = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db"})


def unzip(path: Path, folder: Path) -> Path:
    """Unpacks a zip. Returns the folder with the content. Raises ImportRefused before anything is written."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if _is_content(entry)]
            _check(entries)
            budget = MAX_BYTES
            for entry in entries:
                budget -= _extract(archive, entry, folder, budget)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ImportRefused(f"The zip file is damaged or uses a format that cannot be read ({error}).") from error
    return _base_of(folder)


def gunzip(path: Path, target: Path) -> Path:
    """Unpacks a single gzipped file."""
    limit = min(MAX_BYTES, max(path.stat().st_size * MAX_RATIO, RATIO_MATTERS_FROM))
    written = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > limit:
                    raise ImportRefused("The gzip file unpacks to more than 1 GiB, or more than 100 times its size.")
                file.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise ImportRefused(f"The gzip file is damaged ({error}).") from error
    return target


def _is_content(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and _NOT_CONTENT.isdisjoint(PurePosixPath(entry.filename).parts)


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if not entries:
        raise ImportRefused("The zip file is empty.")
    if len(entries) > MAX_ENTRIES:
        raise ImportRefused(f"The zip file has {len(entries):,} files; {MAX_ENTRIES:,} is the most that is taken.")
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if size > MAX_BYTES:
        raise ImportRefused("The zip file unpacks to more than 1 GiB. Import it in parts, or from a folder.")
    if size > RATIO_MATTERS_FROM and size > packed * MAX_RATIO:
        raise ImportRefused("The zip file unpacks to more than 100 times its size, as only a hostile one does.")
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    # zipfile cuts names at NUL; the original name is what an attacker wrote.
    name = entry.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or ":" in path.parts[0]:
        raise ImportRefused(f"The zip file holds “{name[:100]!r}”, a path that leads out of its folder.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise ImportRefused(f"The zip file holds “{name[:100]}”, which is a link or a device and not a file.")
    if entry.flag_bits & 0x1:
        raise ImportRefused("The zip file is encrypted. Save it without a password.")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, budget: int) -> int:
    """Writes one file. Returns its size, which the archive's directory need not tell truly."""
    target = folder.joinpath(*PurePosixPath(entry.filename.replace("\\", "/")).parts)
    written = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > budget:
                    raise ImportRefused("The zip file unpacks to more than 1 GiB.")
                file.write(chunk)
    except OSError as error:
        raise ImportRefused(
            f"“{entry.filename[:100]}” in the zip file cannot be written ({error.strerror})."
        ) from error
    return written


def _base_of(folder: Path) -> Path:
    """The folder itself, or the only one in it, in which archives of a site often lie."""
    inside = list(folder.iterdir())
    while len(inside) == 1 and inside[0].is_dir() and not inside[0].name.startswith("_"):
        folder = inside[0]
        inside = list(folder.iterdir())
    return folder
