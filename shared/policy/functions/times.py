"""The time of day, the day of the week, and how old a thing is."""

import re
from datetime import UTC as _UTC
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

UTC = "UTC"
_ZONE = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hour(time: datetime, zone: str = UTC) -> int:
    """0 to 23, as the clocks of the zone show it, summer time included."""
    return _local(time, zone).hour


def weekday(time: datetime, zone: str = UTC) -> str:
    """`monday` to `sunday`, as the calendars of the zone show it."""
    return DAYS[_local(time, zone).weekday()]


def age(since: datetime, time: datetime) -> timedelta:
    """How long before the signal's own time it was; less than nothing for what is to come."""
    return time - since


def _local(time: datetime, zone: str) -> datetime:
    """A signal's time is in UTC already, which most rules ask for."""
    return time if zone == UTC and time.tzinfo is _UTC else time.astimezone(_zone(zone))


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def no_zone(name: str) -> str:
    """Why a text is no time zone; nothing when it is one."""
    try:
        known = _ZONE.fullmatch(name) and _zone(name)
    except (ValueError, OSError, KeyError):  # a bad path, a folder, a name that nobody knows
        known = None
    return "" if known else "is no time zone"
