"""`python -m tests.journeys.enrolment NAME…`: people in an empty database who agreed to sync."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import django


def enrol(names: list[str]) -> None:
    """Make people, each with the same password."""
    from tests.journeys.sealing_tracker import PASSWORD
    from waw_server.accounts.models import Consent, User

    for name in names:
        Consent.objects.create(
            user=User.objects.create_user(f"{name}@example.com", PASSWORD),
            purpose=Consent.Purpose.CLOUD_SYNC,
            text_hash="a" * 64,
            granted_at=datetime(2025, 1, 1, tzinfo=UTC),
        )


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    enrol(sys.argv[1:])
