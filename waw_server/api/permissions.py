"""Who may ask for what: every root field carries one of these or is listed as public."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.permission import BasePermission

from waw_server.accounts.selectors import NotSignedIn
from waw_server.api.context import ApiContext

PUBLIC = frozenset({"browserSignIn", "health", "login", "loginWithOidc", "refreshSession"})


class IsSignedIn(BasePermission):
    """The caller holds an access token of a session that is alive."""

    message = "Sign in first."
    error_extensions = {"code": "UNAUTHENTICATED"}  # noqa: RUF012 - strawberry reads it from the class and changes nothing

    def has_permission(
        self, source: object, info: strawberry.Info[ApiContext], **kwargs: Any
    ) -> bool:
        """Return whether somebody is signed in."""
        del source, kwargs
        try:
            return info.context.caller is not None
        except NotSignedIn:
            return False


class ShowsToken(IsSignedIn):
    """The caller shows an access token of ours; the operation asks if its session is alive.

    For those that do so within the statement that writes, which saves a round trip.
    """

    def has_permission(
        self, source: object, info: strawberry.Info[ApiContext], **kwargs: Any
    ) -> bool:
        """Return whether there is a token that has not expired."""
        del source, kwargs
        try:
            return info.context.session_id is not None
        except NotSignedIn:
            return False


SIGNED_IN: list[type[BasePermission]] = [IsSignedIn]
SHOWS_TOKEN: list[type[BasePermission]] = [ShowsToken]
