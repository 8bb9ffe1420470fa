"""A connection is checked before each request, and asked only where there is a reason."""

import time
from typing import cast

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection

from waw_server.ops.postgresql.base import DatabaseWrapper


@pytest.fixture
def kept(transactional_db):
    """Return the connection as a thread keeps it between two requests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.settings_dict["CONN_MAX_AGE"] = None
    close_old_connections()
    yield connection
    connection.close()


@pytest.fixture
def asked(kept, monkeypatch):
    """Return a list that grows by each time the server is asked whether it is there."""
    asked = []
    execute = psycopg.Cursor.execute

    def noted(self, query, *args, **kwargs):
        asked.append(query)
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return asked


def _pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def _heard():
    """Wait until something has come from the server."""
    deadline_s = time.monotonic() + 10
    while cast("DatabaseWrapper", connection)._is_silent() and time.monotonic() < deadline_s:
        time.sleep(0.01)


def test_a_quiet_connection_costs_no_question(kept, asked):
    """Request after request on the same one."""
    first = _pid()
    close_old_connections()

    assert _pid() == first
    assert asked == ["SELECT pg_backend_pid()"] * 2


def test_a_connection_that_the_server_ended_is_replaced(kept, another):
    """As by a restart of PostgreSQL; the request that comes next does not notice."""
    ended = _pid()
    close_old_connections()
    another.execute("SELECT pg_terminate_backend(%s)", (ended,))
    _heard()

    assert _pid() != ended


def test_what_the_server_says_unasked_is_no_reason_to_leave(kept, another, asked):
    """A notice is read, and the connection kept."""
    first = _pid()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN news")
    close_old_connections()
    another.execute("NOTIFY news")
    _heard()
    asked.clear()

    assert _pid() == first
    assert asked == ["SELECT 1", "SELECT pg_backend_pid()"]


def test_after_an_error_the_server_is_asked(kept, asked):
    """Silence says nothing about a connection that has just failed."""
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
    asked.clear()

    close_old_connections()

    assert asked == ["SELECT 1"]


def test_where_there_is_no_poll_the_server_is_asked(kept, asked, monkeypatch):
    """On Windows."""
    monkeypatch.delattr("select.poll")

    first = _pid()

    assert asked == ["SELECT 1", "SELECT pg_backend_pid()"]
    assert _pid() == first


def test_no_connection_is_not_usable(transactional_db):
    connection.close()

    assert not connection.is_usable()
