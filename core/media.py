"""Files that readers are served: stored under exact names, sent from the disk or found in the object store."""

import uuid
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from core.images import MEDIA_TYPES


def upload_storage() -> Any:
    """The storage for bytes as they came, which nobody is served."""
    return storages["uploads"]


def replace_file(storage: Storage, name: str, content: bytes) -> str:
    """Stores the content under exactly this name, whole or not at all, also where others do the same just now."""
    file = ContentFile(content)
    # An object store sends this type to readers; it guesses when there is none.
    file.content_type = media_type_of(name) or "application/octet-stream"  # type: ignore[attr-defined]
    if not isinstance(storage, FileSystemStorage):
        # An object store puts the new object in the place of the old one at once.
        return storage.save(name, file)
    draft = Path(storage.path(storage.save(f"{name}.{uuid.uuid4().hex}.part", file)))
    try:
        draft.replace(storage.path(name))
    finally:
        draft.unlink(missing_ok=True)
    return name


def media_type_of(name: str) -> str | None:
    return MEDIA_TYPES.get(Path(name).suffix.removeprefix("."))


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture that a worker made. Its name changes with its content, so it may be kept for ever."""
    media_type = media_type_of(name)
    if media_type is None:
        return not_found()
    try:
        if not isinstance(default_storage, FileSystemStorage):
            return HttpResponseRedirect(default_storage.url(name))
        file = default_storage.open(name)
    except (OSError, ValueError, SuspiciousOperation):
        # Absent, a directory, a name with a NUL, or a way out of the directory.
        return not_found()
    response = FileResponse(file, content_type=media_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def not_found() -> HttpResponse:
    response = HttpResponseNotFound("There is no such file.\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
