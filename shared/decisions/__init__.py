"""The pure core: a signal, what is remembered, and a policy make a decision, and the record that keeps it."""

from shared.decisions.beginnings import begun, complete_from
from shared.decisions.decide import conclude, judge
from shared.decisions.limits import limits_of
from shared.decisions.model import Decision, FiredRule, Linked, Particulars
from shared.decisions.pinned import Pinned, series_read
from shared.decisions.record import OUTCOME_SHARDS, Recorded, outcome_key, recomputed, recorded, to_record
from shared.decisions.values import signal_values

__all__ = [
    "OUTCOME_SHARDS",
    "Decision",
    "FiredRule",
    "Linked",
    "Particulars",
    "Pinned",
    "Recorded",
    "begun",
    "complete_from",
    "conclude",
    "judge",
    "limits_of",
    "outcome_key",
    "recomputed",
    "recorded",
    "series_read",
    "signal_values",
    "to_record",
]
