"""A real worker process for tests: ``celery -A config worker`` against the database, cache and files of the tests."""

import os
import subprocess
import sys
import tempfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from celery import shared_task
from django.core.files.storage import storages
from django.db import connection

from articles.models import Image, ImportRun
from tests.servers import free_port, wait_for

ROOT = Path(__file__).resolve().parent.parent


@shared_task
def note_process(path: str) -> None:
    """Leaves the id of the process that runs it."""
    Path(path).write_text(str(os.getpid()))


def database_url() -> str:
    """The address of the test database, for another process."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return (
        f"postgresql://{quote(config['USER'])}:{quote(config['PASSWORD'] or '')}@{config['HOST']}:{config['PORT']}"
        f"/{config['NAME']}"
    )


class Worker:
    """Celery's worker with one pool process, started for the tests and stopped after them."""

    def __init__(self, **environment: str) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--include", "tests.worker"]
        command += ["--concurrency", "1", "--loglevel", "INFO", "--without-mingle", "--without-gossip"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database_url(), "LOG_LEVEL": "INFO"} | environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait_for(lambda: "ready" in self.read_log() or self.process.poll() is not None, "the worker is not ready", 30)
        assert self.process.poll() is None, self.read_log()

    @property
    def pid(self) -> int:
        return self.process.pid

    def read_log(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Mailbox:
    """Keeps what an SMTP server was given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture(scope="session")
def _mail_server():
    server = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mailbox(_mail_server):
    """What the worker has sent by SMTP during this test."""
    _mail_server.handler.messages.clear()
    return _mail_server.handler.messages


@pytest.fixture(scope="session")
def _worker(django_db_setup, django_db_blocker, _mail_server):
    with django_db_blocker.unblock():
        worker = Worker(EMAIL_URL=f"smtp://127.0.0.1:{_mail_server.port}")
    yield worker
    worker.stop()


@pytest.fixture
def celery_worker_process(transactional_db, settings, monkeypatch, _worker):
    """A worker that shares the test's database and files. What the test enqueues, it does."""
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "uploads": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": settings.DATA_DIR / "uploads", "base_url": None},
        },
    }
    for model in (Image, ImportRun):
        monkeypatch.setattr(model._meta.get_field("upload"), "storage", storages["uploads"])
    return _worker
