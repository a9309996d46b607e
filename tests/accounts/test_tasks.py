import datetime

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import tasks
from accounts.models import TokenFamily
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_what_has_expired_is_deleted_every_night():
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    for key, expires in (("old", now - hour), ("new", now + hour)):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
        TokenFamily.objects.create(user=UserFactory(), expires_at=expires)
    tasks.flush_expired_tokens()
    assert Session.objects.get().session_key == "new"
    assert TokenFamily.objects.get().expires_at == now + hour


def test_a_task_for_someone_who_was_deleted_does_nothing():
    tasks.process_avatar(4711, "avatars/none")
    tasks.send_password_reset("nobody@example.org")
