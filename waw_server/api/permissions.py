"""Who may ask for what: every root field carries one of these or is listed as public."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.permission import BasePermission

from waw_server.accounts.selectors import NotSignedIn
from waw_server.api.context import ApiContext

PUBLIC = frozenset({"health", "login", "refreshSession"})


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


SIGNED_IN: list[type[BasePermission]] = [IsSignedIn]
