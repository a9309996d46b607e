"""What was imported, from where, and how each run went."""

from django.conf import settings
from django.db import models

from articles.models.image import upload_storage


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
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.source_name} ({self.get_state_display()})"


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
