"""What schemathesis cannot know of our schema: how scalars are written, and which errors are ours.

It imports this by the variable SCHEMATHESIS_HOOKS.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC
from typing import Any

import schemathesis
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from tests.soak.mutated_requests import Request, fault

_whole = st.integers(-(2**63) + 1, 2**63 - 1)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_uuids = st.uuids().map(str)
_instants = st.datetimes(timezones=st.just(UTC)).map(lambda it: it.isoformat())
_strings = st.text(st.characters(codec="utf-8"), max_size=40)


def _column(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(of, max_size=5).map(nodes.List)


_big = _whole.map(lambda it: nodes.String(str(it)))
SCALARS = {
    "BigInt": _big,
    "BigIntColumn": _column(_big),
    "FloatColumn": _column(_floats.map(nodes.Float)),
    "IntColumn": _column(_whole.map(nodes.Int)),
    "ReceiptStatusColumn": st.just(nodes.List([])),  # never sent to us
    "TextColumn": _column(_strings.map(nodes.String)),
    "UUID": _uuids.map(nodes.String),
    "UtcDateTime": _instants.map(nodes.String),
    "UtcDateTimeColumn": _column(_instants.map(nodes.String)),
    "UuidColumn": _column(_uuids.map(nodes.String)),
}
for _name, _strategy in SCALARS.items():
    schemathesis.graphql.scalar(_name, _strategy)


# Of some strings and numbers, those made by chance are all refused at the door.
_STRING = r'"(?:[^"\\]|\\.)*"'
RIGHT = {
    rf"\b(timeZone: ){_STRING}": r'\1"Europe/Vienna"',
    rf"\b(textHash: ){_STRING}": rf'\1"{"a" * 64}"',
    r"\b(schemaVersion: )-?\d+": r"\g<1>1",
}


@schemathesis.hook
def before_call(context: object, case: Any, kwargs: object) -> None:
    """Put in half of the documents what gets past the door; their own text says in which."""
    del context, kwargs
    if isinstance(case.body, str) and zlib.crc32(case.body.encode()) % 2:
        for pattern, right in RIGHT.items():
            case.body = re.sub(pattern, right, case.body)


@schemathesis.check
def only_foreseen(ctx: object, response: Any, case: object) -> None:
    """Fail a reply with a status of 500 and above, or an error that was not foreseen.

    Its own check takes any error of an operation for a fault of the server's; of ours, most say
    what the client has to do first.
    """
    del ctx, case
    found = fault(Request(b""), response.status_code, response.content)
    assert found is None, found


@schemathesis.check
def still_signed_in(ctx: object, response: Any, case: object) -> None:
    """Fail a reply that says that the session has ended: the run would try nothing any more."""
    del ctx, case
    errors = response.json().get("errors", ())
    codes = [(it.get("extensions") or {}).get("code") for it in errors]
    assert "UNAUTHENTICATED" not in codes, "not signed in"
