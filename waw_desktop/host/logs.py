"""A log file that holds nothing of a person, for when something has gone wrong.

What is written by a program of many hands cannot be trusted to stay clean, so each line is cleaned
on its way to the file: addresses, names of hosts, people and files, keys and numbers are replaced.
Of an exception there are its kind and the places it came through, not what it says, for that may
be anything. Numbers stay that name an error of the system or a status of HTTP.
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import secrets
import threading
import traceback
from collections import Counter
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from platform import node

FILE_NAME = "waw.log"
MOST_BYTES = 1_000_000
FILES = 5
LONGEST_LINE = 400
_PACKAGE = "waw_desktop"
_FRAMES = 8

_log = logging.getLogger(_PACKAGE)

# The order matters: an address holds names and numbers, and a path may hold an address.
_CLEANED = (
    (re.compile(r"[^\x20-\x7e]+"), " "),  # one line, and no name in another script
    (re.compile(r"\b\w[\w+.-]*://\S+"), "<address>"),
    (re.compile(r"[\w.+%-]+@[\w.-]+"), "<mail>"),
    (
        re.compile(
            r"(?:\b[A-Za-z]:\\|\\\\|~?/)[^\s'\",;:)]+(?: [^\s'\",;:)/\\]*[/\\][^\s'\",;:)]*)*"
        ),
        "<path>",
    ),
    (re.compile(r"(?<![\w<])(?=[\w+/=.-]*\d)[\w+/=.-]{16,}"), "<key>"),
    (re.compile(r"\b(?:[\w-]+\.)+[A-Za-z]{2,}\b"), "<name>"),
    (re.compile(r"\b[A-Za-z][\w-]{23,}\b"), "<key>"),
    (re.compile(r"(?i)\b(bearer|password|token|key)\b([^\w<]{1,3})(?!<)\S+"), r"\1\2<key>"),
)
_NUMBER = re.compile(
    r"(\b(?:Errno|HTTP|status|signal|exit code)\s+)?[-+]?\d(?:[\d.,:_]*\d)?", re.IGNORECASE
)


def cleaned(text: str) -> str:
    """Return a line without anything that may be of a person."""
    for own in _own_names():
        text = re.sub(rf"(?i)(?<!\w){re.escape(own)}(?!\w)", "<name>", text)
    for pattern, instead in _CLEANED:
        text = pattern.sub(instead, text)
    return _NUMBER.sub(lambda found: found[0] if found[1] else "#", text)[:LONGEST_LINE]


def _own_names() -> list[str]:
    """Return what this computer and its user are called; names of two letters are in every word."""
    names = {node(), node().partition(".")[0], Path.home().name}
    with suppress(OSError, KeyError, ImportError):  # nobody the system knows
        names.add(getpass.getuser())
    return sorted((it for it in names if len(it) > 2), key=len, reverse=True)


def outline(error: BaseException) -> str:
    """Return kind and places of an exception, and of what caused it; none of its words."""
    parts = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = traceback.extract_tb(link.__traceback__)[-_FRAMES:]
        places = " < ".join(f"{_place(it.filename)}:{it.lineno}" for it in reversed(frames))
        number = f" Errno {link.errno}" if isinstance(link, OSError) and link.errno else ""
        parts.append(f"{type(link).__qualname__}{number} at {places or 'nowhere'}")
        link = link.__cause__ or link.__context__
    return ", from ".join(parts)


def _place(filename: str) -> str:
    """Return the file as our package has it, of others the file alone."""
    parts = Path(filename).parts
    if _PACKAGE in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index(_PACKAGE) :])
    return parts[-1] if parts else "?"


class Log:
    """The log file, while it is open.

    Attributes:
        kinds: How often each kind of exception was noted since it was opened.
    """

    def __init__(self, directory: Path) -> None:
        """Open the file and take in what our package logs, from warnings on.

        Raises:
            OSError: If it cannot be written.
        """
        self.kinds: Counter[str] = Counter()
        self._handler = _Handler(
            directory / FILE_NAME, maxBytes=MOST_BYTES, backupCount=FILES - 1, encoding="utf-8"
        )
        self._handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._before = threading.excepthook
        _log.addHandler(self._handler)
        threading.excepthook = self._in_thread

    def close(self) -> None:
        """Take in nothing more."""
        threading.excepthook = self._before
        _log.removeHandler(self._handler)
        self._handler.close()

    def say(self, text: str) -> None:
        """Write a line, cleaned."""
        _log.warning("%s", text)

    def note(self, error: BaseException) -> str:
        """Write an exception, and return by which name it can be found there."""
        name = secrets.token_hex(3)
        self.kinds[type(error).__qualname__] += 1
        _log.error("%s", name, exc_info=error)
        return name

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.note(args.exc_value)


class _Handler(RotatingFileHandler):
    """Files that their owner alone can read, and no trouble of theirs stops the program."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - TextIOWrapper, as its base has it
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_owned)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Go on without the line: the disk is full, or the file is gone."""


def _owned(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Formatter(logging.Formatter):
    """A line that names time, level and what is left of the message once it is cleaned."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception follows in outline."""
        when = self.formatTime(record, "%Y-%m-%d %H:%M:%S")
        error = record.exc_info[1] if record.exc_info else None
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit
            said = str(record.msg)
        if error is None:
            return f"{when} {record.levelname} {cleaned(said)}"
        # The name is ours, and a number of it would be cleaned away.
        name = said if re.fullmatch(r"[0-9a-f]{6}", said) else cleaned(said)
        return f"{when} {record.levelname} [{name}] {outline(error)}"
