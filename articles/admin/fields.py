"""Form fields of the desk."""

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.utils.timezone import get_current_timezone_name
from unfold.widgets import INPUT_CLASSES

from accounts.models import User
from articles.models import Article, Tag


class LocalDateTimeField(forms.DateTimeField):
    """A moment in the site's time zone, typed with the browser's own picker, to the minute."""

    widget = forms.DateTimeInput(
        format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": " ".join([*INPUT_CLASSES, "max-w-xs"])}
    )

    def to_python(self, value: Any) -> datetime.datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code == "ambiguous_timezone":
                raise ValidationError(
                    f"The clocks change at this time in {get_current_timezone_name()}, so it does not exist or "
                    "exists twice. Choose a time an hour earlier or later.",
                    code=error.code,
                ) from error
            raise

    def has_changed(self, initial: Any, data: Any) -> bool:
        if isinstance(initial, datetime.datetime):
            initial = initial.replace(second=0, microsecond=0)
        return super().has_changed(initial, data)


class AddressField(forms.URLField):
    """A web address; without a scheme it is meant to be https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", **kwargs)


def is_key(value: Any) -> bool:
    """Whether this can be a primary key; anything else would be an error of the database and not of the form."""
    return str(value).isascii() and str(value).isdigit() and len(str(value)) <= 18


class AutocompleteOne(AutocompleteSelect):
    """Django's autocomplete; it survives being shown again with a value that is no key."""

    def __init__(self, field: Any) -> None:
        super().__init__(field, admin.site)

    def optgroups(self, name: str, value: Sequence[Any], attrs: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if is_key(key)], attrs)


class AutocompleteMany(AutocompleteSelectMultiple):
    """The same for many; further ``attrs`` are options of Select2."""

    def __init__(self, field: Any, **attrs: str) -> None:
        super().__init__(field, admin.site, attrs=attrs)

    def optgroups(self, name: str, value: Sequence[Any], attrs: Any = None) -> Any:
        groups = super().optgroups(name, [key for key in value if is_key(key)], attrs)
        options = groups[0][1]
        for text in (text for text in value if not is_key(text)):
            options.append(self.create_option(name, text, str(text).removeprefix("new:"), True, len(options)))
        return groups


class OrderedUsersField(forms.ModelMultipleChoiceField):
    """Users in the order in which they were chosen."""

    def clean(self, value: Any) -> list[User]:  # type: ignore[override]
        for entry in value or []:
            if not is_key(entry):
                raise ValidationError(f"“{str(entry)[:50]}” is nobody here. Choose from the list.")
        chosen = super().clean(value)
        position = {str(int(pk)): n for n, pk in enumerate(value or [])}
        return sorted(chosen, key=lambda user: position[str(user.pk)])


class TagsField(forms.ModelMultipleChoiceField):
    """Tags; one that does not exist yet is made from its name when the form is saved.

    A value is the key of a tag, or a name: with ``new:`` before it when it could be taken for a key.
    """

    may_add = True

    def __init__(self, **kwargs: Any) -> None:
        tags = Article._meta.get_field("tags")
        widget = AutocompleteMany(tags, **{"data-tags": "true", "data-token-separators": '[","]'})
        super().__init__(Tag.objects.all(), widget=widget, required=False, **kwargs)

    def clean(self, value: Any) -> list[Tag]:  # type: ignore[override]
        keys = [entry for entry in value or [] if is_key(entry)]
        names = [str(entry).removeprefix("new:").strip() for entry in value or [] if not is_key(entry)]
        return [*super().clean(keys), *(self.tag_named(name) for name in names if name)]

    def tag_named(self, name: str) -> Tag:
        """The tag of this name, saved or not."""
        tag = Tag.objects.filter(name__iexact=name).first()
        if tag is not None:
            return tag
        if not self.may_add:
            raise ValidationError(f"There is no tag “{name}”, and your role may not add one. Choose one that exists.")
        tag = Tag(name=name)
        try:
            tag.full_clean(exclude=["slug"])
        except ValidationError as error:
            raise ValidationError([f"Tag “{name[:50]}”: {message}" for message in error.messages]) from error
        return tag
