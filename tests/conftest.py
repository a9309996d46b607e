"""Fixtures for all tests: people with roles, a clean cache, files that go nowhere."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import Client
from hypothesis import settings as hypothesis_settings

from accounts.models import User
from articles.models import Image, ImportRun
from tests.factories import UserFactory
from tests.worker import _mail_server, _worker, celery_worker_process, mailbox  # noqa: F401 - fixtures

# A red run says something about the change, so it meets the same examples each time; at the desk they vary.
hypothesis_settings.register_profile("ci", derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "default")

# A browser is no part of the first test run; `.ci/run` installs what these need.
collect_ignore = [] if find_spec("playwright") else ["journeys", "checkers", "browser.py"]

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("shared_data") and not SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="the shared collections are not beside this checkout"))
        database = item.get_closest_marker("django_db")
        fixtures = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
        if fixtures or (database and database.kwargs.get("transaction")):
            # Such a test leaves all tables empty; this puts back the roles that the migrations made.
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


@pytest.fixture(autouse=True)
def _storage(settings, tmp_path, monkeypatch):
    """Files of a test stay in its own directory; static files need no manifest."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "uploads": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "uploads", "base_url": None},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    for model, field in ((Image, "upload"), (ImportRun, "upload"), (User, "avatar_upload")):
        # A field asks for its storage once, when the models are loaded.
        monkeypatch.setattr(model._meta.get_field(field), "storage", storages["uploads"])


@pytest.fixture(autouse=True)
def _empty_cache():
    cache.clear()


@pytest.fixture
def shared_data() -> Path:
    return SHARED_DATA


@pytest.fixture
def reader(db):
    return UserFactory(name="Rita Reader", role="reader")


@pytest.fixture
def author(db):
    return UserFactory(name="Anna Author", role="author")


@pytest.fixture
def editor(db):
    return UserFactory(name="Edgar Editor", role="editor")


@pytest.fixture
def administrator(db):
    return UserFactory(name="Adele Administrator", role="administrator", is_superuser=True)


@pytest.fixture
def client_of():
    """A browser in which the given user is logged in."""

    def log_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in
