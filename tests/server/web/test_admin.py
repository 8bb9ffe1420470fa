"""The admin: who has an account and which devices; never when somebody was at work."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.server.minutes import LAPTOP, minute
from tests.server.senders import stored
from waw_server.accounts.models import AuthCache, User
from waw_server.accounts.services import PersonErased, begin_session, refresh
from waw_server.blinks.models import BlinkQuarter, Device, Message

PEOPLE = "/admin/accounts/user/"
DEVICES = "/admin/blinks/device/"


@pytest.fixture
def device(alice, now):
    """Return alice's laptop, with a minute of hers and a session."""
    begin_session(user=alice, device_id=LAPTOP, device_name="laptop", now=now)
    stored(alice, minute(1, seen_ms=48_765), at=now)
    Device.objects.update(created_at=now - timedelta(days=3))
    return Device.objects.get()


def _page(browser, url, status=200):
    reply = browser.get(url)
    assert reply.status_code == status, (url, reply.status_code)
    return reply.content.decode()


def test_an_operator_signs_in_by_the_form(alice):
    """With the address in any case; then the index lists people and devices, no more."""
    User.objects.create_superuser("operator@example.com", "operator's password")
    browser = Client()

    reply = browser.post(
        "/admin/login/?next=/admin/",
        {"username": "Operator@Example.com", "password": "operator's password"},
        follow=True,
    )

    page = reply.content.decode()
    assert (reply.status_code, reply.redirect_chain) == (200, [("/admin/", 302)])
    assert "Wellness at Work" in page
    assert set(re.findall(r"/admin/(\w+/\w+)/\"", page)) == {
        *("accounts/invitation", "accounts/user", "blinks/device", "auth/group")
    }


@pytest.mark.parametrize(
    "_case, email, password",
    [
        ("wrong password", "operator@example.com", "a guess"),
        ("not staff", "alice@example.com", "alice's password"),
    ],
)
def test_nobody_else_gets_in(operator, alice, _case, email, password):
    browser = Client()

    browser.post("/admin/login/", {"username": email, "password": password})

    reply = browser.get("/admin/")
    assert (reply.status_code, reply.headers["Location"]) == (302, "/admin/login/?next=/admin/")


def test_ten_wrong_passwords_make_the_admin_wait(operator):
    """A-4: even the right one then, and the page says so."""
    browser = Client()
    form = {"username": "operator@example.com", "password": "a guess"}

    replies = [browser.post("/admin/login/", form).status_code for _ in range(10)]
    right = browser.post("/admin/login/", {**form, "password": "operator's password"})

    assert replies == [200] * 9 + [429]
    assert right.status_code == 429
    assert "too many login attempts" in right.content.decode()


def test_staff_without_permissions_sees_nothing(charlie, alice, device):
    """Wellness staff is no operator: no people, no devices, by no URL."""
    browser = Client()
    browser.force_login(charlie)

    assert "have permission to view or edit anything." in _page(browser, "/admin/")
    for url in (
        PEOPLE,
        f"{PEOPLE}add/",
        f"{PEOPLE}{alice.pk}/change/",
        f"{PEOPLE}{alice.pk}/password/",
        f"{PEOPLE}{alice.pk}/history/",
        f"{PEOPLE}{alice.pk}/delete/",
        DEVICES,
        f"{DEVICES}{device.pk}/change/",
    ):
        assert "alice@example.com" not in _page(browser, url, 403)


class TestPeople:
    """The list, the search, the form."""

    @pytest.mark.usefixtures("alice", "bob")
    @pytest.mark.parametrize(
        "_case, query, found",
        [
            ("everybody", "", {"alice", "bob", "operator"}),
            ("by address", "?q=BOB@", {"bob"}),
            ("by name", "?q=Ali", {"alice"}),
            ("nobody", "?q=eve", set()),
            ("staff", "?is_staff__exact=1", {"operator"}),
        ],
    )
    def test_who_is_listed(self, operator, _case, query, found):
        """In the list, by the search and by the filter."""
        page = _page(operator, PEOPLE + query)

        listed = re.findall(r'class="field-email"><a [^>]*>(\w+)@example.com', page)
        assert set(listed) == found

    @pytest.mark.parametrize(
        "_case, email", [("as it is", "dana@example.com"), ("in another case", "Dana@Example.com")]
    )
    def test_adding_somebody(self, operator, _case, email):
        """Her password works at once, and her address is kept in lower case."""
        reply = operator.post(
            f"{PEOPLE}add/",
            {
                "email": email,
                "display_name": "Dana",
                "usable_password": "true",
                "password1": "dana's long password",
                "password2": "dana's long password",
            },
        )

        assert reply.status_code == 302, reply.context["errors"]
        dana = User.objects.get(email="dana@example.com")
        assert dana.check_password("dana's long password")
        assert (dana.is_staff, dana.is_superuser, dana.is_active) == (False, False, True)

    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize(
        "_case, changes, problem",
        [
            ("known", {"email": "alice@example.com"}, "already exists"),
            ("known in another case", {"email": "Alice@example.com"}, "already exists"),
            ("no address", {"email": "dana"}, "Enter a valid email address."),
            ("too short", {"password1": "short", "password2": "short"}, "too short"),
            ("too common", {"password1": "password1", "password2": "password1"}, "too common"),
            ("two passwords", {"password2": "another long password"}, "match"),
        ],
    )
    def test_who_is_not_added(self, operator, _case, changes, problem):
        """The form says why."""
        form = {
            "email": "dana@example.com",
            "display_name": "",
            "usable_password": "true",
            "password1": "dana's long password",
            "password2": "dana's long password",
        }

        reply = operator.post(f"{PEOPLE}add/", {**form, **changes})

        assert reply.status_code == 200
        assert problem in reply.content.decode()
        assert User.objects.count() == 2

    def test_switching_somebody_off(self, operator, alice):
        """The form keeps the rest; every session ends (A-11, A-12)."""
        begin_session(user=alice, device_id=LAPTOP, device_name="laptop", now=timezone.now())

        reply = operator.post(
            f"{PEOPLE}{alice.pk}/change/",
            {"email": "alice@example.com", "display_name": "Alice A."},
        )

        alice.refresh_from_db()
        assert reply.status_code == 302
        assert (alice.is_active, alice.display_name) == (False, "Alice A.")
        assert AuthCache.objects.get().revoked_reason == "switched off"
        assert alice.check_password("alice's password")

    def test_a_new_password(self, operator, alice):
        """It works from then on, and who was signed in with the old one is out."""
        begin_session(user=alice, device_id=LAPTOP, device_name="laptop", now=timezone.now())

        reply = operator.post(
            f"{PEOPLE}{alice.pk}/password/",
            {
                "usable_password": "true",
                "password1": "alice's next password",
                "password2": "alice's next password",
            },
        )

        alice.refresh_from_db()
        assert reply.status_code == 302
        assert alice.check_password("alice's next password")
        assert AuthCache.objects.get().revoked_reason == "password changed"

    @pytest.mark.parametrize(
        "_case, url, form",
        [
            ("on her own page", f"{PEOPLE}{{}}/delete/", {"post": "yes"}),
            (
                "from the list",
                PEOPLE,
                {"action": "delete_selected", "post": "yes", "_selected_action": "{}"},
            ),
        ],
    )
    def test_erasing_somebody(self, operator, alice, bob, _case, url, form):
        """Her device is told that she is gone; his stays signed in."""
        hers, his = (
            begin_session(user=it, device_id=None, device_name="", now=timezone.now())
            for it in (alice, bob)
        )

        reply = operator.post(
            url.format(alice.pk), {name: it.format(alice.pk) for name, it in form.items()}
        )

        assert reply.status_code == 302
        assert not User.objects.filter(pk=alice.pk).exists()
        with pytest.raises(PersonErased):
            refresh(refresh_token=hers.refresh, now=timezone.now())
        assert refresh(refresh_token=his.refresh, now=timezone.now())


class TestDevices:
    """Read only."""

    def test_what_is_shown(self, operator, device):
        """Name, person and since when."""
        page = _page(operator, f"{DEVICES}?q=alice")

        assert re.findall(r'class="field-(\w+)', page) == ["name", "user", "created_at"]
        change = _page(operator, f"{DEVICES}{device.pk}/change/")
        assert str(LAPTOP) in change
        assert "alice@example.com" in change
        assert 'name="_save"' not in change

    @pytest.mark.parametrize("action", ["add/", "{}/delete/"])
    def test_nothing_can_be_added_or_deleted(self, operator, device, action):
        """Not by a URL typed by hand."""
        url = DEVICES + action.format(device.pk)

        assert operator.get(url).status_code == 403
        assert operator.post(url, {"post": "yes"}).status_code == 403
        assert Device.objects.get() == device

    @pytest.mark.parametrize(
        "url, form",
        [
            (DEVICES + "{}/change/", {"name": "spy", "device_id": str(LAPTOP)}),
            (DEVICES, {"action": "delete_selected", "_selected_action": "{}", "post": "yes"}),
        ],
    )
    def test_nothing_can_be_changed(self, operator, device, url, form):
        """Not by a form made by hand."""
        form = {name: value.format(device.pk) for name, value in form.items()}

        operator.post(url.format(device.pk), form)

        assert Device.objects.get().name == "laptop"
        assert Message.objects.count() == 1

    @pytest.mark.usefixtures("device")
    def test_her_messages_keep_her_account(self, operator, alice):
        """An account with blink data is not deleted by a click here."""
        url = f"{PEOPLE}{alice.pk}/delete/"

        assert operator.post(url, {"post": "yes"}).status_code == 403
        assert operator.post(
            PEOPLE,
            {"action": "delete_selected", "_selected_action": str(alice.pk), "post": "yes"},
        ).status_code in (200, 403)

        assert User.objects.filter(pk=alice.pk).exists()
        assert BlinkQuarter.objects.count() == 1


@pytest.fixture
def pages(operator, alice, device):
    """Return every page that an operator can open, by its URL."""
    urls = (
        "/admin/",
        "/admin/accounts/",
        "/admin/blinks/",
        PEOPLE,
        f"{PEOPLE}?q=alice",
        f"{PEOPLE}add/",
        f"{PEOPLE}{alice.pk}/change/",
        f"{PEOPLE}{alice.pk}/password/",
        f"{PEOPLE}{alice.pk}/history/",
        f"{PEOPLE}{alice.pk}/delete/",
        DEVICES,
        f"{DEVICES}?q=laptop",
        f"{DEVICES}{device.pk}/change/",
        f"{DEVICES}{device.pk}/history/",
        "/admin/auth/group/",
        "/admin/auth/group/add/",
    )
    found = {url: _page(operator, url) for url in urls}
    found["confirm"] = operator.post(
        PEOPLE, {"action": "delete_selected", "_selected_action": str(alice.pk)}
    ).content.decode()
    found["signed out"] = Client().get("/admin/login/").content.decode()
    return found


def test_no_page_tells_when_somebody_was_at_work(pages, alice):
    """No time of a sync, a session, a message or a quarter-hour; no figure, no id of one.

    All of them are of the second of March; the device has been known since February.
    """
    told = re.compile(
        r"March 2\b|2026-03-02|48.?765|watermark|latest.sync|last.sync|quarter_start|seen_ms"
        rf"|{Message.objects.get().message_id}|{alice.sessions.get().pk}",
        re.IGNORECASE,
    )

    for url, page in pages.items():
        assert told.findall(page) == [], url


def test_no_page_refers_to_another_host(pages):
    """Everything that a page loads or points to is ours: links, scripts, styles, forms."""
    elsewhere = re.compile(r"""(?:href|src|action|srcset|poster|data)=["']?(?:\w+:)?//[^"'>\s]+""")

    for url, page in pages.items():
        assert "<html" in page, url
        assert elsewhere.findall(page) == [], url
        assert "@import" not in page, url
        assert "url(http" not in page, url
