"""Your agreements: the words, since when, and one click to withdraw or agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGroupBox, QLabel, QPushButton

from waw_desktop.core.consents import Purpose, agree, words
from waw_desktop.ui.agreements import Agreements, Calls

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LOCAL, CLOUD = Purpose


class Person:
    """What somebody has agreed to, and what the calls come to."""

    def __init__(self):
        self.given = {LOCAL: agree(LOCAL, "", NOON)}
        self.do_all_know = True
        self.may_agree = True
        self.fault = None
        self.locales = []

    def agreed(self):
        """Return what is in force."""
        return dict(self.given)

    def agree(self, purposes, locale):
        """Agree, where that is possible."""
        if self.fault:
            raise self.fault
        self.locales.append(locale)
        if self.may_agree:
            self.given |= {it: agree(it, "", NOON) for it in purposes}
        return self.may_agree

    def withdraw(self, purpose):
        """Withdraw."""
        if self.fault:
            raise self.fault
        del self.given[purpose]
        return self.do_all_know


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def page(qtbot, person):
    page = Agreements(tuple(Purpose), "en", Calls(person.agreed, person.agree, person.withdraw))
    qtbot.addWidget(page)
    page.show()
    page.show_agreed()
    qtbot.waitUntil(lambda: all(it.isEnabled() for it in page.findChildren(QPushButton)))
    return page


def texts(page):
    return [it.text() for it in page.findChildren(QLabel) if it.isVisible()]


def buttons(page):
    return [it.text() for it in page.findChildren(QPushButton)]


def press(qtbot, page, number, *, until):
    button = page.findChildren(QPushButton)[number]
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: buttons(page) == until and button.isEnabled())


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_word_is_shown(qtbot, person, locale):
    """The very words that the hash is of; lines are as long as there is room for."""
    page = Agreements(tuple(Purpose), locale, Calls(person.agreed, person.agree, person.withdraw))
    qtbot.addWidget(page)

    for box, purpose in zip(page.findChildren(QGroupBox), Purpose, strict=True):
        body = box.findChildren(QLabel)[0].text()
        assert f"{box.title()} {body}".split() == words(purpose, locale).split()


def test_what_is_agreed_and_since_when(page):
    assert f"Agreed since {NOON.astimezone():%Y-%m-%d %H:%M}." in texts(page)
    assert "Not agreed." in texts(page)
    assert buttons(page) == ["Withdraw", "Agree"]
    names = [it.accessibleName() for it in page.findChildren(QPushButton)]
    assert names == [
        "Withdraw: Tracking on this computer (version 1)",
        "Agree: Sending your blinks to your account (version 1)",
    ]


def test_withdraws_with_one_press(qtbot, page, person):
    """Whoever listens hears of it before the call, to stop at once."""
    heard = []
    page.withdrawing.connect(lambda purpose: heard.append((purpose, dict(person.given))))

    press(qtbot, page, 0, until=["Agree", "Agree"])

    assert heard == [(LOCAL, {LOCAL: agree(LOCAL, "", NOON)})]
    assert person.given == {}


def test_agrees(qtbot, page, person):
    with qtbot.waitSignal(page.agreed) as heard:
        press(qtbot, page, 1, until=["Withdraw", "Withdraw"])

    assert heard.args == [CLOUD]
    assert list(person.given) == [LOCAL, CLOUD]
    assert person.locales == ["en"]


def test_withdrawn_without_the_server(qtbot, page, person):
    person.do_all_know = False

    press(qtbot, page, 0, until=["Agree", "Agree"])

    assert any("The server is told as soon as it answers." in it for it in texts(page))


def test_agreeing_before_the_server_has_heard(qtbot, page, person):
    person.may_agree = False

    press(qtbot, page, 1, until=["Withdraw", "Agree"])

    assert any("has yet to hear that you withdrew" in it for it in texts(page))


@pytest.mark.parametrize("number", [0, 1])
def test_a_disk_that_is_full(qtbot, page, person, number):
    """It says that nothing has changed, and may be tried again."""
    person.fault = OSError("no space left")

    press(qtbot, page, number, until=["Withdraw", "Agree"])

    qtbot.waitUntil(lambda: any("no space left" in it for it in texts(page)))
