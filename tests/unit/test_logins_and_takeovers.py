"""What the shipped rules do about real logins, and about takeovers that nothing announces."""

from pathlib import Path

import pytest

from infra.local import logins, takeovers
from infra.local.simulation import Settings
from infra.local.simulation.campaigns.single_takeovers import NAME
from infra.local.simulation.marketplace import simulate
from infra.local.tune import scored
from shared.policy import shipped

pytestmark = pytest.mark.unit

LOGINS = Path(__file__).parents[2].parent / "shared" / "data" / "logins_elastic_ssh_2017.csv.gz"
SMALL = Settings(seed=5, signals=600)


@pytest.mark.skipif(not LOGINS.exists(), reason="the folder ../shared/data is not beside this checkout")
def test_real_attacks_are_caught_early_and_honest_logins_pass() -> None:
    """Each attacking address is caught by its third attempt, the takeover is held, and few honest logins are asked."""
    found = logins.kept(LOGINS, shipped())
    assert found.addresses.hits == found.addresses.total == 104
    assert found.takeovers.hits == found.takeovers.total == 1
    assert found.honest.total == 224
    assert found.honest.hits <= 0.02 * found.honest.total


def test_takeovers_are_added_and_change_nothing_else() -> None:
    """The signals of the marketplace are the same with takeovers among them, which have a case each."""
    steps = list(takeovers.injected(SMALL, 12))
    added = [step for step in steps if step.truth and step.truth.campaign == NAME]
    assert [step.event for step in steps if step not in added] == [step.event for step in simulate(SMALL)]
    assert len({step.truth.case for step in added if step.truth and step.truth.abusive}) == 12
    assert sum(step.truth.harm for step in added if step.truth) == 12


def test_takeovers_have_a_score_of_their_own() -> None:
    """Injected takeovers stand beside the marketplace's own campaigns, with as many cases as were asked for."""
    card = scored(takeovers.injected(SMALL, 12), shipped())
    assert card.campaigns[NAME].cases == 12
    assert "card_testing" in card.campaigns
