"""The pure core: a signal, what is remembered, and a policy make a decision, and the record that keeps it."""

from shared.decisions.beginnings import Written, complete_from
from shared.decisions.decide import Weighed, conclude, judge, weigh
from shared.decisions.guarding import KNOWN_GOOD, Controls, Key, Latch, Proposal, Stop
from shared.decisions.limits import limits_of
from shared.decisions.lives import KEPT, PLAIN_KEPT, kept_for
from shared.decisions.model import Decision, FiredRule, Linked, Particulars, Verdict
from shared.decisions.pinned import Pinned, series_read, young_after
from shared.decisions.reckoning import (
    BRAKE,
    BUDGET,
    MILDER,
    UNREACHABLE,
    Hits,
    Known,
    Reckoned,
    Trip,
    hits_of,
    reckoned,
    uncounted,
    unreached,
)
from shared.decisions.record import OUTCOME_SHARDS, Recorded, outcome_key, recomputed, recorded, rejudged, to_record
from shared.decisions.values import signal_values

__all__ = [
    "BRAKE",
    "BUDGET",
    "KEPT",
    "KNOWN_GOOD",
    "MILDER",
    "OUTCOME_SHARDS",
    "PLAIN_KEPT",
    "UNREACHABLE",
    "Controls",
    "Decision",
    "FiredRule",
    "Hits",
    "Key",
    "Known",
    "Latch",
    "Linked",
    "Particulars",
    "Pinned",
    "Proposal",
    "Reckoned",
    "Recorded",
    "Stop",
    "Trip",
    "Verdict",
    "Weighed",
    "Written",
    "complete_from",
    "conclude",
    "hits_of",
    "judge",
    "kept_for",
    "limits_of",
    "outcome_key",
    "reckoned",
    "recomputed",
    "recorded",
    "rejudged",
    "series_read",
    "signal_values",
    "to_record",
    "uncounted",
    "unreached",
    "weigh",
    "young_after",
]
