"""Controls end to end: the real template and handlers, and the policy that ships, on the local cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.local.controls import disputes, runaway, takeover
from infra.local.controls.market import Market
from shared.restrictions import CAPABILITIES, Account, Brake
from tests.support.consumer import PayoutService

pytestmark = pytest.mark.e2e

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=20)


@dataclass(frozen=True)
class Campaign:
    """What came of it, what services were told first, and again from the archive, and the sellers' accounts."""

    found: takeover.Taken
    first: list[dict[str, Any]]
    again: list[dict[str, Any]]
    accounts: Mapping[str, Account]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Takeovers played on a market of their own, which closes after the archive was replayed."""
    with Market.open(tmp_path_factory.mktemp("campaign")) as market:
        found = takeover.play(market, NOW)
        first = list(market.told)
        market.replay_the_archive()
        again = market.heard()
        accounts = {f"user:{seller}": market.account(f"user:{seller}") for seller in found.held}
    return Campaign(found, first, again, accounts)


def test_a_consumer_ends_with_what_the_ledger_says_after_duplicates_disorder_and_an_archive_replay(
    campaign: Campaign,
) -> None:
    """At every moment from then on: by states and sequences alone, whatever came first."""
    lasting = {_id(event) for event in campaign.first if event["detail"]["data"].get("disposition") != "allow"}
    assert {_id(event) for event in campaign.again} == lasting
    service, chance = PayoutService(), Random(5)
    events = [*campaign.first, *campaign.again, *chance.choices(campaign.first, k=len(campaign.first))]
    chance.shuffle(events)
    for event in events:
        service.receive(event, NOW)
    for entity, account in campaign.accounts.items():
        for at in (NOW + timedelta(hours=hours) for hours in range(1, 24 * 8, 7)):
            limits = {each.capability: each.limit for each in account.in_force(at)}
            known = {name: service.limit(entity, name, at) for name in CAPABILITIES}
            assert {name: limit for name, limit in known.items() if limit.bounds} == limits


def _id(event: dict[str, Any]) -> str:
    return str(event["detail"]["metadata"]["action_id"])


def test_a_campaign_of_takeovers_ends_with_withdrawals_held_and_selling_still_possible(
    campaign: Campaign,
) -> None:
    """Owners who pass a step-up get everything back at once, and services are told; the others go on waiting."""
    found = campaign.found
    wanted = {name: {"none": True} for name in takeover.HIJACKERS_WANT}
    assert set(found.payouts) == {"pend"}
    assert list(found.held.values()) == [wanted] * takeover.SELLERS
    assert set(found.sold) == {"allow"}
    assert list(found.released.values()) == [{}] * len(found.released)
    assert list(found.still_held.values()) == [wanted] * len(found.still_held)
    assert found.events == ("RestrictionReleased",) * len(found.released) * len(wanted)


def test_a_ring_of_disputes_ends_with_partial_holds_that_expire(tmp_path: Path) -> None:
    """The schedule tells services so; who sold ten times as much with as many disputes is left alone."""
    with Market.open(tmp_path) as market:
        found = disputes.play(market, NOW - timedelta(days=20))
    assert set(found.payouts) == {"pend"}
    partly = {"receive_payout": {"reserve_share": 50, "reserve_days": 14}}
    assert list(found.limits.values()) == [partly] * disputes.SELLERS
    assert list(found.afterwards.values()) == [{}] * disputes.SELLERS
    assert sorted(found.released) == [f"RestrictionReleased user:u_ring_{number}" for number in range(disputes.SELLERS)]
    assert found.honest == ("allow", {})


def test_a_runaway_rule_is_braked_and_undone_and_an_attack_of_its_size_is_not(tmp_path: Path) -> None:
    """Nobody known good is limited, nine meet it at most; what a person placed outlives the undo."""
    with Market.open(tmp_path) as market:
        found = runaway.play(market, tmp_path, NOW)
    assert (found.met, found.known_good) == (runaway.KNOWN_GOOD + runaway.OTHERS, Brake().least - 1)
    assert found.acted == 2 * found.known_good
    assert (len(found.restricted), found.harmed) == (found.acted - found.known_good, ())
    assert found.left == {"u_buyer_0": {"buy": {"count_per_day": 3}}}
    assert found.attack == (found.met, found.met)
