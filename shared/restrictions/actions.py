"""Actions: what a decision, or a person, asks the marketplace to do. They are recorded first, then made so.

An action is plain JSON data on its record (the outbox), so that the record alone tells what must be published.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from shared.signals.times import stamp

ActionKind = Literal[
    "restrict",
    "release",
    "clear",
    "uphold",
    "command",
    "friction",
    "answer",
    "review",
    "decision",
    "expire",
    "park",
    "unpark",
    "guardrail",
]


@dataclass(frozen=True, slots=True)
class Action:
    """One action about one entity.

    `source` is who asks: `rule:<name>`, `person:<name>`, or `schedule:<name>`. `details` depends on the kind:

    - restrict: `capability`, `limit` (see `Limit.to_json`), `expires_at`; and where they apply `scope`
      (`order:…` or `listing:…`), `on_expiry`, `holds_until` (the legal maximum), `until` (conditions), `via`
      (`{entity, action_id, through}` of a linked restriction), `longest_hold_until` (when law ends it if money is held
      by it), `version` (the rule's), `statement`
    - release: `scope`, and one of `selector` (see `Selector.to_json`), `verdict` (`{action_id, void}`: undo, and undo
      of it; `of` is `release` if it is about one) and `origin` (`{action_id, void, version}`: what became of that from
      which a linked restriction follows); `said_by` where it repeats for one order what was said of the whole entity
    - clear: `abuse` is whose kind, `until` when the clearance ends, `""` to take it back
    - uphold: `abuse` is what a person found somebody rightly restricted for
    - command: `command`
    - friction: `ask`, `expires_at`, and `remember_hours` for which a passed one is not asked again
    - answer: `ask`, `outcome` (`passed`, `failed`, `abandoned`)
    - review: `within_hours` where a person must look in time
    - decision: `signal_type`, `signal_id`, `signal_source`, `disposition`, `deadline`, `at_deadline`
    - expire: `scope`, `at`: what ends then has ended
    - park: `action` (what was held back, as JSON), `why`, `rule`
    - unpark: `parked` (the action_id of a park), `verdict` (`release` or `void`)
    - guardrail: `guardrail`, `rule`, `became`, `window`, `why`
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
    def by_person(self) -> bool:
        return self.source.startswith("person:")

    @property
    def scope(self) -> str:
        """The one order or listing that it is about; empty for the whole entity."""
        return str(self.details.get("scope") or "")

    @property
    def lane(self) -> str:
        """What the sequence counts within, per entity and scope: the capability, command or demand at hand."""
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
