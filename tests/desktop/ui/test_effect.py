"""Whether reminders help, in plain words."""

from __future__ import annotations

import pytest
from PyQt6.QtWidgets import QLabel, QMessageBox

from waw_desktop.core.effect import Change, Effect, Verdict
from waw_desktop.host.reminder_log import LogError
from waw_desktop.ui import effect as module
from waw_desktop.ui.effect import EffectPage

MINUS = "\N{MINUS SIGN}"
NOTHING = Effect(Change(0, None), Change(0, None), None, None, Verdict.TOO_FEW)
FEW = Effect(Change(12, 5.0), Change(1, 2.5), 2.5, None, Verdict.TOO_FEW)
HELPS = Effect(Change(40, 6.75), Change(11, 1.5), 5.25, (2.04, 8.46), Verdict.HELPS)
HURTS = Effect(Change(40, 1.0), Change(11, 4.0), -3.0, (-5.0, -1.0), Verdict.HURTS)
NEITHER = Effect(Change(40, 3.0), Change(11, 3.0), 0.0, (-1.0, 1.0), Verdict.NOTHING_SEEN)


@pytest.mark.parametrize(
    "effect, holds_out, words",
    [
        (NOTHING, False, "cannot be told while every reminder is shown"),
        (NOTHING, True, "too few to tell. It takes 10 of each kind."),
        (FEW, False, "too few to tell"),
        (FEW, True, "too few to tell"),
        (HELPS, True, "Reminders help you blink: 5.3 times a minute more than without them."),
        (HURTS, True, "3.0 times a minute less than without them."),
        (NEITHER, True, "does not show whether reminders change how you blink"),
    ],
)
def test_the_verdict_in_words(effect, holds_out, words):
    assert words in module.verdict_words(effect, holds_out=holds_out)


@pytest.mark.parametrize(
    "effect, words",
    [
        (FEW, ""),
        (HELPS, "With 95 % confidence the difference lies between +2.0 and +8.5 blinks a minute."),
        (
            NEITHER,
            f"95 % confidence the difference lies between {MINUS}1.0 and +1.0 blinks a minute.",
        ),
    ],
)
def test_the_certainty_in_words(effect, words):
    """None is claimed where there is none."""
    assert module.certainty_words(effect).removeprefix("With ") == words.removeprefix("With ")


@pytest.mark.parametrize(
    "change, words",
    [
        (Change(0, None), "none yet"),
        (Change(1, 2.5), "+2.5 blinks a minute, over 1 time"),
        (Change(12, -1.25), f"{MINUS}1.3 blinks a minute, over 12 times"),
        (Change(3, 0.0), "±0.0 blinks a minute, over 3 times"),
        (Change(3, -0.01), "±0.0 blinks a minute, over 3 times"),
    ],
)
def test_a_change_in_words(change, words):
    assert module.change_words(change) == words


class Figures:
    """What the page reads and deletes."""

    def __init__(self):
        self.effect = HELPS
        self.fails = False
        self.deleted = 0

    def load(self):
        """Return the figures."""
        if self.fails:
            raise LogError("locked")
        return self.effect

    def delete(self):
        """Delete them."""
        self.load()
        self.deleted += 1
        self.effect = NOTHING


@pytest.fixture
def figures():
    return Figures()


@pytest.fixture
def page(qtbot, figures):
    page = EffectPage(figures.load, figures.delete, lambda: True)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    qtbot.waitUntil(lambda: page._verdict.text() != "" or page._trouble.isVisible())
    return page


def test_the_page_shows_both_kinds(page):
    """Each figure with what it is of, for a screen reader to say after it."""
    assert "help you" in page._verdict.text()
    assert page._sure.isVisible()
    assert page._shown.text() == "+6.8 blinks a minute, over 40 times"
    assert page._held_out.text() == "+1.5 blinks a minute, over 11 times"
    assert page._shown.accessibleDescription() == "After a reminder"
    assert page._held_out.accessibleDescription() == "Without one, held out"
    text = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "left to chance" in text
    assert "nothing of your health" in text


def test_what_cannot_be_said_is_not_shown(page):
    page.show_effect(FEW)

    assert not page._sure.isVisible()


def answer(page, qtbot, text):
    """Ask to delete, and press the button of that name."""
    page._delete_button.click()
    question = page.findChild(QMessageBox)
    (button,) = [it for it in question.buttons() if it.text().replace("&", "") == text]
    button.click()


def test_the_figures_can_be_deleted(page, figures, qtbot):
    answer(page, qtbot, "Delete")

    qtbot.waitUntil(lambda: "too few" in page._verdict.text())
    assert figures.deleted == 1
    assert page._delete_button.isEnabled()


def test_not_without_a_second_thought(page, figures, qtbot):
    answer(page, qtbot, "Cancel")

    assert figures.deleted == 0
    assert page._delete_button.isEnabled()


def test_a_fault_is_told_calmly(page, figures, qtbot):
    """And forgotten once the figures can be read again."""
    figures.fails = True
    page.refresh()
    qtbot.waitUntil(page._trouble.isVisible)
    assert "Reminders work all the same" in page._trouble.text()

    figures.fails = False
    page.refresh()
    qtbot.waitUntil(lambda: not page._trouble.isVisible())


def test_what_cannot_be_deleted_stays(page, figures, qtbot):
    figures.fails = True
    answer(page, qtbot, "Delete")

    qtbot.waitUntil(page._trouble.isVisible)
    assert figures.deleted == 0
    assert page._delete_button.isEnabled()
