"""Serializers that refuse what they do not know, and times that say where they are."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

MAX_UNKNOWN_NAMED = 20
# JSON has types; a number is no text, even though it could be written as one.
TYPES: tuple[tuple[type[serializers.Field], type, str], ...] = (
    (serializers.CharField, str, "This must be a text, in quotes."),
    (serializers.IntegerField, int, "This must be a number, without quotes."),
    (serializers.BooleanField, bool, "This must be true or false, without quotes."),
)


class DateTimeField(serializers.DateTimeField):
    """RFC 3339: given with its offset, shown in UTC."""

    default_error_messages = {
        "naive": "This time has no offset. Write it like 2026-05-01T09:00:00Z or 2026-05-01T11:00:00+02:00.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=datetime.UTC, **kwargs)

    def enforce_timezone(self, value: datetime.datetime) -> datetime.datetime:
        if timezone.is_naive(value):
            self.fail("naive")
        return super().enforce_timezone(value)


class StrictSerializer(serializers.Serializer):
    """Refuses names that it does not know, and those that can only be read, instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        errors = {**self.unknown(data), **self.mistyped(data)} if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **errors}) from error
            raise
        if errors:
            raise serializers.ValidationError(errors)
        return value

    def unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = [name for name, field in self.fields.items() if not field.read_only]
        message = f"This is not known here. Known are: {', '.join(known)}." if known else "Nothing is taken here."
        names = [name for name in data if name not in known][:MAX_UNKNOWN_NAMED]
        return {name: [ErrorDetail(message, "unknown")] for name in names}

    def mistyped(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        errors: dict[str, list[ErrorDetail]] = {}
        if isinstance(data, QueryDict):
            # Forms and queries have only texts.
            return errors
        for name, field in self.fields.items():
            expected = next(((kind, text) for of, kind, text in TYPES if isinstance(field, of)), None)
            if expected and data.get(name) is not None and type(data[name]) is not expected[0]:
                errors[name] = [ErrorDetail(expected[1], "invalid_type")]
        return errors


class QuerySerializer(StrictSerializer):
    """The query parameters of a view. Each is given once, unless it is a list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An absent parameter is absent: forms would take a missing check box for "no".
        super().__init__(*args, partial=True, **kwargs)

    def unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        errors = super().unknown(data)
        if isinstance(data, QueryDict):
            for name, field in self.fields.items():
                if len(data.getlist(name)) > 1 and not isinstance(field, serializers.ListField):
                    errors[name] = [ErrorDetail("This was given more than once. Give it once.", "repeated")]
        return errors
