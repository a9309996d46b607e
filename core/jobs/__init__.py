"""The one door to background work: after the transaction commits, a worker runs a Celery task."""

from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def enqueue(task: Task, *args: Any, **kwargs: Any) -> None:
    """Runs ``task`` in a worker once the current transaction has committed.

    Arguments must be JSON. A broker that cannot be reached is logged and never fails the caller: what must not be
    forgotten leaves a row that a periodic task finds.
    """

    def send() -> None:
        try:
            task.apply_async(args, kwargs, retry=False)
        except OperationalError as error:
            logger.warning("job_not_sent", task=task.name, error=str(error))

    transaction.on_commit(send)
