"""Moves a site in: a WordPress export, a folder of Markdown, or a zip of one."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from accounts.models import User
from articles.errors import ImportRefused
from articles.importing.importer import Importer
from articles.importing.report import Report
from articles.importing.sources import open_source
from core.health import require_migrations


class Command(BaseCommand):
    help = "Imports a WordPress export (WXR), a folder of Markdown files, or a zip of one; again at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", metavar="SOURCE", nargs="+", type=Path, help="the file or folder; several are imported in order"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--media", metavar="DIR", type=Path, help="a copy of the old site's files, asked before the old site"
        )
        parser.add_argument(
            "--report", metavar="FILE.json", type=Path, help="where the report is also written, as JSON"
        )
        parser.add_argument(
            "--base-url", metavar="URL", default="", help="the old site's address, if the source does not tell it"
        )
        parser.add_argument("--author", metavar="EMAIL", default="", help="the user who gets what names no author")

    def handle(self, *args: Any, **options: Any) -> None:
        require_migrations()
        try:
            self._check(options)
        except PermissionError as error:
            raise CommandError(f"“{error.filename}” may not be entered by this user.") from error
        owner = self._owner(options["author"])
        reports = [self._import(source, owner, options) for source in options["source"]]
        if options["report"]:
            content = [report.as_json() for report in reports]
            text = json.dumps(content[0] if len(content) == 1 else content, ensure_ascii=False, indent=2)
            try:
                options["report"].write_text(f"{text}\n", encoding="utf-8")
            except OSError as error:
                raise CommandError(f"The report cannot be written to {options['report']}: {error.strerror}.") from error

    def _check(self, options: dict[str, Any]) -> None:
        if options["media"] and not options["media"].is_dir():
            raise CommandError(f"--media: there is no folder “{options['media']}”.")
        if options["report"] and not options["report"].absolute().parent.is_dir():
            raise CommandError(f"--report: there is no folder “{options['report'].absolute().parent}”.")
        if options["base_url"] and not is_web_address(options["base_url"]):
            raise CommandError(f"--base-url: “{options['base_url']}” is not an address such as https://example.org.")

    def _owner(self, email: str) -> User | None:
        if not email:
            return None
        try:
            return User.objects.get(email=email)
        except User.DoesNotExist as error:
            raise CommandError(f"--author: there is no user with the e-mail “{email}”.") from error

    def _import(self, source: Path, owner: User | None, options: dict[str, Any]) -> Report:
        try:
            with open_source(source, base_url=options["base_url"]) as reader, self._progress(source.name) as progress:
                bar = progress.add_task(source.name, total=reader.total)
                report = Importer(
                    reader,
                    owner=owner,
                    by=owner,
                    dry_run=options["dry_run"],
                    media=options["media"],
                    progress=lambda done, total: progress.update(bar, completed=done, total=total),
                ).run()
        except ImportRefused as error:
            raise CommandError(f"{source}: {error}") from error
        self.stdout.write(f"{source}\n{report.as_text()}")
        return report

    def _progress(self, name: str) -> Progress:
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=console, disable=not console.is_terminal)


def is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
