"""The rows that say what came from where: read once for a batch, written once at its end."""

import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from articles.importing.items import ArticleItem, Item
from articles.importing.ledger import short
from articles.models import ImportedItem

# Marks what should be looked at again although the source is the same: a picture of it could not be had.
INCOMPLETE = "~"


def fingerprint(item: Item, *context: str) -> str:
    """A digest of all that the source says about an item; where a file lies here is not part of it."""
    fields = dataclasses.asdict(item)
    fields.pop("path", None)
    if isinstance(item, ArticleItem) and item.cover is not None:
        fields["cover"].pop("path")
    text = json.dumps([fields, context], default=str, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Records:
    def __init__(self, source: str) -> None:
        self.source = source
        self._read: dict[tuple[str, str], ImportedItem] = {}
        self._written: dict[tuple[str, str], ImportedItem] = {}

    def load(self, wanted: Iterable[tuple[str, str]]) -> None:
        """Reads the rows of a batch, and forgets those of the batch before."""
        self._read, self._written = {}, {}
        keys: dict[str, set[str]] = defaultdict(set)
        for kind, key in wanted:
            keys[kind].add(short(key))
        for kind, of_kind in keys.items():
            for row in ImportedItem.objects.filter(source=self.source, kind=kind, key__in=of_kind):
                self._read[kind, row.key] = row

    def get(self, kind: str, key: str) -> ImportedItem | None:
        place = kind, short(key)
        return self._written.get(place) or self._read.get(place)

    def object_ids(self, kind: str) -> set[int]:
        return {row.object_id for (row_kind, _), row in self._read.items() if row_kind == kind}

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Forgets what was put inside when an error leaves it."""
        before = dict(self._written)
        try:
            yield
        except BaseException:
            self._written = before
            raise

    def put(self, kind: str, key: str, object_id: int, print_: str, version: int = 0) -> None:
        self._written[kind, short(key)] = ImportedItem(
            source=self.source, kind=kind, key=short(key), object_id=object_id, fingerprint=print_, version=version
        )

    def flush(self) -> None:
        ImportedItem.objects.bulk_create(
            self._written.values(),
            update_conflicts=True,
            unique_fields=["source", "kind", "key"],
            update_fields=["object_id", "fingerprint", "version"],
        )
        self._read |= self._written
        self._written = {}
