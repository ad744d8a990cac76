"""What the checks say that features cost, held against what their plan reads at any time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import Plan
from shared.policy import load_documents
from shared.policy.checks import costs
from tests.support.all_kinds import alone

pytestmark = pytest.mark.property

MOMENTS = st.integers(0, 400 * 24 * 3_600_000).map(
    lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
MINUTES = st.one_of(st.integers(1, 60), st.integers(1, 45 * 24 * 60), st.sampled_from([60, 24 * 60, 30 * 24 * 60]))
FEATURES = """
features:
  delayed: {{count: dispute.opened, by: seller, window: {window}m, delay: {delay}m{unless}}}
  plain: {{count: dispute.opened, by: seller, window: {other}m}}
"""
UNLESS = ", unless: {dispute.resolved: true, same: order}"


@given(MINUTES, MINUTES, MINUTES, st.sampled_from(["", UNLESS]), MOMENTS)
def test_no_feature_reads_more_than_it_is_said_to(
    window: int, delay: int, other: int, unless: str, at: datetime
) -> None:
    """At whatever time a signal asks, a feature touches no more tiles than were told, and at most four of a series."""
    text = FEATURES.format(window=window, delay=delay, other=other, unless=unless)
    policy = load_documents({"a": text}, published=True)
    plan, found = Plan(policy.features.values()), costs(policy)
    for name, feature in policy.features.items():
        tiles = plan.tiles(feature, "user:u_1", at)
        assert len(tiles) <= found.features[name].tiles <= 4 * len(found.features[name].series)


@given(MOMENTS)
def test_no_signal_reads_more_than_it_is_said_to(at: datetime) -> None:
    """The same for all features that rules read on a signal together, each item being read once."""
    policy = alone()
    plan, found = Plan(policy.features.values()), costs(policy)
    for signal in {signal for rule in policy.rules.values() for signal in rule.on}:
        uses = policy.program(signal).features
        read = {key for use in uses for key in plan.tiles(use.feature, use.role, at)}
        items = {key if not key.tile.endswith("#ever") else (key.entity, "summary") for key in read}
        assert len(items) <= found.signals[signal].tiles
