import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.test import RequestFactory

from core.errors import bad_request, server_error


def answer_to(error):
    try:
        raise error
    except Exception:  # noqa: BLE001
        return server_error(RequestFactory().get("/"))


@pytest.mark.parametrize("error", [OperationalError("no connection"), InterfaceError("closed")])
def test_a_database_out_of_reach_is_a_503_with_a_time_to_come_back(error):
    response = answer_to(error)
    assert (response.status_code, response["Retry-After"]) == (503, "30")


@pytest.mark.parametrize("error", [ValueError("secret"), DataError("secret")])
def test_every_other_error_is_a_500_that_tells_nothing(error):
    response = answer_to(error)
    assert response.status_code == 500
    assert b"secret" not in response.content
    assert response["Cache-Control"] == "no-store"


def test_the_pages_for_errors_carry_the_name_of_the_site(settings):
    settings.SITE_NAME = "The Harbour Review"
    request = RequestFactory().get("/")
    for response in (answer_to(ValueError()), bad_request(request, ValueError())):
        assert "The Harbour Review" in response.content.decode()
