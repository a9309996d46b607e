"""Turns the items of a reader into rows: in batches, again and again without adding anything twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import DataError, IntegrityError, connection, transaction

from accounts.models import User
from articles.errors import ArticleError
from articles.importing import links
from articles.importing.destinations import Destinations, Text, is_public
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
from articles.importing.ledger import Ledger, Pending, picture_address
from articles.importing.people import People, Terms, clean
from articles.importing.pictures import Pictures
from articles.importing.records import INCOMPLETE, Records, fingerprint
from articles.importing.report import Report
from articles.models import Article, Comment, ImportedItem, Redirect
from articles.models.article import refuse_reserved_slug
from articles.models.redirect import normalise_address
from core import http
from core.clock import database_now
from core.slugs import numbered, shorten, slugify

BATCH = 100
REPORT_KINDS = {
    "author": "authors", "tag": "tags", "category": "categories", "image": "images",
    "article": "articles", "page": "pages", "comment": "comments",
}  # fmt: skip
KEPT_FIELDS = (
    "kind", "title", "content", "summary", "language", "author_id", "category_id", "series_id", "series_position",
    "cover_id", "featured", "seo_title", "seo_description", "canonical_url", "published_at", "expires_at",
)  # fmt: skip
TOO_MANY_TO_NAME = 5

Progress = Callable[[int, int], None]


class _EditedHere(ArticleError):
    """The article was changed on this site since it was imported."""


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
        self._started = database_now()
        self.report = Report(reader.name, dry_run)
        self._ledger = Ledger()
        self._records = Records(reader.name)
        self._people = People(self._ledger, self._records, self.report, owner)
        self._terms = Terms(self._ledger, self._records, self.report)
        self._pictures = Pictures(
            self._ledger, Records(reader.name), self.report,
            base_url=reader.base_url, media=media, by=by, policy=policy, tick=self._tick,
        )  # fmt: skip
        self._destinations = Destinations(self._ledger, self._pictures, reader.base_url)
        self._rows: dict[int, Article] = {}
        self._slugs: dict[str, str] = {}
        self._old_paths: dict[str, int] = {}
        self._comments: dict[int, Comment] = {}
        self._orphans: set[str] = set()

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

    # Batches

    def _import(self, batch: list[Item]) -> None:
        self._load(batch)
        self._pictures.prepare(self._wanted_pictures(batch))
        with transaction.atomic():
            for item in batch:
                self._take(item)
            self._leave_redirects()
            self._records.flush()
            transaction.set_rollback(self._dry_run)
        if self._dry_run:
            self._people.forget()

    def _load(self, batch: list[Item]) -> None:
        """Reads at once what the batch will ask for: what is known of its items, their rows, the slugs taken."""
        self._records.load((_record_kind(item), item.key) for item in batch if not isinstance(item, SkippedItem))
        articles = Article.objects.filter(pk__in=self._records.object_ids("article"))
        self._rows = articles.only("pk", "version", "slug", "kind", "published_at", "expires_at").in_bulk()
        wanted = {_wanted_slug(item) for item in batch if isinstance(item, ArticleItem)}
        self._slugs = dict(Article.objects.filter(slug__in=wanted).values_list("slug", "language"))
        self._comments = Comment.objects.in_bulk(self._records.object_ids("comment"))
        self._recall(batch)

    def _recall(self, batch: list[Item]) -> None:
        """From an earlier run: where the articles are to which this batch's changed articles link."""
        changed = [item for item in batch if isinstance(item, ArticleItem) and self._is_known_but_different(item)]
        if not changed:
            return
        urls = {
            self._destinations.absolute(url, _base(item))
            for item in changed
            for url, is_picture in links.addresses(item.content)
            if not is_picture
        }
        keys = {unquote(url.removeprefix("item:").partition("#")[0]) for url in urls if url.startswith("item:")}
        paths = {normalise_address(url) for url in urls if not url.startswith("item:")}
        imported = ImportedItem.objects.filter(source=self._reader.name, kind="article")
        by_key: dict[str, int] = {}
        for some in _chunks(keys):
            by_key |= dict(imported.filter(key__in=some).values_list("key", "object_id"))
        by_path: dict[str, int] = {}
        for some in _chunks(paths):
            found = Redirect.objects.filter(path__in=some, article__in=imported.values("object_id"))
            by_path |= {path: pk for path, pk in found.values_list("path", "article_id") if pk is not None}
        self._note_recalled(by_key, by_path)

    def _note_recalled(self, by_key: dict[str, int], by_path: dict[str, int]) -> None:
        articles = Article.objects.only("pk", "slug", "kind", "published_at", "expires_at").in_bulk(
            {*by_key.values(), *by_path.values()}
        )
        for key, pk in by_key.items():
            if pk in articles and self._ledger.find("article", key) is None:
                self._ledger.add_article(key, pk, self._place(articles[pk]), [])
        for path, pk in by_path.items():
            if pk in articles and self._ledger.article_at(path) is None:
                self._ledger.recall(path, pk, self._place(articles[pk]))

    def _is_known_but_different(self, item: ArticleItem) -> bool:
        record = self._records.get("article", item.key)
        return record is not None and record.fingerprint != self._fingerprint(item)

    def _fingerprint(self, item: ArticleItem) -> str:
        return fingerprint(item, self._reader.base_url)

    def _wanted_pictures(self, batch: list[Item]) -> Iterator[ImageItem]:
        for item in batch:
            if isinstance(item, ImageItem):
                yield item
            elif isinstance(item, ArticleItem):
                if item.cover:
                    yield item.cover
                record = self._records.get("article", item.key)
                if record is None or record.fingerprint != self._fingerprint(item):
                    yield from self._pictures_in(item)

    def _pictures_in(self, item: ArticleItem) -> Iterator[ImageItem]:
        """The old site's own pictures that the text shows."""
        for url, is_picture in links.addresses(item.content):
            if not is_picture or not url or url.startswith(("item:", "data:")):
                continue
            absolute = self._pictures.absolute(url, _base(item))
            if self._pictures.name(absolute) is None and self._pictures.is_own(absolute):
                yield ImageItem(key=picture_address(absolute), url=absolute)

    def _take(self, item: Item) -> None:
        """Imports one item; what is wrong with it concerns no other."""
        if isinstance(item, SkippedItem):
            self.report.skip(REPORT_KINDS.get(item.kind, item.kind), item.name, item.reason)
            return
        try:
            with self._ledger.savepoint(), self._records.savepoint(), transaction.atomic():
                self._dispatch(item)
        except (ArticleError, ValidationError, IntegrityError, DataError, ValueError) as error:
            self._people.forget()
            self.report.skip(_report_kind(item), _name(item), _reason(error))

    def _dispatch(self, item: Item) -> None:
        match item:
            case AuthorItem():
                self.report.count("authors", self._people.take(item))
            case TermItem():
                self.report.count(REPORT_KINDS[item.kind], self._terms.take(item))
            case ArticleItem():
                self._article(item)
            case CommentItem():
                self._comment(item)
            case _:
                # Pictures were stored before the transaction began.
                return

    # Articles

    def _article(self, item: ArticleItem) -> None:
        record = self._records.get("article", item.key)
        row = self._rows.get(record.object_id) if record else None
        if record and row:
            self._again(item, record, row)
            return
        article = Article(slug=self._free_slug(item))
        text = self._fill(article, item)
        article.save()
        if item.created_at:
            Article.objects.filter(pk=article.pk).update(created_at=item.created_at)
        self._file_under(article, item)
        self._done_with(article, item, text)
        self.report.count(_report_kind(item), "created")

    def _again(self, item: ArticleItem, record: ImportedItem, row: Article) -> None:
        """An item that was imported before: nothing to do, or to be taken over unless it was edited here."""
        print_ = self._fingerprint(item)
        same = record.fingerprint == print_
        edited = record.version != row.version
        if same or edited:
            self._note_place(row, item)
            if edited and record.fingerprint.removeprefix(INCOMPLETE) != print_:
                raise _EditedHere(
                    "It was edited here since it was imported, so the change at the source was not taken."
                )
            self.report.count(_report_kind(item), "unchanged")
            return
        article = Article.objects.get(pk=row.pk)
        before = [getattr(article, name) for name in KEPT_FIELDS]
        text = self._fill(article, item)
        changed = [getattr(article, name) for name in KEPT_FIELDS] != before
        if changed:
            article.save()
        changed = self._file_under(article, item) or changed
        self._done_with(article, item, text)
        self.report.count(_report_kind(item), "updated" if changed else "unchanged")

    def _fill(self, article: Article, item: ArticleItem) -> Text:
        """Puts what the source says into the fields, within their limits."""
        text = self._destinations.connect(item.content.replace("\x00", ""), _base(item))
        article.author_id = self._people.writers(item.authors)[0]
        article.kind = item.kind
        article.title = shortened(clean(item.title), 200) or "Untitled"
        article.content = text.content
        article.summary = shortened(clean(item.summary), 600)
        article.language = clean(item.language, 20) or settings.LANGUAGE_CODE
        article.category_id = self._terms.find("category", item.category) if item.category else None
        series = self._terms.series(item.series) if item.series and clean(item.series) else None
        article.series_id = series.pk if series else None
        article.series_position = item.series_position if series else None
        article.cover_id = self._cover(item)
        article.featured = item.featured
        article.seo_title = shortened(clean(item.seo_title), 200)
        article.seo_description = shortened(clean(item.seo_description), 320)
        article.canonical_url = valid_url(item.canonical_url, 500)
        self._set_times(article, item)
        return text

    def _set_times(self, article: Article, item: ArticleItem) -> None:
        published = item.published_at
        if published is None and item.undated:
            # The moment of the first import stands for the unknown one, so that a later run changes nothing.
            published = article.published_at or self._started
        expires = item.expires_at
        if published and expires and expires <= published:
            # Over before it began, which no row may say: it stays a draft.
            published = None
        article.published_at, article.expires_at = published, expires

    def _cover(self, item: ArticleItem) -> int | None:
        return self._pictures.pk_of(item.cover) if item.cover else None

    def _file_under(self, article: Article, item: ArticleItem) -> bool:
        """Tags and co-authors. Returns whether something changed."""
        tags = {self._terms.find("tag", key) for key in item.tags if clean(key)}
        co_authors = self._people.writers(item.authors)[1:]
        tags_before: set[int] = set()
        co_authors_before: list[int] = []
        if article.pk in self._rows:
            tags_before = set(article.tags.values_list("pk", flat=True))
            co_authors_before = list(article.coauthorship.values_list("user_id", flat=True))
        if tags != tags_before:
            article.tags.set(tags)
        if co_authors != co_authors_before:
            article.set_co_authors(User.objects.in_bulk(co_authors)[pk] for pk in co_authors)
        return tags != tags_before or co_authors != co_authors_before

    def _done_with(self, article: Article, item: ArticleItem, text: Text) -> None:
        """Remembers the article, and what is still missing from it."""
        lacks_pictures = bool(text.lost_pictures or (item.cover and article.cover_id is None))
        # Until its links are connected it counts as incomplete, so that a run that is killed before is made good.
        mark = INCOMPLETE if lacks_pictures or text.unresolved else ""
        self._records.put("article", item.key, article.pk, mark + self._fingerprint(item), article.version)
        self._note_place(article, item)
        if text.unresolved:
            self._ledger.add_pending(
                Pending(article.pk, item.key, article.title, _base(item), article.version, lacks_pictures, item.content)
            )
        for note in item.notes:
            self.report.problem(_name(item), note)

    def _note_place(self, article: Article, item: ArticleItem) -> None:
        paths = [path for path in map(normalise_address, item.old_paths) if path not in {"", "/"}]
        claimed = self._ledger.add_article(item.key, article.pk, self._place(article), dict.fromkeys(paths))
        own = normalise_address(article.get_absolute_url())
        self._old_paths |= {path: article.pk for path in claimed if path != own}

    def _place(self, article: Article) -> str:
        """Where links to an article lead; blank while it is not public, since a reader would find nothing there."""
        if not is_public(article.published_at, article.expires_at, self._started):
            return ""
        return article.get_absolute_url()

    def _free_slug(self, item: ArticleItem) -> str:
        """The wanted slug when it is free; with the language when it is taken by another one; else with a number."""
        wanted = _wanted_slug(item)
        language = slugify(item.language)
        taken_by = self._slugs.get(wanted)
        if taken_by is None and not _is_reserved(wanted):
            self._slugs[wanted] = item.language or settings.LANGUAGE_CODE
            return wanted
        if taken_by is not None and language and taken_by != item.language:
            wanted = f"{shorten(wanted, 199 - len(language))}-{language}"
            candidates = [wanted]
        else:
            candidates = []
        taken = set(Article.objects.filter(slug__startswith=shorten(wanted, 80)).values_list("slug", flat=True))
        taken |= {slug for slug in self._slugs if slug.startswith(wanted)}
        candidates += [numbered(wanted, number, 200) for number in range(2, len(taken) + 3)]
        slug = next(slug for slug in candidates if slug not in taken)
        self._slugs[slug] = item.language or settings.LANGUAGE_CODE
        return slug

    # Redirects

    def _leave_redirects(self) -> None:
        """Makes the old addresses of the batch lead to its articles; what is there already stays."""
        wanted, self._old_paths = self._old_paths, {}
        there = dict(Redirect.objects.filter(path__in=wanted).values_list("path", "article_id"))
        new = {path: article for path, article in wanted.items() if path not in there}
        Redirect.objects.bulk_create(
            Redirect(path=path, article_id=article, automatic=True) for path, article in new.items()
        )
        kept = sum(there[path] == wanted[path] for path in there)
        self.report.count("redirects", "created", len(new))
        self.report.count("redirects", "unchanged", kept)
        for path in there:
            if there[path] != wanted[path]:
                self.report.skip("redirects", path, "This address leads elsewhere already.")

    # Comments

    def _comment(self, item: CommentItem) -> None:
        record = self._records.get("comment", item.key)
        print_ = fingerprint(item)
        if record and (comment := self._comments.get(record.object_id)):
            self._ledger.add("comment", item.key, comment.pk)
            if record.fingerprint == print_:
                self.report.count("comments", "unchanged")
                return
            outcome = "updated"
        else:
            article = self._ledger.find("article", item.article)
            if article is None:
                self._orphan(item)
                return
            parent = self._ledger.find("comment", item.parent) if item.parent else None
            comment = Comment(article_id=article, parent_id=parent)
            outcome = "created"
        self._fill_comment(comment, item)
        comment.save()
        self._ledger.add("comment", item.key, comment.pk)
        self._records.put("comment", item.key, comment.pk, print_)
        self.report.count("comments", "created" if outcome == "created" else "updated")

    def _orphan(self, item: CommentItem) -> None:
        self.report.count("comments", "skipped")
        if item.article not in self._orphans and len(self._orphans) < BATCH:
            self._orphans.add(item.article)
            self.report.problem(_name(item), "Its article was not imported.")

    @staticmethod
    def _fill_comment(comment: Comment, item: CommentItem) -> None:
        comment.author_name = clean(item.author_name, 200)
        comment.author_email = valid_email(item.author_email)
        comment.author_url = valid_url(item.author_url, 500)
        comment.content = clean(item.content)
        comment.created_at = item.created_at
        if comment.pk is None or comment.state == Comment.State.PENDING:
            # What a moderator decided here stays.
            comment.state = item.state

    # Links to what came later in the source

    def _connect_forward_links(self) -> None:
        for batch in self._ledger.take_pending(BATCH):
            self._tick()
            rows = {} if self._dry_run else Article.objects.in_bulk([pending.article for pending in batch])
            self._records.load(("article", pending.key) for pending in batch)
            with transaction.atomic():
                for pending in batch:
                    self._connect(pending, rows.get(pending.article))
                self._records.flush()

    def _connect(self, pending: Pending, article: Article | None) -> None:
        text = self._destinations.connect(pending.content.replace("\x00", ""), pending.base)
        if text.dropped:
            named = ", ".join(text.dropped[:TOO_MANY_TO_NAME])
            more = len(text.dropped) - TOO_MANY_TO_NAME
            self.report.problem(
                pending.title,
                f"Links to what was not imported became plain text: {named}{f' and {more} more' if more > 0 else ''}.",
            )
        if article is None or article.version != pending.version:
            return
        if article.content != text.content:
            article.content = text.content
            try:
                with transaction.atomic():
                    article.save(update_fields=["content"])
            except ArticleError as error:
                self.report.problem(pending.title, str(error))
                return
        if record := self._records.get("article", pending.key):
            mark = INCOMPLETE if pending.lacks_pictures else ""
            print_ = mark + record.fingerprint.removeprefix(INCOMPLETE)
            self._records.put("article", pending.key, article.pk, print_, article.version)


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


def shortened(text: str, length: int) -> str:
    """Text within a length, cut at a word."""
    if len(text) <= length:
        return text
    head, blank, _ = text[:length].rpartition(" ")
    return (head if blank and len(head) > length // 2 else text[: length - 1]).rstrip(" ,;:.–-") + "…"


def valid_url(url: str, length: int) -> str:
    """A web address as it stands, or nothing."""
    url = clean(url)
    try:
        URLValidator(["http", "https"])(url)
    except ValidationError:
        return ""
    return url if len(url) <= length else ""


def valid_email(email: str) -> str:
    email = clean(email)
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """In pieces that every database takes as parameters of one query."""
    remaining = list(values)
    for start in range(0, len(remaining), 500):
        yield remaining[start : start + 500]


def _base(item: ArticleItem) -> str:
    return item.old_paths[0] if item.old_paths else ""


def _wanted_slug(item: ArticleItem) -> str:
    return slugify(unquote(item.slug), 200) or slugify(item.title) or item.kind


def _is_reserved(slug: str) -> bool:
    try:
        refuse_reserved_slug(slug)
    except ValidationError:
        return True
    return False


def _record_kind(item: Item) -> str:
    return item.kind if isinstance(item, TermItem) else type(item).__name__.removesuffix("Item").lower()


def _report_kind(item: Item) -> str:
    return REPORT_KINDS[item.kind if isinstance(item, TermItem | ArticleItem) else _record_kind(item)]


def _name(item: Item) -> str:
    match item:
        case ArticleItem():
            return clean(item.title, 100) or item.key
        case AuthorItem() | TermItem():
            return clean(item.name, 100) or item.key
        case CommentItem():
            return f"Comment by {clean(item.author_name, 60) or 'someone'} of {item.created_at:%Y-%m-%d}"
        case _:
            return item.name if isinstance(item, SkippedItem) else item.key


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, IntegrityError | DataError):
        return f"The database refuses it: {str(error).splitlines()[0]}"
    return str(error)
