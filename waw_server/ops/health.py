"""Whether the server's parts answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import Error, connection

_STARTED_S = time.monotonic()


@dataclass(frozen=True, slots=True)
class Health:
    """How the server is.

    Attributes:
        database: Whether it answered a query just now.
        uptime_s: Since this process started, monotonic seconds.
    """

    database: bool
    uptime_s: float

    @property
    def is_ok(self) -> bool:
        """Whether every part answers."""
        return self.database


def health(now_s: float) -> Health:
    """Ask each part now.

    Args:
        now_s: Monotonic time, in seconds.
    """
    return Health(database=_database_answers(), uptime_s=now_s - _STARTED_S)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
