"""Makes the first administrator, without whom nobody could enter the admin."""

import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import IntegrityError

from accounts.models import User
from core.health import require_migrations

GENERATED_EMAIL = "admin@localhost"


class Command(BaseCommand):
    help = "Makes the first administrator: asks on a terminal, else generates a password and prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", help=f"E-mail to log in with ({GENERATED_EMAIL} when nothing can be asked).")
        parser.add_argument("--name", default="Administrator", help="Name of the administrator.")
        parser.add_argument("--no-input", action="store_false", dest="interactive", help="Asks nothing.")

    def handle(self, *, email: str | None, name: str, interactive: bool, **options: Any) -> None:
        require_migrations()
        if User.objects.filter(is_superuser=True, is_active=True).exists():
            self.stdout.write("There is an administrator already.")
        elif interactive and sys.stdin.isatty():
            self.ask(email)
        else:
            self.generate(email or GENERATED_EMAIL, name)

    def ask(self, email: str | None) -> None:
        self.stdout.write("\nThe first administrator. Nobody else can log in yet.")
        try:
            email = self.ask_until_valid("E-mail: ", check_email, email)
            name = self.ask_until_valid("Name: ", check_name)
            user = User(email=email, name=name)
            password = self.ask_until_valid(
                "Password (at least 12 characters): ", lambda typed: check_password(typed, user), secret=True
            )
            while getpass("The same password again: ") != password:
                self.stderr.write("That was another one. Type the same password, or stop with Ctrl-C.")
        except EOFError as error:
            raise CommandError(
                "The input ended. Run this again, or with --no-input for a generated password."
            ) from error
        User.objects.create_superuser(email, password, name=name)
        self.stdout.write(f"Created the administrator {name} <{email}>.")

    def ask_until_valid(
        self, prompt: str, check: Callable[[str], str], given: str | None = None, *, secret: bool = False
    ) -> str:
        while True:
            try:
                return check(given or (getpass(prompt) if secret else input(prompt)))
            except ValidationError as error:
                given = None
                for message in error.messages:
                    self.stderr.write(message)

    def generate(self, email: str, name: str) -> None:
        try:
            email = check_email(email)
        except ValidationError as error:
            raise CommandError(f"--email {email}: {' '.join(error.messages)}") from error
        password = secrets.token_urlsafe(18)
        try:
            User.objects.create_superuser(email, password, name=name)
        except IntegrityError as error:
            raise CommandError(f"--email {email}: someone else took it at this moment. Run this again.") from error
        self.stdout.write(
            "\nCreated the first administrator. The password is shown only this once:\n\n"
            f"  e-mail    {email}\n"
            f"  password  {password}\n"
        )


def check_email(email: str) -> str:
    field = User._meta.get_field("email")
    cleaned = field.clean(email, None)
    if not cleaned:
        raise ValidationError("An administrator needs an e-mail to log in.")
    if User.objects.filter(email=cleaned).exists():
        raise ValidationError(f"{cleaned} belongs to someone who is no active administrator. Give another e-mail.")
    return str(cleaned)


def check_name(name: str) -> str:
    return str(User._meta.get_field("name").clean(name.strip(), None))


def check_password(password: str, user: User) -> str:
    validate_password(password, user)
    return password
