"""The sample publication: what stands in the files beside this one, stored once.

``publication.yaml`` holds people, categories, series and pictures; each ``*.md`` file is an article with YAML front
matter. A text shows a picture as ``![what it shows](picture:NAME "caption")``.
"""

import datetime
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from articles.demo.pictures import drawn
from articles.models import Article, Category, Image, Series, Tag

FOLDER = Path(__file__).resolve().parent
PICTURE = re.compile(r"\(picture:([\w-]+)")


class Demo:
    """Adds what is missing; what is there, however changed, stays as it is. Articles are known by their slug."""

    def __init__(self) -> None:
        self.publication: dict[str, Any] = yaml.safe_load((FOLDER / "publication.yaml").read_text(encoding="utf-8"))
        self.now = timezone.now()

    @cached_property
    def files(self) -> list[Path]:
        return sorted(FOLDER.glob("*.md"))

    def load(self) -> Iterator[bool]:
        """One article after the other: whether it was added."""
        for file in self.files:
            head, content = split(file.read_text(encoding="utf-8"))
            missing = not Article.objects.filter(slug=head["slug"]).exists()
            if missing:
                self.add(head, content)
            yield missing

    def add(self, head: dict[str, Any], content: str) -> None:
        author = self.person(head["author"])
        content = PICTURE.sub(lambda match: f"({settings.MEDIA_URL}{self.picture(match[1]).name}", content)
        cover = self.picture(head["cover"]) if "cover" in head else None
        tags = [Tag.objects.get_or_create(name=name)[0] for name in head.get("tags", [])]
        co_authors = [self.person(key) for key in head.get("co_authors", [])]
        # A worker that has made a picture renders the articles that show it; it must find this one whole or not at all.
        with transaction.atomic():
            article = Article(
                title=head["title"],
                slug=head["slug"],
                kind=head.get("kind", Article.Kind.ARTICLE),
                content=content,
                summary=head.get("summary", ""),
                language=head.get("language", "en"),
                featured=head.get("featured", False),
                author=author,
                cover=cover,
                category=self.category(head["category"]) if "category" in head else None,
                series=self.series(head["series"]) if "series" in head else None,
                series_position=head.get("position"),
            )
            article.save()
            article.tags.set(tags)
            article.set_co_authors(co_authors)
            if "days_ago" in head:
                article.publish(by=author, at=self.moment(head["days_ago"], head.get("at", "07:30")))

    def moment(self, days_ago: int, clock: str) -> datetime.datetime:
        hour, minute = clock.split(":")
        day = self.now - datetime.timedelta(days=days_ago)
        return day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)

    def person(self, key: str) -> User:
        user = User.objects.filter(slug=key).first()
        return user or User.objects.create_user(None, slug=key, role="author", **self.publication["people"][key])

    def category(self, key: str) -> Category:
        return Category.objects.get_or_create(slug=key, defaults=self.publication["categories"][key])[0]

    def series(self, key: str) -> Series:
        return Series.objects.get_or_create(slug=key, defaults=self.publication["series"][key])[0]

    def picture(self, name: str) -> Image:
        return Image.objects.store(drawn(name), name=f"{name}.jpg", alt=self.publication["pictures"][name])


def split(source: str) -> tuple[dict[str, Any], str]:
    """The front matter and the text."""
    _, head, content = source.split("---\n", 2)
    return yaml.safe_load(head), content.lstrip()
