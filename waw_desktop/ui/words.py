"""How things are, in words a person would use: what is in the way and what to do about it."""

from __future__ import annotations

from datetime import datetime

from waw_desktop.core.history import Overview
from waw_desktop.core.live import Live, Sending
from waw_desktop.core.readings import State
from waw_desktop.ui import history_words
from waw_desktop.ui.language import _, marked, ngettext

_STATES = {
    State.TRACKING: marked("Your blinks are counted."),
    State.STARTING: marked("The camera is starting."),
    State.NO_CAMERA: marked("There is no camera. Plug one in, or choose another."),
    State.BUSY: marked("Another program uses the camera. Counting goes on when it is free."),
    State.PERMISSION_DENIED: marked(
        "The system does not let WaW use the camera. Allow it in its settings."
    ),
    State.BLACK: marked("The picture is black. Is the camera covered?"),
    State.FROZEN: marked("The camera sends no new pictures."),
    State.NO_FACE: marked("Nobody is in front of the camera."),
    State.SEVERAL_FACES: marked("There are several people in the picture, so nothing is counted."),
    State.TURNED_AWAY: marked("Turn towards the camera."),
    State.TOO_DARK: marked("It is too dark to see your eyes. Light from the front helps."),
    State.TOO_SLOW: marked(
        "The camera sends too few pictures to see blinks. More light often helps."
    ),
    State.PAUSED: marked("Paused. The camera is off."),
    State.LOCKED: marked("The screen is locked. The camera is off."),
    State.RESTING: marked("Resting, to spare the computer. Counting goes on by itself."),
    State.ENDED: marked("The recording is over."),
}


def state_words(state: State) -> str:
    """Return what a state means for the person."""
    return _(_STATES[state])


def rate_words(rate_per_min: float | None, minutes: int) -> str:
    """Return the rate of the last minutes; too little seen is no rate."""
    if rate_per_min is None:
        return _("Too little was seen of the last minutes to say a rate.")
    return ngettext(
        "%(rate)d blink per seen minute in the last %(minutes)d minutes",
        "%(rate)d blinks per seen minute in the last %(minutes)d minutes",
        round(rate_per_min),
    ) % {"rate": round(rate_per_min), "minutes": minutes}


def today_words(today: Overview) -> str:
    """Return today beside the person's own level."""
    return _("Today: %(summary)s") % {"summary": history_words.summary(today)}


def sending_words(sending: Sending) -> str:
    """Return how the account on the server stands."""
    if not sending.is_sending:
        return _("Everything stays on this computer.")
    if sending.trouble is not None:
        return ngettext(
            "%(count)d minute waits here and is safe: %(trouble)s.",
            "%(count)d minutes wait here and are safe: %(trouble)s.",
            sending.pending,
        ) % {"count": sending.pending, "trouble": sending.trouble}
    if sending.disagreement is not None:
        return _("The server counts otherwise: %(what)s.") % {"what": sending.disagreement}
    if sending.pending:
        return ngettext(
            "%(count)d minute waits to be sent.",
            "%(count)d minutes wait to be sent.",
            sending.pending,
        ) % {"count": sending.pending}
    if sending.synced_at is None:
        return _("Nothing waits to be sent.")
    return _("Everything is sent, last at %(time)s.") % {"time": clock(sending.synced_at)}


def trouble_words(live: Live) -> str:
    """Return what is wrong beside the camera, empty if nothing is."""
    if live.not_stored is None:
        return ""
    return _("%(reason)s. What is measured is kept in memory meanwhile.") % {
        "reason": live.not_stored[:1].upper() + live.not_stored[1:]
    }


def clock(at: datetime) -> str:
    """Return the time of day where this computer is."""
    return f"{at.astimezone():%H:%M}"
