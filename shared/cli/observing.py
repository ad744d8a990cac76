"""How often a policy's conditions hold, observed on recorded decisions: what its rules are arranged by."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.cli.telling import note

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.policy import Policy
    from shared.policy.engine.frequencies import Frequencies

RECENT = timedelta(days=30)
EACH, LEAST = 200, 30
"""Decisions about one type of signal that are looked at; what fewer than the least would say, is guessed better."""
PAGES = 40
"""MB of the decisions table: read within seconds, for less than a cent."""


def observed(cloud: "Cloud", policy: "Policy") -> "Mapping[str, Frequencies]":
    """Shares of conditions by signal, of a random sample of what was decided; nothing where too little was.

    Conditions are told by their texts, which stand in the policy; of what was recorded nothing but shares is left.
    """
    from shared.stores import Period
    from shared.stores.failures import INFRASTRUCTURE
    from shared.stores.packing import UnreadableRecordError

    now = datetime.now(UTC)
    signals = {signal for rule in policy.rules.values() for signal in rule.on if rule.mode != "off"}
    try:
        policy = cloud.with_lists(policy)
        sample = cloud.archive().sample(sorted(signals), Period(now - RECENT, now), EACH, PAGES)
    except (*INFRASTRUCTURE, UnreadableRecordError) as error:
        note(f"how often conditions hold is guessed, as recorded decisions cannot be read: {error}")
        return {}
    seen = {signal: map(values_of, records) for signal, records in sample.items() if len(records) >= LEAST}
    return policy.arranged_for(seen).frequencies


def values_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions can be tried on: the inputs of a decision, with its time and the entities by their roles."""
    from shared.policy import load_inputs

    capsule = json.loads(record["capsule"])
    return {"time": datetime.fromisoformat(record["time"]), **capsule["entities"], **load_inputs(capsule["inputs"])}
