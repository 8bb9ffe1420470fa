"""How the answers of Windows and macOS are read; the systems themselves are not here."""

from __future__ import annotations

import ctypes
import struct
import time
from types import SimpleNamespace

import pytest

from waw_desktop.host import lock_polls, screen_lock
from waw_desktop.host.lock_polls import is_mac_locked, is_windows_locked
from waw_desktop.host.screen_lock import ScreenLock


class Wts:
    """wtsapi32, as its documentation has it."""

    def __init__(self, block, *, answers=True):
        self._block = ctypes.create_string_buffer(block) if block else None
        self._size = len(block)
        self._answers = answers
        self.freed: list[int | None] = []
        self.WTSQuerySessionInformationW = self._query
        self.WTSFreeMemory = lambda pointer: self.freed.append(pointer.value)

    def _query(self, server, session, kind, block, size):
        assert (server, session.value, kind) == (None, 0xFFFFFFFF, 25)
        if self._block is not None:
            block._obj.value = ctypes.addressof(self._block)
        size._obj.value = self._size
        return self._answers


def info(level, flags):
    """Return a WTSINFOEXW: level, padding, session, state, flags, and what follows."""
    return struct.pack("<IIIIi", level, 0, 2, 0, flags) + bytes(100)


@pytest.mark.parametrize(
    "block, answers, is_locked",
    [
        (info(1, 0), True, True),
        (info(1, 1), True, False),
        (info(1, -1), True, False),  # it does not know
        (info(2, 0), True, False),
        (info(1, 0)[:16], True, False),
        (info(1, 0), False, False),
        (b"", True, False),
    ],
)
def test_windows(block, answers, is_locked):
    wts = Wts(block, answers=answers)

    assert is_windows_locked(wts) == is_locked
    assert len(wts.freed) == (answers and bool(block))


class Function:
    """A function of a library: it takes a restype, and remembers what it was called with."""

    def __init__(self, act):
        self._act = act
        self.restype: object = ctypes.c_int

    def __call__(self, *arguments):
        """Act."""
        return self._act(*arguments)


@pytest.mark.parametrize(
    "session, found, value, is_locked",
    [
        (11, 22, True, True),
        (11, 22, False, False),
        (11, None, True, False),
        (None, 22, True, False),
    ],
)
def test_macos(session, found, value, is_locked):
    released = []
    graphics = SimpleNamespace(CGSessionCopyCurrentDictionary=Function(lambda: session))

    def make_key(_allocator, text, encoding):
        assert (text, encoding.value) == (b"CGSSessionScreenIsLocked", 0x08000100)
        return 33

    def find(dictionary, key):
        assert (dictionary.value, key.value) == (11, 33)
        return found

    foundation = SimpleNamespace(
        CFStringCreateWithCString=Function(make_key),
        CFDictionaryGetValue=Function(find),
        CFBooleanGetValue=Function(lambda _pointer: value),
        CFRelease=Function(lambda pointer: released.append(pointer.value)),
    )

    assert is_mac_locked(graphics, foundation) == is_locked
    assert released == ([33, 11] if session else [])


def test_linux_tells_by_itself():
    assert lock_polls.here() is None


@pytest.fixture
def elsewhere(monkeypatch):
    """Be on a system that is asked, and answers as is said."""

    def be(ask):
        monkeypatch.setattr(screen_lock, "sys", SimpleNamespace(platform="elsewhere"))
        monkeypatch.setattr(screen_lock, "ASK_EVERY_S", 0.01)
        monkeypatch.setattr(lock_polls, "here", lambda: ask)
        return ScreenLock()

    return be


def wait_until(is_so):
    """Wait for what another thread does."""
    until_s = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)


def test_it_is_asked_again_and_again(elsewhere):
    state = [True]
    with elsewhere(lambda: state[0]) as lock:
        wait_until(lambda: lock.is_locked)
        state[0] = False
        wait_until(lambda: not lock.is_locked)


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_a_system_that_cannot_be_asked_counts_as_unlocked(elsewhere, error):
    def ask():
        raise error

    with elsewhere(ask) as lock:
        assert lock.is_listening.wait(5)
        assert not lock.is_locked


def test_where_nobody_can_be_asked_it_is_unlocked(elsewhere):
    with elsewhere(None) as lock:
        assert not lock.is_locked
