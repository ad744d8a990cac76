"""Labels: the truth about an entity, or about a decision, that a feedback signal carries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.signals import Signal
from shared.signals.times import stamp


@dataclass(frozen=True, slots=True)
class Label:
    """Whether `entity` did the abuse: `abusive` true or false, known since `known_at`, believed with `confidence`."""

    entity: str
    abuse: str
    abusive: bool
    source: str
    known_at: datetime
    confidence: float
    decision_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON data, as it stands on the record of the signal that told it."""
        return {
            "entity": self.entity,
            "abuse": self.abuse,
            "abusive": self.abusive,
            "source": self.source,
            "known_at": stamp(self.known_at),
            "confidence": self.confidence,
            "decision_id": self.decision_id,
        }


CONFIDENCE = {"dispute": 0.8, "review": 0.95, "appeal": 0.95}
"""How far a source is believed: card holders also dispute what they bought; people who review see the whole case."""


def label_of(signal: Signal) -> Label | None:
    """The label in a feedback signal; None where it says nothing about anyone's honesty.

    A dispute labels the buyer's payment as fraud only when fraud is its reason, and one that the marketplace won, or
    that was withdrawn, says the opposite. Passing a step-up is no proof of honesty, so it is no label.
    """
    data = signal.data.model_dump(include={"reason", "outcome", "abuse", "verdict", "decision_id"})
    decision_id = data.get("decision_id")
    if signal.name in ("dispute.opened", "dispute.resolved"):
        if data["reason"] != "fraud":
            return None
        abusive = data.get("outcome", "lost") == "lost"
        return Label(
            signal.subject, "payment_fraud", abusive, "dispute", signal.time, CONFIDENCE["dispute"], decision_id
        )
    if signal.name == "review.completed" and data["verdict"] != "unsure":
        abusive = data["verdict"] == "abuse"
        return Label(signal.subject, data["abuse"], abusive, "review", signal.time, CONFIDENCE["review"], decision_id)
    if signal.name == "appeal.decided":
        abusive = data["outcome"] == "upheld"
        return Label(signal.subject, data["abuse"], abusive, "appeal", signal.time, CONFIDENCE["appeal"], decision_id)
    return None
