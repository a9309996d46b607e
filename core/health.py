"""Probes: ``/healthz`` says that the process answers, ``/readyz`` that what it needs answers too."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import kombu.exceptions
import redis.exceptions
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse


class HealthMiddleware:
    """Answers the probes before anything can refuse them: a load balancer asks by address and over plain HTTP."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        view = PROBES.get(request.path_info)
        if view is None:
            return self.get_response(request)
        return sync_to_async(answer)(view, request) if self.is_async else answer(view, request)


def answer(view: Callable[[], HttpResponse], request: HttpRequest) -> HttpResponse:
    response = view() if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
    response.headers["Cache-Control"] = "no-store"
    # A probe that finds a fault reports it; Django would log each as an error of ours.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def healthz() -> HttpResponse:
    return JsonResponse({"status": "ok"})


def readyz() -> HttpResponse:
    """503 when nothing can be served: no database, or one that this code does not fit. The rest only slows it down."""
    needed = {"database": probe(check_database)}
    if needed["database"]["status"] == "ok":
        needed["migrations"] = probe(check_migrations)
    useful = {"cache": probe(check_cache), "broker": probe(check_broker)}
    if any(part["status"] != "ok" for part in needed.values()):
        status = "unavailable"
    elif any(part["status"] != "ok" for part in useful.values()):
        status = "degraded"
    else:
        status = "ok"
    body = {"status": status, "parts": needed | useful}
    return JsonResponse(body, status=503 if status == "unavailable" else 200)


def probe(check: Callable[[], str]) -> dict[str, Any]:
    started = time.perf_counter()
    status = check()
    return {"status": status, "duration_ms": round((time.perf_counter() - started) * 1000, 1)}


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "unreachable"
    return "ok"


_migrated = False


def check_migrations() -> str:
    """Once all are applied they stay so for this code; until then every probe looks again."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "pending"


def require_migrations() -> None:
    """Refuses a command that would meet missing tables."""
    if check_migrations() != "ok":
        raise CommandError(
            "The database has not been prepared for this version. Run `python3 manage.py migrate` first; "
            "`python3 manage.py up` does it by itself."
        )


def check_cache() -> str:
    if not settings.REDIS_URL:
        return "not configured"
    value = secrets.token_hex(8)
    cache.set("readyz", value, 10)
    return "ok" if cache.get("readyz") == value else "unreachable"


def check_broker() -> str:
    if not settings.BROKER_CONFIGURED:
        return "not configured"
    try:
        with current_app.connection_for_write() as broker:
            broker.connect()
    except (kombu.exceptions.KombuError, redis.exceptions.RedisError, OSError):
        return "unreachable"
    return "ok"


PROBES: dict[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}
