"""Work in a thread, whose outcome comes back to the window's."""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, QThreadPool

from waw_desktop.ui import work


def test_the_result_comes_to_the_window(qtbot):
    owner = QObject()
    threads: list[threading.Thread] = []
    results: list[object] = []

    def function():
        threads.append(threading.current_thread())
        return 42

    def done(result):
        threads.append(threading.current_thread())
        results.append(result)

    work.run(owner, function, done, results.append)

    qtbot.waitUntil(lambda: bool(results))
    assert results == [42]
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_so_does_what_went_wrong(qtbot):
    owner = QObject()
    results: list[object] = []

    work.run(owner, lambda: 1 / 0, lambda _it: None, results.append)

    qtbot.waitUntil(lambda: bool(results))
    assert isinstance(results[0], ZeroDivisionError)


def test_nobody_is_told_who_is_gone(qtbot):
    owner, may_end = QObject(), threading.Event()
    results: list[object] = []
    pool = QThreadPool.globalInstance()
    assert pool is not None
    work.run(owner, may_end.wait, results.append, results.append)

    owner.deleteLater()
    qtbot.wait(10)
    may_end.set()

    assert pool.waitForDone(2000)
    qtbot.wait(10)
    assert results == []
