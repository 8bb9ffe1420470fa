"""Whether the server's parts answer, and since when it runs."""

from threading import Thread

import pytest
from django.conf import settings
from django.db import connection

from waw_server.ops.database import free_port
from waw_server.ops.health import _STARTED_S, health

pytestmark = pytest.mark.django_db


def test_all_is_well():
    found = health(_STARTED_S + 12.5)

    assert (found.is_ok, found.database, found.uptime_s) == (True, True, 12.5)


def test_a_database_that_cannot_be_reached(monkeypatch):
    """A fresh connection, as after a restart of the server, to a port where nobody listens."""
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", str(free_port(0)))

    found = _in_a_new_thread(lambda: health(_STARTED_S))

    assert (found.is_ok, found.database) == (False, False)


def test_the_api_says_so_too(post, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "PORT", str(free_port(0)))

    answer = _in_a_new_thread(lambda: post("{ health { status database version } }"))

    assert answer == {
        "data": {"health": {"status": "degraded", "database": "unavailable", "version": None}}
    }


@pytest.fixture
def post(client):
    """Return a function that asks the API."""
    return lambda query: client.post(
        "/graphql", {"query": query}, content_type="application/json"
    ).json()


def _in_a_new_thread(call):
    """Call with a database connection of its own."""
    found = []

    def run():
        found.append(call())
        connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found[0]
