"""What one run has met so far: kept in a temporary file, so that memory does not grow with the source."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from articles.models.redirect import normalise_address

SCHEMA = """
CREATE TABLE item (kind TEXT, key TEXT, id INTEGER NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE address (path TEXT PRIMARY KEY, article INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE place (article INTEGER PRIMARY KEY, address TEXT NOT NULL);
CREATE TABLE picture (address TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE failure (address TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pending (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL,
    base TEXT NOT NULL, version INTEGER NOT NULL, lacks_pictures INTEGER NOT NULL, content BLOB NOT NULL
);
"""


class Pending(NamedTuple):
    """An article some of whose links could lead to items that had not come yet; ``content`` is as in the source."""

    article: int
    key: str
    title: str
    base: str
    version: int
    lacks_pictures: bool
    content: str


def short(key: str, length: int = 500) -> str:
    """A key within the length of its column; a long one is replaced by its digest."""
    return key if len(key) <= length else hashlib.sha256(key.encode()).hexdigest()


class Ledger:
    """Maps the source's keys and addresses to rows of ours."""

    def __init__(self) -> None:
        # An empty name is a private file that SQLite deletes; it touches the disk only beyond the page cache.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(f"PRAGMA cache_size=-8000; PRAGMA temp_store=FILE; {SCHEMA}")
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._db.close()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Forgets what was noted inside when an error leaves it, as the database does."""
        self._db.execute("SAVEPOINT item")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO item")
            raise
        finally:
            self._db.execute("RELEASE item")

    def add(self, kind: str, key: str, pk: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", (kind, short(key), pk))

    def find(self, kind: str, key: str) -> int | None:
        row = self._db.execute("SELECT id FROM item WHERE kind = ? AND key = ?", (kind, short(key))).fetchone()
        return row and row[0]

    def add_article(self, key: str, pk: int, address: str, old_paths: Iterable[str]) -> list[str]:
        """Notes where an article is and was. Returns the old paths that no other item had claimed before."""
        self.add("article", key, pk)
        self._db.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", (pk, address))
        claimed = []
        for path in old_paths:
            self._db.execute("INSERT OR IGNORE INTO address VALUES (?, ?)", (path, pk))
            if self.article_at(path) == pk:
                claimed.append(path)
        return claimed

    def recall(self, path: str, article: int, address: str) -> None:
        """Notes an old path and the new address of an article that an earlier run imported."""
        self._db.execute("INSERT OR IGNORE INTO address VALUES (?, ?)", (path, article))
        self._db.execute("INSERT OR IGNORE INTO place VALUES (?, ?)", (article, address))

    def article_at(self, path: str) -> int | None:
        row = self._db.execute("SELECT article FROM address WHERE path = ?", (normalise_address(path),)).fetchone()
        return row and row[0]

    def place(self, article: int) -> str | None:
        """The new address of an article."""
        row = self._db.execute("SELECT address FROM place WHERE article = ?", (article,)).fetchone()
        return row and row[0]

    def add_picture(self, address: str, name: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO picture VALUES (?, ?)", (address, name))

    def add_size(self, address: str, name: str) -> None:
        """Notes what a picture is called but for its size; the first picture of that name counts."""
        self._db.execute("INSERT OR IGNORE INTO picture VALUES (?, ?)", (f"size:{address}", name))

    def any_size(self, address: str) -> str | None:
        return self.picture(f"size:{address}")

    def picture(self, address: str) -> str | None:
        row = self._db.execute("SELECT name FROM picture WHERE address = ?", (address,)).fetchone()
        return row and row[0]

    def add_failure(self, address: str, reason: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO failure VALUES (?, ?)", (address, reason))

    def failure(self, address: str) -> str | None:
        """Why the picture at this address could not be had."""
        row = self._db.execute("SELECT reason FROM failure WHERE address = ?", (address,)).fetchone()
        return row and row[0]

    def add_pending(self, pending: Pending) -> None:
        row = (*pending[:-1], zlib.compress(pending.content.encode(), 1))
        self._db.execute("INSERT INTO pending VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)

    def take_pending(self, batch: int) -> Iterator[list[Pending]]:
        """All that are pending, in batches."""
        last = -1
        query = "SELECT * FROM pending WHERE id > ? ORDER BY id LIMIT ?"
        while rows := self._db.execute(query, (last, batch)).fetchall():
            last = rows[-1][0]
            yield [Pending._make((*row[1:-1], zlib.decompress(row[-1]).decode())) for row in rows]
