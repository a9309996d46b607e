"""Full-text search in titles, summaries and texts; the same answers on SQLite (FTS5) and PostgreSQL (tsvector).

The index is kept by triggers in the database, so no way to write can miss it. Accents and case do not matter, the last
word counts as a beginning, and "quoted words" must stand together. Scripts that put no spaces between words are not cut
into words by either database: such terms are found as substrings.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import OrderBy, RawSQL
from django.db.models.functions import Left

from articles.errors import ArticleError
from articles.models import Article
from articles.models.article import ArticleQuerySet

MAX_CHARACTERS = 256
MAX_TERMS = 16
# PostgreSQL ranks the newest of the matches; ranking all of them takes most of a second for a word in 25,000 texts.
RANKED_MATCHES = 1000
EXCERPT_CHARACTERS = 240
# How much of a text is looked through for an excerpt.
SEARCHED_CHARACTERS = 100_000

# Thai, Lao, Burmese, Khmer, Japanese, Chinese, Korean.
UNSEGMENTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)

Part = tuple[str, bool]


class QueryRefused(ArticleError):
    """The query is beyond the limits; the first ``shown`` characters may be shown again for correction."""

    shown = MAX_CHARACTERS


@dataclass(frozen=True)
class Term:
    """Words that stand together; ``prefix`` when the last of them may be a beginning."""

    text: str
    words: tuple[str, ...]
    prefix: bool = False

    @property
    def is_unsegmented(self) -> bool:
        return UNSEGMENTED.search(self.text) is not None


Query = tuple[Term, ...]


@dataclass(frozen=True)
class Excerpt:
    """A search result as it is shown: parts of the title and of the text, each with whether it matched."""

    article: Article
    title: list[Part]
    text: list[Part]


def parse(text: str) -> Query | None:
    """The terms of a query, None when it holds no word. Raises QueryRefused beyond the limits."""
    if len(text) > MAX_CHARACTERS:
        raise QueryRefused(
            f"That is {len(text)} characters; a search takes {MAX_CHARACTERS}. Shorten it to the words that matter."
        )
    text = unicodedata.normalize("NFC", text)
    pieces = [(quoted or bare, bool(quoted)) for quoted, bare in re.findall(r'"([^"]*)"|([^\s"]+)', text)]
    if len(pieces) > MAX_TERMS:
        raise QueryRefused(f"Those are {len(pieces)} words; a search takes {MAX_TERMS}. Leave out the common ones.")
    found = [(piece.strip(), words, quoted) for piece, quoted in pieces if (words := tuple(_words(piece)))]
    last = len(found) - 1
    return (
        tuple(Term(piece, words, index == last and not quoted) for index, (piece, words, quoted) in enumerate(found))
        or None
    )


def _words(text: str) -> list[str]:
    # Vowel signs and other marks belong to the word.
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split()


def search(articles: ArticleQuerySet, query: str | Query) -> ArticleQuerySet:
    """The articles among these that hold every term, best first: in the title before elsewhere, then the newer.

    An empty query finds nothing. Raises QueryRefused beyond the limits.
    """
    terms = parse(query) if isinstance(query, str) else query
    if not terms:
        return articles.none()
    if any(term.is_unsegmented for term in terms):
        matching, best_first = _match_substrings(articles, terms)
    elif connection.vendor == "postgresql":
        matching, best_first = _match_postgresql(articles, terms)
    else:
        matching, best_first = _match_sqlite(articles, terms)
    return matching.order_by(*best_first, "-published_at", "-pk")


def _match_substrings(articles: ArticleQuerySet, terms: Query) -> tuple[ArticleQuerySet, list[OrderBy]]:
    """Every term as a substring, also the Latin ones: in such texts no space parts them from what follows."""
    for term in terms:
        articles = articles.filter(_holds(term, "title", "summary", "content_text"))
    titled = Q.create([_holds(term, "title") for term in terms], connector=Q.OR)
    return articles, [OrderBy(Case(When(titled, then=Value(0)), default=Value(1), output_field=IntegerField()))]


def _holds(term: Term, *fields: str) -> Q:
    return Q.create([Q(**{f"{field}__icontains": term.text}) for field in fields], connector=Q.OR)


def _match_sqlite(articles: ArticleQuerySet, terms: Query) -> tuple[ArticleQuerySet, list[OrderBy]]:
    match = " AND ".join(_phrase(term) for term in terms)
    in_title = " OR ".join(_phrase(term) for term in terms)
    # The plus keeps SQLite from asking the index once for each article: it reads the matches, then their articles.
    matching: ArticleQuerySet = articles.extra(  # type: ignore[assignment]
        tables=["articles_search"],
        where=["+articles_search.rowid = articles_article.id", "articles_search MATCH %s"],
        params=[match],
    )
    # Weights alone do not put titles first: bm25 takes a word that most texts hold for next to nothing.
    titled = RawSQL(
        "articles_article.id IN (SELECT rowid FROM articles_search WHERE articles_search MATCH %s)",
        [f"title : ({in_title})"],
    )
    rank = RawSQL("bm25(articles_search, 20.0, 5.0, 1.0)", [])
    return matching, [OrderBy(titled, descending=True), OrderBy(rank)]


def _phrase(term: Term) -> str:
    """The term in FTS5's syntax; nothing but letters, marks and digits is left in its words."""
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def _match_postgresql(articles: ArticleQuerySet, terms: Query) -> tuple[ArticleQuerySet, list[OrderBy]]:
    match = " & ".join(_lexemes(term) for term in terms)
    in_title = " | ".join(_lexemes(term, "A") for term in terms)
    matching = articles.filter(
        pk__in=RawSQL("SELECT id FROM articles_article WHERE search_vector @@ to_tsquery('simple', %s)", [match])
    )
    newest = matching.order_by("-published_at", "-pk").values("pk")[:RANKED_MATCHES]
    titled = RawSQL("articles_article.search_vector @@ to_tsquery('simple', %s)", [in_title])
    rank = RawSQL("ts_rank('{0.05,0.1,0.3,1}', articles_article.search_vector, to_tsquery('simple', %s))", [match])
    return articles.filter(pk__in=newest), [OrderBy(titled, descending=True), OrderBy(rank, descending=True)]


def _lexemes(term: Term, weight: str = "") -> str:
    """The term in the syntax of ``to_tsquery``; the words hold nothing but letters, marks and digits."""
    first, last = [unaccented(word) for word in term.words[:-1]], unaccented(term.words[-1])
    flags = ("*" if term.prefix else "") + weight
    operands = [f"'{word}'{':' + weight if weight else ''}" for word in first]
    return "(" + " <-> ".join([*operands, f"'{last}'{':' + flags if flags else ''}"]) + ")"


def unaccented(text: str) -> str:
    """As the trigger of the PostgreSQL index folds text."""
    return re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text)).lower()


class _Folding(dict[int, str]):
    """Maps each character to one: lower case, without accents. The length stays, so positions hold for the original."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        decomposed = unicodedata.normalize("NFD", character)
        single = decomposed[0] if all(unicodedata.combining(mark) for mark in decomposed[1:]) else character
        lowered = single.lower()
        self[code] = lowered if len(lowered) == 1 else single
        return self[code]


_folding = _Folding()


def excerpts(articles: Iterable[Article], query: Query) -> list[Excerpt]:
    """The articles as search results, with what matched; one query for all their texts."""
    listed = list(articles)
    texts: dict[Any, str] = dict(
        Article.objects.filter(pk__in=[article.pk for article in listed])
        .annotate(beginning=Left(F("content_text"), SEARCHED_CHARACTERS))
        .values_list("pk", "beginning")
    )
    pattern = _pattern(query)
    return [
        Excerpt(article, list(_parts(article.title, pattern)), _excerpt(article, texts.get(article.pk, ""), pattern))
        for article in listed
    ]


def _pattern(query: Query) -> re.Pattern[str]:
    if any(term.is_unsegmented for term in query):
        return re.compile("|".join(re.escape(term.text.translate(_folding)) for term in query))
    return re.compile("|".join(_word_pattern(term) for term in query))


def _word_pattern(term: Term) -> str:
    together = r"[\W_]+".join(re.escape(word.translate(_folding)) for word in term.words)
    return rf"(?<!\w){together}" + (r"\w*" if term.prefix else r"(?!\w)")


def _excerpt(article: Article, text: str, pattern: re.Pattern[str]) -> list[Part]:
    """The surroundings of the first match in the text; the summary when only that or the title matches."""
    text = " ".join(text.split())
    match = pattern.search(text.translate(_folding))
    if match is None:
        source = article.summary or text
        return list(_parts(source[:EXCERPT_CHARACTERS] + ("…" if len(source) > EXCERPT_CHARACTERS else ""), pattern))
    start = max(0, match.start() - EXCERPT_CHARACTERS // 3)
    if start:
        start = text.find(" ", start, match.start()) + 1 or start
    end = start + EXCERPT_CHARACTERS
    if end < len(text):
        end = max(text.rfind(" ", match.end(), end), match.end())
    around = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return list(_parts(around, pattern))


def _parts(text: str, pattern: re.Pattern[str]) -> Iterator[Part]:
    end = 0
    for match in pattern.finditer(text.translate(_folding)):
        if match.start() > end:
            yield text[end : match.start()], False
        yield text[match.start() : match.end()], True
        end = match.end()
    if end < len(text):
        yield text[end:], False
