"""Request timing."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequestTimingMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-Duration"] = f"{time.perf_counter() - started:.4f}s"
        return response
