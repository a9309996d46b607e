"""Turns the items of a reader into rows: in batches, again and again without adding anything twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from accounts.models import User
from articles.errors import ArticleError
from articles.importing.articles import Articles
from articles.importing.comments import Comments
from articles.importing.destinations import Destinations
from articles.importing.forward_links import ForwardLinks
from articles.importing.items import (
    ArticleItem,
    AuthorItem,
    CommentItem,
    ImageItem,
    Item,
    Reader,
    SkippedItem,
    TermItem,
)
from articles.importing.ledger import Ledger
from articles.importing.people import People, Terms
from articles.importing.pictures import Pictures
from articles.importing.records import Records
from articles.importing.report import Report, kind_of, name_of
from core import http
from core.clock import database_now

BATCH = 100
# A batch of long texts is shorter, so that memory does not depend on how much people wrote.
BATCH_CHARACTERS = 1_000_000
PENDING_BATCH = 20

Progress = Callable[[int, int], None]


class Importer:
    """One run. ``progress(done, total)`` is called often, outside of transactions, and may raise to stop the run.

    ``owner`` gets what names no author, ``by`` is noted as who uploaded the pictures, ``media`` is a folder with the
    old site's files, ``policy`` says what may be downloaded from. In a trial (``dry_run``) every batch is rolled
    back, and nothing is downloaded.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        owner: User | None = None,
        by: User | None = None,
        dry_run: bool = False,
        media: Path | None = None,
        policy: http.Policy = http.PUBLIC,
        progress: Progress = lambda done, total: None,
    ) -> None:
        self._reader = reader
        self._dry_run = dry_run
        self._progress = progress
        self._done = 0
        self.report = Report(reader.name, dry_run)
        self._ledger = Ledger()
        self._records = Records(reader.name)
        self._people = People(self._ledger, self._records, self.report, owner)
        self._terms = Terms(self._ledger, self._records, self.report)
        self._pictures = Pictures(
            self._ledger, Records(reader.name), self.report,
            base_url=reader.base_url, media=media, by=by, policy=policy, tick=self._tick,
        )  # fmt: skip
        now = database_now()
        destinations = Destinations(self._ledger, self._pictures, reader.base_url, now)
        self._articles = Articles(
            self._ledger, self._records, self.report, people=self._people, terms=self._terms,
            pictures=self._pictures, destinations=destinations, base_url=reader.base_url, now=now,
        )  # fmt: skip
        self._comments = Comments(self._ledger, self._records, self.report)
        self._forward_links = ForwardLinks(self._ledger, self._records, self.report, destinations)

    def run(self) -> Report:
        """Imports everything that the reader gives. Raises ImportRefused when the source breaks off."""
        with self._ledger, _unmapped_database():
            for batch in _batches(self._reader.items()):
                self._import(batch)
                self._done += len(batch)
                self._tick()
            self._connect_forward_links()
        self._progress(self._reader.total, self._reader.total)
        return self.report

    def _tick(self) -> None:
        # The total is the reader's estimate, and the links still come after the last item.
        self._progress(min(self._done, self._reader.total), self._reader.total)

    def _connect_forward_links(self) -> None:
        for batch in self._ledger.take_pending(PENDING_BATCH):
            self._tick()
            self._forward_links.connect(batch)

    def _import(self, batch: list[Item]) -> None:
        articles = [item for item in batch if isinstance(item, ArticleItem)]
        self._records.load((_record_kind(item), item.key) for item in batch if not isinstance(item, SkippedItem))
        self._articles.load(articles)
        self._comments.load()
        # What the source names as its pictures comes first: a text may show another size of one of them.
        self._pictures.prepare(_named_pictures(batch))
        self._pictures.prepare(picture for item in articles for picture in self._articles.pictures_in(item))
        with transaction.atomic():
            for item in batch:
                self._take(item)
            self._articles.leave_redirects()
            self._records.flush()
            transaction.set_rollback(self._dry_run)
        if self._dry_run:
            self._people.forget()

    def _take(self, item: Item) -> None:
        """Imports one item; what is wrong with it concerns no other."""
        if isinstance(item, SkippedItem):
            self.report.skip(kind_of(item), item.name, item.reason)
            return
        try:
            with self._ledger.savepoint(), self._records.savepoint(), transaction.atomic():
                self._dispatch(item)
        except (ArticleError, ValidationError, IntegrityError, DataError, ValueError) as error:
            self._people.forget()
            self.report.skip(kind_of(item), name_of(item), _reason(error))

    def _dispatch(self, item: Item) -> None:
        match item:
            case AuthorItem():
                self.report.count("authors", self._people.take(item))
            case TermItem():
                self.report.count(kind_of(item), self._terms.take(item))
            case ArticleItem():
                self._articles.take(item)
            case CommentItem():
                self._comments.take(item)
            case _:
                # Pictures were stored before the transaction began.
                return


@contextmanager
def _unmapped_database() -> Iterator[None]:
    """SQLite reads through a memory map, which would come to count as memory of an import as large as the database."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        size = cursor.execute("PRAGMA mmap_size").fetchone()[0]
        cursor.execute("PRAGMA mmap_size = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA mmap_size = {int(size)}")


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    characters = 0
    for item in items:
        batch.append(item)
        characters += len(getattr(item, "content", ""))
        if len(batch) == BATCH or characters > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _named_pictures(batch: list[Item]) -> Iterator[ImageItem]:
    for item in batch:
        if isinstance(item, ImageItem):
            yield item
        elif isinstance(item, ArticleItem) and item.cover:
            yield item.cover


def _record_kind(item: Item) -> str:
    return item.kind if isinstance(item, TermItem) else type(item).__name__.removesuffix("Item").lower()


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, IntegrityError | DataError):
        return f"The database refuses it: {str(error).splitlines()[0]}"
    return str(error)
