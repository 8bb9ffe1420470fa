"""What the server's tests share: calls at the same moment, and all rows of a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection


@pytest.fixture
def at_once(transactional_db):
    """Return a function that makes calls at the same moment, each on a connection of its own."""

    def at_once(*calls):
        ready = Barrier(len(calls))

        def run(call):
            connection.ensure_connection()
            try:
                ready.wait(timeout=30)
                return call()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    return at_once


@pytest.fixture
def rows_of(db):
    """Return a function that lists every row the server keeps of somebody."""
    from waw_server.accounts.models import AuthCache, Consent
    from waw_server.blinks.models import BlinkQuarter, Device, Message

    def rows_of(user):
        return {
            model.__name__: [
                {
                    name: bytes(value) if isinstance(value, memoryview) else value
                    for name, value in row.items()
                }
                for row in model.objects.filter(user=user).order_by("pk").values()
            ]
            for model in (AuthCache, Consent, Device, Message, BlinkQuarter)
        }

    return rows_of
