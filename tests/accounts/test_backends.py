import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from accounts import login_limits
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def log_in(password=PASSWORD, email="anna@example.org"):
    request = RequestFactory().post("/")
    return authenticate(request, email=email, password=password), login_limits.retry_after(request)


def test_no_door_gets_past_the_limit_whoever_calls_authenticate():
    anna = UserFactory(email="anna@example.org")
    assert log_in() == (anna, 0)
    for _ in range(login_limits.ACCOUNT_LOGINS.free + 1):
        assert log_in("wrong") == (None, 0)
    user, wait = log_in()
    assert user is None
    assert wait > 0


def test_a_login_that_succeeds_begins_anew():
    UserFactory(email="anna@example.org")
    for _ in range(3):
        for _ in range(login_limits.ACCOUNT_LOGINS.free):
            log_in("wrong")
        assert log_in()[0]


@pytest.mark.parametrize("email", [None, "", "  "])
def test_nobody_logs_in_without_an_email(email):
    UserFactory(email=None)
    UserFactory(email=None)
    assert log_in(email=email) == (None, 0)


def test_log_lines_have_no_email(caplog):
    UserFactory(email="anna@example.org")
    with caplog.at_level("INFO"):
        log_in("wrong")
        log_in()
    assert "login_failed" in caplog.text
    assert "anna" not in caplog.text
    assert PASSWORD not in caplog.text
