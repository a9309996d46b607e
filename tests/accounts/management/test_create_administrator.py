import io
import re

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.management.commands import create_administrator
from accounts.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def run(**options) -> str:
    output = io.StringIO()
    call_command("create_administrator", stdout=output, stderr=output, **options)
    return output.getvalue()


@pytest.fixture
def type_in(monkeypatch):
    """Sits at a terminal and types one line after the other."""

    def prepare(*lines: str) -> None:
        typed = iter(lines)

        def answer(prompt: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr(create_administrator.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
        monkeypatch.setattr("builtins.input", answer)
        monkeypatch.setattr(create_administrator, "getpass", answer)

    return prepare


def test_without_a_terminal_a_password_is_generated_and_printed_once():
    password = re.search(r"password  (\S+)", run(interactive=False))[1]
    assert len(password) >= 20
    user = authenticate(email="admin@localhost", password=password)
    assert (user.role, user.is_superuser) == ("administrator", True)
    assert run(interactive=False) == "There is an administrator already.\n"


def test_each_password_is_another():
    first = run(interactive=False)
    User.objects.all().delete()
    assert run(interactive=False) != first


def test_on_a_terminal_everything_is_asked(type_in):
    type_in("Anna@Example.org", "Anna", "correct horse battery", "correct horse battery")
    assert "Created the administrator Anna <anna@example.org>." in run(interactive=True)
    assert authenticate(email="anna@example.org", password="correct horse battery").is_superuser


def test_what_cannot_be_is_asked_again_with_the_reason(type_in):
    UserFactory(email="taken@example.org")
    type_in(
        "not an address", "", "taken@example.org", "anna@example.org",
        " ", "Anna",
        "short", "anna@example.org", "correct horse battery",
        "another", "correct horse battery",
    )  # fmt: skip
    output = run(interactive=True)
    reasons = "valid email,needs an e-mail,taken@example.org belongs,cannot be blank,too short,too similar,another one"
    assert not [reason for reason in reasons.split(",") if reason not in output]


def test_a_password_is_never_shown_on_a_terminal(type_in):
    type_in("anna@example.org", "Anna", "correct horse battery", "correct horse battery")
    assert "correct horse" not in run(interactive=True)


def test_an_input_that_ends_makes_nobody(type_in):
    type_in("anna@example.org")
    with pytest.raises(CommandError, match="--no-input"):
        run(interactive=True)
    assert not User.objects.exists()


def test_someone_who_is_switched_off_does_not_count():
    UserFactory(is_superuser=True, is_active=False)
    assert "Created the first administrator" in run(interactive=False)


@pytest.mark.parametrize("email", ["nonsense", "taken@example.org"])
def test_an_email_that_cannot_be_is_refused(email):
    UserFactory(email="taken@example.org")
    with pytest.raises(CommandError, match=f"--email {email}"):
        run(interactive=False, email=email)
