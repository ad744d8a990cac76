"""Which policy judges whom, and stable shares."""

from itertools import pairwise

import pytest

from shared.decisions import Pinned, series_read
from shared.decisions.shares import is_within
from shared.features import Plan, Series, series_of
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, signal
from tests.support.two_policies import first, second

pytestmark = pytest.mark.unit

ENTITIES = [f"user:u_{number}" for number in range(2_000)]


def within(share: float, purpose: str = "stage\nd1") -> set[str]:
    return {entity for entity in ENTITIES if is_within(share, purpose, entity)}


def test_a_share_is_as_large_as_it_says_and_only_grows() -> None:
    """Nobody at 0, everybody at 1, and about so many in between."""
    shares = [within(share) for share in (0.0, 0.1, 0.5, 1.0)]
    assert [round(len(share) / len(ENTITIES), 1) for share in shares] == [0.0, 0.1, 0.5, 1.0]
    assert all(less <= more for less, more in pairwise(shares))


def test_shares_for_different_purposes_are_different_ones() -> None:
    """The first tenth for one policy is not the first tenth for the next."""
    assert len(within(0.1) & within(0.1, "stage\nd2")) < len(within(0.1)) / 2


def payment(buyer: str, seller: str = "u_s") -> object:
    return signal(event("payment.attempted", f"p-{buyer}-{seller}", buyer_id=buyer, seller_id=seller))


def test_who_acts_decides_which_policy_judges() -> None:
    """All signals of an entity as the actor go to one policy, whoever else is in them."""
    pinned = Pinned(first(), second(), 0.5)
    for number in range(50):
        judges = {
            pinned.policy_for(payment(f"u_{number}", seller), PSEUDONYMS).digest  # type: ignore[arg-type]  # a signal
            for seller in ("u_s1", "u_s2", "u_s3")
        }
        assert len(judges) == 1


@pytest.mark.parametrize(("share", "judge"), [(0.0, first), (1.0, second)])
def test_a_share_of_nobody_and_of_everybody(share: float, judge: object) -> None:
    """At 0 the staged policy only remembers, at 1 it judges all."""
    pinned = Pinned(first(), second(), share)
    found = pinned.policy_for(payment("u_1"), PSEUDONYMS)  # type: ignore[arg-type]  # a signal
    assert found is judge()  # type: ignore[operator]  # one of the two above


def test_each_policy_reads_by_its_own_plan_and_all_write_the_same() -> None:
    """Whoever judges a signal, it is remembered for every policy, and for the one before."""
    before = Series("payment.declined", "card", "30d")
    pinned = Pinned(first(), second(), 0.5, also=frozenset({before}))
    written = {frozenset(plan.series) for plan in pinned.plans.values()}
    assert written == {series_read([first(), second()]) | {before}}
    assert pinned.plans.keys() == {first().digest, second().digest}


def test_a_policy_staged_over_itself_is_one_policy() -> None:
    """There is nothing to choose from."""
    assert Pinned(first(), first(), 0.5).policies == (first(),)


def test_a_series_is_written_as_the_beginning_of_its_tiles_names() -> None:
    """And read back from that."""
    for series in Plan(first().features.values()).series:
        assert series_of(str(series)) == series
