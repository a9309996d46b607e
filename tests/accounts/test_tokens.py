import datetime
import threading

import jwt
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import TokenFamily
from accounts.tokens import InvalidToken

pytestmark = pytest.mark.django_db

OBTAIN, REFRESH, REVOKE = "/api/v1/token/", "/api/v1/token/refresh/", "/api/v1/token/revoke/"
PASSWORD = "correct horse battery"


def post(path, **body):
    return Client().post(path, body, content_type="application/json")


def asks(access):
    """The status with which a request that needs a user is answered."""
    return Client().get("/api/v1/images/", headers={"Authorization": f"Bearer {access}"}).status_code


def forge(author, key=None, algorithm="HS256", kind=tokens.ACCESS, **changes):
    pair = tokens.issue(author)
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    secret = tokens._signing_key("only-for-tests-" + "0123456789" * 5) if key is None else key
    return jwt.encode(claims, secret, algorithm, headers={"typ": kind})


def test_a_password_gives_tokens_that_log_in(author):
    response = post(OBTAIN, email=author.email.upper(), password=PASSWORD)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json()["token_type"] == "Bearer"
    assert response.json()["expires_in"] <= 600
    assert asks(response.json()["access"]) == 200


@pytest.mark.parametrize("body", [{"email": "nobody@example.org"}, {"password": "wrong"}])
def test_wrong_credentials_get_one_answer(author, body):
    response = post(OBTAIN, **{"email": author.email, "password": PASSWORD, **body})
    assert response.status_code == 401
    assert response.json()["detail"] == "The e-mail address and the password do not belong together."
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "x"},
        {"email": "a@b.org", "password": "x", "role": "editor"},
        {"email": "a@b.org", "password": "\0"},
    ],
)
def test_a_wrong_body_is_refused(body, db):
    assert post(OBTAIN, **body).status_code == 400


def test_an_inactive_user_gets_no_token(author):
    author.is_active = False
    author.save()
    assert post(OBTAIN, email=author.email, password=PASSWORD).status_code == 401


def test_a_refresh_token_is_good_once(author):
    first = tokens.issue(author)
    second = post(REFRESH, refresh=first.refresh).json()
    assert asks(second["access"]) == 200
    assert post(REFRESH, refresh=first.refresh).status_code == 401
    # Whoever stole it is out, and so is whoever it was stolen from.
    assert post(REFRESH, refresh=second["refresh"]).status_code == 401
    assert asks(second["access"]) == 401


def test_families_do_not_touch_each_other(author):
    stolen, other = tokens.issue(author), tokens.issue(author)
    tokens.rotate(stolen.refresh)
    with pytest.raises(InvalidToken):
        tokens.rotate(stolen.refresh)
    assert tokens.user_of(other.access) == author


@pytest.mark.django_db(transaction=True)
def test_of_many_refreshes_at_once_at_most_one_succeeds(author):
    pair, outcomes = tokens.issue(author), []
    barrier = threading.Barrier(6)

    def refresh():
        barrier.wait()
        outcomes.append(post(REFRESH, refresh=pair.refresh).status_code)
        connection.close()

    threads = [threading.Thread(target=refresh) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) in ([200, *[401] * 5], [401] * 6)
    assert not TokenFamily.objects.exists()


def test_logging_out_ends_the_family(author):
    pair = tokens.issue(author)
    assert post(REVOKE, refresh=pair.refresh).status_code == 204
    assert asks(pair.access) == 401
    assert post(REFRESH, refresh=pair.refresh).status_code == 401
    assert post(REVOKE, refresh=pair.refresh).status_code == 401


@pytest.mark.parametrize("end", ["deactivate", "delete", "change the password", "take the role"])
def test_tokens_end_with_what_they_stand_for(author, end):
    pair = tokens.issue(author)
    if end == "delete":
        author.delete()
    elif end == "deactivate":
        author.is_active = False
        author.save()
    elif end == "change the password":
        author.set_password("another long password")
        author.save()
    else:
        author.assign_role("reader")
    assert asks(pair.access) == (403 if end == "take the role" else 401)
    assert post(REFRESH, refresh=pair.refresh).status_code == (200 if end == "take the role" else 401)


def test_tokens_expire(author):
    pair = tokens.issue(author)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=10, seconds=1), tick=False):
        assert asks(pair.access) == 401
        pair = tokens.rotate(pair.refresh)
        assert asks(pair.access) == 200
    with time_machine.travel(timezone.now() + datetime.timedelta(days=15), tick=False):
        assert post(REFRESH, refresh=pair.refresh).status_code == 401


def test_expired_families_are_deleted(author):
    tokens.issue(author)
    tokens.delete_expired()
    assert TokenFamily.objects.exists()
    with time_machine.travel(timezone.now() + datetime.timedelta(days=15), tick=False):
        tokens.delete_expired()
    assert not TokenFamily.objects.exists()


def test_one_kind_of_token_is_not_the_other(author):
    pair = tokens.issue(author)
    assert asks(pair.refresh) == 401
    assert post(REFRESH, refresh=pair.access).status_code == 401
    assert post(REVOKE, refresh=pair.access).status_code == 401
    assert tokens.user_of(pair.access) == author


def test_a_true_forgery_would_pass_so_that_the_others_show_something(author):
    assert asks(forge(author)) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"another key of thirty-two bytes!!"},
        {"key": b"only-for-tests-" + b"0123456789" * 5},
        {"algorithm": "HS512", "key": b"k" * 64},
        {"algorithm": "none", "key": ""},
        {"kind": "JWT"},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"exp": None},
        {"exp": 1},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": "999999"},
        {"sub": "x"},
        {"fam": "x"},
        {"fam": None},
        {"pwd": "x"},
        {"pwd": None},
    ],
)
def test_forged_tokens_are_refused(author, changes):
    assert asks(forge(author, **changes)) == 401


def test_a_token_without_its_signature_is_refused(author):
    head, body, _ = tokens.issue(author).access.split(".")
    for damaged in (f"{head}.{body}.", f"{head}.{body}", f"{head}..", "...", "x", "ä", f"{head}.{body}.AAAA"):
        assert asks(damaged.encode().decode("latin-1")) == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \x80", "bearer x"])
def test_a_malformed_header_is_refused(db, header):
    response = Client().get("/api/v1/articles/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_tokens_outlive_a_rotation_of_the_secret_key(author, settings):
    pair = tokens.issue(author)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert tokens.user_of(tokens.rotate(pair.refresh).access) == author
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        tokens.user_of(pair.access)


def test_a_token_needs_no_csrf_token_and_a_session_does(author):
    client = Client(enforce_csrf_checks=True)
    bearer = {"Authorization": f"Bearer {tokens.issue(author).access}"}
    post = {"path": "/api/v1/articles/", "data": {"title": "T"}, "content_type": "application/json"}
    assert client.post(**post, headers=bearer).status_code == 201
    client.force_login(author)
    assert client.post(**post).status_code == 403


def test_guessing_passwords_is_slowed_down_and_says_for_how_long(author):
    statuses = [post(OBTAIN, email=author.email, password=f"wrong {n}").status_code for n in range(8)]
    assert statuses[:5] == [401] * 5
    refused = post(OBTAIN, email=author.email, password=PASSWORD)
    assert (statuses[-1], refused.status_code) == (429, 429)
    assert int(refused["Retry-After"]) > 0
    assert not TokenFamily.objects.exists()
