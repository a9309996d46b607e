"""The comments below a post of an export."""

import datetime
from collections.abc import Iterator
from html import unescape

from articles.importing.ancestry import parents_first
from articles.importing.autop import autop
from articles.importing.items import CommentItem, Item, SkippedItem
from articles.importing.tree import parse, readable, text_of
from articles.importing.wordpress_site import Site
from articles.importing.wxr import Record


def comments_of(record: Record, article: str, name: str, site: Site) -> Iterator[Item]:
    """The comments as items, each after the one that it answers; ``article`` is the key of the post."""
    known = {}
    for position, comment in enumerate(record.comments):
        if reason := _reason_to_skip(comment):
            author = unescape(comment.get("wp:comment_author", "").strip()) or "Someone"
            yield SkippedItem("comment", f"{author} on “{name}”", reason)
        else:
            known[comment.get("wp:comment_id", "").strip() or f"{article}-{position}"] = comment
    posted = site.moment(record.get("wp:post_date_gmt"), record.get("wp:post_date"))

    def parent_of(key: str) -> str | None:
        parent = known[key].get("wp:comment_parent", "0").strip()
        return parent if parent in known and parent != key else None

    given: set[str] = set()
    for key in parents_first(known, parent_of):
        parent = parent_of(key)
        item = _item(known[key], f"{article} comment {key}", article, site, posted)
        item.parent = f"{article} comment {parent}" if parent in given else None
        given.add(key)
        yield item


def _item(comment: dict[str, str], key: str, article: str, site: Site, posted: datetime.datetime | None) -> CommentItem:
    moment = site.moment(comment.get("wp:comment_date_gmt", ""), comment.get("wp:comment_date", ""))
    state = comment.get("wp:comment_approved", "1").strip()
    return CommentItem(
        key,
        article,
        author_name=unescape(comment.get("wp:comment_author", "").strip()),
        content=_text(comment.get("wp:comment_content", "")),
        created_at=moment or posted or datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
        author_email=comment.get("wp:comment_author_email", "").strip(),
        author_url=comment.get("wp:comment_author_url", "").strip(),
        state="spam" if state == "spam" else "pending" if state in ("0", "hold") else "approved",
    )


def _reason_to_skip(comment: dict[str, str]) -> str:
    kind = comment.get("wp:comment_type", "").strip()
    if kind in ("pingback", "trackback"):
        return f"It is a {kind}, which is not taken over."
    if kind not in ("", "comment"):
        return f"Comments of the type “{kind}” belong to a plugin and are not taken over."
    if comment.get("wp:comment_approved", "").strip() in ("trash", "post-trashed"):
        return "The comment is in the trash."
    if not _text(comment.get("wp:comment_content", "")):
        return "The comment is empty."
    return ""


def _text(content: str) -> str:
    tree = parse(autop(content))
    for link in tree.iter("a"):
        href = (link.get("href") or "").strip()
        text = text_of(link).strip()
        if href and text and href.rstrip("/") not in text and not href.startswith("#"):
            link.tail = f" ({href}){link.tail or ''}"
    return readable(tree)
