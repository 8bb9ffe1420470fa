"""The time zone this computer is set to, with its summer times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class _ThisComputer(tzinfo):
    """Asks the system of every time anew, so that it follows when the zone is changed."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else _here(dt).utcoffset()

    def dst(self, _dt: datetime | None) -> None:
        """Say nothing: the system does not tell what of the offset is summer time."""

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else _here(dt).tzname()

    def fromutc(self, dt: datetime) -> datetime:
        here = dt.replace(tzinfo=UTC).astimezone()
        local = here.replace(tzinfo=self, fold=0)
        # When clocks go back a local time comes twice; fold tells the second.
        return local if local.utcoffset() == here.utcoffset() else local.replace(fold=1)


def _here(local: datetime) -> datetime:
    return local.replace(tzinfo=None).astimezone()


THIS_COMPUTER: tzinfo = _ThisComputer()
