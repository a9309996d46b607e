"""The desk's first page: what is live, scheduled, in draft, and failing."""

import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Count, When
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from articles.models import Article, Image, ImportRun

ROWS = 5
MONTHS = 12
# Beyond it the exact number tells nobody more.
MOST_FAILURES = 100


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what stands on the first page, for what this user may see."""
    user = request.user
    mine = Article.objects.editable_by(user)
    rows = mine.select_related("author").defer("content", "content_html", "content_text", "toc")
    images = list(failed_images() if user.has_perm("articles.change_image") else [])
    imports = list(failed_imports() if user.has_perm("articles.import_content") else [])
    return {
        **context,
        "title": "Desk",
        "totals": {**totals(mine), "failing": len(images) + len(imports)},
        "scheduled": rows.scheduled().order_by("published_at")[:ROWS],
        "drafts": my_drafts_first(rows, user)[:ROWS],
        "last_edited": rows.with_clock().order_by("-updated_at")[:ROWS],
        "failed_images": images[:ROWS],
        "failed_imports": imports[:ROWS],
        "months": months(mine),
        "time_zone": timezone.get_current_timezone_name(),
    }


def totals(articles: Any) -> dict[str, int]:
    return {
        "live": articles.published().count(),
        "scheduled": articles.scheduled().count(),
        "drafts": articles.drafts().count(),
        "expired": articles.expired().count(),
    }


def my_drafts_first(articles: Any, user: User | AnonymousUser) -> Any:
    others = Case(When(author_id=user.pk, then=0), default=1)
    return articles.drafts().order_by(others, "-updated_at")


def failed_images() -> Any:
    return Image.objects.filter(state=Image.State.FAILED)[:MOST_FAILURES]


def failed_imports() -> Any:
    """The failures of the last week; what is older has been seen."""
    since = timezone.now() - datetime.timedelta(days=7)
    return ImportRun.objects.filter(state=ImportRun.State.FAILED, created_at__gte=since)[:MOST_FAILURES]


def months(articles: Any) -> list[dict[str, Any]]:
    """What was published in each of the last months, oldest first, with the height of its bar in percent."""
    this_month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [month_before(this_month, number) for number in range(MONTHS - 1, -1, -1)]
    counted = (
        articles.published()
        .filter(published_at__gte=starts[0])
        .annotate(month=TruncMonth("published_at"))
        .order_by()
        .values_list("month")
        .annotate(number=Count("pk"))
    )
    numbers = {(month.year, month.month): number for month, number in counted}
    most = max(numbers.values(), default=0) or 1
    found = [(start, numbers.get((start.year, start.month), 0)) for start in starts]
    return [
        {
            "start": start,
            "number": number,
            "x": 4 + 20 * n,
            "y": 100 - 88 * number // most,
            "height": 88 * number // most,
        }
        for n, (start, number) in enumerate(found)
    ]


def month_before(start: datetime.datetime, number: int) -> datetime.datetime:
    """The first day of the month that many months before."""
    index = start.year * 12 + start.month - 1 - number
    return start.replace(year=index // 12, month=index % 12 + 1)
