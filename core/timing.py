"""What one request costs: its time, its queries, its cache hits. Nothing stays after the response."""

import contextvars
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Timing:
    """The counters of one request. Threads and tasks that the request starts count into the same object."""

    __slots__ = ("cache_hits", "cache_misses", "error", "queries", "query_seconds", "request_id", "started")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.started = time.perf_counter()
        self.queries = 0
        self.query_seconds = 0.0
        self.cache_hits = 0
        self.cache_misses = 0
        self.error: str | None = None

    def seconds(self) -> float:
        return time.perf_counter() - self.started


current: contextvars.ContextVar[Timing | None] = contextvars.ContextVar("timing", default=None)


def count_query(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Counts a query for the request that made it, see ``connection.execute_wrapper``."""
    timing = current.get()
    if timing is None:
        return execute(sql, params, many, context)
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        timing.queries += 1
        timing.query_seconds += time.perf_counter() - started


def watch_connection(connection: "BaseDatabaseWrapper", **kwargs: Any) -> None:
    """Installs the counter on a connection, once; a connection that is made anew keeps it."""
    if count_query not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, count_query)


def count_cache(hits: int, misses: int) -> None:
    timing = current.get()
    if timing is not None:
        timing.cache_hits += hits
        timing.cache_misses += misses
