"""The ground truth as its file holds it: lines about signals, then lines about cases."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.local.simulation.steps import Step

SignalKey = tuple[str, str]
"""Source and id of a signal."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is true of one signal of a campaign or look-alike."""

    key: SignalKey
    entity: str
    campaign: str | None
    look_alike: str | None
    case: str | None
    abusive: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One actor's part of a campaign.

    `since` is the time of its first abusive signal: a taken-over account is its owner's until then. `harm` names the
    signals at which harm is done, in order of time; empty for campaigns that do a little with each act.
    """

    case: str
    campaign: str
    actor: str
    since: datetime
    harm: tuple[SignalKey, ...]

    def line(self) -> dict[str, Any]:
        harm = [{"source": source, "id": signal_id} for source, signal_id in self.harm]
        return {
            "case": self.case,
            "campaign": self.campaign,
            "actor": self.actor,
            "since": self.since.isoformat(),
            "harm": harm,
        }


@dataclass(frozen=True)
class GroundTruth:
    """All that is true of one simulated marketplace; a signal without a label is ordinary."""

    signals: Mapping[SignalKey, Labelled]
    cases: tuple[Case, ...]


def truth_line(step: Step) -> dict[str, Any]:
    """What the truth file says of one step that has a truth."""
    if step.truth is None:
        raise ValueError("an ordinary step has no truth to write")
    truth = step.truth
    part = {"campaign": truth.campaign} if truth.campaign else {"look_alike": truth.look_alike}
    named = {"id": step.event["id"], "source": step.event["source"], **part}
    return named | {"case": truth.case, "abusive": truth.abusive, "entity": truth.entity}


@dataclass(slots=True)
class Cases:
    """Gathers cases from steps in order of time."""

    _begun: dict[str, tuple[str, str, datetime]] = field(default_factory=dict)
    _harm: dict[str, list[SignalKey]] = field(default_factory=dict)

    def see(self, step: Step) -> None:
        truth = step.truth
        if truth is None or not (truth.campaign and truth.case and truth.abusive):
            return
        self._begun.setdefault(truth.case, (truth.campaign, truth.entity, datetime.fromisoformat(step.event["time"])))
        if truth.harm:
            self._harm.setdefault(truth.case, []).append((step.event["source"], step.event["id"]))

    def found(self) -> tuple[Case, ...]:
        return tuple(
            Case(case, campaign, actor, since, tuple(self._harm.get(case, ())))
            for case, (campaign, actor, since) in self._begun.items()
        )


def read_truth(path: Path) -> GroundTruth:
    """Read a truth file as `write` leaves it."""
    with path.open(encoding="utf-8") as lines:
        return parse_truth(map(json.loads, lines))


def parse_truth(lines: Iterable[Mapping[str, Any]]) -> GroundTruth:
    """The ground truth from the lines of its file; they may come in any order."""
    signals, cases = {}, []
    for line in lines:
        if "actor" in line:
            harm = tuple((item["source"], item["id"]) for item in line["harm"])
            cases.append(
                Case(line["case"], line["campaign"], line["actor"], datetime.fromisoformat(line["since"]), harm)
            )
        else:
            key = (line["source"], line["id"])
            campaign, look_alike = line.get("campaign"), line.get("look_alike")
            signals[key] = Labelled(key, line["entity"], campaign, look_alike, line["case"], line["abusive"])
    return GroundTruth(signals, tuple(cases))
