"""`python -m infra.local.logins FILE`: how well one host's real logins were kept, by the file's own labels.

An attacking address is caught when a rule acted on one of its first three attempts. The pure core judges, with
timelines in memory; each signal arrives at its own time.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.local.fast import Bench
from infra.local.outcomes import Decided, Outcomes
from infra.local.recording import Parcel, RecordingError, open_recording
from infra.local.summary import WIDTH, interval, percent, table
from shared.feedback import Ratio
from shared.policy import Policy, shipped

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """`addresses` that made three attempts or more, of which so many were caught by the third; `takeovers`, of which
    so many were followed by a restriction; `honest` successful logins, of which so many were challenged or asked."""

    addresses: Ratio
    takeovers: Ratio
    honest: Ratio


def kept(path: Path, policy: Policy) -> Kept:
    """Judge the whole file; raises `RecordingError`."""
    recording = open_recording(path, "logins")
    parcels = list(recording.parcels)
    outcomes = Bench(policy).run(parcels)
    attacks: dict[str, list[Decided]] = defaultdict(list)
    honest: list[Decided] = []
    for parcel in parcels:
        decided, event = outcomes.decided[str(parcel.decision_id)], _data(parcel)
        if recording.labels[decided.decision_id]:
            attacks[event["ip"]].append(decided)
        elif decided.signal_type == "login.succeeded":
            honest.append(decided)
    return _measured(attacks.values(), honest, outcomes)


def _measured(attacks: Iterable[list[Decided]], honest: list[Decided], outcomes: Outcomes) -> Kept:
    frictions, restrictions = outcomes.asking(), outcomes.restricting()
    acted_on = {each.decision_id for each in outcomes.enforced}
    many = [attempts for attempts in attacks if len(attempts) >= ATTEMPTS]
    taken = [each for attempts in attacks for each in attempts if each.signal_type == "login.succeeded"]
    bothered = [each for each in honest if each.disposition != "allow" or each.decision_id in frictions]
    return Kept(
        Ratio(sum(any(each.decision_id in acted_on for each in attempts[:ATTEMPTS]) for attempts in many), len(many)),
        Ratio(sum(each.decision_id in restrictions for each in taken), len(taken)),
        Ratio(len(bothered), len(honest)),
    )


def _data(parcel: Parcel) -> dict[str, str]:
    data: dict[str, str] = json.loads(parcel.payload)["data"]
    return data


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.logins", description=__doc__)
    parser.add_argument("file", type=Path, help="a CSV as `sluice local up --replay FILE --as logins` reads it")
    given = parser.parse_args()
    try:
        found = kept(given.file, shipped())
    except RecordingError as error:
        parser.error(str(error))
    made = table("Logins", "what", "count", "share", "95 %")
    for what, ratio in {
        "attacking addresses caught by their third attempt": found.addresses,
        "takeovers followed by a restriction": found.takeovers,
        "honest logins challenged": found.honest,
    }.items():
        made.add_row(what, f"{ratio.hits:,} of {ratio.total:,}", percent(ratio), interval(ratio))
    Console(width=WIDTH).print(made)


if __name__ == "__main__":
    main()
