"""Twenty seconds in front of the camera, and what they have shown."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from waw_desktop.core.calibration import (
    LENGTH_S,
    PROMPTS_S,
    Calibration,
    Problem,
    Verdict,
    advance,
    verdict,
)
from waw_desktop.core.readings import Reading, State
from waw_desktop.ui import style, words
from waw_desktop.ui.language import _, marked

Stop = Callable[[], object]
Watch = Callable[[Callable[[Reading], None]], Stop]

_PROBLEMS = {
    Problem.NO_CAMERA: marked(
        "There was no camera for %(seconds)d of %(length)d seconds. Plug one in, or choose"
        " another one later under Camera."
    ),
    Problem.BUSY: marked(
        "Another program had the camera for %(seconds)d of %(length)d seconds. Close it, or end"
        " its call."
    ),
    Problem.PERMISSION_DENIED: marked(
        "The system did not let WaW use the camera. Allow it in the system's settings for privacy."
    ),
    Problem.BLACK: marked(
        "The picture was black for %(seconds)d of %(length)d seconds. Open the camera's cover."
    ),
    Problem.FROZEN: marked(
        "The camera sent no new pictures for %(seconds)d of %(length)d seconds. Unplug it and"
        " plug it in again."
    ),
    Problem.NO_FACE: marked(
        "No face was seen for %(seconds)d of %(length)d seconds. Turn the camera so that your"
        " whole face is in the picture."
    ),
    Problem.SEVERAL_FACES: marked(
        "Several faces were seen for %(seconds)d of %(length)d seconds. WaW counts only while"
        " one person is in the picture; a poster can be the other."
    ),
    Problem.TURNED_AWAY: marked(
        "Your face was turned away for %(seconds)d of %(length)d seconds. Put the camera above"
        " the screen that you look at."
    ),
    Problem.TOO_DARK: marked(
        "Your face was too dark for %(seconds)d of %(length)d seconds. Turn a lamp towards you,"
        " or sit so that the window is behind the screen."
    ),
    Problem.TOO_SLOW: marked(
        "The camera sent too few pictures for %(seconds)d of %(length)d seconds. More light often"
        " helps, and so does closing what keeps the computer busy."
    ),
    Problem.NO_BLINKS: marked(
        "You were seen well, but only %(answered)d of %(prompts)d blinks on request. Glasses that"
        " mirror the screen or a low camera can hide them; try again with the head a little"
        " higher."
    ),
    Problem.NOT_WATCHED: marked(
        "The camera did not run. End the pause or unlock the screen, then try again."
    ),
}


class CalibrationView(QWidget):
    """Progress, requests to blink, the verdict, and another try.

    Attributes:
        ended: With a `Verdict`.
    """

    ended = pyqtSignal(object)
    _read = pyqtSignal(object)

    def __init__(self, watch: Watch) -> None:
        """Show nothing yet; the camera is off until `begin`.

        Args:
            watch: Turns the camera on and gives each reading, from any thread; returns what
                turns it off, without waiting.
        """
        super().__init__()
        self._watch = watch
        self._stop: Stop | None = None
        self._calibration = Calibration()
        self._request = style.large(QLabel(), 1.5)
        self._request.setAccessibleDescription(_("What to do now"))
        self._request.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setRange(0, round(LENGTH_S))
        self._progress.setFormat(_("%v of %m seconds"))
        self._progress.setAccessibleName(_("Seconds of the check"))
        self._state = style.hint(QLabel())
        self.again = QPushButton(_("Try again"))
        self.again.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.again.clicked.connect(self.begin)
        self.again.hide()
        self._read.connect(self._take)
        column = QVBoxLayout(self)
        for widget in (self._request, self._progress, self._state, self.again):
            column.addWidget(widget)
        column.addStretch()

    def begin(self) -> None:
        """Turn the camera on and begin anew."""
        self.stop()
        self._calibration = Calibration()
        self.again.hide()
        self._show()
        self._stop = self._watch(self._read.emit)

    def stop(self) -> None:
        """Turn the camera off."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _take(self, reading: Reading) -> None:
        if self._stop is None:
            return  # a reading that was under way when the camera was turned off
        self._calibration = advance(self._calibration, reading)
        if self._calibration.is_over:
            self._end()
        else:
            self._show()

    def _end(self) -> None:
        self.stop()
        found = verdict(self._calibration)
        self._request.setText(verdict_words(found))
        self._state.clear()
        self._progress.setValue(self._progress.maximum())
        self.again.setVisible(found.problem is not None)
        self.ended.emit(found)

    def _show(self) -> None:
        now = self._calibration
        self._progress.setValue(round(now.elapsed_s))
        _set(self._request, _request(now))
        has_begun = now.state is not State.STARTING  # what to do says that already
        _set(self._state, words.state_words(now.state) if has_begun else "")


def verdict_words(found: Verdict) -> str:
    """Return what the check has shown, and what to do if something was in the way."""
    if found.problem is None:
        return _("All is well: your face is seen, and so are your blinks.")
    return _(_PROBLEMS[found.problem]) % {
        "seconds": round(found.problem_s),
        "length": round(LENGTH_S),
        "answered": found.answered,
        "prompts": len(PROMPTS_S),
    }


def _request(now: Calibration) -> str:
    if now.state is State.STARTING:
        return _("The camera is starting.")
    if now.is_prompting:
        return _("Blink once, as you usually do.")
    return _("Look at the screen as you do when you read.")


def _set(label: QLabel, text: str) -> None:
    """Change a text only where it differs: a screen reader tells each change."""
    if label.text() != text:
        label.setText(text)
