"""`sluice status`: the facts, and one verdict."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.decisions import outcome_key
from shared.policy import shipped
from shared.signals.times import stamp
from tests.integration.cli_fixtures import NAME, Stage, deployed_stage
from tests.support.cli import sluice

pytestmark = pytest.mark.integration


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@dataclass
class Metrics:
    """CloudWatch, as far as a test fills it."""

    client: Any

    def put(self, namespace: str, name: str, value: float, **dimension: str) -> None:
        at = datetime.now(UTC) - timedelta(minutes=2)
        dimensions = [{"Name": key, "Value": each} for key, each in dimension.items()]
        data = {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": at}
        self.client.put_metric_data(Namespace=namespace, MetricData=[data])


@pytest.fixture
def metrics(stage: Stage) -> Metrics:
    return Metrics(stage.client("cloudwatch"))


def decide(stage: Stage, number: int, outcome: str = "deny", policy: str | None = None) -> None:
    """A decision of some minutes ago."""
    made = stamp(datetime.now(UTC) - timedelta(minutes=number))
    stage.put(
        {
            "decision_id": f"{number:032x}",
            "kind": "decision",
            "signal_type": "payment.attempted",
            "subject": "user:u_1",
            "time": made,
            "disposition": outcome if outcome in ("deny", "pend") else "allow",
            "rules": ["card_testing"],
            "policy": policy or shipped().digest,
            "outcome_day": outcome_key(outcome, made[:10], number),
        }
    )


def test_a_quiet_stage_has_nothing_to_look_at(stage: Stage) -> None:
    """Without metrics, letters and decisions nothing is wrong that can be seen, and what is not measured is said."""
    result = sluice("status")
    assert result.exit_code == 0
    assert "not measured" in result.stdout
    assert result.stdout.rstrip().endswith("Nothing is wrong that can be seen from here; lag is not measured.")


def test_measured_and_well(stage: Stage, metrics: Metrics) -> None:
    """With lag measured and small, decisions under this version's policy and no letters, it works."""
    metrics.put("AWS/Lambda", "IteratorAge", 900, FunctionName=f"{NAME}-evaluate-stream")
    metrics.put("Sluice", "SignalsJudged", 1_234, service="sluice-dev-evaluate-stream")
    metrics.put("Sluice", "SignalsJudged", 66, service="sluice-dev-record-feedback")
    decide(stage, 1)
    decide(stage, 2)
    decide(stage, 3, "restrict")
    result = sluice("status", "--json")
    health = json.loads(result.stdout)
    assert result.exit_code == 0
    assert health["lag_seconds"] == {"evaluate-stream": 0.9, "enforce": None}
    assert health["signals_a_day"] == 1_300
    assert health["outcomes"] == {"deny": 2, "restrict": 1}
    assert health["top_rules"] == {"card_testing": 3}
    assert health["policies"] == [health["repo_policy"]]
    assert sluice("status").stdout.rstrip().endswith("It works: no lag, no dead letters.")


def test_lag_is_looked_at(stage: Stage, metrics: Metrics) -> None:
    """A stream that is read late leads to a verdict that names the function, and to exit code 1."""
    metrics.put("AWS/Lambda", "IteratorAge", 720_000, FunctionName=f"{NAME}-enforce")
    result = sluice("status")
    assert result.exit_code == 1
    assert f"Look at: {NAME}-enforce lags 12 min behind its stream." in result.stdout


def test_dead_letters_are_looked_at(stage: Stage) -> None:
    """Letters of every kind are counted by where they lie."""
    stage.send("signals-dlq", "{}")
    stage.send("signals", "{}")
    stage.keep_object("invalid/2026/11/20/x.json", {})
    stage.keep_object("aws/lambda/x", {})
    stage.keep_object("redriven/invalid/2026/11/20/y.json", {})
    result = sluice("status", "--json")
    health = json.loads(result.stdout)
    assert result.exit_code == 1
    assert health["dead"] == {"invalid": 1, "given_up": 1, f"{NAME}-signals-dlq": 1}
    assert health["waiting"] == {f"{NAME}-signals": 1}
    assert health["concerns"] == ["3 dead letters (sluice deadletters list)"]


def test_another_policy_in_force_is_looked_at(stage: Stage) -> None:
    """When the newest decisions name another policy than this version's, the verdict says so."""
    decide(stage, 1, policy="0" * 32)
    result = sluice("status")
    assert result.exit_code == 1
    assert "another policy" in result.stdout
