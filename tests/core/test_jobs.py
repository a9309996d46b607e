"""The door to background work never fails, and never holds up, whoever goes through it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import shared_task
from django.db import transaction

from core import jobs

ROOT = Path(__file__).resolve().parents[2]


@shared_task
def nothing() -> None: ...


@pytest.fixture
def sent(monkeypatch):
    tasks = []
    monkeypatch.setattr(jobs, "send", lambda task, args, kwargs: tasks.append((task.name, args, kwargs)))
    return tasks


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_after_the_commit(sent):
    with transaction.atomic():
        jobs.enqueue(nothing, 1, key="value")
        assert sent == []
    assert sent == [(nothing.name, (1,), {"key": "value"})]


@pytest.mark.django_db(transaction=True)
def test_a_task_of_a_transaction_that_failed_never_leaves(sent):
    with transaction.atomic():
        jobs.enqueue(nothing)
        transaction.set_rollback(True)
    assert sent == []


SCRIPT = """
import time, django
django.setup()
from celery import shared_task
from core.jobs import send
@shared_task
def task(): ...
started = time.perf_counter()
for _ in range(20):
    send(task, (), {})
print(time.perf_counter() - started)
"""


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "unix:///nowhere.sock", "amqp://127.0.0.1:1//"])
def test_a_broker_that_is_away_holds_nobody_up(broker):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"BROKER_URL": broker, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 1
    assert "job_not_sent" in done.stderr


def test_without_a_broker_the_log_says_what_to_do(settings, caplog):
    settings.BROKER_CONFIGURED = False
    started = time.monotonic()
    jobs.send(nothing, (), {})
    assert time.monotonic() - started < 1
    assert "REDIS_URL" in str(caplog.records[0].msg)
