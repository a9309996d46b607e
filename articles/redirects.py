"""Old addresses: asked only when nothing else answers, and for the numbered addresses of WordPress (``/?p=123``)."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.views.defaults import page_not_found

from articles.models import Redirect

# With these parameters WordPress names a post at the address of the home page.
NUMBERED = ("p", "page_id", "attachment_id")

_MALFORMED_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


class RedirectMiddleware:
    """Never touches the session or the user, so what it leaves alone stays cacheable."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            # It names its faults itself, and no old address leads there.
            return self.get_response(request)
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "%00" in query:
            return page_not_found(request, Http404())
        if query and request.path_info == "/" and (redirected := self._from_number(query)):
            return redirected
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in {"GET", "HEAD"}:
            return response
        redirected = _answer(Redirect.objects.match(request.path_info, query), request)
        if redirected is None and _MALFORMED_ESCAPE.search(request.path_info):
            return HttpResponseBadRequest("The address contains a malformed percent escape.", content_type="text/plain")
        return redirected or response

    def _from_number(self, query: str) -> HttpResponse | None:
        try:
            numbers = [(name, value) for name, value in parse_qsl(query, max_num_fields=20) if name in NUMBERED]
        except ValueError:
            return None
        for number in numbers:
            found = Redirect.objects.filter(path=f"/?{urlencode([number])}").select_related("article").first()
            if answer := _answer(found):
                return answer
        return None


def _answer(redirect: Redirect | None, request: HttpRequest | None = None) -> HttpResponse | None:
    destination = redirect.destination() if redirect else None
    # One that leads to itself would never end.
    if redirect is None or not destination or (request is not None and destination == request.get_full_path()):
        return None
    return HttpResponsePermanentRedirect(destination) if redirect.permanent else HttpResponseRedirect(destination)
