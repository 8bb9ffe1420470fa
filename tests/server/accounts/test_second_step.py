"""Codes: from an authenticator, or from the list of backup codes."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from waw_server.accounts import second_step
from waw_server.accounts.second_step import TooManyTries, WrongCode
from waw_server.privacy import erase


def code_of(device, steps=0):
    """Return what an authenticator shows now, or some half minutes later."""
    return f"{totp(device.bin_key, drift=steps):06}"


def some_time_passes():
    """Let whoever had to wait have waited."""
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))


@pytest.fixture
def authenticator(charlie):
    """Return charlie's authenticator, which he has just set up."""
    device = second_step.begun(charlie)
    second_step.enrol(charlie, code_of(device, -1))
    device.refresh_from_db()
    return device


def test_one_is_begun_once(charlie, alice):
    """The page may be loaded again; it is somebody's own, and does not count yet."""
    device = second_step.begun(charlie)

    assert second_step.begun(charlie) == device
    assert second_step.begun(alice) != device
    assert device.config_url.startswith(
        "otpauth://totp/Wellness%20at%20Work%3Acharlie%40example.com?"
    )
    assert not second_step.is_enrolled(charlie)
    with pytest.raises(WrongCode):
        second_step.passed(charlie, code_of(device))


def test_a_right_code_sets_it_up(charlie):
    device = second_step.begun(charlie)

    done = second_step.enrol(charlie, f" {code_of(device)} ")

    assert (done.device, done.backup_codes_left) == (device, 0)
    assert second_step.is_enrolled(charlie)


def test_a_wrong_one_does_not(charlie):
    second_step.begun(charlie)

    with pytest.raises(WrongCode):
        second_step.enrol(charlie, "12345")

    assert not second_step.is_enrolled(charlie)


def test_who_has_one_sets_up_no_other(charlie, authenticator):
    with pytest.raises(WrongCode):
        second_step.enrol(charlie, code_of(second_step.begun(charlie)))


def test_a_code_is_good_once(charlie, authenticator):
    """Not for whoever looked over his shoulder."""
    code = code_of(authenticator)

    assert second_step.passed(charlie, code).device == authenticator

    with pytest.raises(WrongCode):
        second_step.passed(charlie, code)


def test_nobody_elses_code(charlie, alice, authenticator):
    theirs = second_step.begun(alice)
    second_step.enrol(alice, code_of(theirs, -1))

    with pytest.raises(WrongCode):
        second_step.passed(charlie, code_of(theirs))


def test_a_wrong_code_makes_one_wait(charlie, authenticator):
    """Longer each time; then the right one is taken, and all is forgiven."""
    for waits_s in (1, 2, 4):
        some_time_passes()
        with pytest.raises(WrongCode):
            second_step.passed(charlie, "000000" if code_of(authenticator) != "000000" else "1" * 6)
        with pytest.raises(TooManyTries) as refused:
            second_step.passed(charlie, code_of(authenticator))
        latest = TOTPDevice.objects.get().throttling_failure_timestamp
        assert refused.value.until == latest + timedelta(seconds=waits_s)

    some_time_passes()
    assert second_step.passed(charlie, code_of(authenticator))
    assert TOTPDevice.objects.get().throttling_failure_count == 0


def test_each_backup_code_works_once(charlie, authenticator):
    codes = second_step.new_backup_codes(charlie)

    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){2}", code) for code in codes)
    assert second_step.passed(charlie, codes[0]).backup_codes_left == 9
    assert second_step.passed(charlie, codes[1].upper().replace("-", " ")).backup_codes_left == 8
    with pytest.raises(WrongCode):
        second_step.passed(charlie, codes[0])


def test_a_wrong_backup_code_leaves_the_authenticator_alone(charlie, authenticator):
    second_step.new_backup_codes(charlie)

    with pytest.raises(WrongCode):
        second_step.passed(charlie, "abcd-efgh-jkmn")
    with pytest.raises(TooManyTries):
        second_step.passed(charlie, "abcd-efgh-jkmn")

    assert second_step.passed(charlie, code_of(authenticator))


def test_new_backup_codes_void_the_old_ones(charlie, authenticator):
    old, new = second_step.new_backup_codes(charlie), second_step.new_backup_codes(charlie)

    assert not set(old) & set(new)
    with pytest.raises(WrongCode):
        second_step.passed(charlie, old[0])
    some_time_passes()
    assert second_step.passed(charlie, new[0])


def test_the_database_holds_no_backup_code(charlie, settings):
    """Nor what one could be made from without the server's key."""
    codes = second_step.new_backup_codes(charlie)
    plain = {code.replace("-", "") for code in codes}
    kept = set(StaticToken.objects.values_list("token", flat=True))

    assert not kept & plain
    assert {second_step._kept(code) for code in plain} == kept
    settings.SECRET_KEY = "another"
    assert not {second_step._kept(code) for code in plain} & kept


def test_forgotten_is_begun_anew(charlie, authenticator):
    codes = second_step.new_backup_codes(charlie)

    second_step.forget(charlie)

    assert not second_step.is_enrolled(charlie)
    assert second_step.begun(charlie).key != authenticator.key
    for code in (code_of(authenticator), codes[0]):
        with pytest.raises(WrongCode):
            second_step.passed(charlie, code)


def test_two_at_once_begin_one(at_once, charlie):
    """Pages opened at the same moment show the same key."""
    first, second = at_once(lambda: second_step.begun(charlie), lambda: second_step.begun(charlie))

    assert first == second


def test_one_code_opens_one_door(at_once, charlie, authenticator):
    """Sent twice at the same moment, it lets one in."""
    code = code_of(authenticator)

    def tried():
        try:
            return second_step.passed(charlie, code)
        except (WrongCode, TooManyTries):
            return None

    assert sum(done is not None for done in at_once(tried, tried)) == 1


def test_erasing_somebody_takes_it_along(charlie, authenticator):
    second_step.new_backup_codes(charlie)

    erase(user_id=charlie.pk)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM otp_totp_totpdevice, otp_static_statictoken")
        assert cursor.fetchone() == (0,)
