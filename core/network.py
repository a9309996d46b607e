"""Where a request comes from, as far as that can be trusted."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The client's address, as our own outermost proxy saw it; blank when nobody knows.

    Each proxy appends the address that it saw to ``X-Forwarded-For``, so only the last ``TRUSTED_PROXIES`` entries are
    ours. Whatever stands further left was written by the client.
    """
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.TRUSTED_PROXIES and seen:
        return without_port(seen[-min(settings.TRUSTED_PROXIES, len(seen))])
    return without_port(request.META.get("REMOTE_ADDR") or "")


def without_port(address: str) -> str:
    """The bare address of ``192.0.2.1:4711`` or ``[2001:db8::1]:4711``; blank for what is no address."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def network(address: str) -> str:
    """One subscriber: an IPv4 address, or the /64 in which an IPv6 address can be changed at will."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
