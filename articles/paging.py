"""Pages of a list, without counting the list."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from articles.models import Article
from core.addresses import absolute

PAGE_SIZE = 12
# Beyond it the database would skip more rows than a reader can want, or overflow an integer.
LAST_PAGE = 100_000


@dataclass(frozen=True)
class Page:
    """One page of a list; ``previous`` and ``next`` are addresses, empty where there is none."""

    items: list[Article]
    number: int
    path: str
    query: dict[str, str]
    has_next: bool

    def address(self, number: int) -> str:
        parameters = {**self.query, "page": str(number)} if number > 1 else self.query
        return f"{self.path}?{urlencode(parameters)}" if parameters else self.path

    @property
    def numbered(self) -> list[tuple[int, Article]]:
        """The items with their places in the whole list, from one."""
        return list(enumerate(self.items, start=(self.number - 1) * PAGE_SIZE + 1))

    @property
    def previous(self) -> str:
        return self.address(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
        return self.address(self.number + 1) if self.has_next else ""

    @property
    def canonical(self) -> str:
        return absolute(self.address(self.number))


def page_of(request: HttpRequest, articles: QuerySet[Article], **query: str) -> Page:
    """The page that ``?page=`` asks for. Raises Http404 where there is none; an empty list still has its first page.

    ``query`` are the parameters that belong to the list's address.
    """
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 6 else 0
    if not 1 <= number <= LAST_PAGE:
        raise Http404("There is no such page.")
    start = (number - 1) * PAGE_SIZE
    found = list(articles[start : start + PAGE_SIZE + 1])
    if not found and number > 1:
        raise Http404("The list is not that long.")
    return Page(found[:PAGE_SIZE], number, request.path, query, len(found) > PAGE_SIZE)


def first_page_has_no_number(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Leads ``?page=1`` to the address without it, so that each page has one address."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("page") != "1":
            return view(request, *args, **kwargs)
        rest = request.GET.copy()
        del rest["page"]
        return HttpResponsePermanentRedirect(f"{request.path}?{rest.urlencode()}" if rest else request.path)

    return answer
