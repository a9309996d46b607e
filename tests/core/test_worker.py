"""What a worker process does, seen from another process: these tests write and look, and a real worker works."""

import io
import os
import signal
import zipfile
from pathlib import Path

from django.core import mail
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from articles import renditions
from articles.models import Article, Image, ImportRun
from core.jobs import enqueue
from tests.factories import UserFactory
from tests.pictures import photo
from tests.servers import wait_for
from tests.worker import note_process


def test_a_task_runs_in_another_process(celery_worker_process, tmp_path):
    note = tmp_path / "pid"
    enqueue(note_process, str(note))
    wait_for(lambda: note.exists() and note.read_text(), celery_worker_process.read_log())
    assert int(note.read_text()) not in (os.getpid(), celery_worker_process.pid)


def test_a_task_waits_for_the_commit(celery_worker_process, tmp_path):
    note = tmp_path / "pid"
    with transaction.atomic():
        enqueue(note_process, str(note))
        assert not note.exists()
    wait_for(note.exists, celery_worker_process.read_log())


def test_a_pool_process_that_is_killed_is_replaced(celery_worker_process, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    enqueue(note_process, str(first))
    wait_for(lambda: first.exists() and first.read_text(), celery_worker_process.read_log())
    os.kill(int(first.read_text()), signal.SIGKILL)
    enqueue(note_process, str(second))
    wait_for(lambda: second.exists() and second.read_text(), celery_worker_process.read_log(), 20)
    assert second.read_text() != first.read_text()


def test_a_picture_and_its_renditions_are_made_by_the_worker(celery_worker_process, settings, monkeypatch):
    monkeypatch.setattr(renditions, "prepare", None)
    image = Image.objects.store(ContentFile(photo(700, 500), name="pier.jpg"), by=UserFactory(), alt="A pier")
    assert image.state == Image.State.PENDING
    wait_for(lambda: Image.objects.get(pk=image.pk).state != Image.State.PENDING, "the picture still waits", 60)
    image.refresh_from_db()
    assert image.state == Image.State.READY, celery_worker_process.read_log()
    assert (Path(settings.MEDIA_ROOT) / image.name).stat().st_size > 0
    assert {rendition.width for rendition in image.renditions.all()} >= {320, 640}


def a_site_with_a_picture() -> ContentFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("posts/tide.md", "---\ntitle: Tide\ndate: 2020-01-01\n---\n![A pier](pier.jpg)")
        archive.writestr("posts/pier.jpg", photo(700, 500))
    return ContentFile(buffer.getvalue(), "site.zip")


def test_an_import_and_the_renditions_of_its_picture_are_made_by_the_worker(celery_worker_process, monkeypatch):
    monkeypatch.setattr(ImportRun, "perform", None)
    monkeypatch.setattr(renditions, "prepare", None)
    run = ImportRun.objects.start(a_site_with_a_picture(), by=UserFactory(role="editor"))
    assert run.state == ImportRun.State.PENDING
    wait_for(lambda: ImportRun.objects.get(pk=run.pk).finished_at, "the import has not ended", 60)
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", ""), celery_worker_process.read_log()
    assert (run.report["articles"]["created"], run.report["images"]["created"], run.report["problems"]) == (1, 1, [])
    wait_for(lambda: Image.objects.get().state != Image.State.PENDING, "the picture still waits", 60)
    image = Image.objects.get()
    assert image.state == Image.State.READY, celery_worker_process.read_log()
    assert {rendition.width for rendition in image.renditions.all()} >= {320, 640}
    assert Article.objects.get().content == f"![A pier](/media/{image.name})"


def test_a_mail_is_sent_by_the_worker_over_smtp(celery_worker_process, mailbox, client):
    user = UserFactory(email="anna@example.org")
    client.post(reverse("accounts:password_reset"), {"email": user.email})
    wait_for(lambda: mailbox, celery_worker_process.read_log(), 20)
    assert mailbox[0]["To"] == "anna@example.org"
    assert mail.outbox == []
