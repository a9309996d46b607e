"""Absolute addresses, always on the configured host and never on the one that a request claims."""

from urllib.parse import urljoin

from django.conf import settings


def absolute(address: str) -> str:
    """The full address of a path of this site; one that is full already stays as it is."""
    return urljoin(f"{settings.SITE_URL}/", address)
