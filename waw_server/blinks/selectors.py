"""Reads: a person's own history, in arrays ready to be drawn.

Devices that saw the same time are merged at read, by one rule: in a quarter of an hour (in a
minute, for minutes) the devices' sums are added while together they saw no more than that time
holds. If they saw more, they watched side by side, and the one that saw most speaks alone.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.db import connection

from waw_server.blinks.models import Device


class UnknownTimeZone(Exception):
    """The time zone is not one of the IANA names."""


class RangeTooLong(Exception):
    """The range is empty, ends before it begins, or holds too many buckets."""


class Bucket(StrEnum):
    """How long a time each entry of a series sums."""

    MINUTE = "minute"
    QUARTER = "quarter"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


LONGEST = {
    Bucket.MINUTE: timedelta(days=7),
    Bucket.QUARTER: timedelta(days=62),
    Bucket.HOUR: timedelta(days=190),
    Bucket.DAY: timedelta(days=366 * 6),
    Bucket.WEEK: timedelta(days=366 * 20),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some time.

    Attributes:
        messages: Sealed minutes.
        blinks: Complete and partial ones.
        partial_blinks: Those that closed less than 80 percent.
        long_closures: Closures of more than half a second; not blinks.
        closed_ms: Time with the lids down.
        seen_ms: Time with a usable face: what every rate is over.
    """

    messages: int = 0
    blinks: int = 0
    partial_blinks: int = 0
    long_closures: int = 0
    closed_ms: int = 0
    seen_ms: int = 0

    @property
    def blinks_per_min(self) -> float | None:
        """Blinks a seen minute; None where nothing was seen."""
        return self.blinks * 60_000 / self.seen_ms if self.seen_ms else None


@dataclass(frozen=True, slots=True)
class Series:
    """Figures bucket by bucket; a bucket that nothing is known of is left out, never zero."""

    starts: list[datetime]
    figures: list[Figures]


_SUMS = "sum(messages), sum(blinks), sum(partial_blinks), sum(long_closures), sum(closed_ms)"

_FROM_QUARTERS = f"""
SELECT CASE %(bucket)s
    WHEN 'quarter' THEN quarter_start  -- for date_trunc that would be three months
    ELSE date_trunc(%(bucket)s, quarter_start, %(zone)s) END AS start, {_SUMS}, sum(seen_ms)
FROM (
    SELECT q.*,
        sum(seen_ms) OVER (PARTITION BY quarter_start) AS together_ms,
        row_number() OVER (PARTITION BY quarter_start ORDER BY seen_ms DESC, q.device_id) AS place
    FROM blinks_blinkquarter q JOIN blinks_device d ON d.id = q.device_id
    WHERE q.user_id = %(user)s AND quarter_start >= %(from)s AND quarter_start < %(to)s
        AND d.device_id = coalesce(%(device)s, d.device_id)
) merged
WHERE together_ms <= 900000 OR place = 1
GROUP BY start ORDER BY start
"""  # noqa: S608 - nothing in it but our own column names

_FROM_MESSAGES = f"""
SELECT minute AS start, {_SUMS}, sum(seen_ms)
FROM (
    SELECT m.*,
        sum(seen_ms) OVER (PARTITION BY minute) AS together_ms,
        row_number() OVER (PARTITION BY minute ORDER BY seen_ms DESC, device_id) AS place
    FROM (
        SELECT date_trunc('minute', started_at) AS minute, m.device_id, count(*) AS messages,
            sum(cardinality(onsets_ms)) AS blinks, sum(partial_blinks) AS partial_blinks,
            sum(long_closures) AS long_closures, sum(closed_ms) AS closed_ms,
            sum(seen_ms) AS seen_ms
        FROM blinks_message m JOIN blinks_device d ON d.id = m.device_id
        WHERE m.user_id = %(user)s AND started_at >= %(from)s AND started_at < %(to)s
            AND d.device_id = coalesce(%(device)s, d.device_id)
        GROUP BY minute, m.device_id
    ) m
) merged
WHERE together_ms <= 60000 OR place = 1
GROUP BY start ORDER BY start
"""  # noqa: S608 - nothing in it but our own column names


def history(
    *,
    user_id: UUID,
    begin: datetime,
    end: datetime,
    bucket: Bucket,
    time_zone: str,
    device_id: UUID | None = None,
) -> Series:
    """Return a person's figures from `begin` up to `end`.

    Days and weeks are those of the time zone; weeks begin on Monday. All but minutes are read
    from quarter-hours, so the cost grows with the time shown, not with what is stored.

    Raises:
        UnknownTimeZone: If the zone has no such name.
        RangeTooLong: If there is nothing between the two, or too much.
    """
    _require_zone(time_zone)
    if not timedelta(0) < end - begin <= LONGEST[bucket]:
        raise RangeTooLong(f"from 0 to {LONGEST[bucket].days} days in {bucket.value}s")
    with connection.cursor() as cursor:
        cursor.execute(
            _FROM_MESSAGES if bucket is Bucket.MINUTE else _FROM_QUARTERS,
            {
                "user": user_id,
                "from": begin,
                "to": end,
                "bucket": bucket.value,
                "zone": time_zone,
                "device": device_id,
            },
        )
        rows = cursor.fetchall()
    return Series([row[0] for row in rows], [Figures(*map(int, row[1:])) for row in rows])


def today(*, user_id: UUID, time_zone: str, now: datetime) -> Figures:
    """Return a person's figures since midnight of a time zone.

    Raises:
        UnknownTimeZone: If the zone has no such name.
    """
    # Where the clock goes back over midnight, the day begins at the first of the two.
    midnight = now.astimezone(_require_zone(time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    series = history(
        user_id=user_id,
        begin=midnight,
        end=midnight + timedelta(days=1),
        bucket=Bucket.DAY,
        time_zone=time_zone,
    )
    # A day whose midnight comes twice may be cut there.
    return Figures(*map(sum, zip(*map(astuple, series.figures), strict=True)))


@dataclass(frozen=True, slots=True)
class Latest:
    """What changes whenever a message arrives.

    Attributes:
        device_id: The device heard from last; None before the first message, as the next two.
        device_name: What its person calls it.
        sync_at: When it was.
        today: Figures since midnight.
    """

    device_id: UUID | None
    device_name: str | None
    sync_at: datetime | None
    today: Figures


def latest(*, user_id: UUID, time_zone: str, now: datetime) -> Latest:
    """Return a person's present state, in a time zone.

    Raises:
        UnknownTimeZone: If the zone has no such name.
    """
    heard = Device.objects.filter(user_id=user_id, latest_sync_at__isnull=False)
    device = heard.order_by("-latest_sync_at", "pk").first()
    figures = today(user_id=user_id, time_zone=time_zone, now=now)
    if device is None:
        return Latest(None, None, None, figures)
    return Latest(device.device_id, device.name, device.latest_sync_at, figures)


def devices_of(user_id: UUID) -> list[Device]:
    """Return the devices somebody's messages came from, the first one first."""
    return list(Device.objects.filter(user_id=user_id).order_by("created_at", "pk"))


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of one device is stored.

    Attributes:
        messages: How many.
        watermark: Every message up to this number has arrived.
    """

    messages: int = 0
    watermark: int = 0


def tally(*, user_id: UUID, device_id: UUID) -> Tally:
    """Return what is stored of one of a person's devices; nothing of one that is unknown."""
    device = Device.objects.filter(user_id=user_id, device_id=device_id).first()
    if device is None:
        return Tally()
    return Tally(device.messages.count(), device.watermark)


def _require_zone(name: str) -> ZoneInfo:
    if name not in _zone_names():
        raise UnknownTimeZone(name)
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()} & available_timezones()
    return frozenset(known - {"localtime"})  # wherever the server stands: nobody's own zone
