"""Conditional requests: an ETag says which state a reader saw, If-Match that a writer saw the current one.

An ETag is ``"<version>-<digest>"`` for rows that count their versions, ``"<digest>"`` for others. The digest makes a
cached copy stale when anything shown in it changes; a writer only has to have seen the current version.
"""

import hashlib
from typing import Any

from django.utils.http import parse_etags
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from core.api.problems import PreconditionFailed, PreconditionRequired


def etag(data: Any, version: int | None = None) -> str:
    """The ETag of a representation."""
    digest = hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:24]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def check_if_match(request: Request, current: str, *, required: bool = True) -> None:
    """Raises PreconditionRequired without an If-Match, PreconditionFailed when it names another state."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        if required:
            raise PreconditionRequired
        return
    if header == "*":
        return
    given = parse_etags(header)
    if not given:
        raise ParseError("If-Match must hold an ETag in its quotes, as it was got.")
    # Proxies that compress weaken an ETag to W/"..."; the version in it is still exact.
    if _version(current) not in {_version(tag) for tag in given}:
        raise PreconditionFailed


def _version(tag: str) -> str:
    return tag.removeprefix("W/").strip('"').partition("-")[0]
