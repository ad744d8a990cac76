"""How long what a guardrail held back waits for a person."""

from datetime import datetime, timedelta

from shared.restrictions.actions import Action

WAITS = timedelta(days=7)
"""For how long a person may still release it, unless what was held back ends sooner."""


def waits_until(park: Action) -> datetime:
    """Until when a person may release what a `park` action holds."""
    longest = park.occurred_at + WAITS
    ends = park.details["action"]["details"].get("expires_at")
    return min(longest, datetime.fromisoformat(ends)) if ends else longest
