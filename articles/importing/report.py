"""What an import did: numbers for each kind, and the problems in words."""

from dataclasses import dataclass, field
from typing import Any, Literal

from articles.importing.fields import clean
from articles.importing.items import ArticleItem, AuthorItem, CommentItem, Item, SkippedItem, TermItem

KINDS = ("articles", "pages", "images", "comments", "tags", "categories", "authors", "redirects")
KIND_OF = {
    "author": "authors", "tag": "tags", "category": "categories", "image": "images",
    "article": "articles", "page": "pages", "comment": "comments",
}  # fmt: skip
OUTCOMES = ("created", "updated", "unchanged", "skipped")
MAX_PROBLEMS = 10_000

Outcome = Literal["created", "updated", "unchanged", "skipped"]


@dataclass
class Report:
    """``counts`` maps each kind to its four outcomes; ``problems`` are pairs of item and reason, in order."""

    source: str = ""
    dry_run: bool = False
    counts: dict[str, dict[str, int]] = field(
        default_factory=lambda: {kind: dict.fromkeys(OUTCOMES, 0) for kind in KINDS}
    )
    problems: list[tuple[str, str]] = field(default_factory=list)
    unlisted_problems: int = 0

    def count(self, kind: str, outcome: Outcome, number: int = 1) -> None:
        self.counts[kind][outcome] += number

    def problem(self, item: str, reason: str) -> None:
        """Notes a problem; beyond the first 10,000 they are only counted, so that the report stays readable."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((item, reason))
        else:
            self.unlisted_problems += 1

    def skip(self, kind: str, item: str, reason: str) -> None:
        if kind in self.counts:
            self.count(kind, "skipped")
        self.problem(item, reason)

    def as_json(self) -> dict[str, Any]:
        """``{"source", "dry_run", <kind>: {<outcome>: n}, "problems": [{"item", "reason"}]}``."""
        problems = [{"item": item, "reason": reason} for item, reason in self.problems]
        if self.unlisted_problems:
            problems.append({"item": "…", "reason": f"{self.unlisted_problems} more problems are not listed."})
        return {"source": self.source, "dry_run": self.dry_run, **self.counts, "problems": problems}

    def as_text(self, problems: int = 50) -> str:
        """A table, and the first of the problems; what happened to several items for one reason is said once."""
        lines = [f"{'':<12}" + "".join(f"{outcome:>11}" for outcome in OUTCOMES)]
        lines += [
            f"{kind:<12}" + "".join(f"{numbers[outcome]:>11,}" for outcome in OUTCOMES)
            for kind, numbers in self.counts.items()
        ]
        total = len(self.problems) + self.unlisted_problems
        if total:
            lines += ["", f"{total:,} problem{'' if total == 1 else 's'}:"]
        by_reason: dict[str, list[str]] = {}
        for item, reason in self.problems:
            by_reason.setdefault(reason, []).append(item)
        shown = list(by_reason.items())[:problems]
        lines += [f"  {some(items)}: {reason}" for reason, items in shown]
        if left := total - sum(len(items) for _, items in shown):
            lines.append(f"  … and {left:,} more.")
        if self.dry_run:
            lines += ["", "This was a trial: nothing was stored."]
        return "\n".join(lines)


def some(names: list[str], most: int = 3) -> str:
    """The first of these names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def kind_of(item: Item) -> str:
    """Under which of the kinds an item is counted."""
    if isinstance(item, TermItem | ArticleItem | SkippedItem):
        return KIND_OF.get(item.kind, item.kind)
    return KIND_OF[type(item).__name__.removesuffix("Item").lower()]


def name_of(item: Item) -> str:
    """What an item is called in a problem."""
    match item:
        case ArticleItem():
            return clean(item.title, 100) or item.key
        case AuthorItem() | TermItem():
            return clean(item.name, 100) or item.key
        case CommentItem():
            return f"Comment by {clean(item.author_name, 60) or 'someone'} of {item.created_at:%Y-%m-%d}"
        case _:
            return item.name if isinstance(item, SkippedItem) else item.key
