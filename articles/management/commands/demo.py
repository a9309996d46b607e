"""Adds the sample articles."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from articles.demo.loading import Demo
from core.health import require_migrations


class Command(BaseCommand):
    help = "Adds sample articles, authors and pictures. Run again, it adds only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        require_migrations()
        demo = Demo()
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            added = list(progress.track(demo.load(), total=len(demo.files), description="Sample articles"))
        self.stdout.write(
            f"{sum(added)} sample articles were added." if any(added) else "All sample articles are already there."
        )
