"""The scalars that GraphQL lacks.

A column is one scalar, not a list of scalars: the GraphQL library takes 1 to 2 µs for each entry
of a list, on the way in and on the way out, and a batch has 3,000 of them beside its blinks.

Each refuses with a GraphQLError: any other exception would be taken for a fault of ours, and its
words hidden from the client that needs them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

UtcDateTime = NewType("UtcDateTime", datetime)
BigInt = NewType("BigInt", int)
IntColumn = NewType("IntColumn", list[int])
FloatColumn = NewType("FloatColumn", list[float])
BigIntColumn = NewType("BigIntColumn", list[int])
UtcDateTimeColumn = NewType("UtcDateTimeColumn", list[datetime])
UuidColumn = NewType("UuidColumn", list[UUID])
TextColumn = NewType("TextColumn", list[str | None])
ReceiptStatusColumn = NewType("ReceiptStatusColumn", list[str])

T = TypeVar("T")


def _instant(value: object) -> datetime:
    """Read an instant; one without an offset is refused, for nobody knows which it is."""
    try:
        instant = datetime.fromisoformat(str(value))
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise GraphQLError(f"UtcDateTime: not an RFC 3339 instant: {value!r:.40}") from error
    raise GraphQLError("UtcDateTime: needs an offset, such as Z")


def _whole_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isdecimal():
        return int(value)
    raise GraphQLError(f"BigInt: not a whole number: {value!r:.40}")


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise GraphQLError(f"UUID: not a UUID: {value!r:.40}") from error


def _column(value: object) -> list[int]:
    """Read a column in C: 3,750 numbers checked one by one in Python cost 4 ms."""
    if not isinstance(value, list):
        raise GraphQLError("IntColumn: not an array of whole numbers")
    try:
        return array("q", value).tolist()
    except (TypeError, ValueError, OverflowError) as error:
        raise GraphQLError("IntColumn: not an array of whole numbers") from error


def _float_column(value: object) -> list[float]:
    if not isinstance(value, list):
        raise GraphQLError("FloatColumn: not an array of numbers")
    try:
        column = array("d", value).tolist()
    except (TypeError, OverflowError) as error:
        raise GraphQLError("FloatColumn: not an array of numbers") from error
    if not all(map(isfinite, column)):
        raise GraphQLError("FloatColumn: not all numbers are finite")
    return column


def _column_of(name: str, read: Callable[[object], T]) -> Callable[[object], list[T]]:
    """Return what reads a column, whose entries are each read alone."""

    def column(value: object) -> list[T]:
        if not isinstance(value, list):
            raise GraphQLError(f"{name}: not an array")
        return [read(entry) for entry in value]

    return column


def _text_of(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    UUID: strawberry.scalar(
        name="UUID",
        description="32 hexadecimal digits in five groups, as in RFC 9562.",
        serialize=str,
        parse_value=_uuid,
    ),
    UtcDateTime: strawberry.scalar(
        name="UtcDateTime",
        description="An instant as RFC 3339 text with an offset; UTC on output.",
        serialize=_text_of,
        parse_value=_instant,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, as decimal text.",
        serialize=str,
        parse_value=_whole_number,
    ),
    IntColumn: strawberry.scalar(
        name="IntColumn",
        description="An array of whole numbers, one a message or one a blink.",
        serialize=list,
        parse_value=_column,
    ),
    FloatColumn: strawberry.scalar(
        name="FloatColumn",
        description="An array of numbers, one a message.",
        serialize=list,
        parse_value=_float_column,
    ),
    BigIntColumn: strawberry.scalar(
        name="BigIntColumn",
        description="An array of BigInt, one a message.",
        serialize=lambda column: list(map(str, column)),
        parse_value=_column_of("BigIntColumn", _whole_number),
    ),
    UtcDateTimeColumn: strawberry.scalar(
        name="UtcDateTimeColumn",
        description="An array of UtcDateTime, one a message.",
        serialize=lambda column: list(map(_text_of, column)),
        parse_value=_column_of("UtcDateTimeColumn", _instant),
    ),
    UuidColumn: strawberry.scalar(
        name="UuidColumn",
        description="An array of UUID, one a message.",
        serialize=list,  # the view's JSON writes UUIDs as they are
        parse_value=_column_of("UuidColumn", _uuid),
    ),
    TextColumn: strawberry.scalar(
        name="TextColumn",
        description="An array of text, one a message; null where there is nothing to say.",
        serialize=list,
    ),
    ReceiptStatusColumn: strawberry.scalar(
        name="ReceiptStatusColumn",
        description="An array of ReceiptStatus, one a message.",
        serialize=list,
    ),
}
