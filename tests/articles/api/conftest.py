import pytest
from rest_framework.test import APIClient


@pytest.fixture
def api(db):
    """A program that speaks JSON, as a stranger or as someone who is logged in."""

    def client(user=None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.force_login(user)
        return client

    return client
