"""One table from what went wrong to what the client is told; all else is masked."""

from __future__ import annotations

import logging
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from graphql import GraphQLError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from waw_server.accounts.selectors import NotSignedIn
from waw_server.accounts.services import ConsentWithdrawn, NoConsent
from waw_server.api.rates import TooMany
from waw_server.blinks.messages import Malformed
from waw_server.blinks.selectors import RangeTooLong, UnknownTimeZone
from waw_server.blinks.services import ConsentMissing
from waw_server.blinks.versions import TooNew, TooOld

DATABASE_BACK_IN_S = 5  # a restart of PostgreSQL takes about that

logger = logging.getLogger(__name__)


CODES: dict[type[Exception], tuple[str, str]] = {
    NotSignedIn: ("UNAUTHENTICATED", "Sign in first."),
    ConsentMissing: ("CONSENT_REQUIRED", "Agree to keeping your minutes on the server first."),
    ConsentWithdrawn: ("CONSENT_REQUIRED", "It was withdrawn since; agree again first."),
    TooMany: ("RATE_LIMITED", "Too many requests; come again in {} s."),
    OperationalError: ("UNAVAILABLE", "The database does not answer; try again."),
    InterfaceError: ("UNAVAILABLE", "The database does not answer; try again."),
    NoConsent: ("BAD_USER_INPUT", "There is no consent to withdraw."),
    Malformed: ("BAD_USER_INPUT", "{}"),
    RangeTooLong: ("BAD_USER_INPUT", "from, to: {}"),
    UnknownTimeZone: ("BAD_USER_INPUT", "timeZone: no such time zone: {}"),
    CannotGetOperationTypeError: ("BAD_USER_INPUT", "The document has no such operation."),
    InvalidOperationTypeError: ("BAD_USER_INPUT", "Only subscriptions are taken here."),
    RecursionError: ("BAD_USER_INPUT", "The document nests too deeply."),
    TooOld: ("UPGRADE_REQUIRED", "Upgrade the tracker; it keeps what it has."),
    TooNew: ("SERVER_OUTDATED", "This server is older than the tracker, which keeps what it has."),
}


def coded(error: GraphQLError) -> GraphQLError:
    """Return an error as the client may see it."""
    if (error.extensions or {}).get("code"):
        return error
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return _with(error, "BAD_USER_INPUT", error.message)
    if type(cause) in CODES:
        code, message = CODES[type(cause)]
        return _with(error, code, message.format(cause), **_wait(cause))
    error_id = uuid4().hex
    logger.error("unforeseen error %s", error_id, exc_info=cause)
    return _with(error, "INTERNAL", "Something went wrong on our side.", errorId=error_id)


def _wait(cause: Exception) -> dict[str, int]:
    """Return for how long to leave us alone, for those causes that pass by themselves."""
    if isinstance(cause, TooMany):
        return {"retryAfterS": cause.retry_after_s}
    if isinstance(cause, OperationalError | InterfaceError):
        # One line: PostgreSQL's further ones may quote a row, and a traceback for each request
        # of an outage would bury what led to it.
        logger.warning("the database does not answer: %s", f"{cause}\n".splitlines()[0])
        return {"retryAfterS": DATABASE_BACK_IN_S}
    return {}


def _with(error: GraphQLError, code: str, message: str, **more: object) -> GraphQLError:
    return GraphQLError(
        message, nodes=error.nodes, path=error.path, extensions={"code": code, **more}
    )
