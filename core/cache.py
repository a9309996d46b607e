"""The cache backends, which count hits and misses for the request that asks."""

from collections.abc import Iterable
from typing import Any

import django_redis.cache
from django.core.cache.backends import locmem

from core.timing import count_cache

_MISSING: Any = object()


class CountingMixin:
    """Over any backend: counts what was found and what was not."""

    def get(self, key: Any, default: Any = None, version: int | None = None, **kwargs: Any) -> Any:
        value = super().get(key, _MISSING, version=version, **kwargs)  # type: ignore[misc]
        if value is _MISSING:
            count_cache(0, 1)
            return default
        count_cache(1, 0)
        return value

    def get_many(self, keys: Iterable[Any], version: int | None = None, **kwargs: Any) -> dict[Any, Any]:
        wanted = list(keys)
        # django-redis hands out one shared dictionary while Redis is away; a caller may change its own.
        found = dict(super().get_many(wanted, version=version, **kwargs))  # type: ignore[misc]
        count_cache(len(found), len(wanted) - len(found))
        return found


class RedisCache(CountingMixin, django_redis.cache.RedisCache):
    def clear(self) -> None:
        """Removes our own keys only: the messages of the broker may lie in the same database."""
        self.delete_pattern("*")


class LocMemCache(CountingMixin, locmem.LocMemCache):
    def get_many(self, keys: Iterable[Any], version: int | None = None, **kwargs: Any) -> dict[Any, Any]:
        """The backend asks its own ``get`` for each key, which counts."""
        return locmem.LocMemCache.get_many(self, keys, version=version)
