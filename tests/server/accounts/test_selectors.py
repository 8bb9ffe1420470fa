"""Who is calling: only an access token of ours, unexpired, of a living session of somebody."""

from datetime import timedelta
from uuid import UUID, uuid4

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from waw_server.accounts import selectors
from waw_server.accounts.models import AuthCache, Consent, User
from waw_server.accounts.selectors import (
    NotSignedIn,
    caller,
    consents_of,
    living,
    person,
)
from waw_server.accounts.services import begin_session

KEY = settings.SIMPLE_JWT["SIGNING_KEY"]


@pytest.fixture
def session(alice):
    """Return alice's session, begun now: tokens expire by the real clock."""
    begin_session(user=alice, device_id=UUID(int=1), device_name="laptop", now=timezone.now())
    return AuthCache.objects.get()


def _token(session, *, key=KEY, algorithm="HS256", **changes):
    claims = {
        "token_type": "access",
        "exp": timezone.now() + timedelta(minutes=5),
        "iat": timezone.now(),
        "jti": uuid4().hex,
        "iss": "waw",
        "aud": "waw-api",
        "sub": str(session.user_id),
        "sid": session.pk.hex,
        **changes,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm)


def test_alice_is_known_by_hers(session, alice):
    """Everything an operation needs comes with one statement."""
    me = caller(_token(session), timezone.now())

    assert (me.user_id, me.session_id, me.device_id) == (alice.pk, session.pk, UUID(int=1))
    assert (me.device_name, me.is_staff) == ("laptop", False)


def test_when_the_token_expires_is_known(session):
    expires_at = timezone.now().replace(microsecond=0) + timedelta(minutes=3)

    assert caller(_token(session, exp=expires_at), timezone.now()).expires_at == expires_at


def test_which_sessions_are_alive(alice, bob):
    """Neither ended nor too old, nor of somebody who was switched off, nor made up."""
    now = timezone.now()
    for user in (alice, alice, alice, bob):
        begin_session(user=user, device_id=None, device_name="", now=now)
    here, ended, old = AuthCache.objects.filter(user=alice).values_list("pk", flat=True)
    his = AuthCache.objects.get(user=bob).pk
    AuthCache.objects.filter(pk=ended).update(revoked_at=now)
    AuthCache.objects.filter(pk=old).update(expires_at=now)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert living([here, ended, old, his, uuid4()], now) == {here}
    assert living([], now) == set()


def test_one_statement_a_request(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        caller(_token(session), timezone.now())


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # HS512 is refused
@pytest.mark.parametrize(
    "_case, changes",
    [
        ("wrong key", {"key": "the key of another server, long enough for it"}),
        ("no signature", {"key": None, "algorithm": "none"}),
        ("another algorithm", {"algorithm": "HS512"}),
        ("another audience", {"aud": "live"}),
        ("no audience", {"aud": None}),
        ("another issuer", {"iss": "somebody else"}),
        ("no issuer", {"iss": None}),
        ("expired", {"exp": timezone.now() - timedelta(seconds=1)}),
        ("never expires", {"exp": None}),
        ("not good yet", {"nbf": timezone.now() + timedelta(minutes=4)}),
        ("made in the future", {"iat": timezone.now() + timedelta(minutes=4)}),
        ("of another kind", {"token_type": "refresh"}),
        ("of no kind", {"token_type": None}),
        ("no session", {"sid": None}),
        ("a session that is no id", {"sid": "alice"}),
        ("a session nobody has", {"sid": uuid4().hex}),
    ],
)
def test_a_jwt_that_is_not_ours_is_refused(session, _case, changes):
    token = _token(session, **changes)

    with pytest.raises(NotSignedIn):
        caller(token, timezone.now())


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "Bearer", "a" * 5000])
def test_what_is_no_jwt_is_refused(db, token):
    with pytest.raises(NotSignedIn):
        caller(token, timezone.now())


def test_a_refresh_token_is_no_access_token(alice):
    now = timezone.now()
    given = begin_session(user=alice, device_id=None, device_name="", now=now)

    with pytest.raises(NotSignedIn):
        caller(given.refresh, now)


@pytest.mark.parametrize(
    "_case, user_changes, session_changes, later",
    [
        ("signed out", {}, {"revoked_at": timezone.now()}, timedelta(0)),
        ("switched off", {"is_active": False}, {}, timedelta(0)),
        ("past the absolute limit", {}, {}, timedelta(days=30)),
    ],
)
def test_a_session_ends_for_its_access_tokens_at_once(
    session, alice, _case, user_changes, session_changes, later
):
    """Not when they expire."""
    token = _token(session)
    assert caller(token, timezone.now())

    User.objects.filter(pk=alice.pk).update(**{"is_active": True, **user_changes})
    AuthCache.objects.update(**{"revoked_at": None, **session_changes})

    with pytest.raises(NotSignedIn):
        caller(token, timezone.now() + later)


def test_a_signature_is_checked_once_and_the_hour_always(session, monkeypatch):
    """A token is read when it is first shown; after that only what may have changed is asked."""
    read = []

    def noted(token):
        read.append(token)
        return AccessToken(token)

    monkeypatch.setattr(selectors, "AccessToken", noted)
    token = _token(session)
    expires_at = timezone.now() + timedelta(minutes=5)

    for _ in range(3):
        assert caller(token, timezone.now())
    assert caller(token, expires_at - timedelta(seconds=2))
    with pytest.raises(NotSignedIn):
        caller(token, expires_at + timedelta(seconds=1))

    assert read == [token]


def test_a_token_that_was_refused_is_read_again(session):
    """So that nobody's refusal is kept for somebody else, or for later."""
    forged = _token(session, key="the key of another server, long enough for it")

    for _ in range(2):
        with pytest.raises(NotSignedIn):
            caller(forged, timezone.now())
    assert caller(_token(session), timezone.now())


def test_the_subject_of_a_token_decides_nothing(session, alice, bob):
    """Who it is comes from the session, so that one claim cannot contradict the other."""
    assert caller(_token(session, sub=str(bob.pk)), timezone.now()).user_id == alice.pk


def test_a_person_by_id(alice, bob):
    assert person(alice.pk) == alice


def test_consents_come_latest_first_and_only_ones_own(dana, bob, now):
    Consent.objects.create(
        user=dana, purpose=Consent.Purpose.CLOUD_SYNC, text_hash="b" * 64, granted_at=now
    )

    assert [it.text_hash[0] for it in consents_of(dana.pk)] == ["b", "a"]
