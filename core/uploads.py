"""A bound for what comes with a form, before any of it is read or stored."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUploadHandler(FileUploadHandler):
    """The first of the handlers: refuses a body by the length that it declares.

    Forms are read before any view asks who sends them, so a stranger could otherwise fill the disk. Staff may send
    whole sites; everyone else a picture.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        user = getattr(self.request, "user", None)
        limit = (
            settings.UPLOAD_MAX_BYTES if getattr(user, "is_staff", False) else settings.IMAGE_MAX_BYTES + 1024 * 1024
        )
        if content_length > limit:
            raise RequestDataTooBig(f"The upload has {content_length:,} bytes; at most {limit:,} are taken.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
