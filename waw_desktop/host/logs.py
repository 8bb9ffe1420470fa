"""A log file that holds nothing of a person, for when something has gone wrong.

What is written by a program of many hands cannot be trusted to stay clean, so each line is cleaned
on its way to the file: addresses, names of hosts, people and files, keys and numbers are replaced.
Of an exception there are its kind and the places it came through, not what it says, for that may
be anything. Numbers stay that name an error of the system or a status of HTTP.
"""

from __future__ import annotations

import getpass
import logging
import math
import os
import re
import secrets
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from platform import node

FILE_NAME = "waw.log"
MOST_BYTES = 1_000_000
FILES = 5
LONGEST_LINE = 400
SAME_AGAIN_S = 60.0
MOST_KNOWN = 100
_LONGEST_TEXT = 500
_PACKAGE = "waw_desktop"
_FRAMES = 8

_log = logging.getLogger(_PACKAGE)

# The order matters: an address holds names and numbers, and a path may hold an address. What
# stands in quotation marks came from elsewhere; a path goes on to a colon, as it may hold spaces.
_CLEANED = (
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+"), " "),  # one line
    (re.compile(r"(?i)\b(bearer|password|passphrase|token|secret|cookie)\b.+"), r"\1 <key>"),
    (
        re.compile(
            r"(?<!\w)(?:'(?:.*'(?!\w)|.*)|[\"`\u201c\u201e](?:.*[\"`\u201c\u201d](?!\w)|.*))"
        ),
        "<text>",
    ),
    (re.compile(r"\bfile:.+|\b\w[\w+.-]*://\S+"), "<address>"),
    (re.compile(r"\S+@\S+"), "<mail>"),
    (re.compile(r"[^\s<>]*[/\\](?:(?!: ).)+"), "<path>"),
    (re.compile(r"\S*[^\x20-\x7e]\S*"), "<word>"),  # a name in another script
    (re.compile(r"(?<![\w<])(?=[\w+/=.-]*\d)[\w+/=.-]{16,}"), "<key>"),
    (re.compile(r"(?<![\w<])[0-9A-Fa-f]{12,}(?!\w)"), "<key>"),
    (re.compile(r"\b(?:[\w-]+\.)+[A-Za-z]\w+\b"), "<name>"),
    (re.compile(r"\b[A-Za-z][\w-]{23,}\b"), "<key>"),
)
_NUMBER = re.compile(
    r"(\b(?:Errno|HTTP|status|signal|exit code)\s+)?[-+]?\d(?:[\d.,:_]*\d)?", re.IGNORECASE
)


def cleaned(text: str) -> str:
    """Return a line without anything that may be of a person."""
    if len(text) > _LONGEST_TEXT:  # the patterns take time that grows with its square
        text = text[:_LONGEST_TEXT].rpartition(" ")[0]
    for pattern, instead in _CLEANED:
        text = pattern.sub(instead, text)
    for own in _own_names():
        text = re.sub(rf"(?i)(?<!\w){re.escape(own)}(?!\w)", "<name>", text)
    return _NUMBER.sub(_number, text)[:LONGEST_LINE]


def _number(found: re.Match[str]) -> str:
    """Return a number that names what failed; others may be somebody's."""
    before = found[1] or ""
    number = found[0][len(before) :]
    return found[0] if before and number.isdecimal() and len(number) <= 3 else f"{before}#"


def _own_names() -> list[str]:
    """Return what this computer and its user are called; names of two letters are in every word."""
    names = {node(), node().partition(".")[0]}
    with suppress(OSError, KeyError, ImportError):  # nobody the system knows
        names.add(getpass.getuser())
    with suppress(RuntimeError):  # nobody with a home
        names.add(Path.home().name)
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

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the file and take in what our package logs, from warnings on.

        Args:
            directory: Where the file lies.
            clock: Tells monotonic seconds.

        Raises:
            OSError: If it cannot be written.
        """
        self.kinds: Counter[str] = Counter()
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}
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
        """Write an exception, and return by which name it can be found there.

        The same from the same places keeps its name and is written once a minute: what fails
        thirty times a second shall not push everything else out of the files.
        """
        with self._lock:
            self.kinds[type(error).__qualname__] += 1
            where, now_s = outline(error), self._clock()
            name, written_s = self._known.pop(where, (secrets.token_hex(3), -math.inf))
            is_due = now_s - written_s >= SAME_AGAIN_S
            self._known[where] = name, now_s if is_due else written_s
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        if is_due:
            _log.error("%s", name, exc_info=error)
        return name

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.note(args.exc_value)


class _Handler(RotatingFileHandler):
    """Files that their owner alone can read, and no trouble of theirs stops the program."""

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - TextIOWrapper, as its base has it
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=_owned)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging calls this name
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
