"""The admin's second step, as a browser meets it."""

import re
from base64 import b32decode

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.server.accounts.test_second_step import code_of
from waw_server.accounts import second_step
from waw_server.accounts.models import User

STEP = "/admin/second-step/"
PEOPLE = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def production(settings):
    """Ask for the second step, as production does."""
    settings.ADMIN_TOTP = True


@pytest.fixture
def erin(db):
    """Return erin, who is an operator."""
    return User.objects.create_superuser("erin@example.com", "erin's password")


def _half_in(person, password="erin's password", path="/admin/"):
    """Return a browser in which somebody gave their password, and where they were led."""
    browser = Client()
    form = {"username": person.email, "password": password, "next": path}
    reply = browser.post("/admin/login/", form, follow=True)
    return browser, reply


def _in(person, password="erin's password"):
    """Return a browser in which somebody passed both steps."""
    browser, _ = _half_in(person, password)
    device = TOTPDevice.objects.filter(user=person).first() or second_step.begun(person)
    device.throttling_failure_timestamp, device.last_t = None, -1
    device.save()
    browser.post(STEP, {"code": code_of(device)})
    return browser


def _is_in(browser):
    return browser.get("/admin/").status_code == 200


def _codes(reply):
    return re.findall(r"<code>(\w{4}-\w{4}-\w{4})</code>", reply.content.decode())


def test_the_first_time(erin):
    """The page shows a key that an authenticator takes; then backup codes, once."""
    browser, reply = _half_in(erin)
    page = reply.content.decode()
    key = re.findall(r"Key: <code>([A-Z2-7 ]+)</code>", page)[0].replace(" ", "")

    assert reply.redirect_chain[-1][0] == f"{STEP}?next=/admin/"
    assert "<svg" in page
    assert "style=" not in page
    reply = browser.post(STEP, {"code": f"{totp(b32decode(key)):06}"})
    assert len(_codes(reply)) == 10
    assert "no-store" in reply.headers["Cache-Control"]
    assert _is_in(browser)


def test_the_next_time(erin):
    """A code is asked for, and no key is shown again; then they are where they wanted to go."""
    _in(erin)
    browser, reply = _half_in(erin, path=PEOPLE)
    assert "<svg width" not in reply.content.decode()
    assert not re.findall("Key: <code>", reply.content.decode())
    (device,) = TOTPDevice.objects.all()

    reply = browser.post(reply.redirect_chain[-1][0], {"code": code_of(device, 1)})

    assert (reply.status_code, reply.headers["Location"]) == (302, PEOPLE)
    assert _is_in(browser)


@pytest.mark.parametrize(
    "url", ["/admin/", PEOPLE, f"{PEOPLE}add/", "/admin/password_change/", "/admin/backup-codes/"]
)
@pytest.mark.parametrize("is_enrolled", [True, False])
def test_half_in_is_not_in(erin, url, is_enrolled):
    """A password alone opens no page, neither by asking nor by sending a form."""
    if is_enrolled:
        _in(erin)
    browser, _ = _half_in(erin)

    for reply in (browser.get(url), browser.post(url, {"post": "yes"})):
        assert reply.status_code == 302
        assert reply.headers["Location"].startswith("/admin/login/?next=")
    assert StaticToken.objects.count() == (10 if is_enrolled else 0)


def test_a_wrong_code(erin):
    """It says so, then to wait; the page stays."""
    _in(erin)
    browser, _ = _half_in(erin)

    first, second = (browser.post(STEP, {"code": "nonsense"}) for _ in range(2))

    assert "This is not the code." in first.content.decode()
    assert "Too many wrong codes: none is taken until " in second.content.decode()
    assert not _is_in(browser)


def test_no_code(erin):
    browser, _ = _half_in(erin)

    assert "This field is required." in browser.post(STEP, {"code": ""}).content.decode()


def test_a_backup_code(erin):
    """In place of the other; with the last one, a warning."""
    _in(erin)
    codes = second_step.new_backup_codes(erin)
    StaticToken.objects.exclude(token=second_step._kept(codes[0].replace("-", ""))).delete()
    browser, _ = _half_in(erin)

    page = browser.post(STEP, {"code": codes[0]}, follow=True).content.decode()

    assert "You have no backup codes left" in page
    assert _is_in(browser)


def test_new_backup_codes(erin):
    """Made when asked for, not by looking at the page, and shown this once."""
    browser = _in(erin)
    assert "/admin/backup-codes/" in browser.get("/admin/").content.decode()

    before, made, after = (
        browser.get("/admin/backup-codes/"),
        browser.post("/admin/backup-codes/"),
        browser.get("/admin/backup-codes/"),
    )

    assert [len(_codes(reply)) for reply in (before, made, after)] == [0, 10, 0]


def test_leaving_half_way(erin):
    browser, _ = _half_in(erin)

    reply = browser.post(STEP, {"leave": "Sign out"})

    assert reply.headers["Location"] == "/admin/login/"
    assert not browser.session.keys()


@pytest.mark.parametrize("where", ["https://evil.example.com/", "//evil.example.com", ""])
def test_nobody_is_led_elsewhere(erin, where):
    browser, _ = _half_in(erin)
    device = second_step.begun(erin)
    second_step.enrol(erin, code_of(device, -1))

    reply = browser.post(f"{STEP}?next={where}", {"code": code_of(device)})

    assert reply.headers["Location"] == "/admin/"


def test_the_session_gets_another_key(erin):
    """What was known of it before it could do more is worth nothing."""
    browser, _ = _half_in(erin)
    before = browser.session.session_key

    browser.post(STEP, {"code": code_of(second_step.begun(erin))})

    assert browser.session.session_key != before


def test_who_is_not_staff_has_no_second_step(alice):
    browser, _ = _half_in(alice, "alice's password")
    browser.force_login(alice)

    reply = browser.get(STEP)

    assert (reply.status_code, reply.headers["Location"]) == (302, "/admin/")
    assert not TOTPDevice.objects.exists()


def test_another_operator_resets_it(erin, charlie):
    """What charlie passed with counts no more; her own stays; it is written down."""
    browser, his = _in(erin), _in(charlie, "charlie's password")
    assert _is_in(his)

    browser.post(
        PEOPLE, {"action": "reset_second_step", "_selected_action": [str(charlie.pk), str(erin.pk)]}
    )

    assert not _is_in(his)
    assert _is_in(browser)
    assert [it.user for it in TOTPDevice.objects.all()] == [erin]
    assert LogEntry.objects.get().object_id == str(charlie.pk)


def test_no_page_lists_the_keys(erin):
    """Not those of django-otp, which would show them to each operator."""
    browser = _in(erin)

    for url in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/"):
        assert browser.get(url).status_code == 404


def test_development_asks_for_none(erin, settings):
    settings.ADMIN_TOTP = False

    browser, _ = _half_in(erin)

    assert _is_in(browser)
