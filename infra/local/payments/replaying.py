"""The file through the pure core, over timelines in memory, without AWS: one signal after the other, as it happened.

Signals before the days that are measured are only remembered, as by `sluice timelines backfill`: what is remembered of
a signal does not depend on what was decided about it. Nothing that a decision asks for is carried out: the file goes
on as if no payment had been stopped.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from infra.local.memory import Memory
from infra.local.payments.protocol import Payment
from infra.local.recording import Parcel, open_recording
from shared.decisions import Decision
from shared.policy import Policy
from shared.signals import Signal, parse

ABUSE = "payment_fraud"
"""The kind of abuse whose score is measured."""
SCORED = "payment.attempted"


@dataclass
class Replayed:
    """The payments with their scores, in the order of the file, and how much work it was."""

    payments: list[Payment] = field(default_factory=list)
    signals: int = 0
    seconds: float = 0.0


def replay(path: Path, policy: Policy, since: date, *, disputes: bool = True) -> Replayed:
    """Judge every signal from the day `since` on at its own time, having remembered those before it.

    Without `disputes` nobody ever hears of one. Payments that were not judged have the score 0. Raises
    `RecordingError` where the file cannot be read.
    """
    began, replayed, memory = time.monotonic(), Replayed(), Memory(policy)
    recording = open_recording(path, "payments")
    for parcel in recording.parcels:
        if parcel.door == "feedback queue" and not disputes:
            continue
        signal = _arrived(parcel)
        replayed.signals += 1
        decision = None
        if signal.time.date() >= since:
            decision = memory.judge(signal)
        else:
            memory.remember(signal)
        if signal.name == SCORED:
            replayed.payments.append(_payment(signal, decision, is_fraud=recording.labels[signal.decision_id]))
    replayed.seconds = time.monotonic() - began
    return replayed


def _arrived(parcel: Parcel) -> Signal:
    """The signal, received at its own time."""
    return parse(parcel.payload, datetime.fromtimestamp(parcel.at or 0.0, UTC))


def _payment(signal: Signal, decision: Decision | None, *, is_fraud: bool) -> Payment:
    data = signal.data.model_dump(include={"card_fingerprint", "amount"})
    fired = decision.fired if decision else ()
    return Payment(
        signal.time.date(),
        data["card_fingerprint"],
        data["amount"]["minor"],
        is_fraud,
        float(decision.scores.get(ABUSE, 0)) if decision else 0.0,
        tuple(rule.name for rule in fired if rule.abuse == ABUSE and not rule.held_back),
    )
