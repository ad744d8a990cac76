"""Moments: UTC, to the millisecond, written in one fixed-width form so that text sorts as time."""

from datetime import UTC, datetime


def to_the_millisecond(moment: datetime) -> datetime:
    """The moment without what is finer than a millisecond: what timelines and records keep is what rules see."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC, such as `2026-11-22T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_epoch(seconds: float) -> datetime:
    """A moment from seconds since 1970."""
    return to_the_millisecond(datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC))
