"""Request timing: how long each response took and what it cost, in its headers and in one log line."""

import functools
import logging
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty

from core import timing
from core.health import PROBES
from core.timing import Timing

logger = structlog.get_logger("request")
lines = logging.getLogger("request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# A path with one of these in it is a key to something; the log has its route instead.
SECRET_ARGUMENTS = {"token", "key", "secret", "signature", "uidb64"}

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class RequestTimingMiddleware:
    """Stands first, so that it sees every response: errors, redirects, static files, streams.

    ``X-Request-Duration`` has the seconds to the first byte, ``Server-Timing`` the same in milliseconds, and for
    staff what they were spent on; ``X-Request-Id`` is in every log line of the request.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler | AsyncHandler) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self.answer_async(request)
        record = Timing(request_id(request))
        token = begin(request, record)
        try:
            response: Any = self.get_response(request)
            finish(request, response, record)
        except BaseException as error:
            log(request, 500, record, type(error).__name__)
            raise
        finally:
            end(token)
        return response

    async def answer_async(self, request: HttpRequest) -> HttpResponseBase:
        record = Timing(request_id(request))
        token = begin(request, record)
        try:
            response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]
            finish(request, response, record)
        except BaseException as error:
            # A client that hangs up cancels its task; 499 is how nginx counts it.
            cancelled = type(error).__name__ == "CancelledError"
            log(request, 499 if cancelled else 500, record, type(error).__name__)
            raise
        finally:
            end(token)
        return response


def request_id(request: HttpRequest) -> str:
    """A new id, or the one that a proxy of ours has given."""
    if settings.TRUSTED_PROXIES:
        given = request.headers.get("X-Request-Id", "")
        if REQUEST_ID.fullmatch(given):
            return given
    return os.urandom(16).hex()


def begin(request: HttpRequest, record: Timing) -> tuple[Any, Any]:
    request.timing = record  # type: ignore[attr-defined]
    request.request_id = record.request_id  # type: ignore[attr-defined]
    return timing.current.set(record), structlog.contextvars.bind_contextvars(request_id=record.request_id)


def end(tokens: tuple[Any, Any]) -> None:
    timing.current.reset(tokens[0])
    structlog.contextvars.reset_contextvars(**tokens[1])


def finish(request: HttpRequest, response: HttpResponseBase, record: Timing) -> None:
    """Puts the headers on; logs now, or when the last byte of a stream has left."""
    seconds = record.seconds()
    response.headers["X-Request-Duration"] = f"{seconds:.4f}s"
    response.headers["Server-Timing"] = server_timing(request, record, seconds)
    response.headers["X-Request-Id"] = record.request_id
    if response.streaming:
        response._resource_closers.append(  # type: ignore[attr-defined]
            functools.partial(log, request, response.status_code, record, first_byte=seconds)
        )
    else:
        log(request, response.status_code, record)


def server_timing(request: HttpRequest, record: Timing, seconds: float) -> str:
    """The total for everyone; the rest would tell strangers what is cached and what is not."""
    total = f"total;dur={seconds * 1000:.2f}"
    if not (settings.DEBUG or getattr(known_user(request), "is_staff", False)):
        return total
    return (
        f'{total}, db;dur={record.query_seconds * 1000:.2f};desc="{record.queries} queries", '
        f'cache;desc="{record.cache_hits} hits, {record.cache_misses} misses"'
    )


def known_user(request: HttpRequest) -> Any:
    """The user, if somebody has asked for it: asking would open the session of every anonymous request."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        return None if user._wrapped is empty else user._wrapped
    return user


def log(
    request: HttpRequest, status: int, record: Timing, error: str | None = None, *, first_byte: float | None = None
) -> None:
    level = logging.DEBUG if request.path_info in PROBES else logging.INFO
    if not lines.isEnabledFor(level):
        return
    match = request.resolver_match
    secret = match is not None and not SECRET_ARGUMENTS.isdisjoint(match.kwargs)
    fields: dict[str, Any] = {
        "method": request.method,
        "path": f"/{match.route}" if secret and match else request.path,
        "route": match.route if match else None,
        "status": status,
        "duration_ms": round(record.seconds() * 1000, 2),
        "queries": record.queries,
        "query_ms": round(record.query_seconds * 1000, 2),
        "cache_hits": record.cache_hits,
        "cache_misses": record.cache_misses,
        "request_id": record.request_id,
        "user": getattr(known_user(request), "pk", None),
    }
    if first_byte is not None:
        fields["first_byte_ms"] = round(first_byte * 1000, 2)
    if error or record.error:
        fields["error"] = error or record.error
    logger.log(level, "request", **fields)


def note_error(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Django has answered an exception with a 500 before we see it; only this signal knows which one it was."""
    record = timing.current.get()
    kind = sys.exc_info()[0]
    if record is not None and kind is not None:
        record.error = kind.__name__


got_request_exception.connect(note_error, dispatch_uid="core.middleware.note_error")
