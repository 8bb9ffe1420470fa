"""The first run: what is agreed to, the account if there is to be one, and a look at the camera.

Nothing is ticked beforehand, and the camera is off until the person has agreed to tracking and
that is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.core.calibration import Verdict
from waw_desktop.core.consents import Purpose, words
from waw_desktop.ui import sign_in, style, work
from waw_desktop.ui.agreements import paragraph
from waw_desktop.ui.calibration import CalibrationView, Watch
from waw_desktop.ui.language import _
from waw_desktop.ui.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class Calls:
    """What the dialog asks for; all but `watch` may wait.

    Attributes:
        agree: Takes the server's address and the account, both empty if there is none, purposes
            and the language of the words shown; returns whether it is agreed. Raises OSError if
            it cannot be written down.
        sign_in: As the form for it says.
        watch: Turns the camera on; not called before `agree` has returned True.
    """

    agree: Callable[[str, str, Sequence[Purpose], str], bool]
    sign_in: sign_in.Calls
    watch: Watch


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the first run came to.

    Attributes:
        server_url: Of the server signed in to, else as it was given.
        email: Of the account signed in to; empty without one.
        agreed: The purposes agreed to, written down by now.
        verdict: Of the look at the camera; None if it was skipped.
    """

    server_url: str
    email: str
    agreed: tuple[Purpose, ...]
    verdict: Verdict | None


class FirstRunDialog(QDialog):
    """The steps one after the other.

    Attributes:
        completed: With a `FirstRun`. Closing the dialog before ends it with `rejected`.
    """

    completed = pyqtSignal(object)

    def __init__(self, server_url: str, email: str, locale: str, calls: Calls) -> None:
        super().__init__()
        self.setWindowTitle(_("Welcome to WaW"))
        self._calls = calls
        self._locale = locale
        self._server_url, self._email = server_url, ""
        self._agreed: tuple[Purpose, ...] = ()
        self._verdict: Verdict | None = None
        self._ticks = {it: _tick(it, locale) for it in Purpose}
        self._sign_in = SignIn(server_url, email, calls.sign_in)
        self._sign_in.signed_in.connect(self._signed_in)
        self._calibration = CalibrationView(calls.watch)
        self._calibration.ended.connect(self._judged)
        self._trouble = QLabel()
        self._trouble.setWordWrap(True)
        self._title = style.large(QLabel(), 1.5)
        self._steps = QStackedWidget()
        self._next = QPushButton()
        self._next.clicked.connect(self._go_on)
        self._welcome = self._add(_scrolled(self._consents()))
        self._account = self._add(self._sign_in)
        self._camera = self._add(self._calibration)
        self._lay_out()
        self._show_step(self._welcome, _("What WaW may do"), _("Next"))
        self._ticked()
        self.finished.connect(self._calibration.stop)

    def _consents(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.addWidget(
            paragraph(_("WaW tells you how you blink. Tick what you agree to, each for itself."))
        )
        for purpose, tick in self._ticks.items():
            name, _newline, text = words(purpose, self._locale).partition("\n")
            box = QGroupBox(name)
            inside = QVBoxLayout(box)
            inside.addWidget(paragraph(text))
            inside.addWidget(tick)
            tick.toggled.connect(self._ticked)
            column.addWidget(box)
        self._needed = style.hint(
            QLabel(_("Without the first, WaW has nothing to count. You can close this window."))
        )
        column.addWidget(self._needed)
        column.addStretch()
        return page

    def _lay_out(self) -> None:
        close = QPushButton(_("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(close)
        buttons.addStretch()
        buttons.addWidget(self._next)
        column = QVBoxLayout(self)
        for widget in (self._title, self._steps, self._trouble):
            column.addWidget(widget, stretch=int(widget is self._steps))
        column.addLayout(buttons)
        letter_px, line_px = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        self.resize(90 * letter_px, 40 * line_px)

    def _add(self, step: QWidget) -> QWidget:
        self._steps.addWidget(step)
        return step

    def _show_step(self, step: QWidget, title: str, next_text: str) -> None:
        self._steps.setCurrentWidget(step)
        self._title.setText(title)
        self.setAccessibleDescription(title)
        self._next.setText(next_text)
        self._next.setEnabled(True)
        self._trouble.clear()

    def _ticked(self) -> None:
        has_needed = self._ticks[Purpose.LOCAL_TRACKING].isChecked()
        self._next.setEnabled(has_needed)
        self._needed.setVisible(not has_needed)

    def _go_on(self) -> None:
        step = self._steps.currentWidget()
        if step is self._welcome:
            self._agree("", "", Purpose.LOCAL_TRACKING, self._after_welcome)
        elif step is self._account:
            self._look()
        else:
            self._complete()

    def _agree(
        self, server_url: str, email: str, purpose: Purpose, then: Callable[[], None]
    ) -> None:
        self._next.setEnabled(False)

        def answered(is_agreed: bool) -> None:  # noqa: FBT001 - the result of a call
            self._next.setEnabled(True)
            if is_agreed:
                self._agreed = (*self._agreed, purpose)
                then()
            else:
                self._trouble.setText(
                    _(
                        "The server has yet to hear that you withdrew before. Go on without"
                        " sending, and agree again later under Your agreements."
                    )
                )

        agree = partial(self._calls.agree, server_url, email, [purpose], self._locale)
        work.run(self, agree, answered, self._fail)

    def _fail(self, error: Exception) -> None:
        self._next.setEnabled(True)
        self._trouble.setText(
            _("That could not be written down: %(reason)s. Free some space, then try again.")
            % {"reason": error}
        )

    def _after_welcome(self) -> None:
        if self._ticks[Purpose.CLOUD_SYNC].isChecked():
            self._show_step(self._account, _("Your account"), _("Use WaW without an account"))
            self._next.setAutoDefault(False)  # the key Return belongs to the form
            self._next.setDefault(False)
            self._sign_in.begin()
        else:
            self._look()

    def _signed_in(self, server_url: str, email: str) -> None:
        self._server_url, self._email = server_url, email
        self._agree(server_url, email, Purpose.CLOUD_SYNC, self._look)

    def _look(self) -> None:
        self._show_step(self._camera, _("A look at the camera"), _("Skip"))
        self._next.setFocus()
        self._calibration.begin()

    def _judged(self, found: Verdict) -> None:
        self._verdict = found
        is_well = found.problem is None
        self._next.setText(_("Start") if is_well else _("Start anyway"))
        (self._next if is_well else self._calibration.again).setFocus()

    def _complete(self) -> None:
        self._calibration.stop()
        self.completed.emit(FirstRun(self._server_url, self._email, self._agreed, self._verdict))
        self.accept()


def _tick(purpose: Purpose, locale: str) -> QCheckBox:
    box = QCheckBox(_("I agree"))
    name = words(purpose, locale).partition("\n")[0]
    box.setAccessibleName(_("I agree: %(purpose)s") % {"purpose": name})
    return box


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
