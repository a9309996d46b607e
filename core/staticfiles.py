"""Static files: hashed names, compressed once, found under their own names where nothing was collected."""

from collections.abc import Iterable
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class QuickCompressor(Compressor):
    """Brotli's highest quality takes ten times as long for a few per cent; the first start would wait for it."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=6))


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names that were never collected keep their own name, so that pages never fail for want of a manifest."""

    manifest_strict = False

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Only hashed names are linked, so only they are worth compressing."""
        hashed = set(self.hashed_files.values())
        return super().compress_files([path for path in paths if path in hashed])

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        try:
            return str(super().hashed_name(name, content, filename))
        except ValueError:
            if content is None and filename is None:
                return name
            raise
