"""Probes answer to anyone, tell what is wrong, and no more."""

import json

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import OperationalError
from django.test import AsyncClient

from core import health


def broken(*args, **kwargs):
    raise OperationalError("could not connect to server db.internal password=hunter2")


def test_the_process_answers_without_a_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_everything_is_ready(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert {name: part["status"] for name, part in response.json()["parts"].items()} == {
        "database": "ok",
        "migrations": "ok",
        "cache": "ok",
        "broker": "ok",
    }


@pytest.mark.django_db(transaction=True)
def test_probes_answer_under_asgi():
    response = async_to_sync(AsyncClient().get)("/readyz")
    assert json.loads(response.content)["status"] == "ok"


def test_without_a_database_it_is_not_ready_and_says_no_secrets(client, monkeypatch):
    monkeypatch.setattr(connection, "cursor", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["database"]["status"] == "unreachable"
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_pending_migrations_are_not_ready(client, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr("core.health.MigrationExecutor.migration_plan", lambda *_: ["0002_more"])
    response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["migrations"]["status"]) == (503, "pending")


def test_a_command_without_its_tables_says_what_to_run(monkeypatch):
    monkeypatch.setattr(health, "check_migrations", lambda: "pending")
    with pytest.raises(CommandError, match=r"manage\.py migrate"):
        call_command("import_content", "export.xml")


@pytest.mark.django_db
def test_without_redis_it_is_degraded_but_serves(client, settings, tmp_path):
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/nobody.sock", "KEY_PREFIX": "away"}
    }
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["parts"]["cache"]["status"] == "unreachable"


def test_probes_answer_under_any_name_and_without_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["news.example.org"]
    assert client.get("/healthz", headers={"host": "10.0.0.7"}).status_code == 200


def test_probes_are_only_read(client):
    assert client.post("/healthz").status_code == 405
