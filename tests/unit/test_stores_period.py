"""The days that a period of time touches."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.stores import Period

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "days"),
    [(12, ["2026-11-20"]), (13, ["2026-11-21", "2026-11-20"]), (1, ["2026-11-20"])],
)
def test_a_period_touches_days(hours: int, days: list[str]) -> None:
    """A period that ends at midnight does not touch the day that begins."""
    assert Period(NOON, NOON + timedelta(hours=hours)).days() == days
