"""`python -m waw_server.ops.leash COMMAND…`: runs a program that ends when its owner does.

The owner holds the other end of this process's standard input. When that closes, because the
owner let go or was killed, the program is asked to end.
"""

from __future__ import annotations

import subprocess
import sys
import threading


def run(command: list[str]) -> int:
    """Run a program until it ends, or until standard input does; return its exit code."""
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the owner's own command
    threading.Thread(target=_let_go, args=(program,), daemon=True).start()
    return program.wait()


def _let_go(program: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    program.terminate()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
