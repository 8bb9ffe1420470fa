"""One request to the configured server, and how it ended.

Everything that is not a well-formed GraphQL reply becomes a `Failure`. An HTTP status alone
never means that anything was stored: a captive portal answers 200 as well.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from gql import GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.requests import RequestsHTTPTransport
from graphql import ExecutionResult

from waw_desktop.core.retry import Answer, answer_to_code, answer_to_status

LARGEST_REPLY_BYTES = 1 << 20

# gql writes whole requests to its log at DEBUG, passwords included.
logging.getLogger("gql").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for the server.

    Attributes:
        connect_s: For the connection.
        read_s: For the next part of the reply.
        total_s: For the whole reply once it has begun.
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    total_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that did not bring what was asked for.

    Attributes:
        answer: What kind of end it was.
        detail: The same for the person; never holds a token or a blink.
        retry_after_s: How long the server asks to wait, None if it does not say.
        is_untrusted: Whether it is not known to be the right server, so that nothing was sent.
    """

    answer: Answer
    detail: str
    retry_after_s: float | None = None
    is_untrusted: bool = False


class _Failed(Exception):
    """Carries a failure out of gql."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


class Transport:
    """The way to one server; it contacts no other.

    Settings of the environment (proxies, .netrc, certificates) are not read, since they
    could divert what is sent; a proxy or a company's certificates are named explicitly.
    Redirects are not followed. Threads may share it.
    """

    def __init__(
        self,
        server_url: str,
        *,
        proxy: str | None = None,
        ca_bundle: str | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Prepare the way; nothing is sent yet.

        Args:
            server_url: Of the server, without /graphql.
            proxy: URL of the proxy to go through.
            ca_bundle: File of the certificates to trust instead of the usual ones.
            timeouts: How long to wait.
        """
        self._server = _OneServer(
            f"{server_url}/graphql",
            proxy=proxy,
            ca_bundle=ca_bundle,
            timeouts=timeouts or Timeouts(),
        )

    def send(
        self, operation: str, variables: Mapping[str, Any], token: str | None = None
    ) -> dict[str, Any] | Failure:
        """Return the data of the reply to one of our documents, or how it failed.

        Args:
            operation: Name of a file in `documents`.
            variables: Of the operation.
            token: Access token, if the operation needs one.
        """
        headers = {"Accept-Encoding": "identity"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = GraphQLRequest(document(operation), variable_values=dict(variables))
        try:
            result = self._server.execute(request, extra_args={"headers": headers})
        except TransportConnectionFailed as error:
            cause = error.__cause__
            is_untrusted = isinstance(cause, requests.exceptions.SSLError)
            return Failure(Answer.NO_ANSWER, _no_answer(cause), is_untrusted=is_untrusted)
        except _Failed as failed:
            return failed.failure
        return result.data or {}

    def close(self) -> None:
        """Close the connections."""
        self._server.session.close()


@cache
def document(operation: str) -> GraphQLRequest:
    """Return the parsed document of an operation."""
    folder = resources.files("waw_desktop.sync") / "documents"
    return GraphQLRequest((folder / f"{operation}.graphql").read_text("utf-8"))


class _OneServer(RequestsHTTPTransport):
    """gql's transport, kept to one server, one attempt and a bounded reply."""

    session: requests.Session

    def __init__(
        self, url: str, *, proxy: str | None, ca_bundle: str | None, timeouts: Timeouts
    ) -> None:
        super().__init__(
            url,
            verify=ca_bundle or True,
            allow_redirects=False,
            stream=True,
            proxies={"http": proxy, "https": proxy} if proxy else None,
        )
        # Each part of a wait has its own limit, which gql's own argument cannot say.
        self.kwargs["timeout"] = (timeouts.connect_s, timeouts.read_s)
        self._total_s = timeouts.total_s
        self.session = requests.Session()
        self.session.trust_env = False

    def _prepare_result(self, response: requests.Response) -> ExecutionResult:
        with response:
            if response.is_redirect:
                raise _Failed(_redirected(response))
            reply = _parsed(_body(response, self._total_s))
        status = response.status_code
        retry_after_s = parse_retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        # A body is believed only where a GraphQL server puts one.
        if reply is None or status not in (200, 400):
            raise _Failed(Failure(answer_to_status(status), f"HTTP status {status}", retry_after_s))
        if reply.errors:
            raise _Failed(_refusal(reply.errors, retry_after_s))
        return reply


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return a Retry-After header in seconds, None where it is absent or unreadable.

    Source:
        RFC 9110, section 10.2.3.

    >>> parse_retry_after("120", datetime.now(UTC))
    120.0
    """
    if value is None:
        return None
    try:
        delay_s = float(value)
    except ValueError:
        try:
            delay_s = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return delay_s if math.isfinite(delay_s) else None


def _body(response: requests.Response, total_s: float) -> bytes:
    """Return the whole body.

    Raises:
        _Failed: If it breaks off, takes too long or is too large.
    """
    body = b""
    until_s = time.monotonic() + total_s
    try:
        while part := response.raw.read1(1 << 16):
            body += part
            if len(body) > LARGEST_REPLY_BYTES or time.monotonic() > until_s:
                raise _Failed(Failure(Answer.UNREADABLE, "the reply does not end"))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _Failed(Failure(Answer.NO_ANSWER, _no_answer(error))) from error
    return body


def _parsed(body: bytes) -> ExecutionResult | None:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match reply:
        case {"errors": [{}, *_] as errors} if all(isinstance(e, dict) for e in errors):
            return ExecutionResult(errors=errors)
        case {"errors": None | [], "data": dict(data)}:
            return ExecutionResult(data=data)
        case {"data": dict(data)} if "errors" not in reply:
            return ExecutionResult(data=data)
        case _:
            return None


def _refusal(errors: Sequence[Any], retry_after_s: float | None) -> Failure:
    match errors:
        case [{"extensions": {"code": str(code)}}, *_]:
            return Failure(answer_to_code(code), f"the server answers {code}", retry_after_s)
        case _:
            said = "the server answers with an unknown error"
            return Failure(Answer.UNKNOWN, said, retry_after_s)


def _redirected(response: requests.Response) -> Failure:
    host = urlsplit(response.headers["Location"]).netloc or "another page"
    return Failure(Answer.UNREADABLE, f"the server points to {host}, which is not followed")


def _no_answer(error: BaseException | None) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "the server's certificate is not trusted"
        case requests.exceptions.ProxyError():
            return "the proxy does not answer"
        case requests.exceptions.Timeout() | urllib3.exceptions.TimeoutError():
            return "the server takes too long to answer"
        case _:
            return "the server does not answer"
