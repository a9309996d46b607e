"""Where the articles of the old site were: redirects for readers, and targets for links between texts."""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from articles.importing import links
from articles.importing.destinations import Destinations
from articles.importing.items import ArticleItem
from articles.importing.ledger import Ledger
from articles.importing.report import Report
from articles.models import Article, ImportedItem, Redirect
from articles.models.redirect import normalise_address


class OldAddresses:
    def __init__(self, ledger: Ledger, report: Report, destinations: Destinations, source: str) -> None:
        self._ledger = ledger
        self._report = report
        self._destinations = destinations
        self._source = source
        self._wanted: dict[str, int] = {}

    def note(self, article: Article, item: ArticleItem) -> None:
        """Notes where an article is and was."""
        paths = [path for path in map(normalise_address, item.old_paths) if path not in {"", "/"}]
        place = self._destinations.place_of(article)
        claimed = self._ledger.add_article(item.key, article.pk, place, dict.fromkeys(paths))
        own = normalise_address(article.get_absolute_url())
        self._wanted |= {path: article.pk for path in claimed if path != own}

    def leave_redirects(self) -> None:
        """Makes the old addresses of the batch lead to its articles; what is there already stays."""
        wanted, self._wanted = self._wanted, {}
        there = dict(Redirect.objects.filter(path__in=wanted).values_list("path", "article_id"))
        new = {path: article for path, article in wanted.items() if path not in there}
        Redirect.objects.bulk_create(
            Redirect(path=path, article_id=article, automatic=True) for path, article in new.items()
        )
        kept = sum(there[path] == wanted[path] for path in there)
        self._report.count("redirects", "created", len(new))
        self._report.count("redirects", "unchanged", kept)
        for path in there:
            if there[path] != wanted[path]:
                self._report.skip("redirects", path, "This address leads elsewhere already.")

    def recall(self, items: Iterable[ArticleItem]) -> None:
        """From an earlier run: where the articles are to which these texts link."""
        urls = {
            self._destinations.absolute(url, item.base)
            for item in items
            for url, is_picture in links.addresses(item.content)
            if not is_picture
        }
        keys = {unquote(url.removeprefix("item:").partition("#")[0]) for url in urls if url.startswith("item:")}
        paths = {normalise_address(url) for url in urls if not url.startswith("item:")}
        imported = ImportedItem.objects.filter(source=self._source, kind="article")
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
                self._ledger.add_article(key, pk, self._destinations.place_of(articles[pk]), [])
        for path, pk in by_path.items():
            if pk in articles and self._ledger.article_at(path) is None:
                self._ledger.recall(path, pk, self._destinations.place_of(articles[pk]))


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """In pieces that every database takes as parameters of one query."""
    remaining = list(values)
    for start in range(0, len(remaining), 500):
        yield remaining[start : start + 500]
