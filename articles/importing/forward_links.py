"""Links to articles that came later in the source, connected when all have come."""

from django.db import transaction

from articles.errors import ArticleError
from articles.importing.destinations import Destinations, Text
from articles.importing.ledger import Ledger, Pending
from articles.importing.records import INCOMPLETE, Records
from articles.importing.report import Report, some
from articles.models import Article

MOST_NAMED = 5


class ForwardLinks:
    def __init__(self, ledger: Ledger, records: Records, report: Report, destinations: Destinations) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._destinations = destinations

    def connect(self, batch: list[Pending]) -> None:
        """In one transaction. A trial has no rows, and only says what would become plain text."""
        articles = Article.objects.defer("content_html", "content_text", "toc")
        rows = {} if self._report.dry_run else articles.in_bulk([pending.article for pending in batch])
        self._records.load(("article", pending.key) for pending in batch)
        with transaction.atomic():
            for pending in batch:
                self._connect(pending, rows.get(pending.article))
            self._records.flush()

    def _connect(self, pending: Pending, article: Article | None) -> None:
        text = self._destinations.connect(pending.content.replace("\x00", ""), pending.base)
        self._name_dropped(pending, text)
        if article is None or article.version != pending.version or not self._rewrite(article, pending, text):
            return
        if record := self._records.get("article", pending.key):
            mark = INCOMPLETE if pending.lacks_pictures else ""
            digest = mark + record.fingerprint.removeprefix(INCOMPLETE)
            self._records.put("article", pending.key, article.pk, digest, article.version)

    def _name_dropped(self, pending: Pending, text: Text) -> None:
        if text.dropped:
            named = some(text.dropped, MOST_NAMED)
            self._report.problem(pending.title, f"Links to what was not imported became plain text: {named}.")

    def _rewrite(self, article: Article, pending: Pending, text: Text) -> bool:
        """Whether the article has the text now."""
        if article.content == text.content:
            return True
        article.content = text.content
        try:
            with transaction.atomic():
                article.save(update_fields=["content"])
        except ArticleError as error:
            self._report.problem(pending.title, str(error))
            return False
        return True
