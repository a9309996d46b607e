"""The pictures of a run: found in a local folder or fetched from the old site, each once, and stored."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urljoin

from django.conf import settings
from django.core.files import File
from django.db import transaction

from accounts.models import User
from articles.errors import ImageRefused
from articles.importing.addresses import SIZE_SUFFIX, exact_address, host_of, split, unsized_address
from articles.importing.fields import clean
from articles.importing.items import ImageItem
from articles.importing.ledger import Ledger
from articles.importing.records import Records, fingerprint
from articles.importing.report import Report
from articles.models import Image
from core import http, images

# So often may a host fail before it is left alone for the rest of the run.
HOST_FAILURES = 3
DOWNLOAD_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")


class MediaFolder:
    """A copy of the old site's files, searched by the end of an address, then by the file's name alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._by_name: dict[str, Path | None] | None = None

    def find(self, url: str) -> Path | None:
        """The file at an address, else the one of which the address means a size."""
        path = unquote(split(url).path)
        return self._at(path) or self._at(SIZE_SUFFIX.sub("", path))

    def is_whole(self, url: str) -> bool:
        """Whether the name only looks like a size: that file is here, and none of which it could be a size."""
        path = unquote(split(url).path)
        without_size = SIZE_SUFFIX.sub("", path)
        return without_size != path and self._at(without_size) is None and self._at(path) is not None

    def _at(self, path: str) -> Path | None:
        parts = [part for part in path.split("/") if part not in {"", ".", ".."} and "\x00" not in part]
        for start in range(len(parts)):
            if found := self._file(self._folder.joinpath(*parts[start:])):
                return found
        return self._index().get(parts[-1]) if parts else None

    def _file(self, path: Path) -> Path | None:
        try:
            resolved = path.resolve()
            return resolved if resolved.is_relative_to(self._folder) and resolved.is_file() else None
        except OSError:
            return None

    def _index(self) -> dict[str, Path | None]:
        """The files whose name occurs once; a name that occurs twice could be either."""
        if self._by_name is None:
            self._by_name = {}
            for path in sorted(self._folder.rglob("*")):
                if self._file(path):
                    self._by_name[path.name] = None if path.name in self._by_name else path
        return self._by_name


class Pictures:
    def __init__(
        self,
        ledger: Ledger,
        records: Records,
        report: Report,
        *,
        base_url: str = "",
        media: Path | None = None,
        by: User | None = None,
        policy: http.Policy = http.PUBLIC,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._base_url = base_url
        self._host = host_of(base_url)
        self._media = MediaFolder(media) if media else None
        self._by = by
        self._policy = policy
        self._tick = tick
        self._failures: Counter[str] = Counter()
        self._seen: set[int] = set()

    def absolute(self, url: str, base: str = "") -> str:
        """The full address of a picture in a text; without a scheme when nobody knows the old site's address."""
        if url.startswith("//"):
            return f"https:{url}"
        try:
            return urljoin(urljoin(self._base_url, base), url)
        except ValueError:
            return url

    def is_own(self, url: str) -> bool:
        """Whether the picture belongs to the old site, or lies in the local folder."""
        host = host_of(url)
        wordpress_com = self._host.endswith(".wordpress.com") and host == self._host.replace(
            ".wordpress.com", ".files.wordpress.com"
        )
        if split(url).scheme in {"", "http", "https"} and (host == self._host or wordpress_com or not host):
            return True
        return "/wp-content/uploads/" in url and self._media is not None and self._media.find(url) is not None

    def identity(self, url: str) -> str:
        """What the sizes of a picture have in common; a whole picture whose name looks like a size stands alone."""
        if self._media and self._media.is_whole(url):
            return exact_address(url)
        return unsized_address(url)

    def name(self, url: str) -> str | None:
        """The name under which the picture at an old address is stored here, itself or in another size."""
        if url.startswith("item:"):
            return self._ledger.picture(url)
        identity = self.identity(url)
        found = self._first_known([exact_address(url), identity])
        return found or (self._ledger.any_size(identity) if identity == unsized_address(url) else None)

    def pk_of(self, item: ImageItem) -> int | None:
        """The row of a picture that :meth:`prepare` stored."""
        name = self._first_known(self._places(item)) or (self.name(item.url) if item.url else None)
        return Image.objects.filter(name=name).values_list("pk", flat=True).first() if name else None

    def _first_known(self, places: Iterable[str]) -> str | None:
        return next((name for place in places if (name := self._ledger.picture(place))), None)

    def prepare(self, items: Iterable[ImageItem]) -> None:
        """Makes sure that these pictures are stored, as far as they can be had. Runs outside of transactions."""
        wanted = {item.key: item for item in items if self._is_new(item)}
        self._records.load(("image", key) for key in wanted)
        names = dict(Image.objects.filter(pk__in=self._records.object_ids("image")).values_list("pk", "name"))
        for item in wanted.values():
            record = self._records.get("image", item.key)
            if record and record.object_id in names and record.fingerprint == fingerprint(item):
                self._report.count("images", "unchanged")
                self._note(item, names[record.object_id])
            else:
                self._tick()
                self._obtain(item, is_known=record is not None)
        if not self._report.dry_run:
            self._records.flush()

    def _is_new(self, item: ImageItem) -> bool:
        places = self._places(item)
        known = self._first_known(places)
        if known:
            self._note(item, known)
        return known is None and not any(self._ledger.failure(place) for place in places)

    @staticmethod
    def _places(item: ImageItem) -> list[str]:
        """Its own addresses: a picture of which the name looks like a size may be a whole one."""
        return list(dict.fromkeys([f"item:{quote(item.key)}", *map(exact_address, _urls(item))]))

    def _note(self, item: ImageItem, name: str) -> None:
        for place in self._places(item):
            self._ledger.add_picture(place, name)
        for url in _urls(item):
            self._ledger.add_size(unsized_address(url), name)

    def _obtain(self, item: ImageItem, *, is_known: bool) -> None:
        try:
            name = self._store(item, is_known=is_known)
        except (ImageRefused, http.OutboundError, OSError) as error:
            self._report.skip("images", item.url or item.key, str(error))
            for place in self._places(item):
                self._ledger.add_failure(place, str(error))
        else:
            self._note(item, name)

    def _store(self, item: ImageItem, *, is_known: bool) -> str:
        path = item.path or (self._media.find(item.url) if self._media and item.url else None)
        if path is None and not split(item.url).scheme.startswith("http"):
            raise ImageRefused("The file was not found. Name the folder with the old site's files with --media.")
        if self._report.dry_run:
            return self._try(path)
        if path is not None:
            with path.open("rb") as file:
                return self._keep(item, File(file, path.name), is_known=is_known)
        with tempfile.TemporaryFile() as file:
            self._download(item.url, file)
            name = unquote(split(item.url).path).rpartition("/")[2]
            return self._keep(item, File(file, name), is_known=is_known)

    def _try(self, path: Path | None) -> str:
        """In a trial nothing is downloaded or stored; a local file must at least be a picture."""
        if path is not None:
            try:
                images.probe(path.read_bytes())
            except images.ImageError as error:
                raise ImageRefused(str(error)) from error
        self._report.count("images", "created")
        return "images/00/trial.jpg"

    def _download(self, url: str, file: IO[bytes]) -> None:
        host = host_of(url)
        if self._failures[host] >= HOST_FAILURES:
            raise http.Unreachable(f"{host} did not answer {HOST_FAILURES} times and was not asked again.")
        try:
            response = http.fetch(
                quote(url, safe="%/:=&?~#+!$,;'@()*[]"),
                max_bytes=settings.IMAGE_MAX_BYTES,
                content_types=DOWNLOAD_TYPES,
                policy=self._policy,
            )
        except http.Unreachable:
            self._failures[host] += 1
            raise
        file.write(response.body)
        file.seek(0)

    def _keep(self, item: ImageItem, file: File, *, is_known: bool) -> str:
        newest = Image.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with transaction.atomic():
            image = Image.objects.store(file, by=self._by, alt=clean(item.alt, 500), caption=clean(item.caption, 500))
        if image.pk > newest:
            self._report.count("images", "created")
        elif image.pk not in self._seen:
            self._report.count("images", "updated" if is_known else "unchanged")
        self._seen.add(image.pk)
        self._records.put("image", item.key, image.pk, fingerprint(item))
        return image.name


def _urls(item: ImageItem) -> list[str]:
    return [url for url in (item.url, *item.aliases) if url]
