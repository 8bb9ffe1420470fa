"""The backend itself; Django asks for a module of this name."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from waw_server.ops import arrays


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes whole columns, and is checked without asking the server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Return a connection that knows `arrays.Array`."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        arrays.register(connection)
        return connection

    def is_usable(self) -> bool:
        """Return whether the server still answers, before each request and after an error.

        A server says nothing on an idle connection, unless it ends it. While there is nothing
        to read, Django's own question, which costs a round trip, need not be asked.
        """
        return (not self.errors_occurred and self._is_silent()) or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed or not hasattr(select, "poll"):
            return False  # on Windows the server is asked
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0)
