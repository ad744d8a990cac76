"""For how long decisions are kept."""

from datetime import timedelta

from shared.decisions.model import Decision
from shared.decisions.record import outcome_of
from shared.signals import FEEDBACK

_SAID = FEEDBACK | {"report.submitted"}
"""What people said: feedback, with or without a label, and reports, whose senders may complain that nothing came of
them, for six months (Digital Services Act, Article 20)."""


PLAIN_KEPT = timedelta(days=150)
"""Card payments may be disputed for 120 days; a month more to look into it. Longer than anything can come again:
streams keep signals for a week, dead letters lie for three months."""
KEPT = timedelta(days=400)
"""Somebody was met by it, or judged it: appeals come within months, and are asked about for a year."""


def kept_for(decision: Decision) -> timedelta:
    """How long a decision is kept, from its arrival on."""
    return PLAIN_KEPT if is_plain(decision) else KEPT


def is_plain(decision: Decision) -> bool:
    """Whether it let the thing pass, asked for nothing but the word about it, and is not what a person has said."""
    asked = any(action.kind != "decision" for action in decision.actions)
    return outcome_of(decision) == "allow" and not asked and decision.particulars.signal_type not in _SAID
