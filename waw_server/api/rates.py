"""How often somebody may ask: a bucket for each, which fills steadily and is emptied by asking."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock


class TooMany(Exception):
    """Somebody asked too often.

    Args:
        wait_s: How long until one more request is taken.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__(max(1, math.ceil(wait_s)))

    @property
    def retry_after_s(self) -> int:
        """Whole seconds, at least one, for the header Retry-After."""
        return int(self.args[0])


class Buckets:
    """A bucket for each key, in memory that is bounded.

    Of each key one number is kept: when its bucket will be full again. One that is full says no
    more than one that was never asked for, so those not asked for longest are forgotten first.

    Source: the generic cell rate algorithm, ITU-T I.371, annex A.

    Args:
        per_s: Requests that a bucket gains each second.
        burst: Requests that a full one holds.
        most: Keys remembered.
    """

    def __init__(self, per_s: float, burst: int, most: int) -> None:
        self._each_s = 1 / per_s
        self._allowance_s = (burst - 1) / per_s
        self._most = most
        self._full_at_s: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = Lock()

    def spend(self, key: Hashable, now_s: float) -> None:
        """Take one request out of a key's bucket.

        Args:
            key: Whose it is.
            now_s: By a clock that never goes back.

        Raises:
            TooMany: If it is empty; asking for more does not make the wait longer.
        """
        with self._lock:
            full_at_s = max(self._full_at_s.pop(key, now_s), now_s)
            wait_s = full_at_s - now_s - self._allowance_s
            self._full_at_s[key] = full_at_s if wait_s > 0 else full_at_s + self._each_s
            if len(self._full_at_s) > self._most:
                self._full_at_s.popitem(last=False)
        if wait_s > 0:
            raise TooMany(wait_s)

    def __len__(self) -> int:
        return len(self._full_at_s)

    def clear(self) -> None:
        """Forget everybody."""
        self._full_at_s.clear()
