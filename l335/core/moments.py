"""Moments in words: in whose zone, with the offset that held there at the time, and how exactly.

Moments are kept with a zone, as the store gives them. A zone of None is this machine's; what is
shown in it names it, for whoever reads a report elsewhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from l335.core.wording import HOUR, MINUTE, count


def zone_of(name: str | None, minutes_to_utc: int | None = None) -> tzinfo | None:
    """A zone as a browser tells it; None, for this machine's, where it tells nothing.

    Args:
        name: Its name, such as ``Europe/Berlin``, which knows of summer time.
        minutes_to_utc: From local time to UTC, now; taken where the name is not known here.
    """
    if name:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # no name, or a path
            pass
    return None if minutes_to_utc is None else timezone(timedelta(minutes=-minutes_to_utc))


def age(moment: datetime, zone: tzinfo | None = None, now: datetime | None = None) -> str:
    """How long ago a moment of today was; the date and time of one before."""
    now = now or datetime.now(UTC)
    seconds = (now - moment).total_seconds()
    if seconds < MINUTE:
        return "just now"
    if seconds < HOUR:
        return f"{count(int(seconds // MINUTE), 'minute')} ago"
    here, today = moment.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return f"{count(int(seconds // HOUR), 'hour')} ago"
    if here.year == today.year:
        return f"{here.day} {here:%b %H:%M}"
    return date_and_time(moment, zone)


def date_and_time(moment: datetime, zone: tzinfo | None = None) -> str:
    """Date and time, the same whenever it is read: "29 Nov 2026 14:05"."""
    here = moment.astimezone(zone)
    return f"{here.day} {here:%b %Y %H:%M}"


def date(moment: datetime, zone: tzinfo | None = None) -> str:
    """The date alone: "29 November 2026"."""
    here = moment.astimezone(zone)
    return f"{here.day} {here:%B %Y}"


def with_zone(moment: datetime, zone: tzinfo | None = None) -> str:
    """Date and time in figures, with the zone: "2026-11-29 14:05 CET"."""
    here = moment.astimezone(zone)
    name = here.tzname() or ""
    if not name.isalpha():  # many zones have only an offset: "+03"
        name = f"UTC{here.isoformat()[-6:]}"
    return f"{here:%Y-%m-%d %H:%M} {name}"


def iso(moment: datetime | None, zone: tzinfo | None = None) -> str | None:
    """ISO 8601 with the offset, for programs: ``2026-11-29T14:05:00+01:00``."""
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
