import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer

from tests.factories import TagFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/tags/"


@pytest.fixture
def tags(editor, client):
    client.force_login(editor)
    # Equal names: only the primary key tells them apart.
    return [TagFactory(name=name) for name in "aabbbc"]


def walk(client, url, direction="next"):
    pages = []
    while url:
        body = client.get(url).json()
        pages.append([item["slug"] for item in body["results"]])
        url = body[direction]
    return pages


@pytest.mark.parametrize("ordering", ["name", "-name"])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7])
def test_every_row_comes_once_in_both_directions(client, tags, ordering, limit):
    forward = walk(client, f"{LIST}?ordering={ordering}&limit={limit}")
    assert [slug for page in forward for slug in page] == [
        tag.slug for tag in (tags if ordering == "name" else reversed(tags))
    ]
    last = client.get(f"{LIST}?ordering={ordering}&limit={limit}").json()
    while last["next"]:
        last = client.get(last["next"]).json()
    back = walk(client, last["previous"], "previous")
    assert back[::-1] == forward[:-1]


def test_the_first_page_has_no_previous_and_the_last_no_next(client, tags):
    first = client.get(LIST, {"limit": 3}).json()
    last = client.get(first["next"]).json()
    assert first["previous"] is None
    assert last["next"] is None
    assert client.get(last["previous"]).json()["previous"] is None


def test_links_keep_the_filters_and_stand_in_the_header_too(client, tags):
    response = client.get(LIST, {"q": "b", "limit": 1})
    url = response.json()["next"]
    assert response["Link"] == f'<{url}>; rel="next"'
    assert {name: value for name, [value] in parse_qs(urlsplit(url).query).items() if name != "cursor"} == {
        "q": "b",
        "limit": "1",
    }
    assert walk(client, url) == [["b-2"], ["b-3"]]


def test_a_cursor_is_refused_when_it_is_not_ours(client, tags):
    good = parse_qs(urlsplit(client.get(LIST, {"limit": 1}).json()["next"]).query)["cursor"][0]
    forged = Signer(salt="elsewhere").sign_object({"by": "name", "value": "a", "pk": 1, "backward": False})
    for cursor in ("x", good[:-1], "A" + good, forged, json.dumps({"pk": 1}), "\0", "é", "x" * 2000):
        response = client.get(LIST, {"cursor": cursor})
        assert response.status_code == 400, cursor
        assert response.json()["errors"][0]["parameter"] == "cursor"
    assert client.get(LIST, {"cursor": good, "ordering": "-name"}).status_code == 400


def test_an_empty_list_is_a_page(client):
    assert client.get("/api/v1/articles/").json() == {"results": [], "next": None, "previous": None}
