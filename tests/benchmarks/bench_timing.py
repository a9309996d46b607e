"""What RequestTimingMiddleware adds to a request: ``python -m tests.benchmarks.bench_timing``.

Three handlers, round robin, the best of many rounds: bare; timed with the log line off; timed with the line written.
"""

import io
import logging
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" + "0123456789" * 5)

import django

django.setup()

# ruff: noqa: E402
from django.http import HttpRequest, HttpResponse

from core import timing
from core.middleware import RequestTimingMiddleware

CALLS, ROUNDS = 2_000, 30


def view(request):
    return HttpResponse(b"answer")


def seconds(handler) -> float:
    requests = [HttpRequest() for _ in range(CALLS)]
    started = time.perf_counter()
    for request in requests:
        handler(request)
    return (time.perf_counter() - started) / CALLS


def query_seconds(counted: bool) -> float:
    token = timing.current.set(timing.Timing("bench") if counted else None)
    started = time.perf_counter()
    for _ in range(CALLS):
        timing.count_query(lambda *_: None, "SELECT 1", (), False, {})
    timing.current.reset(token)
    return (time.perf_counter() - started) / CALLS


def main() -> None:
    timed = RequestTimingMiddleware(view)
    lines = logging.getLogger("request")
    for handler in logging.getLogger().handlers:
        handler.setStream(io.StringIO())
    best = {"bare": 1.0, "timed": 1.0, "timed and logged": 1.0, "a query": 1.0, "a counted query": 1.0}
    for _ in range(ROUNDS):
        best["bare"] = min(best["bare"], seconds(view))
        lines.setLevel(logging.ERROR)
        best["timed"] = min(best["timed"], seconds(timed))
        lines.setLevel(logging.INFO)
        best["timed and logged"] = min(best["timed and logged"], seconds(timed))
        best["a query"] = min(best["a query"], query_seconds(False))
        best["a counted query"] = min(best["a counted query"], query_seconds(True))
    for name, value in best.items():
        sys.stdout.write(f"{name:<18} {value * 1e6:7.2f} us\n")
    sys.stdout.write(f"timed / bare       {best['timed'] / best['bare']:7.2f}\n")


if __name__ == "__main__":
    main()
