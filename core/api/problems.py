"""Errors as RFC 9457 problem details: one shape for every fault, whichever layer found it."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotFound,
    ParseError,
    PermissionDenied,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


class InvalidQuery(ValidationError):
    """The query parameters are wrong; the detail maps each parameter to what is wrong with it."""


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "The current state does not allow this."
    default_code = "conflict"


class PreconditionFailed(APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = (
        "It was changed meanwhile. Get it again, apply your change to what it is now, and send its new ETag."
    )
    default_code = "stale"


class PreconditionRequired(APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = "Send the ETag that you last got in the If-Match header, so that nobody's change is overwritten."
    default_code = "if_match_required"


class PayloadTooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is larger than is taken here."
    default_code = "too_large"


class Unavailable(APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The database does not answer. Try again in a moment."
    default_code = "unavailable"


class ServerFault(APIException):
    default_detail = "Something failed on our side. It was logged under the id in “instance”."
    default_code = "server_error"


class ProblemErrorSerializer(serializers.Serializer):
    """One faulty value: where it stands, in the body or in the query, and what is wrong with it."""

    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body, for example #/title.")
    parameter = serializers.CharField(required=False, help_text="Name of the query parameter.")
    detail = serializers.CharField()
    code = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error, as RFC 9457 describes it."""

    type = serializers.CharField(help_text="Names the kind of the problem, for programs.")
    title = serializers.CharField(help_text="The kind of the problem, for people.")
    status = serializers.IntegerField(help_text="The status code of the response.")
    detail = serializers.CharField(help_text="What went wrong this time, and what to do.")
    instance = serializers.CharField(help_text="The id of the request, under which it was logged.")
    errors = ProblemErrorSerializer(  # type: ignore[assignment]
        many=True, help_text="The faulty values, if single values are at fault."
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answers every exception of an API view with a problem; what nobody foresaw is logged and becomes a 500."""
    request: Request = context["request"]
    fault = translate(exc)
    if fault is None:
        if settings.DEBUG:
            return None
        logger.error("api_request_failed", path=request.path, exc_info=exc)
        got_request_exception.send(sender=None, request=request._request)
        fault = ServerFault()
    set_rollback()
    return Response(problem(fault, request), fault.status_code, headers=_headers(fault), content_type=CONTENT_TYPE)


def translate(exc: Exception) -> APIException | None:
    """The API's own exception for one that other layers raise, or None for what nobody foresaw."""
    if isinstance(exc, APIException):
        return exc
    if isinstance(exc, Http404):
        return NotFound("There is no such thing, or it is not yours to see.")
    for kind, answer in (
        (DjangoPermissionDenied, PermissionDenied),
        (RequestDataTooBig, PayloadTooLarge),
        ((SuspiciousOperation, BadRequest), ParseError),
        ((OperationalError, InterfaceError), Unavailable),
    ):
        if isinstance(exc, kind):
            if answer is Unavailable:
                logger.error("database_unavailable", exc_info=exc)
            return answer()
    return None


def problem(fault: APIException, request: Request) -> dict[str, Any]:
    """The body of a problem."""
    where = "parameter" if isinstance(fault, InvalidQuery) else "pointer"
    errors = list(_errors(fault.detail, where)) if isinstance(fault.detail, dict | list) else []
    code = "invalid_query" if isinstance(fault, InvalidQuery) else fault.default_code
    return {
        "type": f"urn:problem-type:{code.replace('_', '-')}",
        "title": HTTPStatus(fault.status_code).phrase,
        "status": fault.status_code,
        "detail": _summary(errors) if errors else str(fault.detail),
        "instance": request_id(request),
        "errors": errors,
    }


def request_id(request: Request) -> str:
    """The id under which the request is logged, as a URI."""
    identifier = getattr(request._request, "request_id", "")
    return f"urn:request:{identifier}" if identifier else request.path


def _headers(fault: APIException) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if authenticate := getattr(fault, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    if wait := getattr(fault, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _summary(errors: list[dict[str, str]]) -> str:
    if len(errors) > 1:
        return f"{len(errors)} values are wrong; “errors” says which and why."
    first = errors[0]
    name = first["parameter"] if "parameter" in first else first["pointer"].removeprefix("#").removeprefix("/")
    return f"{name}: {first['detail']}" if name else first["detail"]


def _errors(detail: Any, where: str, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _errors(inner, where, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list | tuple):
        for position, inner in enumerate(detail):
            # A list of messages belongs to one value; a list of anything else has one entry for each item.
            step = () if isinstance(inner, str) else (str(position),)
            yield from _errors(inner, where, (*path, *step))
    elif isinstance(detail, str):
        yield {
            where: ".".join(path) if where == "parameter" else _pointer(path),
            "detail": str(detail),
            "code": str(detail.code) if isinstance(detail, ErrorDetail) else "invalid",
        }


def _pointer(path: tuple[str, ...]) -> str:
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
