"""`health`: the one question that anybody may ask."""

from __future__ import annotations

import time

import strawberry
from django.db import InterfaceError, OperationalError

from waw_server import __version__
from waw_server.accounts.selectors import NotSignedIn
from waw_server.api.context import ApiContext
from waw_server.ops import health as ops


@strawberry.type
class Health:
    """How the server is; nothing that would help a stranger to attack it."""

    status: str = strawberry.field(description="ok, or degraded when a part does not answer.")
    uptime_seconds: int = strawberry.field(description="Since this process started.")
    database: str = strawberry.field(description="ok or unavailable.")

    @strawberry.field(description="Null unless signed in.")
    def version(self, info: strawberry.Info[ApiContext]) -> str | None:
        """Keep it from strangers: it would tell them which faults to try."""
        try:
            return __version__ if info.context.caller else None
        except (NotSignedIn, InterfaceError, OperationalError):
            return None  # without a database nobody can be known, and that is what is asked here


@strawberry.type
class HealthQuery:
    """Whether the server works."""

    @strawberry.field(description="How the server is. Public.")
    def health(self) -> Health:
        """Ask every part now."""
        found = ops.health(time.monotonic())
        return Health(
            status="ok" if found.is_ok else "degraded",
            uptime_seconds=int(found.uptime_s),
            database="ok" if found.database else "unavailable",
        )
