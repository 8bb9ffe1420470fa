"""A bucket fills steadily and is emptied by asking; what is remembered is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_server.api.rates import Buckets, TooMany


def taken(buckets, times_s, key="alice"):
    """Return at which of these times a request was taken."""
    found = []
    for now_s in times_s:
        try:
            buckets.spend(key, now_s)
        except TooMany:
            continue
        found.append(now_s)
    return found


@pytest.mark.parametrize(
    "_case, times_s, expected",
    [
        ("the first", [0], [0]),
        ("as many at once as it holds", [0] * 3, [0] * 3),
        ("more at once", [0] * 9, [0] * 3),
        ("one more once one has come in", [0, 0, 0, 0.5, 0.5], [0, 0, 0, 0.5]),
        ("none before that", [0, 0, 0, 0.49], [0, 0, 0]),
        ("asking in vain makes it no later", [0] * 3 + [0.1] * 9 + [0.5], [0, 0, 0, 0.5]),
        ("full again, and no fuller", [0] * 3 + [100] * 9, [0] * 3 + [100] * 3),
        ("steadily as fast as it fills", [n / 2 for n in range(50)], [n / 2 for n in range(50)]),
    ],
)
def test_what_is_taken(_case, times_s, expected):
    """Of a bucket that holds three and gains two a second."""
    assert taken(Buckets(2, 3, 10), times_s) == expected


@given(
    st.lists(st.floats(0, 60), max_size=200).map(sorted),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_never_more_than_it_holds_and_gains(times_s, per_s, burst):
    found = taken(Buckets(per_s, burst, 10), times_s)

    for first, begin_s in enumerate(found):
        for count, end_s in enumerate(found[first:], 1):
            assert count <= burst + per_s * (end_s - begin_s) + 1e-6


@pytest.mark.parametrize("per_s, wait_s", [(2, 1), (0.1, 10), (0.15, 7)])
def test_after_the_wait_one_is_taken(per_s, wait_s):
    """In whole seconds, as the header has them."""
    buckets = Buckets(per_s, 1, 10)
    buckets.spend("alice", 0)

    with pytest.raises(TooMany) as refused:
        buckets.spend("alice", 0)

    assert refused.value.retry_after_s == wait_s
    buckets.spend("alice", wait_s)


def test_each_has_a_bucket_of_their_own():
    buckets = Buckets(1, 1, 10)

    assert taken(buckets, [0, 0], "alice") == taken(buckets, [0, 0], "bob") == [0]


def test_those_idle_longest_are_forgotten():
    """Whoever makes up names fills no memory, and gains nothing by it under her own."""
    buckets = Buckets(1, 1, 100)
    buckets.spend("alice", 0)
    for nth in range(1000):
        buckets.spend(nth, 0)
        taken(buckets, [0])

    assert len(buckets) == 100
    assert taken(buckets, [0]) == []


def test_all_can_be_forgotten():
    buckets = Buckets(1, 1, 100)
    buckets.spend("alice", 0)

    buckets.clear()

    assert taken(buckets, [0]) == [0]
