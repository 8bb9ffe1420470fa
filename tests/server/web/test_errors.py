"""What goes wrong on a page: nothing of it is shown, and the log stays readable."""

import logging

from django.contrib import admin
from django.test import Client

SECRET = "postgresql://waw:p4ssw0rd@db.example.com/waw"


def test_a_fault_of_ours_shows_nothing(db, monkeypatch):
    """No words of the error, no place in the code, no setting."""

    def broken(site, request):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(admin.AdminSite, "each_context", broken)

    reply = Client(raise_request_exception=False).get("/admin/login/")

    assert reply.status_code == 500
    shown = reply.content.decode()
    assert not [word for word in ("p4ssw0rd", "Traceback", ".py", "waw_server") if word in shown]


def test_a_line_of_the_log_stays_one_line(db, caplog):
    """Whoever puts an end of line into an address forges no entry."""
    with caplog.at_level(logging.WARNING, logger="django.request"):
        assert Client().get("/nowhere%0AERROR%20forged").status_code == 404

    (record,) = caplog.records
    assert "\n" not in record.getMessage()
