"""Comments of imported articles, kept with their state and with what they answer."""

from articles.importing.fields import clean, valid_email, valid_url
from articles.importing.items import CommentItem
from articles.importing.ledger import Ledger
from articles.importing.records import Records, fingerprint
from articles.importing.report import Report, name_of
from articles.models import Comment

ORPHANS_TO_NAME = 100


class Comments:
    def __init__(self, ledger: Ledger, records: Records, report: Report) -> None:
        self._ledger = ledger
        self._records = records
        self._report = report
        self._rows: dict[int, Comment] = {}
        self._orphans: set[str] = set()

    def load(self) -> None:
        """Reads the rows of a batch, whose records have been read."""
        self._rows = Comment.objects.in_bulk(self._records.object_ids("comment"))

    def take(self, item: CommentItem) -> None:
        record = self._records.get("comment", item.key)
        digest = fingerprint(item)
        comment = self._rows.get(record.object_id) if record else None
        if record and comment and record.fingerprint == digest:
            self._ledger.add("comment", item.key, comment.pk)
            self._report.count("comments", "unchanged")
            return
        if comment:
            self._keep(comment, item, digest)
            self._report.count("comments", "updated")
        elif (article := self._ledger.find("article", item.article)) is not None:
            parent = self._ledger.find("comment", item.parent) if item.parent else None
            self._keep(Comment(article_id=article, parent_id=parent), item, digest)
            self._report.count("comments", "created")
        else:
            self._orphan(item)

    def _keep(self, comment: Comment, item: CommentItem, digest: str) -> None:
        _fill(comment, item)
        comment.save()
        self._ledger.add("comment", item.key, comment.pk)
        self._records.put("comment", item.key, comment.pk, digest)

    def _orphan(self, item: CommentItem) -> None:
        self._report.count("comments", "skipped")
        if item.article not in self._orphans and len(self._orphans) < ORPHANS_TO_NAME:
            self._orphans.add(item.article)
            self._report.problem(name_of(item), "Its article was not imported.")


def _fill(comment: Comment, item: CommentItem) -> None:
    comment.author_name = clean(item.author_name, 200)
    comment.author_email = valid_email(item.author_email)
    comment.author_url = valid_url(item.author_url, 500)
    comment.content = clean(item.content)
    comment.created_at = item.created_at
    if comment.pk is None or comment.state == Comment.State.PENDING:
        # What a moderator decided here stays.
        comment.state = item.state
