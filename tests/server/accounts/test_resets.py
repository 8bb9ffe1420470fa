"""A forgotten password is replaced by whoever reads the mail, once, and by nobody else."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from waw_server.accounts.models import AuthCache
from waw_server.accounts.resets import ResetOver, asked, begin, finish
from waw_server.accounts.services import begin_session

PASSWORD = "alice's next password"


@pytest.fixture
def link(alice):
    """Return what the link in alice's letter carries."""
    return _link("Alice@Example.com")


def _link(email):
    begun = begin(email)
    assert begun
    return begun[1]


def _finish(carried, password=PASSWORD):
    return finish(carried=carried, password=password)


def test_the_new_password_counts(alice, link):
    assert asked(link) == alice

    _finish(link)

    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_every_session_of_hers_ends(alice, bob, link, now):
    """On all devices; his goes on."""
    for person, name in ((alice, "laptop"), (alice, "desktop"), (bob, "laptop")):
        begin_session(user=person, device_id=None, device_name=name, now=now)

    _finish(link)

    assert not AuthCache.objects.filter(user=alice, revoked_at=None).exists()
    assert AuthCache.objects.filter(user=bob, revoked_at=None).count() == 1


def _finished(link, alice):
    _finish(link)


def _changed(_link, alice):
    alice.set_password("something else entirely")
    alice.save()


def _switched_off(_link, alice):
    alice.is_active = False
    alice.save()


def _erased(_link, alice):
    alice.delete()


@pytest.mark.parametrize("before", [_finished, _changed, _switched_off, _erased])
def test_a_link_that_is_over(alice, link, before):
    before(link, alice)

    for use in (partial(asked, link), partial(_finish, link, "a thief's password")):
        with pytest.raises(ResetOver):
            use()


def test_a_link_expires(alice, link, monkeypatch):
    from django.contrib.auth.tokens import default_token_generator as generator

    later = generator._now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(type(generator), "_now", lambda _self: later)

    with pytest.raises(ResetOver):
        asked(link)


@pytest.mark.parametrize("made_up", ["{0}x", "", ".", "x.{0}", "é.{0}", "AAAA.{0}", "A.{0}"])
def test_a_link_that_is_not_ours(link, made_up):
    with pytest.raises(ResetOver):
        asked(made_up.format(link))


def test_her_link_is_not_for_him(link, bob):
    """Whose it is, is in it; the signature holds it to her."""
    his = _link(bob.email)

    with pytest.raises(ResetOver):
        asked(his.partition(".")[0] + "." + link.partition(".")[2])


@pytest.mark.parametrize("case", ["unknown", "switched off", "without a password"])
def test_who_gets_no_link(alice, case):
    alice.is_active = case != "switched off"
    if case == "without a password":
        alice.set_unusable_password()
    alice.save()

    assert begin("nobody@example.com" if case == "unknown" else alice.email) is None


def test_of_many_at_the_same_moment_one_counts(at_once, alice):
    link = _link(alice.email)

    def tried(number):
        with suppress(ResetOver):
            return _finish(link, f"password number {number}")

    came = at_once(*(partial(tried, number) for number in range(4)))

    assert sum(person is not None for person in came) == 1
