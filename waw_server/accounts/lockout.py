"""Whose wrong passwords are counted together, for django-axes.

Ten within ten minutes for one account from one address, and that account waits there for ten
minutes; elsewhere it does not, and nobody else does. So an attacker shuts nobody out of another
place, nor an office behind one address.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest

from waw_server.accounts.models import User
from waw_server.ops.address import UNKNOWN, of_request


def account(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return what stands for the account that was typed: a keyed hash, the same in any case.

    It is kept even where there is no such account, so it must not tell what was typed.
    """
    given = credentials or (request.POST.dict() if request else {})
    return name_of(str(given.get("username") or given.get("email") or ""))


def name_of(email: str) -> str:
    """Return what stands for an e-mail address, 64 hexadecimal digits."""
    typed = User.normalize_username(email).encode()
    return hmac.digest(settings.SECRET_KEY.encode(), b"lockout" + typed, hashlib.sha256).hex()


def address(request: HttpRequest) -> str | None:
    """Return where a request came from, behind our proxies; None where that is not known."""
    found = of_request(request)
    return None if found == UNKNOWN else found


def wait_s(request: HttpRequest, email: str) -> int:
    """Return in how many seconds an account may be tried again from a request's address."""
    tried = AccessAttempt.objects.filter(username=name_of(email), ip_address=address(request))
    latest = tried.aggregate(latest=Max("attempt_time"))["latest"]
    if latest is None:
        return 1  # erased or cleared away since it was counted
    at = request.axes_attempt_time  # type: ignore[attr-defined]  # django-axes puts it there
    left: timedelta = latest + settings.AXES_COOLOFF_TIME - at
    return max(1, ceil(left.total_seconds()))
