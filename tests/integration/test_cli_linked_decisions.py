"""`sluice decisions show`: a decision about a score, and the decision that the score was about, name each other."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shared.decisions import judge, to_record
from shared.features import Plan, Timelines
from shared.policy import load_documents
from shared.signals import Pseudonyms
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.cli import sluice
from tests.support.signals import event, signal

pytestmark = pytest.mark.integration
NO_RULES = load_documents({"empty.yaml": "rules: {}"})


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def put(stage: Stage, document: Any) -> dict[str, Any]:
    """The record of the decision about a signal, stored."""
    plan = Plan([])
    record = to_record(judge(signal(document), Timelines(plan, {}, 1), plan, NO_RULES, Pseudonyms(b"k" * 32)))
    stage.put(record)
    return record


def test_a_score_and_what_it_is_about_show_each_other(stage: Stage) -> None:
    """The decision about a listing names the later one about its score, which names it; other scores are left out."""
    listing = put(stage, event("listing.submitted", "l", listing_id="l_1"))
    ours = {"about": "listing:l_1", "decision_id": listing["decision_id"]}
    score = put(stage, event("score.computed", "s", 5, **ours))
    put(stage, event("score.computed", "other", 6, about="listing:l_1"))

    first = json.loads(sluice("decisions", "show", listing["decision_id"], "--json").stdout)
    second = sluice("decisions", "show", score["decision_id"]).stdout
    assert [each["decision_id"] for each in first["followed_by"]] == [score["decision_id"]]
    assert "about decision" in second
    assert listing["decision_id"] in second
    assert score["decision_id"] in sluice("decisions", "show", listing["decision_id"]).stdout
