"""What the OpenAPI document says about every operation: query parameters, preconditions, errors and good names."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.api.problems import CONTENT_TYPE, ProblemSerializer
from core.api.serializers import StrictSerializer
from core.api.views import StrictView

VERBS = {
    "list": "list",
    "retrieve": "get",
    "create": "create",
    "update": "replace",
    "partial_update": "change",
    "destroy": "delete",
}

MEANINGS = {
    400: "A query parameter or a value in the body is wrong; the errors name it.",
    401: "The token is wrong or has expired, or there is none and one is needed.",
    403: "Your role does not allow this.",
    404: "There is no such thing, or it is not yours to see.",
    406: "Only JSON is given.",
    409: "The current state does not allow this.",
    412: "It was changed since the version that If-Match names.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken here.",
    428: "If-Match is missing.",
    429: "Too many requests; Retry-After says when to go on.",
}

ETAGS = r'^(\*|(W/)?"[^"]*"(, *(W/)?"[^"]*")*)$'


def if_match(*, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        "If-Match",
        {"type": "string", "pattern": ETAGS},
        OpenApiParameter.HEADER,
        required=required,
        description="The ETag that was last got, so that no change is overwritten; `*` for whatever stands there.",
    )


class Schema(AutoSchema):
    """Reads the extra attributes of ``StrictView``; ``noun`` and ``nouns`` name the operations."""

    def get_operation_id(self) -> str:
        noun = getattr(self.view, "noun", None)
        if noun is None:
            return super().get_operation_id()
        if self.action == "list":
            return f"list{getattr(self.view, 'nouns', noun)}"
        return f"{VERBS.get(self.action, self.action)}{noun}"

    @property
    def action(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if isinstance(self.view, StrictView):
            query = self.view.query_class()()
            if query.fields:
                parameters.append(query)
        if self.takes_if_match():
            parameters.append(if_match(required=self.method != "POST"))
        return parameters

    def get_auth(self) -> list[Any]:
        """Strangers may do what needs no permission."""
        auth = list(super().get_auth())
        is_open = self.method == "GET" and self.action not in getattr(self.view, "permissions", {self.action: ""})
        return [*auth, {}] if is_open and {} not in auth else auth

    def takes_if_match(self) -> bool:
        return self.action in getattr(self.view, "conditional_actions", ())

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        reference = self.resolve_serializer(ProblemSerializer, "response").ref
        for status in self.problem_statuses():
            body = {"description": MEANINGS[status], "content": {CONTENT_TYPE: {"schema": reference}}}
            bodies.setdefault(str(status), body)
        return bodies

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def problem_statuses(self) -> list[int]:
        """The errors with which this operation can answer."""
        statuses = {400, 406, 429}
        if self.view.authentication_classes:
            statuses.add(401)
        if "{" in self.path:
            statuses.add(404)
        if self.method != "GET":
            statuses |= {403, 413}
        if self.method in ("POST", "PUT", "PATCH"):
            statuses.add(415)
        if self.takes_if_match():
            statuses |= {412} if self.method == "POST" else {412, 428}
        return sorted(statuses | set(getattr(self.view, "problem_statuses", {}).get(self.action, ())))
