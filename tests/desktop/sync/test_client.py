"""Typed calls, one session, one refresh at a time."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from waw_desktop.core.retry import Answer, Verdict
from waw_desktop.core.tally import Theirs
from waw_desktop.sync.client import (
    Done,
    LockedOut,
    Profile,
    Receipt,
    SignedIn,
    SyncClient,
    WrongPassword,
)
from waw_desktop.sync.outbox import Row
from waw_desktop.sync.transport import Failure, Transport

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEVICE = UUID(int=1)


def raw(body):
    return lambda handler: handler.send(200, body)


def rows(make_message, *numbers):
    return [Row(number, make_message(number)) for number in numbers]


def sync(client, batch):
    return client.sync_blinks(batch, DEVICE, [-1] * len(batch), NOON)


def expire(server):
    """Let the server forget all access tokens."""
    server.valid.clear()


def test_signs_in(server, transport):
    """The right password begins a session, for this device."""
    client = SyncClient(transport)

    outcome = client.login("alice@example.org", "correct horse", DEVICE, "Linux tracker")

    assert outcome == SignedIn()
    assert client.is_signed_in
    (sent,) = server.sent("Login")
    assert sent["input"]["deviceId"] == str(DEVICE)
    assert sent["input"]["deviceName"] == "Linux tracker"


def test_wrong_password(transport):
    """A wrong password is an outcome, and no session begins."""
    client = SyncClient(transport)

    assert client.login("alice@example.org", "x", DEVICE, "") == WrongPassword("Wrong password.")
    assert not client.is_signed_in


def test_locked_out(server, transport):
    """Too many wrong passwords: when it may be tried again is said."""
    server.faults = [
        raw(
            b'{"data": {"login": {"__typename": "LockedOut", "message": "Wait.",'
            b' "retryAfterS": 290}}}'
        )
    ]

    assert SyncClient(transport).login("alice@example.org", "x", DEVICE, "") == LockedOut(
        "Wait.", 290
    )


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("unheard", Answer.NO_ANSWER),
        ("portal", Answer.UNREADABLE),
        (raw(b'{"data": {"login": {"__typename": "LoginSuccess"}}}'), Answer.UNREADABLE),
        (raw(b'{"data": {"login": {"__typename": "LockedOut"}}}'), Answer.UNREADABLE),
    ],
)
def test_sign_in_fails(server, transport, fault, answer):
    """Anything else than a whole success begins no session."""
    server.faults = [fault]
    client = SyncClient(transport)

    outcome = client.login("alice@example.org", "x", DEVICE, "")

    assert isinstance(outcome, Failure)
    assert outcome.answer is answer
    assert not client.is_signed_in


def test_calls_without_a_session(server, transport):
    """Nothing is sent before somebody is signed in."""
    assert SyncClient(transport).profile() == Failure(Answer.SIGNED_OUT, "nobody is signed in")
    assert server.requests == []


def test_syncs_a_batch(server, client, make_message):
    """Messages go in columns, and each gets its receipt."""
    first, second = rows(make_message, 1, 2)
    server.judged[str(UUID(int=2))] = ("REJECTED", "INVALID")

    receipts = client.sync_blinks([first, second], DEVICE, [4000, -1], NOON)

    assert receipts == [
        Receipt(UUID(int=1), Verdict.ACCEPTED, ""),
        Receipt(UUID(int=2), Verdict.REJECTED, "INVALID"),
    ]
    (sent,) = server.sent("SyncBlinks")
    assert sent["input"] == {
        "deviceId": str(DEVICE),
        "schemaVersion": 1,
        "clientSentAt": "2026-03-02T12:00:00.000Z",
        "messageIds": [str(UUID(int=1)), str(UUID(int=2))],
        "seqs": ["1", "2"],
        "startedAts": ["2026-03-02T09:01:00.000Z", "2026-03-02T09:02:00.000Z"],
        "agesMs": [4000, -1],
        "messageDurationsMs": [60_000, 60_000],
        "seenMs": [59_000, 59_000],
        "fpsMeans": [29.97, 29.97],
        "longClosures": [1, 1],
        "closedMs": [700, 700],
        "blinkCounts": [2, 2],
        "onsetsMs": [1000, 2000, 1000, 2000],
        "durationsMs": [200, 300, 200, 300],
        "closures": [95, 60, 95, 60],
    }


ONE = "00000000-0000-0000-0000-000000000001"


def receipts_of(ids, statuses, codes=None, details=None):
    import json

    filler = [None] * len(ids)
    columns = {
        "messageIds": ids,
        "statuses": statuses,
        "codes": filler if codes is None else codes,
        "details": filler if details is None else details,
    }
    return raw(json.dumps({"data": {"syncBlinks": columns}}).encode())


@pytest.mark.parametrize(
    ("_case", "fault"),
    [
        ("another reply", "portal"),
        ("no columns", raw(b'{"data": {"syncBlinks": {}}}')),
        ("columns that are none", raw(b'{"data": {"syncBlinks": {"messageIds": 1}}}')),
        ("too few statuses", receipts_of([ONE], [])),
        ("too many statuses", receipts_of([], ["ACCEPTED"], [None], [None])),
        ("an id that was not sent", receipts_of([str(UUID(int=9))], ["ACCEPTED"])),
        ("no id", receipts_of(["one"], ["ACCEPTED"])),
        ("a number as id", receipts_of([1], ["ACCEPTED"])),
        ("nothing as id", receipts_of([None], ["ACCEPTED"])),
        ("no status", receipts_of([ONE], [None])),
        ("twice the same id", receipts_of([ONE, ONE], ["ACCEPTED", "REJECTED"])),
    ],
)
def test_what_is_no_receipt(server, client, make_message, _case, fault):
    """A 200 that does not name what was sent acknowledges nothing at all."""
    server.faults = [fault]

    assert sync(client, rows(make_message, 1, 2)).answer is Answer.UNREADABLE


def test_receipts_for_a_part(server, client, make_message):
    """A message that the reply does not name has no receipt."""
    server.faults = [receipts_of([ONE.upper()], ["ACCEPTED"], [7], [8])]

    assert sync(client, rows(make_message, 1, 2)) == [Receipt(UUID(int=1), Verdict.ACCEPTED, "")]


def test_tracks_one(server, client, make_message):
    """One message goes alone, with all its fields."""
    (row,) = rows(make_message, 1)

    assert client.track_blink(row, NOON) == Receipt(UUID(int=1), Verdict.ACCEPTED, "")
    assert client.track_blink(row, NOON) == Receipt(UUID(int=1), Verdict.DUPLICATE, "")
    assert server.sent("TrackBlink")[0]["input"] == {
        "messageId": ONE,
        "seq": "1",
        "startedAt": "2026-03-02T09:01:00.000Z",
        "durationMs": 60_000,
        "seenMs": 59_000,
        "fpsMean": 29.97,
        "onsetsMs": [1000, 2000],
        "durationsMs": [200, 300],
        "closures": [95, 60],
        "longClosures": 1,
        "closedMs": 700,
        "clientSentAt": "2026-03-02T12:00:00.000Z",
    }


def test_a_receipt_for_another_message(server, client, make_message):
    """A single receipt must name the message too."""
    other = str(UUID(int=9))
    body = (
        '{"data": {"trackBlink": {"messageId": "%s", "status": "ACCEPTED", "code": null,'
        ' "detail": null}}}'
    )
    server.faults = [raw((body % other).encode())]

    assert client.track_blink(rows(make_message, 1)[0], NOON).answer is Answer.UNREADABLE


def test_tells_of_consent(server, client):
    """Time and words of the agreement go to the server, and the present time with them."""
    granted_at = NOON.astimezone(timezone(timedelta(hours=1))) - timedelta(days=1)

    assert client.grant_consent("f" * 64, granted_at, NOON) == Done()
    assert server.consents == [
        {
            "purpose": "CLOUD_SYNC",
            "textHash": "f" * 64,
            "grantedAt": "2026-03-01T12:00:00.000Z",
            "clientSentAt": "2026-03-02T12:00:00.000Z",
        }
    ]


def test_withdraws_consent(server, client):
    """Consent ends on the server."""
    assert client.withdraw_consent() == Done()
    assert server.consent_in_force is False


def test_profile(server, client):
    """Who is signed in, and the figures of the day."""
    alice = Profile("alice@example.org", "Alice", True, 7, 60_000)
    assert client.profile("Europe/Vienna") == alice

    server.consent_in_force = False
    assert client.profile().has_consent is False
    assert server.sent("Profile")[0] == {"timeZone": "Europe/Vienna"}


def test_tally(server, client, make_message):
    """How many messages of a device the server has."""
    sync(client, rows(make_message, 1, 2, 4))

    assert client.tally(DEVICE) == Theirs(messages=3, watermark=2)
    assert client.tally(UUID(int=2)) == Theirs(messages=0, watermark=0)


@pytest.mark.parametrize("watermark", ["null", "2", '"-2"', '"x"'])
def test_a_tally_that_is_none(server, client, watermark):
    """A watermark that is no number is no answer."""
    server.faults = [raw(b'{"data":{"tally":{"messages":1,"watermark":%s}}}' % watermark.encode())]

    assert client.tally(DEVICE).answer is Answer.UNREADABLE


def test_health(transport):
    """The server's health needs no session."""
    assert SyncClient(transport).health() == "ok"


def test_logs_out(server, client):
    """The session ends on both sides."""
    assert client.logout(everywhere=True) == Done()
    assert not client.is_signed_in
    assert server.sent("Logout") == [{"everywhere": True}]


@pytest.mark.parametrize("fault", ["unheard", "portal"])
def test_logs_out_without_the_server(server, client, fault):
    """The session ends here even if the server is not heard."""
    server.faults = [fault]

    assert isinstance(client.logout(), Failure)
    assert not client.is_signed_in


@pytest.mark.parametrize(
    "call",
    [
        lambda client, row: client.sync_blinks([row], DEVICE, [-1], NOON),
        lambda client, row: client.track_blink(row, NOON),
        lambda client, _: client.grant_consent("", NOON, NOON),
        lambda client, _: client.withdraw_consent(),
        lambda client, _: client.profile(),
        lambda client, _: client.tally(DEVICE),
        lambda client, _: client.health(),
        lambda client, _: client.logout(),
    ],
)
@pytest.mark.parametrize(
    ("fault", "answer"), [("unheard", Answer.NO_ANSWER), ("portal", Answer.UNREADABLE)]
)
def test_every_call_says_how_it_failed(server, client, make_message, call, fault, answer):
    """No call takes silence or a stranger's reply for success."""
    server.faults = [fault]

    assert call(client, rows(make_message, 1)[0]).answer is answer


def test_an_expired_session_is_refreshed(server, client, make_message):
    """When the server has forgotten the token, the call is made again with a new one."""
    expire(server)

    assert sync(client, rows(make_message, 1)) == [Receipt(UUID(int=1), Verdict.ACCEPTED, "")]
    assert server.operations() == ["Login", "SyncBlinks", "RefreshSession", "SyncBlinks"]


def test_is_refreshed_before_it_expires(server, transport):
    """By the monotonic clock the token is renewed before it is refused."""
    now_s = [0.0]
    client = SyncClient(transport, clock=lambda: now_s[0])
    client.login("alice@example.org", "correct horse", DEVICE, "")

    now_s[0] = 289.9
    client.profile()
    now_s[0] = 290.0
    client.profile()

    assert server.operations() == ["Login", "Profile", "RefreshSession", "Profile"]


def test_a_refresh_that_does_not_help(server, client):
    """One refresh, then the person must sign in; no loop."""
    server.faults = [401, "none", 401]

    assert client.profile().answer is Answer.SIGNED_OUT
    assert server.operations() == ["Login", "Profile", "RefreshSession", "Profile"]


def test_the_session_has_ended(server, client):
    """A session that the server ended is over here too, and is not tried again."""
    expire(server)
    server.session_lasts = False

    assert client.profile().answer is Answer.SIGNED_OUT
    assert not client.is_signed_in
    assert client.profile().answer is Answer.SIGNED_OUT
    assert server.operations().count("RefreshSession") == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda client, row: client.sync_blinks([row], DEVICE, [-1], NOON),
        lambda client, row: client.track_blink(row, NOON),
    ],
)
def test_the_account_was_erased(server, client, make_message, call):
    """A refused call leads to the refresh, and that says why; it is not asked again."""
    server.erased = True

    assert call(client, rows(make_message, 1)[0]).answer is Answer.ERASED
    assert not client.is_signed_in
    assert server.operations().count("RefreshSession") == 1


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("unheard", Answer.NO_ANSWER),
        ("unanswered", Answer.NO_ANSWER),
        ("portal", Answer.UNREADABLE),
        (400, Answer.UNKNOWN),
        (503, Answer.BUSY),
        (raw(b'{"data": {"refreshSession": {"__typename": "RefreshSuccess"}}}'), Answer.UNREADABLE),
    ],
)
def test_a_refresh_that_fails(server, client, fault, answer):
    """A refresh without an answer ends nothing: the next call refreshes again."""
    expire(server)
    server.faults = ["none", fault]

    assert client.profile().answer is answer
    assert client.is_signed_in
    assert isinstance(client.profile(), Profile)


def test_threads_share_one_refresh(server, client):
    """However many calls find the token expired, it is refreshed once."""
    expire(server)
    barrier = threading.Barrier(4)
    outcomes = []

    def ask():
        barrier.wait()
        outcomes.append(client.profile())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(isinstance(outcome, Profile) for outcome in outcomes)
    assert server.operations().count("RefreshSession") == 1


def test_signed_out_while_another_call_waits(server, client):
    """A call that finds the session gone does not bring it back."""
    expire(server)
    used = client._tokens
    client.forget()

    assert client._refreshed(used).answer is Answer.SIGNED_OUT
    assert server.operations() == ["Login"]


def test_goes_on_with_an_earlier_session(server, transport):
    """The first call refreshes it; nobody signs in."""
    client = SyncClient(transport, load=lambda: "refresh-0")

    assert not client.is_signed_in
    assert isinstance(client.profile(), Profile)
    assert client.is_signed_in
    assert server.operations() == ["RefreshSession", "Profile"]
    assert server.sent("RefreshSession") == [{"refreshToken": "refresh-0"}]


def test_each_token_is_kept_before_it_is_used(server, transport):
    """Between its arrival and its first use nothing but the keeping may crash."""
    kept = []
    client = SyncClient(transport, keep=lambda it: kept.append((it, server.operations())))
    client.login("alice@example.org", "correct horse", DEVICE, "")
    expire(server)
    client.profile()
    client.logout()

    refreshed = ["Login", "Profile", "RefreshSession"]
    assert kept == [
        ("refresh-1", ["Login"]),
        ("refresh-2", refreshed),
        (None, [*refreshed, "Profile", "Logout"]),
    ]


def answer_after(action, body):
    def fault(handler):
        action()
        handler.send(200, body)

    return fault


SUCCESS = b"""{"data": {"refreshSession": {"__typename": "RefreshSuccess",
    "accessToken": "a", "refreshToken": "r", "accessExpiresInS": 300}}}"""
ENDED = b"""{"data": {"refreshSession": {"__typename": "SessionEnded", "reason": ""}}}"""


def test_signed_out_during_a_refresh(server, transport):
    """What the refresh brings does not bring the session back."""
    kept: list[str | None] = []
    client = SyncClient(transport, keep=kept.append)
    client.login("alice@example.org", "correct horse", DEVICE, "")
    server.faults = [401, answer_after(client.forget, SUCCESS)]

    assert client.profile() == Failure(Answer.SIGNED_OUT, "the session was ended")
    assert not client.is_signed_in
    assert kept == ["refresh-1", None]


def test_signed_in_anew_during_a_refresh(server, transport):
    """That the old session has ended says nothing of the new one."""
    kept: list[str | None] = []
    client = SyncClient(transport, keep=kept.append, load=lambda: "refresh-0")

    def sign_in():
        client.login("alice@example.org", "correct horse", DEVICE, "")

    server.faults = [answer_after(sign_in, ENDED)]

    assert client.profile() == Failure(Answer.SIGNED_OUT, "the session has ended")
    assert client.is_signed_in
    assert kept == ["refresh-1"]


def test_signed_in_while_the_keyring_is_asked(server, transport):
    """What the keyring says late does not take the place of a new session."""

    def load():
        client.login("alice@example.org", "correct horse", DEVICE, "")
        return "refresh-0"

    client = SyncClient(transport, load=load)

    assert isinstance(client.profile(), Profile)
    assert server.operations() == ["Login", "Profile"]


def test_tokens_are_not_shown(client):
    """No representation of the client shows a token."""
    assert "access-" not in repr(client) + repr(vars(client)["_tokens"])


def test_a_batch_fits(make_message):
    """The largest batch stays below what the server takes."""
    import json

    from waw_desktop.sync.engine import MAX_BYTES, MAX_MESSAGES
    from waw_desktop.sync.payload import to_text
    from waw_desktop.sync.transport import document
    from waw_desktop.sync.wire import columns

    blinks = {name: tuple(range(100)) for name in ("onsets_ms", "durations_ms", "closures")}
    full = [Row(10**15 + n, make_message(n, **blinks)) for n in range(1, MAX_MESSAGES + 1)]
    batch, size_bytes = [], 0
    for row in full:
        size_bytes += len(to_text(row.message))
        if size_bytes > MAX_BYTES:
            break
        batch.append(row)

    variables = {"input": columns(batch, DEVICE, [10**9] * len(batch), NOON)}
    request = json.dumps({**document("syncBlinks").payload, "variables": variables})

    assert 100 < len(batch) < MAX_MESSAGES
    assert len(request) <= 256 * 1024


def test_contacts_one_address(server):
    """The path below the server's address is fixed."""
    below = Transport(f"{server.url}/waw")

    assert below.send("health", {}) == {"health": {"status": "ok"}}
    below.close()
