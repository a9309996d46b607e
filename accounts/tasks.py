"""What workers do for accounts."""

from importlib import import_module
from smtplib import SMTPException
from typing import Any

from celery import Task, shared_task
from django.conf import settings

from accounts import mail, tokens
from accounts.models import User


class MailTask(Task):
    """Tries again later: refusals of a mail server are often temporary (greylisting, a full queue, a restart)."""

    autoretry_for = (SMTPException, OSError)
    max_retries = 8
    retry_backoff = 10
    retry_backoff_max = 1800
    soft_time_limit = 60
    time_limit = 90


@shared_task(base=MailTask)
def send_mail_message(template: str, to: str, context: dict[str, Any]) -> None:
    mail.send_mail(template, to, context)


@shared_task(base=MailTask)
def send_password_reset(email: str) -> None:
    """The address may belong to nobody: the request must not take longer for those who exist."""
    for user in User.objects.filter(email=email, is_active=True):
        user.mail_password_reset()


# Without late acknowledgement: a picture that ends its worker must not be delivered to the next at once.
@shared_task(acks_late=False, soft_time_limit=60, time_limit=90)
def process_avatar(pk: int, upload: str) -> None:
    for user in User.objects.filter(pk=pk, avatar_upload=upload):
        user.make_avatar(upload)


@shared_task
def repair_avatars() -> None:
    for user in User.objects.exclude(avatar_upload="")[:100]:
        user.send_avatar_to_worker()


@shared_task
def flush_expired_tokens() -> None:
    tokens.delete_expired()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
