"""The scalars: what each reads and writes, and that it says in one line what it does not read."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from graphql import GraphQLError

from waw_server.api.scalars import (
    SCALARS,
    BigInt,
    BigIntColumn,
    FloatColumn,
    IntColumn,
    ReceiptStatusColumn,
    TextColumn,
    UtcDateTime,
    UtcDateTimeColumn,
    UuidColumn,
)
from waw_server.blinks.services import Status

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _read(scalar, value):
    read = SCALARS[scalar].parse_value
    assert read is not None
    return read(value)


def _written(scalar, value):
    write = SCALARS[scalar].serialize
    assert write is not None
    return write(value)


@pytest.mark.parametrize(
    "_case, text, instant",
    [
        ("Z", "2026-03-02T09:00:00Z", NINE),
        ("an offset", "2026-03-02T14:45:00+05:45", NINE),
        ("microseconds", "2026-03-02T09:00:00.123456Z", NINE.replace(microsecond=123_456)),
        ("the first", "0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_as_utc(_case, text, instant):
    found = _read(UtcDateTime, text)

    assert (found, found.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    "text, hour",
    [
        ("2026-10-25T02:30:00+02:00", 0),
        ("2026-10-25T02:30:00+01:00", 1),
        ("2026-03-29T01:59:00+01:00", 0),
        ("2026-03-29T03:01:00+02:00", 1),
    ],
)
def test_the_offset_tells_the_two_sides_of_a_change(text, hour):
    """The hour that comes twice in autumn, and the one that is left out in spring."""
    assert _read(UtcDateTime, text).hour == hour


@pytest.mark.parametrize(
    "_case, value, message",
    [
        ("no offset", "2026-03-02T09:00:00", "UtcDateTime: needs an offset, such as Z"),
        ("a date", "2026-03-02", "UtcDateTime: needs an offset, such as Z"),
        ("no time at all", "now", "UtcDateTime: not an RFC 3339 instant: 'now'"),
        ("nothing", "", "UtcDateTime: not an RFC 3339 instant: ''"),
        ("seconds since 1970", 1_772_442_000, "UtcDateTime: not an RFC 3339 instant: 1772442000"),
        ("a list", ["Z"], "UtcDateTime: not an RFC 3339 instant: ['Z']"),
        (
            "before all time",
            "0001-01-01T00:00:00+01:00",
            "UtcDateTime: not an RFC 3339 instant: '0001-01-01T00:00:00+01:00'",
        ),
        (
            "endless, and cut in the answer",
            "9" * 1000,
            "UtcDateTime: not an RFC 3339 instant: '" + "9" * 39,
        ),
    ],
)
def test_what_is_no_instant(_case, value, message):
    with pytest.raises(GraphQLError) as refused:
        _read(UtcDateTime, value)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "_case, instant, text",
    [
        ("UTC", NINE, "2026-03-02T09:00:00Z"),
        ("elsewhere", datetime.fromisoformat("2026-03-02T14:45:00+05:45"), "2026-03-02T09:00:00Z"),
        ("microseconds", NINE.replace(microsecond=1), "2026-03-02T09:00:00.000001Z"),
    ],
)
def test_an_instant_is_written_as_utc(_case, instant, text):
    assert _written(UtcDateTime, instant) == text


@pytest.mark.parametrize(
    "value, number",
    [
        *((0, 0), (-5, -5), (2**63 - 1, 2**63 - 1)),
        *(("0", 0), ("-5", -5), ("9223372036854775807", 2**63 - 1)),
    ],
)
def test_a_big_number_is_read(value, number):
    assert _read(BigInt, value) == number


@pytest.mark.parametrize(
    "value",
    [2**63, True, None, 1.0, 1.5, "", "-", "--5", "+5", "1.0", "1e3", "0x10", " 5", "9" * 21, [1]],
)
def test_what_is_no_big_number(value):
    with pytest.raises(GraphQLError, match=r"^BigInt: not a whole number: "):
        _read(BigInt, value)


def test_a_big_number_is_written_as_text():
    """JavaScript would round it."""
    assert _written(BigInt, 2**63 - 1) == "9223372036854775807"


@pytest.mark.parametrize("value", [[], [0], [1, -2, 3], [2**63 - 1, -(2**63)], list(range(3750))])
def test_a_column_is_read_and_written(value):
    assert _read(IntColumn, value) == value
    assert _written(IntColumn, value) == value


@pytest.mark.parametrize(
    "value", [None, 5, "123", {"0": 1}, [1.0], ["1"], [None], [[1]], [2**63], [-(2**63) - 1], b"12"]
)
def test_what_is_no_column(value):
    with pytest.raises(GraphQLError) as refused:
        _read(IntColumn, value)
    assert refused.value.message == "IntColumn: not an array of whole numbers"


ID = UUID("00000000-0000-4000-8000-00000000000a")


@pytest.mark.parametrize(
    "scalar, value, column",
    [
        (FloatColumn, [29.97, 30, -1, 1e300], [29.97, 30.0, -1.0, 1e300]),
        (BigIntColumn, ["1", "9223372036854775807", 7], [1, 2**63 - 1, 7]),
        (UtcDateTimeColumn, ["2026-03-02T09:00:00Z", "2026-03-02T14:45:00+05:45"], [NINE, NINE]),
        (UuidColumn, [str(ID), str(ID).upper(), ID.hex], [ID, ID, ID]),
    ],
)
def test_other_columns_are_read(scalar, value, column):
    """Each entry as it would be read alone, and a column of none."""
    assert _read(scalar, value) == column
    assert _read(scalar, []) == []


@pytest.mark.parametrize(
    "scalar, value, message",
    [
        (FloatColumn, 1.5, "FloatColumn: not an array of numbers"),
        (FloatColumn, [1.5, "2"], "FloatColumn: not an array of numbers"),
        (FloatColumn, [None], "FloatColumn: not an array of numbers"),
        (FloatColumn, [10**400], "FloatColumn: not an array of numbers"),
        (FloatColumn, [1.0, float("inf")], "FloatColumn: not all numbers are finite"),
        (FloatColumn, [float("nan")], "FloatColumn: not all numbers are finite"),
        (BigIntColumn, "12", "BigIntColumn: not an array"),
        (BigIntColumn, ["1", "x"], "BigInt: not a whole number: 'x'"),
        (BigIntColumn, [None], "BigInt: not a whole number: None"),
        (UtcDateTimeColumn, "2026-03-02T09:00:00Z", "UtcDateTimeColumn: not an array"),
        (
            UtcDateTimeColumn,
            ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00"],
            "UtcDateTime: needs an offset, such as Z",
        ),
        (UuidColumn, {}, "UuidColumn: not an array"),
        (UuidColumn, [str(ID), "1"], "UUID: not a UUID: '1'"),
        (UuidColumn, [None], "UUID: not a UUID: None"),
        (UuidColumn, ["0" * 1000], "UUID: not a UUID: '" + "0" * 39),
    ],
)
def test_what_is_no_other_column(scalar, value, message):
    """What is wrong with it is told, or with which entry."""
    with pytest.raises(GraphQLError) as refused:
        _read(scalar, value)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "scalar, column, text",
    [
        (FloatColumn, [29.97], b"[29.97]"),
        (BigIntColumn, [1, 2**63 - 1], b'["1","9223372036854775807"]'),
        (UtcDateTimeColumn, [NINE], b'["2026-03-02T09:00:00Z"]'),
        (UuidColumn, [ID], b'["00000000-0000-4000-8000-00000000000a"]'),
        (TextColumn, ["INVALID", None], b'["INVALID",null]'),
        (ReceiptStatusColumn, [Status.ACCEPTED, Status.REJECTED], b'["ACCEPTED","REJECTED"]'),
    ],
)
def test_other_columns_are_written(scalar, column, text):
    """As the JSON that a client reads."""
    assert orjson.dumps(_written(scalar, column)) == text
