"""The HTTP side of the API: JSON by POST, a bearer token, and nothing else.

A request that is no GraphQL request is answered here with its reason, before any of it reaches
the GraphQL library, which would answer 500 to some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from graphql import GraphQLError
from strawberry.http import process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from waw_server.api.context import ApiContext
from waw_server.api.errors import coded
from waw_server.api.limits import MAX_NESTING, nesting
from waw_server.api.rates import TooMany
from waw_server.api.schema import schema
from waw_server.api.throttle import count

PATH = "/graphql"
MAX_BODY_BYTES = 1 << 20
STATUSES = {"RATE_LIMITED": 429, "UNAVAILABLE": 503}  # all else that GraphQL answers is 200


class BadRequest(Exception):
    """The request is none that GraphQL could answer.

    Args:
        status: The HTTP status that says why.
        message: For the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks: a document, and what belongs to it."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


# A bearer token is sent on purpose, never by a browser on its own, so there is nothing for a
# forged request to ride on: cookies, and the sessions behind them, are not looked at.
def before_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return middleware that answers the API's requests before what only pages need."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return answer(request) if request.path_info == PATH else get_response(request)

    return middleware


def answer(request: HttpRequest) -> HttpResponse:
    """Answer `POST /graphql`; a request that is not for GraphQL with the reason."""
    context = ApiContext(request)
    try:
        count(context)
        it = asked(request)
        result = schema.execute_sync(
            it.query,
            variable_values=it.variables,
            context_value=context,
            operation_name=it.operation_name,
        )
    except BadRequest as refused:
        return _refusal(refused)
    except TooMany as refused:
        error = coded(GraphQLError("", original_error=refused))
        return _reply({"errors": [error.formatted]}, [error])
    except CannotGetOperationTypeError as error:
        return _refusal(BadRequest(400, error.as_http_error_reason()))
    except InvalidOperationTypeError as error:
        return _refusal(BadRequest(400, error.as_http_error_reason("POST")))
    return _reply(process_result(result), result.errors or ())


def _reply(content: object, errors: Sequence[GraphQLError]) -> HttpResponse:
    """Return what an operation came to, with the status of what asks to be left alone."""
    reply = HttpResponse(orjson.dumps(content), content_type="application/json")
    said = [error.extensions or {} for error in errors]
    reply.status_code = max((STATUSES.get(it["code"], 200) for it in said), default=200)
    waits_s = [it["retryAfterS"] for it in said if "retryAfterS" in it]
    if waits_s:
        reply.headers["Retry-After"] = str(max(waits_s))
    return reply


def asked(request: HttpRequest) -> Asked:
    """Return what a request asks, which is one JSON object with a query.

    Raises:
        BadRequest: If it is anything else.
    """
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise BadRequest(403, "Send requests by https; whoever was on the way has read this one.")
    if request.method != "POST":
        raise BadRequest(405, "Send a POST request.")
    if request.content_type != "application/json":
        raise BadRequest(415, "Send application/json.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        raise BadRequest(400, "The length is no number.")
    if int(length) > MAX_BODY_BYTES:
        raise BadRequest(413, f"Send at most {MAX_BODY_BYTES} bytes.")
    body = _parsed(request.body)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or not body["query"]:
        raise BadRequest(400, "Send one object with a query.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if not isinstance(body.get(name), kind | None):
            raise BadRequest(400, f"{name} is not of the right kind.")
    return Asked(body["query"], body.get("variables"), body.get("operationName"))


def _parsed(body: bytes) -> object:
    if b"\0" in body or b"\\u0000" in body:
        raise BadRequest(400, "NUL is not allowed.")
    if nesting(body) > MAX_NESTING:
        raise BadRequest(400, f"Nest at most {MAX_NESTING} deep.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, "The body is not JSON in UTF-8.") from error


def _refusal(refused: BadRequest) -> HttpResponse:
    error = {"message": str(refused), "extensions": {"code": "BAD_USER_INPUT"}}
    return HttpResponse(
        orjson.dumps({"errors": [error]}),
        content_type="application/json",
        status=refused.status,
        headers={"Allow": "POST"} if refused.status == 405 else None,
    )
