"""Who has asked too often, in this process; see docs/decisions/0016-rates-in-each-process.md."""

from __future__ import annotations

import time
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from waw_server.accounts.selectors import NotSignedIn
from waw_server.api.context import ApiContext
from waw_server.api.rates import Buckets
from waw_server.ops import address

BURST_S = 60  # a full bucket holds a minute's worth
MOST_KEYS = 20_000  # two megabytes or so for each of the three


def _buckets(per_s: int) -> Buckets:
    return Buckets(per_s, per_s * BURST_S, MOST_KEYS)


SESSIONS = _buckets(settings.SESSION_RATE)
ADDRESSES = _buckets(settings.ADDRESS_RATE)
SIGN_INS = _buckets(settings.SIGN_IN_RATE)


def count(context: ApiContext) -> None:
    """Count a request: for its session, or for its address where it shows no token of ours.

    Raises:
        TooMany: If that was one too many.
    """
    try:
        count_session(context.session_id)
    except NotSignedIn:
        count_address(address.of_request(context.request))


def count_session(session_id: UUID) -> None:
    """Count something that a session asks for.

    Raises:
        TooMany: If that was one too many.
    """
    SESSIONS.spend(session_id, time.monotonic())


def count_address(sender: str) -> None:
    """Count something that nobody in particular asks for.

    Raises:
        TooMany: If that was one too many.
    """
    ADDRESSES.spend(address.home(sender), time.monotonic())


def count_sign_in(request: HttpRequest) -> None:
    """Count an attempt to sign in, which is made slow on purpose and so costs the most.

    Raises:
        TooMany: If that was one too many.
    """
    SIGN_INS.spend(address.home(address.of_request(request)), time.monotonic())
