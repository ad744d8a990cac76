"""The section `gates:`: how long services wait for the word about what they hold, and what they do without it."""

from datetime import timedelta
from typing import get_args, get_type_hints

from shared.policy.conditions.literals import lasting
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry
from shared.policy.model import Gate
from shared.policy.problems import Findings
from shared.signals import CATALOGUE

KEYS = ("deadline", "then")
ENDS: tuple[str, ...] = get_args(get_type_hints(Gate)["then"])
"""What a gate does at its deadline."""
LONGEST = timedelta(days=7)
GATING = tuple(name for name, spec in CATALOGUE.items() if spec.gating)
"""The signals about things that a service holds until it is told."""


def gate_of(name: str, entry: Entry, findings: Findings) -> Gate | None:
    """The gate that an entry declares for a signal; None, with findings, when it is wrong."""
    before = len(findings.problems)
    if name in CATALOGUE and name not in GATING:
        what = f"{name} waits for nothing, it cannot have a gate"
        findings.add(what, entry.key.span, f"what a service holds is {', '.join(GATING)}")
    else:
        known_word(entry.key, GATING, "signal that a service waits with", findings)
    entries = Entries(entry, f"the gate {name}", KEYS, findings)
    needed = "say how long the service waits, such as `deadline: 15m`"
    deadline = timedelta(0)
    if entries.scalar("deadline", needed):
        deadline = entries.parsed("deadline", lasting, LONGEST, needed)
        if deadline > LONGEST:
            what = f"`{entries.text('deadline')}` is longer than {LONGEST.days} days"
            entries.refuse("deadline", what, "nothing waits that long for a machine: let a review have it")
    word = entries.one_of("then", ENDS, f"say what it does then: {' or '.join(ENDS)}", what="state of a gate")
    if len(findings.problems) > before:
        return None
    return Gate(deadline, "open" if word == "open" else "closed")
