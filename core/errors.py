"""The pages for errors; none asks the database, since that may be what failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RETRY_AFTER = "30"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 with a time to come back when the database cannot be asked, 500 for everything else."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = render(request, "503.html", status=503)
        response["Retry-After"] = RETRY_AFTER
    else:
        response = render(request, "500.html", status=500)
    response["Cache-Control"] = "no-store"
    return response
