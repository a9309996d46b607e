"""The desk: where articles are written, filed, illustrated and imported. One noun a file."""

from articles.admin import article, comment, image, importing, redirect, taxonomy

__all__ = ["article", "comment", "image", "importing", "redirect", "taxonomy"]
