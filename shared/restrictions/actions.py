"""Actions: what a decision, or a person, asks the marketplace to do. They are recorded first, then made so.

An action is plain JSON data on its record (the outbox), so that the record alone tells what must be published.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from shared.signals.times import stamp

ActionKind = Literal["restrict", "release", "command", "friction", "review", "decision"]

DETAIL_TYPES: dict[ActionKind, str] = {
    "restrict": "RestrictionPlaced",
    "release": "RestrictionReleased",
    "command": "CommandIssued",
    "friction": "FrictionRequired",
    "review": "ReviewRequested",
    "decision": "DecisionMade",
}
"""EventBridge's detail-type of each kind of action."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action about one entity.

    `source` is who asks: `rule:<name>` or `person:<name>`. `details` depends on the kind:

    - restrict: `capability`, `allowed` (percent left, 0 to 99), `expires_at`
    - release: `capability` and `released` (whose restrictions: a `source`, or `*` for everyone's)
    - command: `command`
    - friction: `ask`, `expires_at`
    - review: nothing more
    - decision: `signal_type`, `signal_id`, `signal_source`, `disposition`
    """

    kind: ActionKind
    action_id: str
    entity: str
    source: str
    occurred_at: datetime
    reason: str
    abuse: str | None = None
    stale_after: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """What the sequence counts within, per entity: the capability, command or demand at hand."""
        return str(
            self.details.get("capability") or self.details.get("command") or self.details.get("ask") or self.kind
        )

    def to_json(self) -> dict[str, Any]:
        """JSON data that `from_json` reads back to an equal action."""
        return {
            "kind": self.kind,
            "action_id": self.action_id,
            "entity": self.entity,
            "source": self.source,
            "occurred_at": stamp(self.occurred_at),
            "reason": self.reason,
            "abuse": self.abuse,
            "stale_after": stamp(self.stale_after) if self.stale_after else None,
            "details": self.details,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Action":
        times = {name: datetime.fromisoformat(data[name]) for name in ("occurred_at", "stale_after") if data[name]}
        return cls(**(data | times))


def action_id_of(decision_id: str, *parts: str) -> str:
    """Stable under retries: 32 hex digits over the recorded cause and what is asked of whom."""
    return blake2b("\n".join((decision_id, *parts)).encode(), digest_size=16).hexdigest()
