"""Every response says how long it took, and every request leaves one line."""

import asyncio
import logging
import re
from http import HTTPStatus
from io import BytesIO

import pytest
import structlog
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.db import connection
from django.http import FileResponse, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from config import urls
from core.logging import escape_controls
from core.middleware import RequestTimingMiddleware


def plain(request, **kwargs):
    return HttpResponse("plain")


def query(request):
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT 1")
    cache.get("missing")
    cache.set("there", 1)
    cache.get_many(["there", "not there"])
    return HttpResponse("counted")


def who(request):
    return HttpResponse(str(request.user))


def stream(request):
    return StreamingHttpResponse(iter([b"one", b"two"]))


def file(request):
    return FileResponse(BytesIO(b"bytes"))


def unchanged(request):
    return HttpResponseNotModified()


def broken(request):
    raise ZeroDivisionError


async def waiting(request):
    """Counts as many misses as asked, and meanwhile lets others run."""
    for number in range(int(request.GET["misses"])):
        await cache.aget(f"missing {number}")
        await asyncio.sleep(0)
    return HttpResponse("waited")


async def stream_slowly(request):
    async def parts():
        yield b"one"
        yield b"two"

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("plain", plain),
    path("reset/<token>/", plain),
    path("query", query),
    path("who", who),
    path("stream", stream),
    path("file", file),
    path("unchanged", unchanged),
    path("broken", broken),
    path("waiting", waiting),
    path("stream-slowly", stream_slowly),
    # Error pages lead to the site's.
    *urls.urlpatterns,
]

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def lines(caplog):
    """The fields of the lines that requests have left."""
    caplog.set_level(logging.INFO, "request")
    return lambda: [record.msg for record in caplog.records if record.name == "request"]


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status"),
    [("/plain", 200), ("/stream", 200), ("/file", 200), ("/unchanged", 304), ("/nowhere.txt", 404), ("/broken", 500)],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_every_response_has_its_duration(visitor, caplog, address, status, method):
    caplog.set_level(logging.CRITICAL)
    response = getattr(visitor, method)(address)
    assert response.status_code == status
    assert re.fullmatch(r"\d+\.\d{4}s", response["X-Request-Duration"])
    assert re.fullmatch(r"total;dur=\d+\.\d\d", response["Server-Timing"])
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-Id"])


@pytest.mark.parametrize("address", ["/plain", "/stream-slowly", "/waiting?misses=1", "/nowhere.txt"])
def test_async_responses_have_it_too(address):
    response = async_to_sync(AsyncClient().get)(address)
    assert re.fullmatch(r"\d+\.\d{4}s", response["X-Request-Duration"])


def test_one_line_tells_what_the_request_cost(client, lines):
    client.get("/query?password=hunter2")
    (line,) = lines()
    assert (line["method"], line["path"], line["route"], line["status"]) == ("GET", "/query", "query", HTTPStatus.OK)
    assert (line["queries"], line["cache_hits"], line["cache_misses"]) == (3, 1, 2)
    assert line["duration_ms"] >= line["query_ms"] > 0
    assert "hunter2" not in str(line)


def test_a_stream_is_logged_when_it_has_ended(client, lines):
    response = client.get("/stream")
    assert lines() == []
    assert response.getvalue() == b"onetwo"
    (line,) = lines()
    assert line["duration_ms"] >= line["first_byte_ms"]


def test_a_stream_that_is_given_up_is_logged_too(client, lines):
    client.get("/stream").close()
    assert len(lines()) == 1


def test_an_error_names_its_type(visitor, lines):
    assert visitor.get("/broken").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert lines()[-1]["error"] == "ZeroDivisionError"


def test_a_reset_token_is_not_logged(client, lines):
    client.get("/reset/s3cr3t-token/")
    assert lines()[0]["path"] == "/reset/<token>/"


def test_staff_see_what_the_time_was_spent_on(client_of, administrator):
    assert "queries" in client_of(administrator).get("/who")["Server-Timing"]


def test_the_session_is_not_opened_to_find_out_who_asks(client_of, administrator, lines):
    assert "queries" not in client_of(administrator).get("/plain")["Server-Timing"]
    assert (lines()[0]["queries"], lines()[0]["user"]) == (0, None)


def test_debug_shows_it_to_everyone(client, settings):
    settings.DEBUG = True
    assert 'cache;desc="0 hits, 0 misses"' in client.get("/plain")["Server-Timing"]


def test_a_request_id_from_outside_is_not_believed(client):
    assert client.get("/plain", headers={"X-Request-Id": "chosen-by-me"})["X-Request-Id"] != "chosen-by-me"


@pytest.mark.parametrize(("given", "kept"), [("from-our-proxy", True), ("short", False), ("with a space", False)])
def test_a_request_id_from_our_proxy_is_kept(client, settings, given, kept):
    settings.TRUSTED_PROXIES = 1
    answered = client.get("/plain", headers={"X-Request-Id": given})["X-Request-Id"]
    assert (answered == given) is kept


def test_requests_at_the_same_time_do_not_mix_their_counts(lines):
    async def ask_together():
        browser = AsyncClient()
        await asyncio.gather(*(browser.get(f"/waiting?misses={count}") for count in (2, 9, 5, 0)))

    async_to_sync(ask_together)()
    assert sorted(line["cache_misses"] for line in lines()) == [0, 2, 5, 9]


def test_a_client_that_hangs_up_counts_as_499(rf, lines):
    async def hang(request):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        async_to_sync(RequestTimingMiddleware(hang))(rf.get("/plain"))
    assert lines()[0]["status"] == 499


def test_all_lines_of_a_request_have_its_id(rf):
    seen = []

    def view(request):
        seen.append(structlog.contextvars.get_contextvars())
        return HttpResponse()

    response = RequestTimingMiddleware(view)(rf.get("/plain"))
    assert seen == [{"request_id": response["X-Request-Id"]}]
    assert structlog.contextvars.get_contextvars() == {}


def test_control_characters_cannot_forge_a_line():
    event = escape_controls(None, "info", {"path": "/x\n2026 [info] forged \x1b[31m", "status": 200})
    assert event["path"] == "/x\\n2026 [info] forged \\x1b[31m"
