"""Silence for native libraries that write to standard error whatever one asks of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def native_stderr_closed() -> Iterator[None]:
    """Send what native code writes to standard error to nowhere for a while.

    Python's exceptions pass through and are printed, if at all, after the silence.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
