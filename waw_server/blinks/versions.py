"""Which versions of a batch are taken: the newest and the two before it.

A version goes up when the same columns would mean something else. A released version is
taken until two newer ones are out, so that a tracker has time to be upgraded; the requests
that each version sent are kept in `tests/data/requests` and must go on working.
"""

from __future__ import annotations

NEWEST = 1
TAKEN_BEFORE = 2


class TooOld(Exception):
    """The tracker has to be upgraded; it keeps what it has until then."""


class TooNew(Exception):
    """This server has to be upgraded; the tracker keeps what it has until then."""


def require_taken(version: int, newest: int = NEWEST) -> None:
    """Check that a batch of a version can be read here.

    Args:
        version: Of the batch; 1 was the first.
        newest: That this server knows.

    Raises:
        TooOld: If it is more than two before the newest.
        TooNew: If it is none that this server knows.
    """
    if version > newest:
        raise TooNew
    if version < max(newest - TAKEN_BEFORE, 1):
        raise TooOld
