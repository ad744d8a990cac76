"""Which versions of models began to matter lately, as far as decisions tell."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.stores import DecisionArchive, Period

SCORED = "score.computed"
BEFORE = timedelta(days=7)
MOST_LISTED, MOST_READ = 20_000, 200
"""Of the index by outcome, and of whole decisions about scores, of each of the two times that are compared."""


def began(cloud: "Cloud", since: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """The versions of models whose scores rules acted on since then, and not in the week before, as changes.

    No index has scores that nothing followed from: a version is seen where a rule that reads `model_version`, in its
    condition or reason, acted.
    """
    from shared.stores import Period

    archive = cloud.archive()
    versions = dict(_versions(archive, Period(since, now)))
    known = dict(_versions(archive, Period(since - BEFORE, since))) if versions else {}
    for (model, version), at in versions.items():
        if (model, version) not in known:
            why = "no rule acted on this version in the week before"
            yield {"at": at, "by": "", "why": why, "kind": "model", "what": f"{model} {version}"}


def _versions(archive: "DecisionArchive", period: "Period") -> Iterator[tuple[tuple[str, str], str]]:
    """Each model and version, with when; the newest first, so that a dict of them keeps the first time."""
    from shared.policy import load_inputs
    from shared.stores import OUTCOMES

    listed = islice(archive.with_outcome(OUTCOMES, period), MOST_LISTED)
    scored = islice((each for each in listed if each["signal_type"] == SCORED), MOST_READ)
    for each in scored:
        record = archive.get(each["decision_id"])
        inputs = load_inputs(json.loads(record["capsule"])["inputs"]) if record and "capsule" in record else {}
        if inputs.get("model") and inputs.get("model_version"):
            yield (inputs["model"], inputs["model_version"]), each["time"]
