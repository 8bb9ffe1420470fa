"""Sessions begin, go on, are stolen and end; consents are given and withdrawn."""

import base64
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from waw_server.accounts import selectors, services, tokens
from waw_server.accounts.models import AuthCache, Consent, Tombstone, User
from waw_server.accounts.services import (
    ConsentWithdrawn,
    NoConsent,
    PersonErased,
    SessionOver,
    WrongCredentials,
    begin_session,
    erase,
    grant_consent,
    refresh,
    revoke,
    sign_in,
    sign_out,
    withdraw_consent,
)
from waw_server.accounts.tokens import RefreshToken

SYNC = Consent.Purpose.CLOUD_SYNC
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ROUNDS = 100


def _dump():
    """Return every value of every table, as bytes."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += cursor.fetchall()
    return [
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in rows
        for value in row
    ]


def _begun(user, now):
    return begin_session(user=user, device_id=None, device_name="laptop", now=now).refresh


def _next(token, now):
    return refresh(refresh_token=token, now=now).refresh


def _is_over(token, now):
    with pytest.raises(SessionOver):
        refresh(refresh_token=token, now=now)
    return True


def _sign_in(email, password, now):
    return sign_in(
        request=RequestFactory().post("/graphql"),
        email=email,
        password=password,
        device_id=UUID(int=1),
        device_name="laptop",
        now=now,
    )


class TestSignIn:
    """`sign_in` and `begin_session`."""

    @pytest.mark.parametrize("email", ["alice@example.com", "  Alice@EXAMPLE.com "])
    def test_alice_gets_a_session(self, alice, now, email):
        """Its device, its name and its limits are written down."""
        given = _sign_in(email, "alice's password", now)

        session = AuthCache.objects.get()
        assert (given.user_id, given.access_expires_in_s) == (alice.pk, 300)
        assert (session.user, session.device_id) == (alice, UUID(int=1))
        assert (session.device_name, session.generation) == ("laptop", 0)
        assert (session.used_at, session.expires_at) == (now, now + 30 * DAY)

    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize(
        "_case, email, password",
        [
            ("unknown address", "eve@example.com", "alice's password"),
            ("wrong password", "alice@example.com", "bob's password"),
            ("no password", "alice@example.com", ""),
            ("switched off", "bob@example.com", "bob's password"),
            ("no address", "", ""),
        ],
    )
    def test_nobody_else_does(self, bob, now, _case, email, password):
        """And no session begins for them."""
        User.objects.filter(pk=bob.pk).update(is_active=False)

        with pytest.raises(WrongCredentials):
            _sign_in(email, password, now)

        assert not AuthCache.objects.exists()

    def test_a_client_without_a_device_gets_one(self, alice, now):
        """A new one for each session."""
        for _ in range(2):
            _begun(alice, now)

        assert AuthCache.objects.values("device_id").distinct().count() == 2

    @pytest.mark.parametrize(
        "_case, change",
        [
            ("another password", {"password": "argon2$another"}),
            ("switched off", {"is_active": False}),
        ],
    )
    def test_what_changed_since_counts(self, alice, now, _case, change):
        """The password was right when it was asked for, and is not any more."""
        User.objects.filter(pk=alice.pk).update(**change)

        with pytest.raises(WrongCredentials):
            _begun(alice, now)

        assert not AuthCache.objects.exists()

    def test_somebody_erased_since_counts_too(self, alice, now):
        """There is nobody to begin one for."""
        erased = User.objects.get(pk=alice.pk)
        erase(user_id=alice.pk)

        with pytest.raises(WrongCredentials):
            _begun(erased, now)

    @pytest.mark.parametrize("_round", range(20))
    def test_a_new_password_at_the_same_moment(self, at_once, alice, now, _round):
        """Whichever is first, no session of the old one is alive afterwards."""
        changing = User.objects.get(pk=alice.pk)
        changing.set_password("another password")

        def begun():
            with suppress(WrongCredentials):
                _begun(alice, now)

        at_once(begun, changing.save)

        assert not AuthCache.objects.filter(revoked_at=None).exists()


class TestRefresh:
    """`refresh`: rotation, repetition, replay and the limits."""

    def test_each_token_is_followed_by_another(self, alice, now):
        """The session keeps its hash, the one before and the time."""
        first = _begun(alice, now)

        second = _next(first, now + SECOND)

        session = AuthCache.objects.get()
        key = settings.SIMPLE_JWT["SIGNING_KEY"].encode()
        assert bytes(session.current_hash) == tokens.unsealed(second, key).hash
        assert bytes(session.previous_hash or b"") == tokens.unsealed(first, key).hash
        assert (session.generation, session.rotated_at) == (1, now + SECOND)
        assert session.used_at == now + SECOND
        assert session.expires_at == now + 30 * DAY
        assert _next(second, now + 2 * SECOND) not in (first, second)

    def test_a_lost_reply_is_given_again(self, alice, now):
        """Within 30 s the same token comes back, and it works."""
        first = _begun(alice, now)
        second = _next(first, now)

        again = _next(first, now + 30 * SECOND)

        assert again == second
        assert AuthCache.objects.get().generation == 1
        assert _next(second, now + 31 * SECOND) not in (first, second)

    @pytest.mark.parametrize("_case, rotations", [("the one before", 1), ("three old", 3)])
    def test_a_later_replay_ends_the_session(self, alice, now, _case, rotations):
        """One of two holders stole it: neither goes on."""
        newest = first = _begun(alice, now)
        for _ in range(rotations):
            newest = _next(newest, now)

        assert _is_over(first, now + 31 * SECOND)

        session = AuthCache.objects.get()
        assert (session.revoked_reason, session.revoked_at) == ("replay", now + 31 * SECOND)
        assert _is_over(newest, now + 31 * SECOND)

    def test_three_generations_old_is_theft_at_once(self, alice, now):
        """The leeway is for the one before only."""
        first = _begun(alice, now)
        newest = _next(_next(_next(first, now), now), now)

        assert _is_over(first, now + SECOND)
        assert _is_over(newest, now + SECOND)

    def test_bob_stays_when_alice_is_robbed(self, alice, bob, now):
        """A family is one session, not everybody's, nor all of one person's."""
        stolen, other, his = _begun(alice, now), _begun(alice, now), _begun(bob, now)
        _next(stolen, now)

        assert _is_over(stolen, now + 31 * SECOND)

        assert _next(other, now + 31 * SECOND)
        assert _next(his, now + 31 * SECOND)

    @pytest.mark.parametrize(
        "_case, used_after, asked_after, is_over",
        [
            ("just before the idle limit", 0 * DAY, 14 * DAY - SECOND, False),
            ("at the idle limit", 0 * DAY, 14 * DAY, True),
            ("use moves the idle limit", 13 * DAY, 26 * DAY, False),
        ],
    )
    def test_the_idle_limit(self, alice, now, _case, used_after, asked_after, is_over):
        """Fourteen days since it was used last."""
        token = _next(_begun(alice, now), now + used_after)

        if is_over:
            assert _is_over(token, now + asked_after)
        else:
            assert _next(token, now + asked_after)

    def test_the_absolute_limit(self, alice, now):
        """However often it is used, a session ends 30 days after it began."""
        token = _begun(alice, now)
        for days in (10, 20, 29):
            token = _next(token, now + days * DAY)

        token = _next(token, now + 30 * DAY - SECOND)
        assert _is_over(token, now + 30 * DAY)

    @pytest.mark.parametrize(
        "_case, token",
        [
            ("nothing", ""),
            ("made up", "a" * 91),
            (
                "an access token",
                "eyJhbGciOiJIUzI1NiJ9.e30.4E_Bsx-pJi3kOW9wVXN8CgbATwP09D9V5gxh9-9zSZ0",
            ),
        ],
    )
    def test_what_is_no_token_is_refused(self, alice, now, _case, token):
        """And harms no living session."""
        mine = _begun(alice, now)

        assert _is_over(token, now)
        assert _next(mine, now)

    def test_a_genuine_token_of_no_session_is_refused(self, alice, now):
        """One whose session has been deleted, with its person perhaps."""
        token = _begun(alice, now)
        AuthCache.objects.all().delete()

        assert _is_over(token, now)

    def test_somebody_switched_off_is_out(self, alice, now):
        """Even if the row was changed past the model, which would have ended the session."""
        token = _begun(alice, now)
        User.objects.filter(pk=alice.pk).update(is_active=False)

        assert _is_over(token, now)

    def test_four_racers_get_the_same_token(self, at_once, alice, now):
        """A start of four windows at once leaves one living session and one token."""
        for round_ in range(ROUNDS):
            token = _begun(alice, now)

            given = at_once(*[partial(_next, token, now)] * 4)

            session = AuthCache.objects.get()
            assert len(set(given)) == 1, round_
            assert (session.generation, session.revoked_at) == (1, None), round_
            assert _next(given[0], now + SECOND), round_
            session.delete()

    def test_a_lost_reply_always_goes_on(self, alice, now):
        """A hundred in a row, after any number of rotations and any part of the leeway."""
        for round_ in range(ROUNDS):
            held = _begun(alice, now)
            for _ in range(round_ % 4):
                held = _next(held, now)
            lost = _next(held, now)

            again = _next(held, now + 30 * SECOND * round_ / ROUNDS)

            assert again == lost, round_
            assert _next(again, now + 31 * SECOND) not in (held, lost), round_

    def test_a_late_replay_always_ends_the_session(self, alice, now):
        """A hundred in a row, of the token before or an older one: no token of it works on."""
        for round_ in range(ROUNDS):
            held = [_begun(alice, now)]
            for _ in range(1 + round_ % 4):
                held.append(_next(held[-1], now))
            late = now + (31 + round_) * SECOND

            assert _is_over(held[round_ % (len(held) - 1)], late), round_

            assert all(_is_over(it, late) for it in held), round_
        assert AuthCache.objects.filter(revoked_reason="replay").count() == ROUNDS


class TestSignOut:
    """`sign_out`: one session or all of a person's."""

    @pytest.mark.parametrize("everywhere, ended", [(False, 1), (True, 2)])
    def test_what_ends(self, alice, bob, now, everywhere, ended):
        """The other person is not touched."""
        mine, other, his = _begun(alice, now), _begun(alice, now), _begun(bob, now)
        session_id = tokens.unsealed(mine, settings.SIMPLE_JWT["SIGNING_KEY"].encode()).session_id

        count = sign_out(user_id=alice.pk, session_id=session_id, everywhere=everywhere, now=now)

        assert count == ended
        assert _is_over(mine, now)
        assert _is_over(other, now) if everywhere else _next(other, now)
        assert _next(his, now)
        assert AuthCache.objects.filter(revoked_reason="signed out").count() == ended

    def test_twice_is_harmless(self, alice, now):
        """The second time nothing is left to end, and the first time stands."""
        _begun(alice, now)
        session_id = AuthCache.objects.get().pk
        sign_out(user_id=alice.pk, session_id=session_id, everywhere=False, now=now)

        later = sign_out(user_id=alice.pk, session_id=session_id, everywhere=True, now=now + DAY)

        assert later == 0
        assert AuthCache.objects.get().revoked_at == now

    def test_nobody_ends_the_session_of_another(self, alice, bob, now):
        """Not even by knowing its id."""
        his = _begun(bob, now)
        session_id = AuthCache.objects.get().pk

        ended = sign_out(user_id=alice.pk, session_id=session_id, everywhere=False, now=now)

        assert ended == 0
        assert _next(his, now)


class TestRevoke:
    """`revoke`: one session, by its id."""

    def test_hers_and_only_once(self, alice, now):
        """The other one goes on."""
        lost = _begun(alice, now)
        session_id = AuthCache.objects.get().pk
        here = _begun(alice, now)

        ended = [revoke(user_id=alice.pk, session_id=session_id, now=now) for _ in range(2)]

        assert ended == [1, 0]
        assert AuthCache.objects.get(pk=session_id).revoked_reason == "revoked"
        assert _is_over(lost, now)
        assert _next(here, now)

    def test_never_bobs(self, alice, bob, now):
        """Not even by knowing its id."""
        his = _begun(bob, now)

        assert revoke(user_id=alice.pk, session_id=AuthCache.objects.get().pk, now=now) == 0
        assert _next(his, now)


class TestStolenDatabase:
    """A dump of every column leads to no usable token."""

    def test_no_column_holds_a_token(self, alice, now):
        """Neither as text, nor its bytes, nor its secret."""
        key = settings.SIMPLE_JWT["SIGNING_KEY"].encode()
        first = begin_session(user=alice, device_id=None, device_name="laptop", now=now)
        second = refresh(refresh_token=first.refresh, now=now)
        (row,) = AuthCache.objects.values()
        dump = b"\n".join(
            bytes(value) if isinstance(value, memoryview) else str(value).encode()
            for value in row.values()
        )

        for given in (first, second):
            token = tokens.unsealed(given.refresh, key)
            assert given.refresh.encode() not in dump
            assert given.access.encode() not in dump
            assert token.secret not in dump

    def test_nothing_in_a_dump_opens_anything(self, alice):
        """Every column of every table, searched and tried (A-13)."""
        key = settings.SIMPLE_JWT["SIGNING_KEY"].encode()
        real_now = timezone.now()
        first = begin_session(user=alice, device_id=None, device_name="laptop", now=real_now)
        second = refresh(refresh_token=first.refresh, now=real_now)
        held = [tokens.unsealed(it.refresh, key) for it in (first, second)]
        secrets = [it.secret for it in held]
        texts = [text for it in (first, second) for text in (it.refresh, it.access)]

        values = _dump()

        kept = b"\n".join(values)
        assert held[1].hash in kept  # it is the dump of this database
        for secret in (*secrets, *map(str.encode, texts), key, settings.SECRET_KEY.encode()):
            assert secret not in kept
            assert secret.hex().encode() not in kept
            assert base64.b64encode(secret) not in kept
        for value in values:
            with pytest.raises(SessionOver):
                refresh(refresh_token=value.decode(errors="replace"), now=real_now)
            with pytest.raises(selectors.NotSignedIn):
                selectors.caller(value.decode(errors="replace"), real_now)
        assert refresh(refresh_token=second.refresh, now=real_now)

    def test_what_is_stored_cannot_be_sealed(self, alice, now):
        """Hashes, the id and the generation make no token without the server's key."""
        token = _next(_begun(alice, now), now)
        session = AuthCache.objects.get()
        stored = [bytes(session.current_hash), bytes(session.previous_hash or b"")]

        for secret in stored:
            guess = RefreshToken(session.pk, session.generation, secret)
            for key in (b"", secret, session.pk.bytes):
                assert _is_over(guess.sealed(key), now)
            assert _is_over(base64.urlsafe_b64encode(secret).decode(), now)
        assert _next(token, now)


def test_the_access_token_opens_at_once_and_names_its_session(alice):
    """What sign-in and refresh give is what `caller` takes."""
    now = timezone.now()
    first = begin_session(user=alice, device_id=UUID(int=1), device_name="laptop", now=now)
    second = refresh(refresh_token=first.refresh, now=now)

    for given in (first, second):
        me = selectors.caller(given.access, now)
        assert (me.user_id, me.device_id) == (alice.pk, UUID(int=1))
        assert me.session_id == AuthCache.objects.get().pk


class TestConsent:
    """`grant_consent` and `withdraw_consent`."""

    def _granted(self, user, at, text="b"):
        return grant_consent(user_id=user.pk, purpose=SYNC, text_hash=text * 64, granted_at=at)

    def _intervals(self, user):
        return [
            (it.text_hash[0], it.granted_at, it.withdrawn_at)
            for it in reversed(selectors.consents_of(user.pk))
        ]

    def test_the_first_one(self, charlie, now):
        """It is in force from when it was given."""
        given = self._granted(charlie, now)

        assert (given.user, given.purpose) == (charlie, "cloud_sync")
        assert self._intervals(charlie) == [("b", now, None)]

    def test_the_same_again_changes_nothing(self, charlie, now):
        """A retry of the tracker, or a second device with the same wording."""
        first = self._granted(charlie, now)

        again = self._granted(charlie, now + DAY)

        assert again == first
        assert self._intervals(charlie) == [("b", now, None)]

    def test_a_new_wording_ends_the_old_one_at_that_instant(self, charlie, now):
        """So that each minute was under one wording."""
        self._granted(charlie, now)

        self._granted(charlie, now + DAY, "c")

        assert self._intervals(charlie) == [("b", now, now + DAY), ("c", now + DAY, None)]

    def test_a_new_wording_from_before_begins_no_earlier(self, charlie, now):
        """A device that was offline: the intervals never overlap."""
        self._granted(charlie, now)

        self._granted(charlie, now - DAY, "c")

        assert self._intervals(charlie) == [("b", now, now), ("c", now, None)]

    def test_what_was_withdrawn_since_is_not_given(self, dana, now):
        """A stale device cannot undo her withdrawal of yesterday."""
        before = self._intervals(dana)

        with pytest.raises(ConsentWithdrawn):
            self._granted(dana, now - 2 * DAY)

        assert self._intervals(dana) == before

    def test_she_may_agree_again(self, dana, now):
        """Both intervals stay known, with the gap between them."""
        self._granted(dana, now)

        assert self._intervals(dana) == [
            ("a", now - 30 * DAY, now - DAY),
            ("b", now, None),
        ]

    def test_withdrawing(self, alice, now):
        """It ends at that instant, and is not forgotten."""
        ended = withdraw_consent(user_id=alice.pk, purpose=SYNC, now=now)

        assert ended.withdrawn_at == now
        assert self._intervals(alice) == [("a", now - 30 * DAY, now)]

    def test_withdrawing_again_changes_nothing(self, dana, now):
        """The first time stands."""
        ended = withdraw_consent(user_id=dana.pk, purpose=SYNC, now=now)

        assert ended.withdrawn_at == now - DAY
        assert self._intervals(dana) == [("a", now - 30 * DAY, now - DAY)]

    def test_there_may_be_nothing_to_withdraw(self, charlie, now):
        """Then nothing is written."""
        with pytest.raises(NoConsent):
            withdraw_consent(user_id=charlie.pk, purpose=SYNC, now=now)

        assert self._intervals(charlie) == []

    def test_bob_keeps_his(self, alice, bob, now):
        """A withdrawal is one person's."""
        withdraw_consent(user_id=alice.pk, purpose=SYNC, now=now)

        assert self._intervals(bob) == [("a", now - 30 * DAY, None)]

    def test_two_devices_agree_at_once(self, at_once, charlie, now):
        """One consent is in force, and neither device is told of a clash."""
        given = at_once(*[partial(self._granted, charlie, now)] * 2)

        assert given[0] == given[1]
        assert self._intervals(charlie) == [("b", now, None)]

    @pytest.mark.django_db
    def test_nobody_unknown_agrees(self, now):
        """An id that is nobody's leaves no row."""
        with pytest.raises(User.DoesNotExist):
            services.grant_consent(
                user_id=uuid4(), purpose=SYNC, text_hash="b" * 64, granted_at=now
            )

        assert not Consent.objects.exists()


class TestErase:
    """`erase`, and what the devices of somebody erased are told."""

    @pytest.mark.parametrize(
        "_case, rotations, shown, told",
        [
            ("the token of sign-in", 0, 0, PersonErased),
            ("the current one", 2, 2, PersonErased),
            ("the one before, whose reply was lost", 2, 1, PersonErased),
            ("an older one, which nobody holds", 2, 0, SessionOver),
        ],
    )
    def test_a_device_is_told(self, alice, now, _case, rotations, shown, told):
        """By the token that it holds, however long afterwards."""
        held = [_begun(alice, now)]
        for _ in range(rotations):
            held.append(_next(held[-1], now))

        erase(user_id=alice.pk)

        with pytest.raises(told):
            refresh(refresh_token=held[shown], now=now + 400 * DAY)

    def test_a_session_that_had_ended_is_told_too(self, alice, now):
        """The device still has what it had not sent when it was signed out."""
        token = _begun(alice, now)
        sign_out(user_id=alice.pk, session_id=UUID(int=0), everywhere=True, now=now)

        erase(user_id=alice.pk)

        with pytest.raises(PersonErased):
            refresh(refresh_token=token, now=now)

    def test_what_remains_is_a_hash(self, alice, bob, now):
        """No id, no name, no time: one column of 32 bytes for each token."""
        for person in (alice, alice, bob):
            _begun(person, now)

        erase(user_id=alice.pk)

        assert [it.name for it in Tombstone._meta.get_fields()] == ["refresh_hash"]
        assert [len(bytes(it.refresh_hash)) for it in Tombstone.objects.all()] == [32, 32]
        assert len(str(Tombstone.objects.first())) == 64
        assert [it.user for it in AuthCache.objects.all()] == [bob]
        assert set(User.objects.all()) == {bob}

    def test_a_stranger_learns_nothing(self, alice, now):
        """A made-up token is refused alike before and after."""
        erase(user_id=alice.pk)

        assert _is_over("x" * 91, now)

    @pytest.mark.django_db
    def test_nobody_unknown_is_erased(self):
        """The caller hears that there is nobody."""
        with pytest.raises(User.DoesNotExist):
            erase(user_id=UUID(int=0))

    @pytest.mark.parametrize("_round", range(10))
    def test_a_refresh_at_the_same_moment(self, at_once, alice, now, _round):
        """Whichever comes first, the token that the device then holds is told of it."""
        token = _begun(alice, now)

        def refreshed():
            try:
                return _next(token, now)
            except PersonErased:
                return token

        held, _ = at_once(refreshed, partial(erase, user_id=alice.pk))

        with pytest.raises(PersonErased):
            refresh(refresh_token=held, now=now)
