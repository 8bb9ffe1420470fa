"""Whether the eyes can be measured, and what is in the way if not."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waw_desktop.core import watch as watching
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import State
from waw_desktop.core.watch import Glimpse, Surroundings, Watch

RATE_HZ = 30


def face(t_s, ear=0.3, yaw_deg=0.0, pitch_deg=0.0):
    return Sample(t_s, ear, ear, ear, yaw_deg, pitch_deg)


def seen(sample, luma=120.0, **changes):
    return Glimpse(sample, Surroundings(luma, **{"face_luma": luma} | changes))


def unseen(t_s, luma):
    return Glimpse(Sample(t_s, None), Surroundings(luma, None, faces=0))


TROUBLE = {
    State.BLACK: lambda t_s: unseen(t_s, luma=2.0),
    State.NO_FACE: lambda t_s: unseen(t_s, luma=120.0),
    State.TOO_DARK: lambda t_s: seen(face(t_s), luma=20.0),
    State.SEVERAL_FACES: lambda t_s: seen(face(t_s), faces=2),
    State.TURNED_AWAY: lambda t_s: seen(face(t_s, yaw_deg=-50.0)),
    State.FROZEN: lambda t_s: seen(face(t_s), is_repeat=True),
}


def play(glimpses, watch=None):
    watch, readings = watch or Watch(), []
    for glimpse in glimpses:
        watch, reading = watching.advance(watch, glimpse)
        readings.append(reading)
    return watch, readings


def ticks(start_s, end_s, rate_hz=RATE_HZ):
    return [start_s + i / rate_hz for i in range(round((end_s - start_s) * rate_hz))]


def blink_in(t_s, at_s):
    return 0.05 if at_s <= t_s < at_s + 0.15 else 0.3


@pytest.mark.parametrize("state", TROUBLE)
def test_names_the_trouble_and_recovers(state):
    """Each trouble is named within 3 s, passes within 5 s, and nothing is counted in it."""
    blind = [TROUBLE[state](t_s) for t_s in ticks(5, 10)]
    back = [seen(face(t_s, blink_in(t_s, 14))) for t_s in ticks(10, 16)]

    _, readings = play([*(seen(face(t_s)) for t_s in ticks(0, 5)), *blind, *back])

    assert {r.state for r in readings if 8 <= r.t_s < 10} == {state}
    assert {r.state for r in readings if r.t_s >= 15} == {State.TRACKING}
    assert all(r.openness is None for r in readings if r.state is not State.TRACKING)
    assert len([c for r in readings for c in r.closures]) == 1


@pytest.mark.parametrize(
    ("rate_hz", "state"),
    [(8, State.TOO_SLOW), (11, State.TOO_SLOW), (12, State.TRACKING), (60, State.TRACKING)],
)
def test_below_twelve_frames_a_second_is_too_slow(rate_hz, state):
    """A blink may fall between two frames of a slow camera."""
    _, readings = play(seen(face(t_s)) for t_s in ticks(0, 4, rate_hz))

    assert readings[-1].state is state


def test_the_camera_s_trouble_interrupts():
    """Without frames the state is the camera's, and a closure under way is dropped."""
    before = [seen(face(t_s, blink_in(t_s, 4.9))) for t_s in ticks(0, 5)]
    watch, _ = play(before)

    watch, reading = watching.interrupt(watch, 5.2, State.BUSY)
    _, after = play([seen(face(t_s)) for t_s in ticks(5.3, 9)], watch)

    assert (reading.state, reading.openness, reading.closures) == (State.BUSY, None, ())
    assert [r for r in after if r.closures] == []


def test_a_camera_that_comes_back_is_neither_slow_nor_frozen():
    """The time without frames is held against nobody."""
    watch, _ = play([seen(face(t_s)) for t_s in ticks(0, 5)])
    for t_s in ticks(5, 7, rate_hz=4):
        watch, _ = watching.interrupt(watch, t_s, State.BUSY)

    _, readings = play([seen(face(t_s), is_repeat=t_s < 7.5) for t_s in ticks(7, 10)], watch)

    assert {reading.state for reading in readings} == {State.TRACKING}


def test_a_thousand_random_troubles_are_survived():
    """A day of everything going wrong ends in readings, without a count made blind."""
    choose, watch, t_s = Random(1), Watch(), 0.0
    for _ in range(1000):
        trouble = choose.choice([*TROUBLE.values(), None])
        for _ in range(choose.randrange(1, 20)):
            t_s += choose.choice([1 / 60, 1 / 30, 1 / 12, 0.4])
            if trouble is None:
                watch, reading = watching.interrupt(watch, t_s, State.NO_CAMERA)
            else:
                watch, reading = watching.advance(watch, trouble(t_s))
            assert reading.closures == ()


@settings(deadline=None)
@given(st.lists(st.sampled_from([*TROUBLE, State.TRACKING, State.BUSY]), max_size=40))
def test_any_order_of_troubles_is_survived(states):
    """Whatever follows what, readings keep coming, and blind ones count nothing."""
    watch, t_s = Watch(), 0.0
    for state in states:
        for _ in range(12):
            t_s += 1 / RATE_HZ
            if state is State.BUSY:
                watch, reading = watching.interrupt(watch, t_s, state)
            else:
                glimpse = TROUBLE.get(state, lambda t_s: seen(face(t_s)))(t_s)
                watch, reading = watching.advance(watch, glimpse)
            assert reading.closures == ()
            assert reading.settled_s <= reading.t_s
