"""An import that was started in the admin, as a worker does it."""

import shutil
import tempfile
import time
from pathlib import Path

from articles.importing.importer import Importer
from articles.importing.report import Report
from articles.importing.sources import open_source
from articles.models import ImportRun

SECONDS_BETWEEN_BEATS = 1


def import_upload(run: ImportRun) -> Report:
    """Imports the uploaded file. Raises ImportRefused, and ImportTakenOver when another worker has the run."""
    last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_BEATS:
            run.beat(done, total)
            last = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="broadsheet-import-") as directory:
        path = Path(directory) / f"upload{''.join(Path(run.source_name).suffixes[-2:])[-16:]}"
        with run.upload.open("rb") as upload, path.open("wb") as copy:
            shutil.copyfileobj(upload, copy, 1024 * 1024)
        with open_source(path, name=run.source_name) as reader:
            run.beat(0, reader.total)
            return Importer(
                reader, owner=run.started_by, by=run.started_by, dry_run=run.dry_run, progress=progress
            ).run()
