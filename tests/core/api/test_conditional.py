import pytest
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from core.api.conditional import check_if_match, etag
from core.api.problems import PreconditionFailed, PreconditionRequired


def asking(value=None):
    headers = {} if value is None else {"If-Match": value}
    return Request(APIRequestFactory().put("/", headers=headers))


@pytest.mark.parametrize("given", ['"7"', '"7-abc"', 'W/"7-abc"', '"6", "7"', "*"])
def test_the_current_version_matches(given):
    check_if_match(asking(given), '"7"')


@pytest.mark.parametrize("given", ['"6"', '"77"', '"-7"', '""'])
def test_another_version_does_not(given):
    with pytest.raises(PreconditionFailed):
        check_if_match(asking(given), '"7"')


@pytest.mark.parametrize("given", ["7", "W/7", "{}", ","])
def test_what_is_no_etag_is_refused(given):
    with pytest.raises(ParseError):
        check_if_match(asking(given), '"7"')


def test_none_is_asked_for_where_it_is_required():
    with pytest.raises(PreconditionRequired):
        check_if_match(asking(), '"7"')
    check_if_match(asking(), '"7"', required=False)


def test_an_etag_changes_with_what_is_shown():
    assert etag({"a": 1}, 7).startswith('"7-')
    assert etag({"a": 1}) != etag({"a": 2})
    assert etag({"a": 1}) == etag({"a": 1})
