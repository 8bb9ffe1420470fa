"""Ctrl-C and SIGTERM set an event, as long as somebody looks at it."""

import os
import signal

import pytest

from waw_desktop.host.signals import stop_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sets_the_event(number):
    """The program goes on and may stop in good order."""
    before = signal.getsignal(number)

    with stop_signals() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(1)

    assert signal.getsignal(number) is before
