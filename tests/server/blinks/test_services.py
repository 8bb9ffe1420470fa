"""Messages are taken in exactly once, whatever is sent, in whatever order and how often."""

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.minutes import DESKTOP, LAPTOP, START, columns, minute
from tests.server.senders import session, stored, stored_columns
from waw_server.accounts.models import Consent, User
from waw_server.accounts.selectors import NotSignedIn
from waw_server.accounts.services import withdraw_consent
from waw_server.blinks.messages import Malformed, quarter_of
from waw_server.blinks.models import BlinkQuarter, Device, Message
from waw_server.blinks.services import ConsentMissing, record_message, record_messages

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SUMS = ("messages", "blinks", "partial_blinks", "blink_ms", "long_closures", "closed_ms", "seen_ms")


def _sent(user, *minutes, device_id=LAPTOP, device_name="laptop", now=START + 60 * MINUTE):
    return stored(user, *minutes, device_id=device_id, device_name=device_name, at=now)


def _outcomes(found):
    return [(each.status.value, each.code) for each in found.receipts]


def _recounted():
    """Sum the stored messages by quarter-hours in Python."""
    sums: Counter[tuple[object, ...]] = Counter()
    for it in Message.objects.all():
        key = (it.user_id, it.device_id, quarter_of(it.started_at))
        partial_blinks = sum(percent < 80 for percent in it.closures)
        values = (1, len(it.onsets_ms), partial_blinks, sum(it.durations_ms))
        for name, value in zip(
            SUMS, (*values, it.long_closures, it.closed_ms, it.seen_ms), strict=True
        ):
            sums[(*key, name)] += value
    return sums


def _summed():
    """Read the sums that are stored."""
    return Counter(
        {
            (it.user_id, it.device_id, it.quarter_start, name): getattr(it, name)
            for it in BlinkQuarter.objects.all()
            for name in SUMS
        }
    )


ACCEPTED = ("ACCEPTED", None)
DUPLICATE = ("DUPLICATE", None)
SEQ_TAKEN = ("CONFLICT", "SEQ_TAKEN")
DIFFERS = ("CONFLICT", "PAYLOAD_DIFFERS")
OUTSIDE = ("REJECTED", "OUTSIDE_CONSENT")
INVALID = ("REJECTED", "INVALID")


class TestOneMessage:
    """What is kept of it."""

    def test_everything_that_was_sealed(self, alice):
        """With both clocks, its own and ours."""
        it = minute(1, started_at=START - 600 * MINUTE, age_ms=3_600_000)

        found = _sent(alice, it)

        stored = Message.objects.get()
        assert _outcomes(found) == [ACCEPTED]
        assert found.receipts[0].message_id == it.message_id
        assert (stored.user, stored.message_id, stored.seq) == (alice, it.message_id, 1)
        assert (stored.started_at, stored.device_started_at) == (START, START - 600 * MINUTE)
        assert stored.received_at == START + 60 * MINUTE
        assert (stored.duration_ms, stored.seen_ms, stored.fps_mean) == (60_000, 50_000, 29.5)
        assert (stored.long_closures, stored.closed_ms, stored.partial_blinks) == (1, 900, 1)
        assert (stored.onsets_ms, stored.durations_ms) == ([1_000, 5_000], [150, 200])
        assert (stored.closures, len(stored.payload_hash)) == ([95, 60], 16)
        assert str(stored) == str(it.message_id)

    def test_its_quarter_hour(self, alice):
        """By the corrected clock."""
        _sent(alice, minute(1, started_at=START - 600 * MINUTE, age_ms=3_600_000))

        quarter = BlinkQuarter.objects.get()
        assert quarter.quarter_start == START
        assert [getattr(quarter, name) for name in SUMS] == [1, 2, 1, 350, 1, 900, 50_000]
        assert str(quarter) == f"{alice.pk} 2026-03-02 08:00:00+00:00"

    def test_its_device(self, alice):
        """Made known by its first message, and named."""
        _sent(alice, minute(1))

        device = Device.objects.get()
        assert (device.user, device.device_id, device.name) == (alice, LAPTOP, "laptop")
        assert (device.latest_sync_at, device.watermark) == (START + 60 * MINUTE, 1)
        assert str(device) == "laptop"

    def test_a_minute_without_blinks_counts_as_seen(self, alice):
        """Zero blinks while looking is a finding, not nothing."""
        assert _outcomes(_sent(alice, minute(1, blinks=()))) == [ACCEPTED]

        quarter = BlinkQuarter.objects.get()
        assert (quarter.blinks, quarter.seen_ms) == (0, 50_000)


class TestDevice:
    """How a device is known."""

    def test_a_later_name_fills_an_empty_one_only(self, alice):
        """A name that somebody gave is theirs to change."""
        names = []
        for name in ("", "laptop", "desktop", ""):
            _sent(alice, minute(1), device_name=name)
            names.append(Device.objects.get().name)

        assert names == ["", "laptop", "laptop", "laptop"]
        assert str(Device(device_id=LAPTOP)) == str(LAPTOP)

    def test_an_empty_batch_only_says_hello(self, alice):
        """The device learns its watermark."""
        _sent(alice, minute(1), minute(2))

        found = _sent(alice, now=START + 90 * MINUTE)

        assert (found.receipts, found.watermark) == ([], 2)
        assert Device.objects.get().latest_sync_at == START + 90 * MINUTE

    def test_two_devices_number_for_themselves(self, alice):
        """One number is another message on each."""
        first = _sent(alice, minute(1), minute(2))
        second = _sent(
            alice, minute(1, message_id=UUID(int=11)), device_id=DESKTOP, device_name="desktop"
        )

        assert _outcomes(first) + _outcomes(second) == [ACCEPTED] * 3
        assert (first.watermark, second.watermark) == (2, 1)

    def test_two_people_with_one_device_id_are_apart(self, alice, bob, rows_of):
        """Neither the device's id nor the messages' tell one of them of the other."""
        _sent(alice, minute(1), minute(2))
        hers = rows_of(alice)

        found = _sent(bob, minute(2, seen_ms=1), minute(3), device_name="tower")

        assert _outcomes(found) == [ACCEPTED] * 2
        assert found.watermark == 0
        assert rows_of(alice) == hers
        assert Device.objects.get(user=bob).name == "tower"


class TestAgain:
    """Sending again changes nothing."""

    def test_the_batch_three_times(self, alice, rows_of):
        """Rows and sums are those of the first time, whenever the reply was lost."""
        batch = [minute(nth) for nth in range(1, 41)]
        first = _sent(alice, *batch)
        once = rows_of(alice)

        again = [_sent(alice, *batch) for _ in range(2)]

        assert _outcomes(first) == [ACCEPTED] * 40
        assert [_outcomes(found) for found in again] == [[DUPLICATE] * 40] * 2
        assert {found.watermark for found in (first, *again)} == {40}
        assert rows_of(alice) == once

    def test_twice_within_a_batch(self, alice):
        """The first is taken, the second is known."""
        found = _sent(alice, minute(1), minute(2), minute(1))

        assert _outcomes(found) == [ACCEPTED, ACCEPTED, DUPLICATE]
        assert BlinkQuarter.objects.get().messages == 2

    def test_partly_known(self, alice):
        """What is new is added, what is not is left."""
        _sent(alice, minute(1), minute(2))

        found = _sent(alice, minute(2), minute(3))

        assert _outcomes(found) == [DUPLICATE, ACCEPTED]
        assert BlinkQuarter.objects.get().messages == 3

    def test_the_receipts_keep_the_order_of_the_batch(self, alice):
        """So that columns can be read side by side."""
        batch = [minute(nth) for nth in (7, 3, 9, 1)]

        found = _sent(alice, *batch)

        assert [each.message_id.int for each in found.receipts] == [7, 3, 9, 1]


class TestConflicts:
    """What clashes with something stored is refused, and what is stored stays."""

    def test_another_content_under_a_known_id(self, alice, rows_of):
        """The first copy is kept."""
        _sent(alice, minute(1))
        before = rows_of(alice)

        found = _sent(alice, minute(1, seen_ms=1))

        assert _outcomes(found) == [DIFFERS]
        assert found.receipts[0].detail == "messageId: was stored with another content"
        assert rows_of(alice) == before

    def test_another_content_within_a_batch(self, alice):
        """The first of the two is taken."""
        found = _sent(alice, minute(1), minute(1, seen_ms=1))

        assert _outcomes(found) == [ACCEPTED, DIFFERS]
        assert Message.objects.get().seen_ms == 50_000

    def test_another_message_under_a_known_number(self, alice, rows_of):
        """A cloned install: it must renumber, nothing of it is acknowledged."""
        _sent(alice, minute(1))
        before = rows_of(alice)

        found = _sent(alice, minute(2, seq=1))

        assert _outcomes(found) == [SEQ_TAKEN]
        assert found.receipts[0].detail == "seq: names another message"
        assert rows_of(alice) == before

    def test_one_number_twice_within_a_batch(self, alice):
        """One of the two is stored, the other is told so."""
        found = _sent(alice, minute(2), minute(1, seq=2))

        assert sorted(_outcomes(found)) == [ACCEPTED, SEQ_TAKEN]
        assert Message.objects.count() == BlinkQuarter.objects.get().messages == 1

    def test_a_message_of_bobs_is_no_duplicate_of_alices(self, alice, bob):
        """Else the answer would tell alice what bob has, and hers would be lost."""
        _sent(bob, minute(2))
        _sent(alice, minute(1))

        found = _sent(alice, minute(2, seq=1))

        assert _outcomes(found) == [SEQ_TAKEN]

    def test_a_clone_that_renumbered_is_known_by_its_messages(self, alice):
        """Its unsent copies of what the original sent are duplicates, under any number."""
        _sent(alice, minute(1), minute(2))

        found = _sent(alice, minute(2, seq=1), minute(3, seq=2), device_id=DESKTOP)

        assert _outcomes(found) == [DUPLICATE, ACCEPTED]
        assert Message.objects.count() == 3


class TestConsent:
    """Only what was seen while consent was in force is kept."""

    def test_dana_who_withdrew_is_refused_whole(self, dana, rows_of):
        """Not even her device is made known."""
        before = rows_of(dana)

        with pytest.raises(ConsentMissing):
            _sent(dana, minute(1, started_at=START - 10 * DAY))

        assert rows_of(dana) == before

    def test_charlie_who_never_agreed_too(self, charlie, rows_of):
        """Nothing at all is kept of him."""
        with pytest.raises(ConsentMissing):
            _sent(charlie, minute(1))

        assert not any(rows_of(charlie).values())

    def test_only_minutes_within_an_interval(self, dana, now):
        """She agreed 30 days ago, withdrew yesterday and agrees again an hour ago."""
        Consent.objects.create(
            user=dana,
            purpose=Consent.Purpose.CLOUD_SYNC,
            text_hash="b" * 64,
            granted_at=START,
        )
        begins = [
            now - 30 * DAY - MINUTE,
            now - 30 * DAY,
            now - DAY - MINUTE,
            now - DAY,
            START - MINUTE,
            START,
        ]

        found = _sent(dana, *(minute(n, started_at=at) for n, at in enumerate(begins, 1)))

        assert _outcomes(found) == [OUTSIDE, ACCEPTED, ACCEPTED, OUTSIDE, OUTSIDE, ACCEPTED]
        assert found.receipts[0].detail == "startedAt: not while consent was in force"
        assert Message.objects.count() == 3

    def test_the_corrected_clock_decides(self, alice):
        """A device whose clock is a year behind was within, by its age."""
        found = _sent(
            alice,
            minute(1, started_at=START - 365 * DAY, age_ms=3_600_000),
            minute(2, started_at=START - 365 * DAY),
        )

        assert _outcomes(found) == [ACCEPTED, OUTSIDE]

    def test_consent_to_something_else_is_none(self, alice):
        """Each purpose is agreed to for itself."""
        Consent.objects.update(purpose="another")

        with pytest.raises(ConsentMissing):
            _sent(alice, minute(1))

    def test_a_known_message_stays_known(self, alice, bob, now):
        """Bob's withdrawal leaves alice's consent, and her retry is a duplicate."""
        _sent(alice, minute(1))
        withdraw_consent(user_id=bob.pk, purpose=Consent.Purpose.CLOUD_SYNC, now=now)

        assert _outcomes(_sent(alice, minute(1))) == [DUPLICATE]
        with pytest.raises(ConsentMissing):
            _sent(bob, minute(1))


class TestFaults:
    """A bad message never takes its neighbours with it."""

    @pytest.mark.parametrize(
        "_case, changes",
        [
            ("seen too long", {"seen_ms": 60_001}),
            ("a blink after the end", {"blinks": ((60_000, 100, 90),)}),
            ("an onset of 64 bits", {"blinks": ((2**62, 100, 90),)}),
            ("a duration of 32 bits", {"blinks": ((0, 2**31, 90),)}),
            ("a duration that 16 bits do not hold", {"blinks": ((0, 32_768, 90),)}),
            ("a closure that 16 bits do not hold", {"blinks": ((0, 100, -32_769),)}),
            ("a number of 70 bits", {"seq": 2**70}),
            ("lengths of 64 bits", {"duration_ms": 2**62, "seen_ms": 2**62, "closed_ms": 2**62}),
            ("long closures of 32 bits", {"long_closures": 2**31}),
        ],
    )
    def test_one_among_good_ones(self, alice, _case, changes):
        """Whatever its numbers are, even those that no column could hold."""
        found = _sent(alice, minute(1), minute(2, **changes), minute(3))

        assert _outcomes(found) == [ACCEPTED, INVALID, ACCEPTED]
        assert [it.seq for it in Message.objects.order_by("seq")] == [1, 3]
        assert Message.objects.get(seq=3).onsets_ms == [1_000, 5_000]
        assert BlinkQuarter.objects.get().blinks == 4

    def test_a_faulty_copy_does_not_hide_a_good_one(self, alice):
        """Each copy is judged for itself."""
        found = _sent(alice, minute(1, seen_ms=-1), minute(1))

        assert _outcomes(found) == [INVALID, ACCEPTED]

    def test_uneven_columns_are_refused_whole(self, alice, rows_of):
        """Not even the device is made known."""
        before = rows_of(alice)

        with pytest.raises(Malformed):
            stored_columns(alice, replace(columns(minute(1)), seqs=[]), START, LAPTOP)

        assert rows_of(alice) == before

    def test_a_full_batch_of_bad_ones(self, alice):
        """Nothing to store is no reason to fail."""
        found = _sent(alice, minute(1, seen_ms=-1), minute(2, seen_ms=-1))

        assert _outcomes(found) == [INVALID, INVALID]
        assert found.watermark == 0


class TestWatermark:
    """Every message up to this number has arrived."""

    @pytest.mark.parametrize(
        "_case, batches, watermarks",
        [
            ("in order", [[1, 2, 3], [4]], [3, 4]),
            ("a gap, filled later", [[1, 2, 4, 5], [3]], [2, 5]),
            ("the first is missing", [[2, 3], [1]], [0, 3]),
            ("backwards", [[3], [2], [1]], [0, 0, 3]),
            ("two gaps", [[1, 3, 5], [4], [2]], [1, 1, 5]),
            ("again", [[1, 2], [1, 2]], [2, 2]),
        ],
    )
    def test_it_waits_at_a_gap(self, alice, _case, batches, watermarks):
        """And catches up when the gap is filled."""
        found = [_sent(alice, *map(minute, batch)).watermark for batch in batches]

        assert found == watermarks
        assert Device.objects.get().watermark == watermarks[-1]

    def test_a_refused_message_leaves_a_gap(self, alice):
        """It did not arrive, and says so."""
        assert _sent(alice, minute(1), minute(2, seen_ms=-1), minute(3)).watermark == 1

    def test_it_is_the_devices_own(self, alice, bob):
        """Messages of another device, or of another person, fill no gap."""
        _sent(alice, minute(2), device_id=DESKTOP)
        _sent(bob, minute(2), minute(3))

        assert _sent(alice, minute(1), minute(3)).watermark == 1

    def test_more_than_a_thousand_behind_a_gap(self, alice):
        """It catches up, a thousand a batch."""
        for first in range(2, 1200, 200):
            _sent(alice, *(minute(nth) for nth in range(first, first + 200)))

        assert _sent(alice, minute(1)).watermark == 1000
        assert _sent(alice, minute(1202)).watermark == 1202


def _random_minute(draw):
    nth = draw(st.integers(1, 30))
    rng = random.Random(nth)  # the same number is always the same message
    blinks = tuple(
        (onset_ms, rng.randint(1, 1000), rng.randint(0, 100))
        for onset_ms in sorted(rng.sample(range(0, 59_000, 1000), rng.randint(0, 20)))
    )
    return minute(
        nth,
        started_at=START + MINUTE * (nth * 2),
        seen_ms=rng.randint(0, 60_000),
        closed_ms=rng.randint(0, 60_000),
        long_closures=rng.randint(0, 5),
        blinks=blinks,
    )


BATCHES = st.lists(
    st.tuples(
        st.sampled_from([LAPTOP, DESKTOP]), st.lists(st.composite(_random_minute)(), max_size=12)
    ),
    min_size=1,
    max_size=6,
)


@given(batches=BATCHES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_sums_are_those_of_the_messages(alice, batches):
    """Repeats, orders, devices and clashes at random: a recount always agrees."""
    with transaction.atomic():
        statuses = []
        for device_id, batch in batches:
            found = _sent(alice, *batch, device_id=device_id, now=START + 120 * MINUTE)
            statuses += [each.status for each in found.receipts]

        assert _summed() == _recounted()
        assert statuses.count("ACCEPTED") == Message.objects.count()
        assert "REJECTED" not in statuses
        sent = {it.message_id for _, batch in batches for it in batch}
        assert Message.objects.count() <= len(sent)
        transaction.set_rollback(True)


def _wait_for_waiting(count):
    """Wait until so many connections wait for a lock."""
    deadline_s = time.monotonic() + 30
    with connection.cursor() as cursor:
        waiting = 0
        while waiting < count:
            assert time.monotonic() < deadline_s
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
            time.sleep(0.01)


class TestAtOnce:
    """Batches at the same moment never count twice, nor wait for each other for ever."""

    HOUR = tuple(minute(nth) for nth in range(1, 51))

    @pytest.mark.parametrize("_round", range(5))
    @pytest.mark.parametrize(
        "_case, one, other, stored",
        [
            ("one device, the same", (LAPTOP, HOUR), (LAPTOP, HOUR), 50),
            ("one device, backwards", (LAPTOP, HOUR), (LAPTOP, HOUR[::-1]), 50),
            ("one device, overlapping", (LAPTOP, HOUR[:40]), (LAPTOP, HOUR[:9:-1]), 50),
            ("two devices, the same", (LAPTOP, HOUR), (DESKTOP, HOUR[::-1]), 50),
            ("two devices, apart", (LAPTOP, HOUR[:25]), (DESKTOP, HOUR[25:]), 50),
        ],
    )
    def test_two_batches(self, at_once, alice, _round, _case, one, other, stored):
        """Each message is accepted once, and a recount agrees."""
        calls = [
            partial(_sent, alice, *batch, device_id=device_id) for device_id, batch in (one, other)
        ]

        found = at_once(*calls)

        statuses = Counter(each.status.value for them in found for each in them.receipts)
        assert statuses["ACCEPTED"] == stored == Message.objects.count()
        assert statuses["DUPLICATE"] == len(one[1]) + len(other[1]) - stored
        assert _summed() == _recounted()

    def test_two_devices_that_meet_in_the_middle(self, at_once, alice):
        """Each goes from its own end; a third holds the middle until both wait: no ring forms."""
        middle_is_held = Event()

        def hold_the_middle():
            with transaction.atomic():
                _sent(alice, minute(25), device_id=UUID(int=3))
                middle_is_held.set()
                _wait_for_waiting(2)
                transaction.set_rollback(True)

        def send(device_id, batch):
            middle_is_held.wait(timeout=30)
            return _outcomes(_sent(alice, *batch, device_id=device_id))

        _, upwards, downwards = at_once(
            hold_the_middle,
            partial(send, LAPTOP, self.HOUR),
            partial(send, DESKTOP, self.HOUR[::-1]),
        )

        assert sorted([upwards, downwards]) == [[ACCEPTED] * 50, [DUPLICATE] * 50]
        assert _summed() == _recounted()

    def test_two_people(self, at_once, alice, bob):
        """The same ids of two people do not even meet."""
        found = at_once(partial(_sent, alice, *self.HOUR), partial(_sent, bob, *self.HOUR))

        assert [_outcomes(each) for each in found] == [[ACCEPTED] * 50] * 2
        assert _summed() == _recounted()

    def test_four_batches_through_each_other(self, at_once, alice):
        """Many quarters in every order: none of them waits in a circle."""
        hours = [
            [
                minute(24 * share + hour + 1, started_at=START - 60 * MINUTE * hour)
                for hour in range(24)
            ]
            for share in range(4)
        ]

        found = at_once(
            *(partial(_sent, alice, *batch[:: (-1) ** n]) for n, batch in enumerate(hours))
        )

        assert [_outcomes(each) for each in found] == [[ACCEPTED] * 24] * 4
        assert _summed() == _recounted()
        assert Device.objects.get().watermark == 96


def test_a_message_that_comes_twice_in_a_batch_is_judged_twice(dana):
    """Once before she withdrew and once after, under one id: consent is asked for each."""
    during, after = START - 2 * DAY, START - DAY + 90 * MINUTE
    Consent.objects.create(
        user=dana, purpose=Consent.Purpose.CLOUD_SYNC, text_hash="b" * 64, granted_at=START
    )

    found = _sent(
        dana,
        minute(1, started_at=after),
        minute(1, started_at=during),
        minute(1, started_at=during),
        minute(1, started_at=START),
    )

    assert _outcomes(found) == [OUTSIDE, ACCEPTED, DUPLICATE, DIFFERS]
    assert Message.objects.get().started_at == during
    assert _summed() == _recounted()


def test_faulty_messages_in_between_leave_each_its_own_blinks(alice):
    """The flat columns are cut where they should be, whatever stands in the faulty parts."""
    wild = ((2**62, 2**62, 2**62), (-5, 0, 101))
    batch = [
        minute(1, blinks=wild),
        minute(2, blinks=((10, 20, 30),)),
        minute(3, seen_ms=-1, long_closures=2**40),
        minute(4, blinks=()),
        minute(5, seq=0, blinks=wild),
        minute(6, blinks=((40, 50, 60), (100, 70, 80))),
    ]

    found = _sent(alice, *batch)

    assert _outcomes(found) == [INVALID, ACCEPTED, INVALID, ACCEPTED, INVALID, ACCEPTED]
    assert [
        (it.seq, it.onsets_ms, it.durations_ms, it.closures)
        for it in Message.objects.order_by("seq")
    ] == [(2, [10], [20], [30]), (4, [], [], []), (6, [40, 100], [50, 70], [60, 80])]
    assert _summed() == _recounted()


@pytest.mark.parametrize("_case, is_known", [("new", False), ("known", True)])
def test_a_full_batch_takes_as_many_statements_as_one_message(alice, _case, is_known):
    counts = []
    for first, size in ((1, 1), (2, 250)):
        batch = [minute(nth) for nth in range(first, first + size)]
        if is_known:
            _sent(alice, *batch)
        with CaptureQueriesContext(connection) as queries:
            _sent(alice, *batch)
        counts.append(sum("blinks_" in each["sql"] for each in queries))

    assert counts == ([3, 3] if is_known else [2, 2])


def test_nothing_of_a_failed_batch_stays(alice, rows_of):
    """A transaction that is undone: the device, the messages and the sums go together."""
    before = rows_of(alice)

    with transaction.atomic():
        _sent(alice, minute(1))
        assert Message.objects.count() == 1
        transaction.set_rollback(True)

    assert rows_of(alice) == before


@pytest.mark.parametrize(
    "_case, table, change",
    [
        ("ended", "accounts_authcache", "revoked_at = '2026-03-02'"),
        ("expired", "accounts_authcache", "expires_at = '2026-03-02'"),
        ("of somebody switched off", "accounts_user", "is_active = false"),
        ("not there", "accounts_authcache", "id = gen_random_uuid()"),
    ],
)
@pytest.mark.parametrize("record", [record_message, partial(record_messages, device_id=DESKTOP)])
def test_a_session_that_is_not_alive_stores_nothing(alice, record, _case, table, change):
    """It is asked within the statement that stores, so none can end in between."""
    it = columns(minute(1))
    with session(alice, LAPTOP, "laptop", START) as session_id:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {change}")
        with pytest.raises(NotSignedIn):
            record(session_id=session_id, columns=it, sent_at=START, received_at=START)

    assert not Device.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "_case, device_id, name", [("its own", LAPTOP, "laptop"), ("another", DESKTOP, "")]
)
def test_a_session_names_its_own_device_only(alice, _case, device_id, name):
    with session(alice, LAPTOP, "laptop", START) as session_id:
        record_messages(
            session_id=session_id,
            device_id=device_id,
            columns=columns(minute(1)),
            sent_at=START,
            received_at=START,
        )

    it = Device.objects.get()
    assert (it.device_id, it.name) == (device_id, name)


def test_a_persons_rows_go_with_them(alice, bob):
    _sent(alice, minute(1))
    _sent(bob, minute(1))

    User.objects.get(pk=alice.pk).delete()

    for model in (Device, Message, BlinkQuarter):
        assert [it.user for it in model.objects.all()] == [bob]
