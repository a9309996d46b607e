"""Rate limits of the API: so many requests in a window, counted atomically in the cache.

A cache that does not answer lets requests pass: a reader must not suffer for it. Whatever guards passwords has limits
of its own.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.network import client_ip, network

if TYPE_CHECKING:
    from rest_framework.views import APIView


@dataclass(frozen=True)
class Quota:
    """What is left of a limit: ``remaining`` requests until the window ends in ``reset`` seconds."""

    name: str
    limit: int
    window: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit};w={self.window}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset}',
        }


class RateThrottle(BaseThrottle):
    """Counts by user, or by address for strangers, against ``settings.API_RATE_LIMITS``."""

    quota: Quota

    def allow_request(self, request: Request, view: "APIView") -> bool:
        name = "user" if request.user and request.user.is_authenticated else "anonymous"
        who = str(request.user.pk) if name == "user" else network(client_ip(request._request))
        limit, window = settings.API_RATE_LIMITS[name]
        now = time.time()
        used = count(f"api-rate:{name}:{who}:{int(now // window)}", window)
        self.quota = Quota(name, limit, window, max(0, limit - used), window - int(now % window))
        request._request.api_quota = self.quota  # type: ignore[attr-defined]
        return used <= limit

    def wait(self) -> float:
        return self.quota.reset


def count(key: str, seconds: int) -> int:
    """Adds one to the counter, which is forgotten after so many seconds. Returns 0 when the cache does not answer."""
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) or 0
    except ValueError:
        # Evicted between the two calls.
        return 1
