"""The one door to background work: after the transaction commits, a worker runs a Celery task."""

import threading
import time
from typing import Any

import structlog
from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)

# After a failure the broker is left alone for a while: a request with a hundred tasks waits once, not each time.
PAUSE_SECONDS = 5.0
_pause = threading.local()


def enqueue(task: Task, *args: Any, **kwargs: Any) -> None:
    """Runs ``task`` in a worker once the current transaction has committed.

    Arguments must be JSON. A broker that cannot be reached is logged and never fails the caller: what must not be
    forgotten leaves a row that a periodic task finds.
    """
    transaction.on_commit(lambda: send(task, args, kwargs))


def send(task: Task, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if not settings.BROKER_CONFIGURED:
        logger.warning("job_not_sent", task=task.name, error="no broker: set REDIS_URL or run `manage.py up`")
        return
    if time.monotonic() < getattr(_pause, "until", 0.0):
        logger.warning("job_not_sent", task=task.name, error="the broker was unreachable a moment ago")
        return
    try:
        task.apply_async(args, kwargs, retry=False)
    except OperationalError as error:
        _pause.until = time.monotonic() + PAUSE_SECONDS
        logger.warning("job_not_sent", task=task.name, error=str(error))
