"""What an operation knows of its request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from waw_server.accounts.selectors import Caller, NotSignedIn, caller, session_named


@dataclass
class ApiContext:
    """What an operation knows of its request."""

    request: HttpRequest

    @cached_property
    def caller(self) -> Caller:
        """Who is asking; the session is looked up once a request.

        Raises:
            NotSignedIn: If there is no bearer token, or none of a living session.
        """
        return caller(self._token, timezone.now())

    @cached_property
    def session_id(self) -> UUID:
        """The session that is asking, if it is still alive.

        Raises:
            NotSignedIn: If there is no bearer token, or none of ours.
        """
        return session_named(self._token, timezone.now())

    @property
    def _token(self) -> str:
        return bearer_token(self.request.headers.get("Authorization", ""))


def bearer_token(authorization: str) -> str:
    """Return the token of `Bearer <token>`.

    Raises:
        NotSignedIn: If it is another scheme.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn
    return token.strip()
