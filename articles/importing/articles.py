"""Articles and pages: made, changed when the source changed, left alone when they were edited here."""

import datetime
from collections.abc import Iterator

from django.conf import settings

from accounts.models import User
from articles.errors import ArticleError
from articles.importing import links
from articles.importing.destinations import Destinations, Text
from articles.importing.fields import SUMMARY_LENGTH, TITLE_LENGTH, clean, shortened, valid_url
from articles.importing.items import ArticleItem, ImageItem
from articles.importing.ledger import Ledger, Pending
from articles.importing.old_addresses import OldAddresses
from articles.importing.people import People, Terms
from articles.importing.pictures import Pictures
from articles.importing.records import INCOMPLETE, Records, fingerprint
from articles.importing.report import Report, kind_of, name_of
from articles.importing.slugs import Slugs
from articles.models import Article, ImportedItem

KEPT_FIELDS = (
    "kind", "title", "content", "summary", "language", "author_id", "category_id", "series_id", "series_position",
    "cover_id", "featured", "seo_title", "seo_description", "canonical_url", "published_at", "expires_at",
)  # fmt: skip


class EditedHere(ArticleError):
    """The article was changed on this site since it was imported."""


class Articles:
    """``base_url`` is the old site's address, ``now`` the moment at which the run began."""

    def __init__(
        self,
        ledger: Ledger,
        records: Records,
        report: Report,
        *,
        people: People,
        terms: Terms,
        pictures: Pictures,
        destinations: Destinations,
        base_url: str,
        now: datetime.datetime,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._people = people
        self._terms = terms
        self._pictures = pictures
        self._destinations = destinations
        self._old_addresses = OldAddresses(ledger, report, destinations, records.source)
        self._base_url = base_url
        self._now = now
        self._slugs = Slugs()
        self._rows: dict[int, Article] = {}

    # What a batch needs

    def load(self, items: list[ArticleItem]) -> None:
        """Reads at once what the batch will ask for; its records have been read."""
        articles = Article.objects.filter(pk__in=self._records.object_ids("article"))
        self._rows = articles.only("pk", "version", "slug", "kind", "published_at", "expires_at").in_bulk()
        self._slugs.load(items)
        if changed := [item for item in items if self._is_known(item) and self._is_news(item)]:
            self._old_addresses.recall(changed)

    def pictures_in(self, item: ArticleItem) -> Iterator[ImageItem]:
        """The old site's own pictures that the text shows, as far as it is going to be read."""
        if not self._is_news(item):
            return
        for url, is_picture in links.addresses(item.content):
            if not is_picture or not url or url.startswith(("item:", "data:")):
                continue
            absolute = self._pictures.absolute(url, item.base)
            if self._pictures.name(absolute) is None and self._pictures.is_own(absolute):
                yield ImageItem(key=self._pictures.identity(absolute), url=absolute)

    def leave_redirects(self) -> None:
        self._old_addresses.leave_redirects()

    def _is_known(self, item: ArticleItem) -> bool:
        return self._records.get("article", item.key) is not None

    def _is_news(self, item: ArticleItem) -> bool:
        """Whether the source says something else than in the last complete import."""
        record = self._records.get("article", item.key)
        return record is None or record.fingerprint != self._fingerprint(item)

    def _fingerprint(self, item: ArticleItem) -> str:
        return fingerprint(item, self._base_url)

    # One article

    def take(self, item: ArticleItem) -> None:
        record = self._records.get("article", item.key)
        row = self._rows.get(record.object_id) if record else None
        if record and row:
            self._again(item, record, row)
            return
        article = Article(slug=self._slugs.claim(item))
        text = self._fill(article, item)
        article.save()
        if item.created_at:
            Article.objects.filter(pk=article.pk).update(created_at=item.created_at)
        self._file_under(article, item)
        self._done_with(article, item, text)
        self._report.count(kind_of(item), "created")

    def _again(self, item: ArticleItem, record: ImportedItem, row: Article) -> None:
        """An item that was imported before: nothing to do, or to be taken over unless it was edited here."""
        digest = self._fingerprint(item)
        same = record.fingerprint == digest
        edited = record.version != row.version
        if same or edited:
            self._old_addresses.note(row, item)
            if edited and record.fingerprint.removeprefix(INCOMPLETE) != digest:
                raise EditedHere("It was edited here since it was imported, so the change at the source was not taken.")
            self._report.count(kind_of(item), "unchanged")
            return
        article = Article.objects.get(pk=row.pk)
        before = [getattr(article, name) for name in KEPT_FIELDS]
        text = self._fill(article, item)
        changed = [getattr(article, name) for name in KEPT_FIELDS] != before
        if changed:
            article.save()
        changed = self._file_under(article, item) or changed
        self._done_with(article, item, text)
        self._report.count(kind_of(item), "updated" if changed else "unchanged")

    def _fill(self, article: Article, item: ArticleItem) -> Text:
        """Puts what the source says into the fields, within their limits."""
        text = self._destinations.connect(item.content.replace("\x00", ""), item.base)
        article.author_id = self._people.writers(item.authors)[0]
        article.kind = item.kind
        article.title = shortened(clean(item.title), TITLE_LENGTH) or "Untitled"
        article.content = text.content
        article.summary = shortened(clean(item.summary), SUMMARY_LENGTH)
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
            published = article.published_at or self._now
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
        self._old_addresses.note(article, item)
        if text.unresolved:
            self._ledger.add_pending(
                Pending(article.pk, item.key, article.title, item.base, article.version, lacks_pictures, item.content)
            )
        for note in item.notes:
            self._report.problem(name_of(item), note)
