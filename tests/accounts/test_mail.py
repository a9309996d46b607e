from smtplib import SMTPServerDisconnected

import pytest
from celery.exceptions import Retry
from django.core import mail as outbox

from accounts import tasks
from accounts.mail import send_mail
from tests.factories import UserFactory
from tests.servers import wait_for

CONTEXT = {"name": "Anna & <Bob>", "link": "https://news.example.org/x?a=1&b=2"}


@pytest.mark.parametrize("template", ["password_reset", "password_changed"])
def test_a_mail_has_a_subject_a_text_and_html(settings, template):
    settings.SITE_NAME = "Tide & Time"
    send_mail(template, "anna@example.org", CONTEXT)
    (message,) = outbox.outbox
    assert message.to == ["anna@example.org"]
    assert "Tide & Time" in message.subject
    assert "Anna & <Bob>" in message.body
    assert CONTEXT["link"] in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "Anna &amp; &lt;Bob&gt;" in html
    assert 'href="https://news.example.org/x?a=1&amp;b=2"' in html


def test_a_line_break_begins_no_header(settings):
    settings.SITE_NAME = "Tide\r\nBcc: all@example.org"
    send_mail("password_reset", "anna@example.org", CONTEXT)
    assert "\n" not in outbox.outbox[0].subject
    assert outbox.outbox[0].recipients() == ["anna@example.org"]


def test_a_mail_does_not_tell_the_name_of_the_machine(settings):
    settings.SITE_URL = "https://news.example.org"
    send_mail("password_reset", "anna@example.org", CONTEXT)
    assert outbox.outbox[0].message()["Message-ID"].endswith("@news.example.org>")


def test_a_mail_server_that_hangs_up_is_tried_again(monkeypatch):
    def hang_up(*args):
        raise SMTPServerDisconnected("try later")

    monkeypatch.setattr("accounts.mail.send_mail", hang_up)
    with pytest.raises(Retry):
        tasks.send_mail_message.apply(args=["password_reset", "anna@example.org", CONTEXT], throw=True)
    assert tasks.send_mail_message.max_retries == 8


@pytest.mark.django_db(transaction=True)
def test_the_worker_process_sends_the_mail(celery_worker_process, mailbox, client):
    UserFactory(name="Anna", email="anna@example.org")
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    wait_for(lambda: mailbox, "no mail came", 20)
    (message,) = mailbox
    assert message["To"] == "anna@example.org"
    assert message.get_content_type() == "multipart/alternative"
