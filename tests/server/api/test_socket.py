"""Who may open a socket, what may be said on it, and when it is closed."""

import json
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.sockets import PROTOCOL, UPDATES, opened, recorded
from waw_server.accounts import services
from waw_server.accounts.models import AuthCache
from waw_server.api import sessions, socket

AT_ONCE_S = 2.0
INIT = "connection_init"


@pytest.mark.parametrize(
    "_case, said",
    [
        ("nothing", {}),
        ("no header", {"payload": {}}),
        ("another scheme", {"payload": {"Authorization": "Basic YWxpY2U6cGFzc3dvcmQ="}}),
        ("no token", {"payload": {"Authorization": "Bearer"}}),
        ("nonsense", {"payload": {"Authorization": "Bearer nonsense"}}),
        ("no text", {"payload": {"Authorization": ["Bearer"]}}),
    ],
)
def test_who_holds_no_token_is_sent_away(live, _case, said):
    with opened(live) as listener:
        listener.send({"type": INIT, **said})

        assert listener.close_code() == 4403


def test_whose_session_has_ended_is_sent_away(live, alice, signed_in):
    tokens = signed_in(alice)
    AuthCache.objects.update(revoked_at=timezone.now())
    with opened(live) as listener:
        listener.send({"type": INIT, "payload": {"Authorization": f"Bearer {tokens.access}"}})

        assert listener.close_code() == 4403


def test_asking_before_signing_in(live):
    with opened(live) as listener:
        listener.subscribe()

        assert listener.close_code() == 4401


def test_not_signing_in_at_all(live, monkeypatch):
    monkeypatch.setattr(socket, "INIT_LIMIT", timedelta(seconds=0.2))
    with opened(live) as listener:
        assert listener.close_code() == 4408


def test_signing_in_twice(live, alice, signed_in):
    tokens = signed_in(alice)
    with opened(live, tokens.access) as listener:
        listener.send({"type": INIT, "payload": {"Authorization": f"Bearer {tokens.access}"}})

        assert listener.close_code() == 4429


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
def test_another_protocol(live, protocols):
    """The older one, which other servers still speak, among them."""
    with opened(live, subprotocols=protocols) as listener:
        assert listener.close_code() == 4406


@pytest.mark.parametrize(
    "_case, origin, is_let_in",
    [
        ("a program, which has none", None, True),
        ("a page of ours", "http://127.0.0.1:8000", True),
        ("a page under another of our names", "http://localhost:8000", True),
        ("a page that the settings name", "https://dashboard.example.com", True),
        ("the same without encryption", "http://dashboard.example.com", False),
        ("the same on another port", "https://dashboard.example.com:444", False),
        ("below it", "https://evil.dashboard.example.com", False),
        ("anybody's", "https://evil.example", False),
        ("one that begins like ours", "http://localhost.evil.example", False),
        ("a file or a frame without one", "null", False),
        ("no origin at all", "nonsense", False),
    ],
)
def test_where_a_page_may_come_from(live, settings, _case, origin, is_let_in):
    settings.CORS_ALLOWED_ORIGINS = ["https://dashboard.example.com"]
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    try:
        with connect(live, origin=origin, subprotocols=[PROTOCOL], proxy=None):
            found = 101
    except InvalidStatus as refused:
        found = refused.response.status_code

    assert found == (101 if is_let_in else 403)


@pytest.mark.parametrize(
    "_case, message",
    [
        ("no JSON", "{"),
        ("nothing", ""),
        ("bytes", b'{"type": "ping"}'),
        ("a number", "7"),
        ("a list", "[]"),
        ("no type", "{}"),
        ("a type that is no text", '{"type": []}'),
        ("a type that there is not", '{"type": "start"}'),
        ("a payload that is no object", '{"type": "ping", "payload": []}'),
        ("deeply nested", '{"type": "ping", "payload": ' + '{"a":' * 2000 + "1" + "}" * 2001),
        ("no operation", '{"type": "subscribe", "id": "1"}'),
        ("no id", json.dumps({"type": "subscribe", "payload": {"query": UPDATES}})),
        ("an id that is no text", '{"type": "subscribe", "id": [], "payload": {"query": "a"}}'),
        ("no query", '{"type": "subscribe", "id": "1", "payload": {}}'),
        ("an empty query", '{"type": "subscribe", "id": "1", "payload": {"query": ""}}'),
        ("a NUL", '{"type": "subscribe", "id": "1", "payload": {"query": "{a}\\u0000"}}'),
        (
            "variables in a list",
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}',
        ),
        (
            "a number as name",
            '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 7}}',
        ),
    ],
)
def test_what_is_not_of_the_protocol(live, alice, signed_in, caplog, _case, message):
    """Closed with its reason, and no fault of ours."""
    with opened(live, signed_in(alice).access) as listener:
        listener.send(message)

        assert listener.close_code() == 4400
    assert "ERROR" not in caplog.text


def test_what_comes_after_that_is_ignored(live, caplog):
    """Though it arrives with it: the socket is closed once, and says nothing more."""
    with opened(live) as listener:
        listener.send_together({"type": "start"}, {"type": "start"}, {"type": "ping"})

        assert listener.close_code() == 4400
    time.sleep(0.3)  # until it would have been logged
    assert "ERROR" not in caplog.text


def test_a_message_that_is_too_long(live):
    with opened(live) as listener:
        listener.send("x" * ((1 << 16) + 1))

        assert listener.close_code() == 1009


def test_more_messages_than_can_be_answered(live, monkeypatch):
    monkeypatch.setattr(socket, "MAX_WAITING", 0)
    with opened(live) as listener:
        listener.send({"type": "ping"})

        assert listener.close_code() == 1008


def test_a_ping_is_answered(live):
    with opened(live) as listener:
        listener.send({"type": "ping"})

        assert listener.heard() == {"type": "pong"}


@pytest.mark.parametrize(
    "_case, query, message",
    [
        ("a query", "{ health { status } }", "Only subscriptions are taken here."),
        ("a mutation", "mutation { logout { sessionsEnded } }", "Only subscriptions are taken"),
        ("no document", "{{{{", "Syntax Error"),
        ("10,000 selections deep", "subscription {a" + "{a" * 10_000, "Source contains more"),
        ("only a fragment", "fragment F on Query { health { status } }", "no such operation"),
        ("a field that there is not", "subscription { blinkUpdate { today } }", "Cannot query"),
        ("two at once", "subscription { a: __typename b: __typename }", "only one"),
    ],
)
def test_what_is_no_subscription(live, alice, signed_in, caplog, _case, query, message):
    """It is answered with the reason, nothing is done, and the socket stays open."""
    with opened(live, signed_in(alice).access) as listener:
        listener.subscribe(query, {})
        answer = listener.heard()
        listener.send({"type": "ping"})
        assert listener.heard() == {"type": "pong"}

    error = answer["payload"][0]
    assert (answer["id"], answer["type"]) == ("1", "error")
    assert message in error["message"]
    assert "Did you mean" not in error["message"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert not AuthCache.objects.exclude(revoked_at=None).exists()
    assert "ERROR" not in caplog.text


def test_five_subscriptions_and_no_more(live, alice, signed_in):
    with opened(live, signed_in(alice).access) as listener:
        for key in "12345":
            listener.subscribe(key=key)
            assert listener.blinks() == 0
        listener.subscribe(key="6")

        assert listener.heard()["type"] == "error"


def _ends_this(alice, tokens):
    services.sign_out(
        user_id=alice.pk,
        session_id=AuthCache.objects.earliest("created_at").pk,
        everywhere=False,
        now=timezone.now(),
    )


def _ends_all(alice, tokens):
    services.sign_out(
        user_id=alice.pk,
        session_id=AuthCache.objects.latest("created_at").pk,
        everywhere=True,
        now=timezone.now(),
    )


def _is_switched_off(alice, tokens):
    alice.is_active = False
    alice.save()


def _has_a_new_password(alice, tokens):
    alice.set_password("another password")
    alice.save()


def _is_revoked(alice, tokens):
    session = AuthCache.objects.earliest("created_at")
    services.revoke(user_id=alice.pk, session_id=session.pk, now=timezone.now())


def _is_robbed(alice, tokens):
    """Use a refresh token again, long after: it was stolen from one or the other."""
    for minutes in (0, 1, 2):
        now = timezone.now() + timedelta(minutes=minutes)
        try:
            services.refresh(refresh_token=tokens.refresh, now=now)
        except services.SessionOver:
            return
    raise AssertionError


def _is_erased(alice, tokens):
    alice.delete()


@pytest.mark.parametrize(
    "ends",
    [
        _ends_this,
        _ends_all,
        _is_revoked,
        _has_a_new_password,
        _is_switched_off,
        _is_robbed,
        _is_erased,
    ],
)
def test_a_session_that_ends_closes_its_socket(live, alice, bob, signed_in, ends):
    """Within two seconds, and nobody else's."""
    tokens = signed_in(alice)
    with (
        opened(live, tokens.access) as listener,
        opened(live, signed_in(bob).access) as his,
    ):
        listener.subscribe()
        assert listener.blinks() == 0
        ends(alice, tokens)
        ended_s = time.monotonic()

        assert listener.close_code() == 4403
        assert time.monotonic() - ended_s < AT_ONCE_S
        his.subscribe()
        assert his.blinks() == 0


def test_nothing_is_read_for_an_ended_session(live, alice, signed_in, monkeypatch):
    """Not even before the socket is closed."""
    monkeypatch.setattr(sessions, "EVERY_S", 60.0)
    tokens = signed_in(alice)
    with opened(live, tokens.access) as listener:
        listener.subscribe()
        assert listener.blinks() == 0
        _ends_all(alice, tokens)
        recorded(alice, 1)

        answer = listener.heard()["payload"]
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_the_end_of_the_access_token_closes_it(live, alice):
    """The session goes on: the client refreshes its token and comes again."""
    begun = timezone.now() - timedelta(minutes=5) + timedelta(seconds=3)
    begun = begun.replace(microsecond=0)  # tokens end on whole seconds
    tokens = services.begin_session(user=alice, device_id=None, device_name="", now=begun)
    with opened(live, tokens.access) as listener:
        listener.subscribe()
        assert listener.blinks() == 0

        assert listener.close_code() == 4403
    assert timedelta(minutes=5) <= timezone.now() - begun < timedelta(minutes=5, seconds=AT_ONCE_S)


def _rename(table, name):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.fixture
def without_sessions(transactional_db):
    """Return a function that hides the table of sessions, and bring it back."""
    yield lambda: _rename("accounts_authcache", "gone")
    _rename("gone", "accounts_authcache")


def test_a_fault_of_ours_while_signing_in_is_masked(
    live, alice, signed_in, without_sessions, caplog
):
    tokens = signed_in(alice)
    without_sessions()
    with opened(live) as listener:
        listener.send({"type": INIT, "payload": {"Authorization": f"Bearer {tokens.access}"}})

        assert listener.close_code() == 1011
        closed = listener.socket.protocol.close_rcvd
    assert closed.reason.startswith("Something went wrong on our side: ")
    assert f"unforeseen error {closed.reason.rpartition(' ')[2]}" in caplog.text
    assert tokens.access not in caplog.text


def test_whoever_is_in_stays_in_while_sessions_cannot_be_asked(
    live, alice, signed_in, without_sessions, caplog
):
    with opened(live, signed_in(alice).access) as listener:
        without_sessions()

        assert listener.is_quiet(for_s=2.5)
    assert "cannot see which sessions have ended" in caplog.text
