"""Whether the screen is locked, asked of systems that tell it only to whoever asks.

Windows: the flags of the session (`WTSInfoEx`, Windows 10 and later). macOS: a key of the session
of the window server, which Apple does not document but every macOS since 10.3 has. Neither has
been tried on a real system; how the answers are read is tested. A system that does not answer
counts as unlocked.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

_THIS_SESSION = 0xFFFFFFFF
_INFO_EX = 25
_LEVEL_ONE = 1
_FLAGS_AT_BYTE = 16  # after the level, padded to 8, and two numbers of 4: session and its state
_LOCKED = 0
_UTF_8 = 0x08000100
_KEY = b"CGSSessionScreenIsLocked"
_FRAMEWORKS = "/System/Library/Frameworks"


def here() -> Callable[[], bool] | None:
    """Return what asks this system, None where one need not or cannot ask."""
    if sys.platform == "win32":  # pragma: no cover - the library is there only
        wts = ctypes.WinDLL("wtsapi32")
        return lambda: is_windows_locked(wts)
    if sys.platform == "darwin":  # pragma: no cover - the frameworks are there only
        graphics = ctypes.CDLL(f"{_FRAMEWORKS}/CoreGraphics.framework/CoreGraphics")
        foundation = ctypes.CDLL(f"{_FRAMEWORKS}/CoreFoundation.framework/CoreFoundation")
        return lambda: is_mac_locked(graphics, foundation)
    return None


def is_windows_locked(wts: Any) -> bool:  # noqa: ANN401 - a library has no type
    """Return what `wtsapi32` says of this session."""
    block, size = ctypes.c_void_p(), ctypes.c_uint32()
    answered = wts.WTSQuerySessionInformationW(
        None, ctypes.c_uint32(_THIS_SESSION), _INFO_EX, ctypes.byref(block), ctypes.byref(size)
    )
    if not answered or block.value is None:
        return False
    try:
        if size.value < _FLAGS_AT_BYTE + 4:
            return False
        level = ctypes.c_uint32.from_address(block.value).value
        flags = ctypes.c_int32.from_address(block.value + _FLAGS_AT_BYTE).value
        return level == _LEVEL_ONE and flags == _LOCKED
    finally:
        wts.WTSFreeMemory(block)


def is_mac_locked(graphics: Any, foundation: Any) -> bool:  # noqa: ANN401 - a library has no type
    """Return what the window server says of this session.

    Args:
        graphics: CoreGraphics.
        foundation: CoreFoundation.
    """
    pointer = ctypes.c_void_p
    graphics.CGSessionCopyCurrentDictionary.restype = pointer
    foundation.CFStringCreateWithCString.restype = pointer
    foundation.CFDictionaryGetValue.restype = pointer
    foundation.CFBooleanGetValue.restype = ctypes.c_bool
    session = graphics.CGSessionCopyCurrentDictionary()
    if not session:  # nobody is logged in at the screen
        return False
    key = foundation.CFStringCreateWithCString(None, _KEY, ctypes.c_uint32(_UTF_8))
    try:
        # The key is there only while the screen is locked.
        found = foundation.CFDictionaryGetValue(pointer(session), pointer(key))
        return bool(found and foundation.CFBooleanGetValue(pointer(found)))
    finally:
        foundation.CFRelease(pointer(key))
        foundation.CFRelease(pointer(session))
