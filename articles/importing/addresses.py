"""Addresses on the old site: whose they are, and which spellings of one mean the same."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

# The sizes that WordPress makes of a picture: photo-300x200.jpg, photo-scaled.jpg, photo-rotated.jpg.
SIZE_SUFFIX = re.compile(r"(-\d{1,5}x\d{1,5}|-scaled|-rotated)(?=\.\w{2,5}$)")


def split(url: str) -> SplitResult:
    """The parts of an address; all blank for what is none, such as ``http://[``."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def host_of(url: str) -> str:
    """The host without ``www.``; blank when there is none."""
    return (split(url).hostname or "").removeprefix("www.")


def exact_address(url: str) -> str:
    """What identifies a file on the old site: host and path; what is no address stands for itself."""
    return (host_of(url) + unquote(split(url).path)).rstrip("/") or url


def unsized_address(url: str) -> str:
    """The same for a picture of which this may be one size, without the suffix of the size."""
    return SIZE_SUFFIX.sub("", exact_address(url))


def local_path(url: str) -> str:
    """Path and query of a web address."""
    parts = split(url)
    if parts.scheme not in ("http", "https"):
        return ""
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def site_place(url: str) -> str:
    """Host and path, the same for every spelling of a site's address."""
    url = url.strip()
    return f"{host_of(url)}{split(url).path.rstrip('/')}"
