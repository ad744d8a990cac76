"""The fault harness' quick share: a hundred and fifty histories under faults: nothing is lost, doubled or made up."""

from collections import Counter

import pytest

from shared.signals import decision_id_of
from tests.faults.expecting import mismatches
from tests.faults.histories import script
from tests.faults.replaying import SOURCE, replay
from tests.faults.script import Deliver, Script, Sent
from tests.faults.shrinking import shrunk_like

pytestmark = pytest.mark.property

CHUNK = 50
FOUND_HONEST = {"about": "user:u_1", "abuse": "payment_fraud", "verdict": "honest"}
KINDS = 11
"""Kinds of faults, those that come before and after a call counted apart."""


@pytest.mark.parametrize("first", range(0, 3 * CHUNK, CHUNK))
def test_whatever_strikes_all_is_recorded_remembered_and_enforced_once(first: int) -> None:
    """After all redeliveries: decisions, timelines, ledger and bus are what the signals imply."""
    struck: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        run = replay(script(seed))
        struck += run.faults
        if wrong := mismatches(run):
            pytest.fail(f"seed {seed}: {wrong[0]}\n{shrunk_like(run.script, wrong[0])!r}")
    assert len(struck) == KINDS


def test_a_finding_about_a_decision_of_its_own_batch_overturns_it() -> None:
    """What a review finds of a decision is the same, whether the batch was cut between the two or not."""
    paid = (Sent(f"s{n}", "payment.attempted", float(n), {"buyer_id": "u_1"}) for n in range(4))
    found = Sent("s4", "review.completed", 4.0, {**FOUND_HONEST, "decision_id": decision_id_of(SOURCE, "s3")})
    assert not mismatches(replay(Script((*paid, found), (Deliver("shard 0", 4),))))


@pytest.mark.parametrize("seed", [3, 8, 21, 34])
def test_a_script_is_replayed_to_the_last_byte(seed: int) -> None:
    """The same calls in the same order with the same answers, however fast the threads are, and the same remains."""
    one, two = replay(script(seed)), replay(script(seed))

    assert one.trace == two.trace
    assert one.digest == two.digest
    assert vars(one.services)["objects"] == vars(two.services)["objects"]
    assert one.services.published == two.services.published
    assert one.services.changes() == two.services.changes()
