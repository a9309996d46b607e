import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Image, ImportRun
from tests.factories import ArticleFactory

DESK = reverse("admin:index")

pytestmark = pytest.mark.django_db


def test_the_desk_says_what_is_live_scheduled_and_in_draft(client_of, editor):
    ArticleFactory.create_batch(2, published=True)
    ArticleFactory(scheduled=True, title="Due soon")
    ArticleFactory(title="Half a thought")
    context = client_of(editor).get(DESK).context
    assert context["totals"] == {"live": 2, "scheduled": 1, "drafts": 1, "expired": 0, "failing": 0}
    assert [str(article) for article in context["scheduled"]] == ["Due soon"]
    assert [str(article) for article in context["drafts"]] == ["Half a thought"]


def test_the_next_to_go_public_stands_first(client_of, editor):
    now = timezone.now()
    for days in (3, 1, 9, 2, 5, 4):
        ArticleFactory(title=f"in {days}", published_at=now + datetime.timedelta(days=days))
    scheduled = client_of(editor).get(DESK).context["scheduled"]
    assert [str(article) for article in scheduled] == ["in 1", "in 2", "in 3", "in 4", "in 5"]


def test_ones_own_drafts_stand_first(client_of, editor):
    mine = ArticleFactory(author=editor)
    ArticleFactory()
    assert client_of(editor).get(DESK).context["drafts"][0] == mine


def test_an_author_sees_only_their_own(client_of, author):
    ArticleFactory(title="Secret plan")
    page = client_of(author).get(DESK)
    assert "Secret plan" not in page.content.decode()
    assert page.context["totals"]["drafts"] == 0


def test_what_failed_stands_first_with_the_reason(client_of, editor, author):
    Image.objects.create(
        sha256="0" * 64, name="images/00/0.png", width=1, height=1, state="failed", error="It ends too early.",
        original_name="fog.png",
    )  # fmt: skip
    ImportRun.objects.create(source_name="old.zip", upload="x", state="failed", error="It is no archive.")
    page = client_of(editor).get(DESK).content.decode()
    assert "It ends too early." in page
    assert "It is no archive." in page
    assert "It is no archive." not in client_of(author).get(DESK).content.decode()


@time_machine.travel("2026-03-15 12:00", tick=False)
def test_the_months_are_counted_by_the_sites_calendar(client_of, editor, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    # Half past eleven at night in UTC is already March in Berlin.
    ArticleFactory(published_at=datetime.datetime(2026, 2, 28, 23, 30, tzinfo=datetime.UTC))
    ArticleFactory(published_at=datetime.datetime(2025, 4, 2, tzinfo=datetime.UTC))
    months = client_of(editor).get(DESK).context["months"]
    counted = [(month["start"].strftime("%Y-%m"), month["number"]) for month in months]
    assert counted[0] == ("2025-04", 1)
    assert counted[-1] == ("2026-03", 1)
    assert len(counted) == 12


def test_an_empty_desk_teaches(client_of, editor):
    page = client_of(editor).get(DESK).content.decode()
    assert "No articles yet" in page
    assert "Import a site" in page


def test_queries_of_the_desk_do_not_grow(client_of, editor):
    client = client_of(editor)
    counts = []
    for number in (1, 10):
        ArticleFactory.create_batch(number, published=True)
        ArticleFactory.create_batch(number, scheduled=True)
        client.get(DESK)
        with CaptureQueriesContext(connection) as captured:
            client.get(DESK)
        counts.append(len(captured))
    assert counts[0] == counts[1]
