"""Where the packaged program begins: with its window, unless a command is named."""

from __future__ import annotations

import os
import sys
from multiprocessing import freeze_support

BY_DEFAULT = ("app",)


def give_streams() -> None:
    """Open what is missing of standard input, output and error, to nowhere.

    A program with a window has none of them on Windows; what reads or writes there, native
    code included, would fail. Opened in this order they have the usual numbers.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - stays open as long as the process


def main() -> int:
    """Run what was asked for and return its exit code."""
    give_streams()
    freeze_support()  # in the detector's process this never returns
    from waw_desktop.__main__ import main as command_line  # noqa: PLC0415 - see the line before

    return command_line(sys.argv[1:] or BY_DEFAULT)


if __name__ == "__main__":
    sys.exit(main())
