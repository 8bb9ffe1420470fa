"""Who is signed in to the pages."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import Client

from waw_server.accounts.models import User


@pytest.fixture
def operator(db):
    """Return a browser in which an operator is signed in."""
    User.objects.create_superuser("operator@example.com", "operator's password")
    browser = Client()
    assert browser.login(
        request=HttpRequest(), username="operator@example.com", password="operator's password"
    )
    return browser
