"""The form in which an article is written, and what it refuses."""

import datetime
import difflib
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import TEXTAREA_CLASSES

from accounts.models import User
from articles.admin.fields import (
    AddressField,
    AutocompleteMany,
    AutocompleteOne,
    LocalDateTimeField,
    OrderedUsersField,
    TagsField,
)
from articles.errors import NotPublishable
from articles.models import Article
from core.clock import database_now

# How long each text should be, in characters: what search engines and cards show without cutting it.
RECOMMENDED = {"title": (15, 70), "summary": (80, 300), "seo_title": (30, 60), "seo_description": (70, 160)}
VERBS = ("publish", "schedule", "withdraw")
# Comparing takes the square of the number of lines at worst.
MOST_COMPARED, MOST_SHOWN = 6000, 400
# A time that was right when the form was sent is not refused because the request took its time.
TOLERANCE = datetime.timedelta(minutes=2)


@dataclass(frozen=True)
class Difference:
    """One field in which the stored article and the typed one differ; ``lines`` are (sign, text) of a diff."""

    label: str
    theirs: str
    lines: list[tuple[str, str]]


def changed_lines(theirs: str, mine: str) -> list[tuple[str, str]]:
    """The lines of a diff, without those far from any change; empty when the texts are too long to be compared."""
    before, after = theirs.splitlines(), mine.splitlines()
    if len(before) + len(after) > MOST_COMPARED:
        return []
    # The first two lines would name the files.
    diff = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    return [(line[:1], line[1:]) for line in diff[:MOST_SHOWN]]


class ArticleForm(forms.ModelForm):
    """``user`` is set for each request; ``refusal`` is what a verb refused when the form was saved just now."""

    user: User
    refusal: NotPublishable | None = None

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    tags = TagsField(help_text="Type to find one. A new name makes a new tag.")
    coauthors = OrderedUsersField(
        queryset=User.objects.all(),
        required=False,
        label="Co-authors",
        widget=AutocompleteMany(Article._meta.get_field("co_authors")),
        help_text="In the order in which they are to be named, after the author.",
    )
    publish_at = LocalDateTimeField(
        required=False, label="Goes public at", help_text="For “Schedule”; afterwards the date that readers see."
    )

    class Meta:
        model = Article
        fields = (
            "kind",
            "title",
            "slug",
            "content",
            "summary",
            "language",
            "author",
            "category",
            "series",
            "series_position",
            "cover",
            "featured",
            "seo_title",
            "seo_description",
            "canonical_url",
            "expires_at",
        )
        field_classes = {"expires_at": LocalDateTimeField, "canonical_url": AddressField}
        widgets = {
            "content": forms.Textarea(attrs={"class": " ".join([*TEXTAREA_CLASSES, "markdown-text"]), "rows": 24}),
            "summary": forms.Textarea(attrs={"class": " ".join([*TEXTAREA_CLASSES, "max-w-2xl"]), "rows": 3}),
            "expires_at": LocalDateTimeField.widget,
            **{
                name: AutocompleteOne(Article._meta.get_field(name))
                for name in ("author", "category", "series", "cover")
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb = next((verb for verb in VERBS if f"_{verb}" in self.data), "")
        self.may_publish = self.user.has_perm("articles.publish_article")
        self.stored_version = self.instance.version
        if not self.may_publish:
            del self.fields["publish_at"]
        for name in {"publish_at", "expires_at"} & set(self.fields):
            self.fields[name].help_text += f" Times are those of {timezone.get_current_timezone_name()}."
        self.fields["tags"].may_add = self.user.has_perm("articles.add_tag")  # type: ignore[attr-defined]
        for name, (shortest, longest) in RECOMMENDED.items():
            self.fields[name].widget.attrs |= {"data-count-from": shortest, "data-count-to": longest}
        if self.instance.pk:
            self.initial["version"] = self.instance.version
            self.initial["publish_at"] = self.instance.published_at
            self.initial["coauthors"] = [row.user_id for row in self.instance.coauthorship.all()]

    def clean_version(self) -> int:
        """The version the writer started from; an older one passes only when they say which one they overwrite."""
        started_from: int | None = self.cleaned_data["version"]
        if not self.instance.pk or started_from == self.stored_version:
            return self.stored_version
        if self.data.get("_overwrite") == str(self.stored_version):
            return self.stored_version
        self.differences = self.compare()
        raise ValidationError(
            "Someone else saved this article while you were writing. Nothing was saved, and your text stands below. "
            "Compare it with what is stored now, then save it again or take over what they wrote.",
            code="stale",
        )

    def compare(self) -> list[Difference]:
        """Where the stored texts and those that were typed differ."""
        found = []
        for name in ("title", "slug", "summary", "content", "seo_title", "seo_description"):
            theirs = str(self.initial.get(name) or "").replace("\r\n", "\n")
            mine = str(self[name].value() or "").replace("\r\n", "\n")
            if theirs != mine:
                found.append(Difference(str(self.fields[name].label), theirs, changed_lines(theirs, mine)))
        return found

    def last_change(self) -> LogEntry | None:
        """Who changed the stored article last, as far as it was here."""
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Article), object_id=str(self.instance.pk)
        )
        return entries.select_related("user").order_by("-action_time", "-pk").first()

    def clean_publish_at(self) -> datetime.datetime | None:
        """The typed time when it is to be used, else the one that stands."""
        stored = self.instance.published_at
        typed: datetime.datetime | None = self.cleaned_data["publish_at"]
        if "publish_at" not in self.changed_data or self.verb in ("publish", "withdraw"):
            typed = stored
        if self.verb == "schedule":
            self.check_schedule(typed)
        elif typed != stored:
            self.check_date(typed, stored)
        return typed

    def check_schedule(self, typed: datetime.datetime | None) -> None:
        if typed is None:
            raise ValidationError("When is it to go public? Choose a date and a time, then press “Schedule”.")
        if self.instance.is_published():
            raise ValidationError("It is public already. Withdraw it first, then schedule it.")
        if typed < database_now() - TOLERANCE:
            raise ValidationError("This time is past. Choose a later one, or press “Publish now”.")

    def check_date(self, typed: datetime.datetime | None, stored: datetime.datetime | None) -> None:
        if stored is None:
            raise ValidationError("Press “Schedule” to publish it at this time, or leave the time empty.")
        if typed is None:
            raise ValidationError("Press “Withdraw” to take it back into the drafts; otherwise it needs a date.")
        now = database_now()
        if stored <= now < typed:
            raise ValidationError("It is public already. Withdraw it first, then schedule it.")
        if typed < now - TOLERANCE and stored > now:
            raise ValidationError("This time is past. Choose a later one, or press “Publish now”.")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.verb and not self.may_publish:
            raise ValidationError("Your role may write but not publish. Save it, and ask an editor to publish it.")
        author = cleaned.get("author") or self.instance.__dict__.get("author_id") or self.user
        author_id = author.pk if isinstance(author, User) else author
        if any(user.pk == author_id for user in cleaned.get("coauthors") or []):
            self.add_error("coauthors", "The author is named already. Take them out of the co-authors.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # An empty slug is made from the title by the save; until then the database's rule on it does not hold.
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions if self.cleaned_data.get("slug") else {*exclusions, "slug"}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.refusal is None and self.verb in ("publish", "schedule") and not self.errors:
            try:
                self.instance.check_publishable()
            except NotPublishable as refusal:
                self.refusal = refusal
        for name, message in (self.refusal.problems if self.refusal else {}).items():
            self.add_error(name if name in self.fields else None, message)

    def _save_m2m(self) -> None:
        for tag in self.cleaned_data["tags"]:
            if tag.pk is None:
                tag.save()
        super()._save_m2m()  # type: ignore[misc]
        self.instance.set_co_authors(self.cleaned_data["coauthors"])

    def act(self) -> str:
        """After the save: does what the pressed button says, or moves the date. Returns what to tell, or nothing.

        Raises NotPublishable and StaleArticle.
        """
        article, moment = self.instance, self.cleaned_data.get("publish_at")
        if self.verb == "publish":
            article.publish(by=self.user)
            return f"“{article}” is public now."
        if self.verb == "withdraw":
            article.withdraw(by=self.user)
            return f"“{article}” is a draft again; readers no longer see it."
        if self.verb == "schedule" or ("publish_at" in self.changed_data and moment != article.published_at):
            article.publish(by=self.user, at=moment)
            local = timezone.localtime(moment)
            return f"“{article}” {'goes' if self.verb else 'went'} public on {local:%-d %B %Y at %H:%M}."
        return ""
