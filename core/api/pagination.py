"""Lists in pages, by a cursor that names the last row seen instead of counting rows.

So a page costs the same however far down it is, and rows that are added meanwhile neither repeat nor hide others.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.db.models import F, Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.problems import InvalidQuery
from core.api.serializers import QuerySerializer

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Ranked results have no key to continue from; nobody reads further than this.
MAX_RANKED = 1000


class ListQuery(QuerySerializer):
    """The query parameters that every list takes."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, help_text=f"Items on a page; {DEFAULT_LIMIT} if not given."
    )
    cursor = serializers.CharField(max_length=1000, help_text="Where the page begins: taken from next or previous.")
    include = serializers.ChoiceField(["count"], help_text="count: adds the number of all items.")


@dataclass(frozen=True)
class Keyset:
    """An order of rows: by a field, then by primary key in the same direction. Null counts as the highest value."""

    field: str
    descending: bool = False
    nullable: bool = False

    @classmethod
    def parse(cls, ordering: str, *, nullable: bool = False) -> "Keyset":
        return cls(ordering.removeprefix("-"), ordering.startswith("-"), nullable)

    def apply(self, rows: QuerySet, *, backward: bool) -> QuerySet:
        column = F(self.field)
        if self.descending != backward:
            return rows.order_by(column.desc(nulls_first=self.nullable or None), "-pk")
        return rows.order_by(column.asc(nulls_last=self.nullable or None), "pk")

    def beyond(self, value: Any, pk: int, *, backward: bool) -> Q:
        """The rows that come after this one."""
        descending = self.descending != backward
        operator = "lt" if descending else "gt"
        further = Q(**{f"pk__{operator}": pk})
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return (empty & further) | ~empty if descending else empty & further
        rows = Q(**{f"{self.field}__{operator}": value}) | Q(**{self.field: value}) & further
        return rows | empty if self.nullable and not descending else rows


class CursorPagination(BasePagination):
    """Reads ``limit``, ``cursor`` and ``include`` of the view's query; asks the view for its keyset.

    A view whose ``get_keyset`` gives None has ranked its rows itself.
    """

    signer = Signer(salt="core.api.pagination")
    count: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        query = view.query
        self.limit = query.get("limit", DEFAULT_LIMIT)
        if query.get("include") == "count":
            self.count = queryset.count()
        self.keyset: Keyset | None = view.get_keyset()
        position = self.read(query["cursor"], queryset.model) if "cursor" in query else None
        if self.keyset is None:
            return self.ranked_page(queryset, position)
        return self.keyset_page(queryset, self.keyset, position)

    def keyset_page(self, queryset: QuerySet, keyset: Keyset, position: dict[str, Any] | None) -> list[Any]:
        backward = bool(position and position["backward"])
        if position:
            queryset = queryset.filter(keyset.beyond(position["value"], position["pk"], backward=backward))
        rows = list(keyset.apply(queryset, backward=backward)[: self.limit + 1])
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if backward:
            rows.reverse()
        if rows:
            self.next_cursor = self.write(keyset, rows[-1]) if more or backward else None
            self.previous_cursor = (
                self.write(keyset, rows[0], backward=True) if (more if backward else position) else None
            )
        return rows

    def ranked_page(self, queryset: QuerySet, position: dict[str, Any] | None) -> list[Any]:
        offset = position["offset"] if position else 0
        rows = list(queryset[offset : offset + self.limit + 1])
        if len(rows) > self.limit and offset + self.limit < MAX_RANKED:
            self.next_cursor = self.signer.sign_object({"by": self.order(), "offset": offset + self.limit})
        if offset:
            self.previous_cursor = self.signer.sign_object({"by": self.order(), "offset": max(0, offset - self.limit)})
        return rows[: self.limit]

    def order(self) -> str:
        return f"{'-' if self.keyset.descending else ''}{self.keyset.field}" if self.keyset else "rank"

    def write(self, keyset: Keyset, row: Model, *, backward: bool = False) -> str:
        value = getattr(row, keyset.field)
        plain = value.isoformat() if hasattr(value, "isoformat") else value
        position = {"by": self.order(), "value": plain, "pk": row.pk, "backward": backward}
        return self.signer.sign_object(position)

    def read(self, cursor: str, model: type[Model]) -> dict[str, Any]:
        """The position in a cursor. Raises InvalidQuery for one that was not written for this list."""
        try:
            position: dict[str, Any] = self.signer.unsign_object(cursor)
        except (BadSignature, ValueError) as error:
            raise InvalidQuery(
                {"cursor": "This cursor is not one of ours, or it is damaged. Begin again without it."}
            ) from error
        if position["by"] != self.order():
            raise InvalidQuery({"cursor": "This cursor belongs to another order of the list. Begin again without it."})
        if self.keyset is not None and position["value"] is not None:
            column: Any = model._meta.get_field(self.keyset.field)
            position["value"] = column.to_python(position["value"])
        return position

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.address(self.next_cursor), "previous": self.address(self.previous_cursor)}
        body = {"results": data, **links}
        if self.count is not None:
            body["count"] = self.count
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        return Response(body, headers={"Link": header} if header else None)

    def address(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        parameters = [
            (name, value)
            for name, values in self.request.query_params.lists()
            for value in values
            if name not in ("cursor", "include")
        ]
        return self.request.build_absolute_uri("?" + urlencode([*parameters, ("cursor", cursor)]))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {
                "results": schema,
                "next": {**link, "description": "The next page; null on the last."},
                "previous": {**link, "description": "The page before; null on the first."},
                "count": {"type": "integer", "description": "The number of all items, if asked for by include=count."},
            },
        }
