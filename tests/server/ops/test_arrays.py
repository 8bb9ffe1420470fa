"""Columns reach PostgreSQL as they are, of every type and at every bound."""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from waw_server.ops import arrays

LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def _echo(array, kind):
    """Return what PostgreSQL has understood."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", (array,))
        (found,) = cursor.fetchone()
    return found


@pytest.mark.parametrize(
    "kind, encode, column",
    [
        ("int2", arrays.int2s, [0, 1, -1, 2**15 - 1, -(2**15)]),
        ("int4", arrays.int4s, [0, 1, -1, 2**31 - 1, -(2**31)]),
        ("int4", arrays.int4s, list(range(3750))),
        ("int8", arrays.int8s, [0, 1, -1, 2**63 - 1, -(2**63)]),
        ("float8", arrays.float8s, [0.0, -0.5, 29.97, 1e308, 5e-324, math.inf, 7]),
        (
            "timestamptz",
            arrays.instants,
            [
                datetime(1, 1, 1, tzinfo=UTC),
                datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                datetime.fromisoformat("2026-03-02T13:45:00.000001+05:45"),
                LAST,
            ],
        ),
        ("uuid", arrays.uuids, [UUID(int=0), UUID(int=2**128 - 1), uuid4()]),
        ("bytea", arrays.digests, [b"\0" * 16, b"\xff" * 16, bytes(range(16))]),
    ],
)
def test_a_column_arrives(db, kind, encode, column):
    """In full, its first entry alone, and with nothing in it."""
    for count in (len(column), 1, 0):
        found = _echo(encode(column[:count]), kind)

        assert [bytes(it) if kind == "bytea" else it for it in found] == column[:count]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(column=st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_any_numbers_arrive(db, column):
    assert _echo(arrays.int4s(column), "int4") == column


@pytest.mark.parametrize(
    "_case, encode, column",
    [
        ("past 16 bits", arrays.int2s, [0, 2**15]),
        ("past 32 bits", arrays.int4s, [-(2**31) - 1]),
        ("past 64 bits", arrays.int8s, [2**63]),
        ("half a number", arrays.int4s, [0.5]),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_sent(_case, encode, column):
    """Never cut to size."""
    with pytest.raises(Exception, match=r"format|argument|large") as refused:
        encode(column)
    assert type(refused.value).__name__ == "error"  # struct's own


def test_an_array_of_one_type_is_not_taken_for_another(db):
    """PostgreSQL compares the type in the array's head with the cast."""
    with pytest.raises(Exception, match="element type"):
        _echo(arrays.int4s([1, 2]), "int8")


def test_a_connection_is_told_of_arrays(another):
    """One that was not takes them for plain bytes."""
    array = arrays.int4s([1])

    with pytest.raises(psycopg.errors.CannotCoerce):
        another.execute("SELECT %s::int4[]", (array,))
    arrays.register(another)

    assert another.execute("SELECT %s::int4[]", (array,)).fetchone() == ([1],)


@pytest.mark.parametrize("column", [[5], [5, 6], [5, 6, 7]])
def test_an_array_begins_at_one(db, column):
    """Statements cut arrays by their indices."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s::int4[])[1:2]", (arrays.int4s(column),))
        assert cursor.fetchone() == (column[:2],)


def test_microseconds_are_not_rounded(db):
    """As a float of seconds would be."""
    column = [LAST - timedelta(microseconds=nth) for nth in range(3)]

    assert _echo(arrays.instants(column), "timestamptz") == column
