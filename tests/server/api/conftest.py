"""The API as a client meets it: JSON over HTTP, a real database behind."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from waw_server.accounts import services


@pytest.fixture
def post(db):
    """Return a function that sends a document and returns the decoded answer."""

    def post(query, variables=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = Client().post(
            "/graphql",
            {"query": query, "variables": variables or {}},
            content_type="application/json",
            headers=headers,
        )
        assert reply.status_code == 200, reply.content
        return reply.json()

    return post


@pytest.fixture
def signed_in():
    """Return a function that begins a session for somebody and returns its tokens."""

    def signed_in(user, device_id=None, device_name="laptop"):
        return services.begin_session(
            user=user, device_id=device_id, device_name=device_name, now=timezone.now()
        )

    return signed_in


def code_of(answer):
    """Return the code of the one error in an answer."""
    (error,) = answer["errors"]
    return error["extensions"]["code"]
