"""Who gets to the playground, and what it says while it is not built."""

import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from tests.server.accounts.test_second_step import code_of
from waw_server.accounts import second_step
from waw_server.web import playground

PAGES = ["/playground", "/playground/start"]


@pytest.fixture
def built(monkeypatch):
    """Have it built, whether or not it is."""
    monkeypatch.setattr(playground, "_is_served", bool)


@pytest.fixture
def missing(monkeypatch):
    """Have one of its files missing."""
    monkeypatch.setattr(playground, "_is_served", lambda file: "graphiql" not in file)


@pytest.fixture
def production(settings):
    """Guard pages as production does."""
    settings.IS_DEVELOPMENT = False
    settings.ADMIN_TOTP = True


@pytest.mark.parametrize("path", PAGES)
def test_everybody_in_development(db, built, path):
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", [None, "alice", "charlie"])
def test_nobody_without_both_steps_in_production(production, built, request, name, path):
    """Not by an account, nor by staff's password alone: they are led to the sign-in."""
    request.getfixturevalue("db")
    browser = Client()
    if name:
        browser.force_login(request.getfixturevalue(name))

    reply = browser.get(path)

    assert (reply.status_code, reply.headers["Location"]) == (302, f"/admin/login/?next={path}")


@pytest.mark.parametrize("path", PAGES)
def test_staff_in_production(production, built, charlie, path):
    """After a password and a code."""
    browser = Client()
    browser.force_login(charlie)
    browser.post("/admin/second-step/", {"code": code_of(second_step.begun(charlie))})

    assert browser.get(path).status_code == 200


def test_the_page_is_made_of_files_of_ours(db, built):
    """No script or style within it; only the style sheet's own fonts and pictures besides."""
    reply = Client().get("/playground")

    page = reply.content.decode()
    assert "<script>" not in page
    assert "style=" not in page
    assert "//" not in page
    policy = reply.headers["Content-Security-Policy"]
    (nonce,) = re.findall('nonce="([^"]+)"', page)
    assert f"script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:;" in policy
    assert "unsafe" not in policy
    assert nonce not in Client().get("/playground").content.decode()


def test_what_is_missing_is_said(db, missing):
    """On the page, and where the address is printed."""
    reply = Client().get("/playground")

    assert reply.status_code == 503
    assert "make assets" in reply.content.decode()
    assert playground.where("http://127.0.0.1:8000") == (
        "Playground http://127.0.0.1:8000/playground, "
        "after `make assets`, which needs Node.js and npm"
    )


def test_what_is_there_is_said(built):
    assert (
        playground.where("http://127.0.0.1:8000") == "Playground http://127.0.0.1:8000/playground"
    )


@pytest.mark.parametrize("is_development", [True, False])
def test_where_files_are_looked_for(settings, monkeypatch, tmp_path, is_development):
    """Beside the code in development; where they were collected in production."""
    settings.WHITENOISE_USE_FINDERS = is_development
    monkeypatch.setattr(staticfiles_storage, "exists", lambda file: file == "collected.js")

    assert playground._is_served("web/playground.js") is is_development
    assert playground._is_served("collected.js") is not is_development
