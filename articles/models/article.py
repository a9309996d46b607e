"""The article: the live row that readers see."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models.functions import Now
from django.urls import reverse

from articles import markup
from articles.errors import NotPublishable, StaleArticle
from articles.models.image import Image
from articles.models.redirect import Redirect
from core.clock import database_now
from core.slugs import SlugField, free_slug, slugify

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from articles.models.taxonomy import Category

# First parts of the site's own addresses, which a page at /<slug>/ would hide.
RESERVED_SLUGS = frozenset(
    "accounts admin api archive articles authors categories category feed feeds healthz images media "
    "metrics page pages preview readyz robots rss search series sitemap static tag tags".split()
)

# Writers of the same title may take one number after the other from each other.
SLUG_ATTEMPTS = 20


def is_year(slug: str) -> bool:
    return slug.isdigit() and len(slug) == 4


def refuse_reserved_slug(slug: str) -> None:
    if slug in RESERVED_SLUGS or is_year(slug):
        raise ValidationError(
            "“%(slug)s” is an address of the site itself. Choose another, for example “%(slug)s-2”.",
            code="reserved_slug",
            params={"slug": slug},
        )


def default_language() -> str:
    return settings.LANGUAGE_CODE


def is_public() -> models.Q:
    return models.Q(published_at__lte=Now()) & (models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=Now()))


def is_written_by(user: "User | AnonymousUser") -> models.Q:
    co_written = CoAuthor.objects.filter(user=user.pk).values("article")
    return models.Q(author_id=user.pk) | models.Q(pk__in=co_written)


@dataclass
class Outcome:
    """What a bulk verb did: ``refused`` pairs each article it could not do with the reason."""

    done: list["Article"] = field(default_factory=list)
    unchanged: list["Article"] = field(default_factory=list)
    refused: list[tuple["Article", str]] = field(default_factory=list)


class ArticleQuerySet(models.QuerySet["Article"]):
    """The questions that pages, feeds, search, admin and API ask about articles."""

    def published(self) -> Self:
        """What everyone may read now, by the database's clock."""
        return self.filter(is_public())

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """What this user may read: editors everything, authors also their own, everyone else what is published."""
        if user.has_perm("articles.publish_article"):
            return self.all()
        if user.has_perm("articles.change_article"):
            return self.filter(is_public() | is_written_by(user))
        return self.published()

    def editable_by(self, user: "User | AnonymousUser") -> Self:
        """What this user may change: editors everything, authors what they write, others nothing."""
        if user.has_perm("articles.publish_article"):
            return self.all()
        if user.has_perm("articles.change_article"):
            return self.filter(is_written_by(user))
        return self.none()

    def deletable_by(self, user: "User | AnonymousUser") -> Self:
        """What this user may delete: editors everything, authors their own drafts, others nothing."""
        if user.has_perm("articles.delete_article"):
            return self.all()
        if user.has_perm("articles.change_article"):
            return self.filter(author_id=user.pk).drafts()
        return self.none()

    def posts(self) -> Self:
        """Without plain pages, which stand in no list and no feed."""
        return self.filter(kind=Article.Kind.ARTICLE)

    def pages(self) -> Self:
        return self.filter(kind=Article.Kind.PAGE)

    def written_by(self, user: "User") -> Self:
        """By this author, alone or with others."""
        return self.filter(is_written_by(user))

    def showing(self, image: Image) -> Self:
        """With this image as cover or in the text."""
        return self.filter(models.Q(cover=image) | models.Q(content__contains=image.name))

    def drafts(self) -> Self:
        return self.filter(published_at__isnull=True)

    def scheduled(self) -> Self:
        return self.filter(published_at__gt=Now())

    def expired(self) -> Self:
        return self.filter(expires_at__lte=Now())

    def with_clock(self) -> Self:
        """Each row with ``clock``, the database's time, for ``article.status_at(article.clock)``."""
        return self.annotate(clock=Now())

    def publish(self, *, by: "User | None") -> Outcome:
        """Publishes one after the other; what is public stays as it is, and one refusal stops no other."""
        return self._each(Article.is_published, lambda article: article.publish(by=by))

    def withdraw(self, *, by: "User | None") -> Outcome:
        """Takes back one after the other; drafts stay as they are, and one refusal stops no other."""
        return self._each(lambda article: article.published_at is None, lambda article: article.withdraw(by=by))

    def _each(self, is_done: Callable[["Article"], bool], verb: Callable[["Article"], None]) -> Outcome:
        outcome = Outcome()
        for pk in list(self.values_list("pk", flat=True)):
            article = Article.objects.filter(pk=pk).first()
            if article is None:
                continue
            if is_done(article):
                outcome.unchanged.append(article)
                continue
            try:
                verb(article)
                outcome.done.append(article)
            except (NotPublishable, StaleArticle, markup.MarkupError) as refusal:
                outcome.refused.append((article, str(refusal)))
        return outcome

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")

    def in_category(self, category: "Category") -> Self:
        """Filed under it or under one of its children."""
        return self.filter(models.Q(category=category) | models.Q(category__parent=category))

    def in_series_order(self) -> Self:
        return self.order_by(models.F("series_position").asc(nulls_last=True), "published_at", "pk")

    def for_list(self) -> Self:
        """With all that a card shows, in a number of queries that does not depend on the length; without the bodies."""
        return (
            self.select_related("author", "category", "cover")
            .prefetch_related("tags", "coauthorship__user", "cover__renditions")
            .defer("content", "content_html", "content_text", "toc")
            .newest_first()
        )

    def for_page(self) -> Self:
        """With all that its own page shows."""
        return self.select_related("author", "category", "cover", "series").prefetch_related(
            "tags", "coauthorship__user", "cover__renditions"
        )


class Article(models.Model):
    """One article or plain page, as readers see it.

    ``published_at`` is null for a draft and in the future for what is scheduled. ``content`` is Markdown; what is
    derived from it (``content_html``, ``content_text``, ``excerpt``, ``toc``, ``word_count``) is stored at each save.
    ``version`` grows by one with each save, and a save that started from an older one raises StaleArticle.
    """

    class Kind(models.TextChoices):
        ARTICLE = "article", "Article"
        PAGE = "page", "Page"

    # Fields that only those may set who may publish.
    FOR_PUBLISHERS: ClassVar = ("kind", "author", "featured", "expires_at")

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ARTICLE)
    title = models.CharField(max_length=200)
    slug = SlugField(
        max_length=200,
        unique=True,
        blank=True,
        validators=[refuse_reserved_slug],
        help_text="Last part of the address. Left empty, it is made from the title.",
    )
    content = models.TextField(blank=True, help_text="Markdown.")
    content_html = models.TextField(blank=True, editable=False)
    content_text = models.TextField(blank=True, editable=False)
    excerpt = models.CharField(max_length=300, blank=True, editable=False)
    toc = models.JSONField(default=list, blank=True, editable=False)
    word_count = models.PositiveIntegerField(default=0, editable=False)
    summary = models.TextField(blank=True, max_length=600, help_text="Shown in lists, feeds and search results.")
    language = models.CharField(max_length=20, default=default_language)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="articles")
    co_authors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="CoAuthor", related_name="co_authored_articles", blank=True
    )
    category = models.ForeignKey("Category", models.SET_NULL, null=True, blank=True, related_name="articles")
    tags: models.ManyToManyField = models.ManyToManyField("Tag", blank=True, related_name="articles")
    series = models.ForeignKey("Series", models.SET_NULL, null=True, blank=True, related_name="articles")
    series_position = models.PositiveIntegerField("position in the series", null=True, blank=True)
    cover = models.ForeignKey(Image, models.SET_NULL, null=True, blank=True, related_name="covered_articles")
    featured = models.BooleanField(default=False, help_text="Stands first on the home page.")
    seo_title = models.CharField("title for search engines", max_length=200, blank=True)
    seo_description = models.CharField("description for search engines", max_length=320, blank=True)
    canonical_url = models.URLField(
        "canonical address", max_length=500, blank=True, help_text="If it was published elsewhere first."
    )
    published_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it is no longer public.")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["Article"]] = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at"]
        permissions = [
            ("publish_article", "Can publish and withdraw articles"),
            ("import_content", "Can import content"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(title=""), name="article_title_not_blank"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="article_slug_not_blank"),
            models.CheckConstraint(condition=models.Q(kind__in=["article", "page"]), name="article_kind_known"),
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True)
                | models.Q(published_at__isnull=True)
                | models.Q(expires_at__gt=models.F("published_at")),
                name="article_expires_after_publishing",
            ),
        ]
        indexes = [
            # Home, archives, feeds, sitemap: the newest of one kind.
            models.Index(fields=["kind", "-published_at", "-id"], name="article_newest"),
            # Author page and feed; also an author's own list in the admin.
            models.Index(fields=["author", "-published_at"], name="article_of_author"),
            # Category page.
            models.Index(fields=["category", "-published_at"], name="article_of_category"),
            # Series page, and the neighbours of an article in its series.
            models.Index(fields=["series", "series_position"], name="article_in_series"),
            # Home: the newest that an editor put first.
            models.Index(fields=["-published_at"], name="article_featured", condition=models.Q(featured=True)),
            # What the dashboard lists first: last touched.
            models.Index(fields=["-updated_at"], name="article_last_changed"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or "content" in fields:
            self.render()
            if fields is not None:
                kwargs["update_fields"] = {*fields, "content_html", "content_text", "excerpt", "toc", "word_count"}
        if self.slug:
            self._save_next_version(*args, **kwargs)
        else:
            self._save_with_free_slug(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse(f"articles:{self.kind}", args=[self.slug])

    def clean(self) -> None:
        if self.expires_at and self.published_at and self.expires_at <= self.published_at:
            raise ValidationError({"expires_at": "It must end after it begins: choose a later time, or none."})
        try:
            self.render()
        except markup.MarkupError as error:
            raise ValidationError({"content": str(error)}) from error

    def is_published(self) -> bool:
        """Whether everyone may read it now. Lists ask ``Article.objects.published()`` instead."""
        now = database_now()
        return (
            self.published_at is not None
            and self.published_at <= now
            and (self.expires_at is None or self.expires_at > now)
        )

    @property
    def status(self) -> str:
        """``draft``, ``scheduled``, ``published`` or ``expired``."""
        return "draft" if self.published_at is None else self.status_at(database_now())

    def status_at(self, now: datetime.datetime) -> str:
        if self.published_at is None:
            return "draft"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "scheduled" if self.published_at > now else "published"

    @property
    def authors(self) -> list["User"]:
        """The author, then the co-authors in their order."""
        return [self.author, *(row.user for row in self.coauthorship.all())]

    @property
    def reading_minutes(self) -> int:
        """Minutes to read it, at 230 words a minute, at least one."""
        return max(1, round(self.word_count / 230))

    @property
    def description(self) -> str:
        """One or two sentences for cards, feeds and search engines."""
        return self.seo_description or self.summary or self.excerpt

    def _save_next_version(self, *args: Any, **kwargs: Any) -> None:
        """Saves if nobody saved since this row was read. Raises StaleArticle."""
        with transaction.atomic():
            if not self._state.adding:
                rows = Article.objects.select_for_update().filter(pk=self.pk)
                stored = rows.only("version", "slug", "kind", "published_at").first()
                if stored is not None and stored.version != self.version:
                    raise StaleArticle(self, stored.version)
                if stored is not None:
                    Redirect.objects.leave(stored, self, kwargs.get("update_fields"))
                self.version += 1
                if kwargs.get("update_fields") is not None:
                    kwargs["update_fields"] = {*kwargs["update_fields"], "version", "updated_at"}
            try:
                super().save(*args, **kwargs)
            except DatabaseError:
                # Nothing was written, so the next attempt starts from the same version.
                self.version -= not self._state.adding
                raise

    def _save_with_free_slug(self, *args: Any, **kwargs: Any) -> None:
        for attempt in range(SLUG_ATTEMPTS):
            base = slugify(self.title) or self.kind
            refused = RESERVED_SLUGS | ({base} if is_year(base) else set())
            self.slug = free_slug(Article.objects.exclude(pk=self.pk), base, max_length=200, refused=refused)
            try:
                with transaction.atomic():
                    self._save_next_version(*args, **kwargs)
                return
            except IntegrityError:
                # Someone took the slug between the look and the save.
                taken = Article.objects.filter(slug=self.slug).exists()
                self.slug = ""
                if not taken or attempt == SLUG_ATTEMPTS - 1:
                    raise

    def render(self) -> markup.Rendered:
        """Fills what is derived from the content. Raises MarkupError when it is beyond the limits."""
        rendered = markup.render(self.content, Image.objects.pictures_in(self.content))
        self.content_html = rendered.html
        self.content_text = rendered.text
        self.excerpt = rendered.lead
        self.toc = rendered.toc
        self.word_count = rendered.word_count
        return rendered

    def publish(self, *, by: "User | None", at: datetime.datetime | None = None) -> None:
        """Makes it public now, or at a time. Raises NotPublishable, with what is missing."""
        self.check_publishable()
        now = database_now()
        moment = at or now
        if moment > now and self.is_published():
            raise NotPublishable({"published_at": "It is public already. Withdraw it first, then schedule it."})
        if self.expires_at is not None and self.expires_at <= moment:
            raise NotPublishable({"expires_at": "It would have ended before it begins. Remove or move the end."})
        self.published_at = moment
        self.save(update_fields=["published_at"])

    def withdraw(self, *, by: "User | None") -> None:
        """Takes it back into the drafts."""
        self.published_at = None
        self.save(update_fields=["published_at"])

    def set_co_authors(self, users: Iterable["User"]) -> None:
        """Names these users, in this order, after the author."""
        with transaction.atomic():
            self.coauthorship.all().delete()
            CoAuthor.objects.bulk_create(
                CoAuthor(article=self, user=user, position=position) for position, user in enumerate(users)
            )

    def check_publishable(self) -> None:
        """Raises NotPublishable unless it has text, and every picture an alternative text."""
        problems = {}
        if not self.content.strip():
            problems["content"] = "There is no text yet. Write something before you publish."
        elif silent := [image.src for image in self.render().images if not image.alt.strip()]:
            problems["content"] = (
                f"{len(silent)} picture{'s have' if len(silent) > 1 else ' has'} no alternative text "
                f"({', '.join(silent[:3])}). Write ![what it shows]({silent[0]})."
            )
        if self.cover is not None and not self.cover.alt.strip():
            problems["cover"] = f"The cover “{self.cover}” has no alternative text. Add it to the image."
        if problems:
            raise NotPublishable(problems)


class CoAuthor(models.Model):
    """A further author of an article; ``position`` orders them after the first."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="coauthorship")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="coauthorship")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["article", "user"], name="co_author_once")]

    def __str__(self) -> str:
        return str(self.user)
