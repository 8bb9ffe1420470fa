"""`python -m waw_server.ops.leash COMMAND…`: runs a program that ends when its owner does.

The owner holds the other end of this process's standard input. When that closes, because the
owner let go or was killed, the program is asked to end, and killed if it does not. A program that
was killed cannot end those that it had started, so that is done here: one of them could hold its
port for ever.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

STOP_LIMIT_S = 5.0
_HAS_GROUPS = os.name == "posix"


def run(command: list[str]) -> int:
    """Run a program until it ends, or until standard input does; return its exit code."""
    program = subprocess.Popen(  # noqa: S603 - the owner's own command
        command,
        stdin=subprocess.DEVNULL,
        process_group=0 if _HAS_GROUPS else None,
    )
    threading.Thread(target=_let_go, args=(program,), daemon=True).start()
    code = program.wait()
    _end_what_is_left(program.pid)
    return code


def _let_go(program: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    program.terminate()
    try:
        program.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        program.kill()


def _end_what_is_left(group: int) -> None:
    """Kill the rest of a group: what has just been forked may not hear a termination yet."""
    if _HAS_GROUPS:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
