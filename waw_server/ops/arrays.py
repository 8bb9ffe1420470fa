"""Columns as PostgreSQL's arrays, in its binary form.

psycopg writes an array entry by entry, in Python. Here entries of one size are laid out at once,
in C, and PostgreSQL need not parse their digits either: a twentieth of the time for a long column.

    dimensions 1 | nulls 0 | type of an entry | count | first index 1 | (size, entry) * count

All of it is big-endian.

Source: PostgreSQL's array_recv (src/backend/utils/adt/arrayfuncs.c).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = struct.Struct(">iiIii")
_SINGLE = struct.Struct(">iiIiii")
_EMPTY = struct.Struct(">iiI")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Array(bytes):
    """An array that is ready to send; the statement casts it, to `int4[]` or what it is of."""

    __slots__ = ()


def int2s(column: Sequence[int]) -> Array:
    """Return a column as `int2[]`."""
    return _array(21, 2, struct.pack(f">{len(column)}h", *column))


def int4s(column: Sequence[int]) -> Array:
    """Return a column as `int4[]`."""
    return _array(23, 4, struct.pack(f">{len(column)}i", *column))


def int8s(column: Sequence[int]) -> Array:
    """Return a column as `int8[]`."""
    return _array(20, 8, struct.pack(f">{len(column)}q", *column))


def float8s(column: Sequence[float]) -> Array:
    """Return a column as `float8[]`."""
    return _array(701, 8, struct.pack(f">{len(column)}d", *column))


def instants(column: Sequence[datetime]) -> Array:
    """Return a column of aware times as `timestamptz[]`: microseconds since 2000."""
    since_us = [(instant - _EPOCH) // _MICROSECOND for instant in column]
    return _array(1184, 8, struct.pack(f">{len(column)}q", *since_us))


def uuids(column: Sequence[UUID]) -> Array:
    """Return a column as `uuid[]`."""
    return _array(2950, 16, b"".join([it.bytes for it in column]))


def digests(column: Sequence[bytes]) -> Array:
    """Return a column of 16 bytes each as `bytea[]`."""
    return _array(17, 16, b"".join(column))


def register(connection: psycopg.Connection[Any]) -> None:
    """Let a connection send arrays."""
    connection.adapters.register_dumper(Array, _AsItIs)


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


def _array(entry_oid: int, size: int, entries: bytes) -> Array:
    """Return an array of entries that lie side by side, each with its size put before it."""
    count = len(entries) // size
    if count == 0:
        return Array(_EMPTY.pack(0, 0, entry_oid))
    if count == 1:
        return Array(_SINGLE.pack(1, 0, entry_oid, 1, 1, size) + entries)
    laid_out = bytearray((4 + size) * count)
    laid_out[3 :: 4 + size] = bytes([size]) * count
    for place in range(size):
        laid_out[4 + place :: 4 + size] = entries[place::size]
    return Array(_HEAD.pack(1, 0, entry_oid, count, 1) + laid_out)
