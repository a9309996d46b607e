import pytest
import time_machine

pytestmark = pytest.mark.django_db

LIST = "/api/v1/articles/"


@pytest.fixture
def few(settings):
    settings.API_RATE_LIMITS = {"anonymous": (2, 60), "user": (3, 60)}


@time_machine.travel("2026-05-01T09:00:20Z", tick=False)
def test_too_many_requests_are_told_when_to_go_on(client, few):
    assert client.get(LIST)["RateLimit"] == '"anonymous";r=1;t=40'
    assert client.get(LIST)["RateLimit-Policy"] == '"anonymous";q=2;w=60'
    refused = client.get(LIST)
    assert (refused.status_code, refused["Retry-After"], refused["RateLimit"]) == (429, "40", '"anonymous";r=0;t=40')
    assert refused.json()["type"] == "urn:problem-type:throttled"


def test_the_next_window_begins_anew(client, few):
    with time_machine.travel("2026-05-01T09:00:00Z", tick=False):
        assert [client.get(LIST).status_code for _ in range(3)] == [200, 200, 429]
    with time_machine.travel("2026-05-01T09:01:00Z", tick=False):
        assert client.get(LIST).status_code == 200


@time_machine.travel("2026-05-01T09:00:00Z", tick=False)
def test_users_and_addresses_have_limits_of_their_own(client, few, editor):
    for address in ("192.0.2.1", "192.0.2.2"):
        assert client.get(LIST, REMOTE_ADDR=address)["RateLimit"] == '"anonymous";r=1;t=60'
    client.force_login(editor)
    assert client.get(LIST)["RateLimit"] == '"user";r=2;t=60'


@time_machine.travel("2026-05-01T09:00:00Z", tick=False)
def test_a_header_of_the_client_does_not_move_its_limit(client, few):
    for n in range(2):
        client.get(LIST, headers={"X-Forwarded-For": f"198.51.100.{n}"})
    assert client.get(LIST, headers={"X-Forwarded-For": "198.51.100.9"}).status_code == 429


def test_a_cache_that_is_away_stops_nobody(client, few, monkeypatch):
    monkeypatch.setattr("core.api.throttling.cache.incr", lambda key: None)
    assert [client.get(LIST).status_code for _ in range(4)] == [200] * 4
