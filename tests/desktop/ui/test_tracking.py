"""A tracker beside the window."""

from __future__ import annotations

import threading

from waw_desktop.core.live import Live, Sending
from waw_desktop.core.readings import Reading, State
from waw_desktop.ui.tracking import Tracking

LIVE = Live(
    Reading(1.0, State.TRACKING, 1.0, (), 0.5),
    3,
    Sending(pending=0, quarantined=0, synced=0, is_sending=False),
)


def test_it_reports_to_the_window_until_it_is_stopped(qtbot):
    def track(screen, stop):
        screen.say("hello")
        screen.show(LIVE)
        assert stop.wait(10)
        return "done"

    tracking = Tracking(track)
    heard: list[object] = []
    threads: set[threading.Thread] = set()
    tracking.told.connect(heard.append)
    tracking.told.connect(lambda _it: threads.add(threading.current_thread()))
    with qtbot.waitSignals([tracking.said, tracking.told]):
        tracking.start()

    with qtbot.waitSignal(tracking.ended) as ended:
        tracking.stop()

    assert heard == [LIVE]
    assert threads == {threading.main_thread()}
    assert ended.args == ["done"]
    assert tracking.wait(5)


def test_what_goes_wrong_is_told_too(qtbot):
    error = OSError("no room")

    def track(_screen, _stop):
        raise error

    tracking = Tracking(track)

    with qtbot.waitSignal(tracking.ended) as ended:
        tracking.start()

    assert ended.args == [error]


def test_one_that_does_not_end_is_not_waited_for_forever(qtbot):
    may_end = threading.Event()
    tracking = Tracking(lambda _screen, _stop: may_end.wait())
    tracking.start()

    assert not tracking.wait(0.01)

    may_end.set()
    assert tracking.wait(5)
