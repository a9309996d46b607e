"""What was imported, from where, and how each run went."""

import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.files.base import File
from django.db import models, transaction
from django.utils import timezone

from accounts.models import User
from articles.errors import ImportRefused
from core.jobs import enqueue
from core.media import upload_storage

# A run that has not said anything for so long was left by its worker.
SILENCE = datetime.timedelta(minutes=5)
MAX_ATTEMPTS = 3


class ImportTakenOver(Exception):
    """Another worker has this run now, since this one was silent for too long."""


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def start(self, upload: File, *, by: User, dry_run: bool = False) -> "ImportRun":
        """Keeps the file and sends it to a worker."""
        name = (upload.name or "upload").replace("\x00", "").rpartition("/")[2][:255]
        with transaction.atomic():
            run = self.create(source_name=name, upload=upload, started_by=by, dry_run=dry_run)
            run.send_to_worker()
        return run

    def waiting(self) -> Self:
        """What no worker is doing, though it should be done."""
        silent = timezone.now() - SILENCE
        return self.filter(
            models.Q(state=ImportRun.State.PENDING, created_at__lt=silent)
            | models.Q(state=ImportRun.State.RUNNING, heartbeat_at__lt=silent)
        )

    def resume(self) -> None:
        """Sends to a worker what was left: a run begins again, and what it had done stays done.

        One that was left again and again is given up, since it most likely kills its workers.
        """
        for run in self.waiting():
            if run.attempts < MAX_ATTEMPTS:
                run.send_to_worker()
            else:
                run.give_up()


class ImportRun(models.Model):
    """One import, started in the admin and done by a worker; ``report`` is the same as on the command line."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    source_name = models.CharField("file", max_length=255)
    upload = models.FileField(storage=upload_storage, upload_to="imports/", max_length=255)
    dry_run = models.BooleanField("only try", default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["ImportRun"]] = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.source_name} ({self.get_state_display()})"

    @property
    def percent(self) -> int:
        """How much is done, from 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0

    def send_to_worker(self) -> None:
        from articles.tasks import run_import  # tasks know the models, so the models cannot know them earlier

        enqueue(run_import, self.pk)

    def claim(self) -> bool:
        """Takes the run for this worker, if it is new or was left by another."""
        now = timezone.now()
        left = models.Q(state=self.State.RUNNING, heartbeat_at__lt=now - SILENCE)
        free = ImportRun.objects.filter(models.Q(state=self.State.PENDING) | left, pk=self.pk)
        claimed = free.update(
            state=self.State.RUNNING, heartbeat_at=now, done=0, error="", attempts=models.F("attempts") + 1
        )
        if claimed:
            self.refresh_from_db()
        return bool(claimed)

    def beat(self, done: int, total: int) -> None:
        """Says that the work goes on. Raises ImportTakenOver when it goes on elsewhere."""
        self._write(done=done, total=total)

    def finish(self, report: dict[str, object]) -> None:
        self._write(state=self.State.DONE, report=report, finished_at=timezone.now(), done=self.total)
        self._discard_upload()

    def fail(self, reason: str) -> None:
        self._write(state=self.State.FAILED, error=reason, finished_at=timezone.now())
        self._discard_upload()

    def give_up(self) -> None:
        reason = f"It broke off {self.attempts} times. The log of the worker says why; what was imported stays."
        left = ImportRun.objects.waiting().filter(pk=self.pk)
        if left.update(state=self.State.FAILED, error=reason, finished_at=timezone.now()):
            self._discard_upload()

    def perform(self) -> None:
        """Does the import, unless another worker has it."""
        from articles.importing import running  # the importer knows the models

        if not self.claim():
            return
        try:
            report = running.import_upload(self)
        except ImportRefused as refusal:
            self.fail(str(refusal))
        except ImportTakenOver:
            return
        else:
            self.finish(report.as_json())

    def _write(self, **fields: object) -> None:
        """Changes the row as long as the last heartbeat is this worker's own."""
        now = timezone.now()
        mine = ImportRun.objects.filter(pk=self.pk, state=self.State.RUNNING, heartbeat_at=self.heartbeat_at)
        if not mine.update(heartbeat_at=now, **fields):
            raise ImportTakenOver
        self.heartbeat_at = now
        for name, value in fields.items():
            setattr(self, name, value)

    def _discard_upload(self) -> None:
        self.upload.delete(save=False)
        ImportRun.objects.filter(pk=self.pk).update(upload="")


class ImportedItem(models.Model):
    """Which row here came from which item there, so that importing again adds nothing twice.

    ``source`` names the other site, ``kind`` and ``key`` the item in it. ``fingerprint`` is a digest of what was
    imported, and ``version`` the article's version right after: both unchanged means there is nothing to do.
    """

    source = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=500)
    object_id = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "key"], name="imported_item_unique")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
