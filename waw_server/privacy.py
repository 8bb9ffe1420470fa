"""All that is held about a person, as one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from waw_server.accounts import services as accounts
from waw_server.blinks import services as blinks


@transaction.atomic
def erase(*, user_id: UUID) -> None:
    """Delete a person and every row that is theirs, whatever their devices send meanwhile.

    A batch takes its device's row and then its person's, so that is the order here as well:
    the other way round the two would wait for each other.

    Raises:
        User.DoesNotExist: If there is no such person.
    """
    blinks.hold_devices(user_id)
    accounts.erase(user_id=user_id)
