"""`manage.py demo` believes nobody: three counts, or it fails."""

from __future__ import annotations

import pytest

from waw_server.accounts.models import User
from waw_server.web.management.commands.demo import OPERATOR, PEOPLE, Outcome, _make_people


@pytest.mark.parametrize(
    ("_case", "painted", "detected", "stored", "messages", "agrees"),
    [
        ("all the same", 15, 15, 15, 5, True),
        ("the tracker missed one", 15, 14, 14, 5, False),
        ("the tracker saw one too many", 15, 16, 16, 5, False),
        ("one got lost on the way", 15, 15, 14, 5, False),
        ("one arrived twice", 15, 15, 16, 5, False),
        ("nothing was seen at all", 0, 0, 0, 5, False),
        ("too few messages to show anything", 15, 15, 15, 2, False),
    ],
)
def test_agrees_only_when_everybody_does(_case, painted, detected, stored, messages, agrees):
    """The demo ends well only when what was painted is what is stored."""
    assert Outcome(painted, detected, stored, messages).agrees is agrees


def test_people_are_made_once_and_their_password_is_of_this_run(db):
    """Running it again changes the password and nobody else."""
    _make_people("first password")
    _make_people("second password")

    people = {person.email: person for person in User.objects.all()}
    assert set(people) == {*PEOPLE, OPERATOR}
    assert all(person.check_password("second password") for person in people.values())
    assert [email for email, person in people.items() if person.is_staff] == [OPERATOR]
