"""Which acts a restriction stops: those that need its capability, while nothing is left of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)
NEEDS: dict[str, frozenset[str]] = {
    "login.succeeded": frozenset({"log_in"}),
    "login.failed": frozenset({"log_in"}),
    "listing.submitted": frozenset({"list"}),
    "message.sent": frozenset({"message"}),
    "payment.attempted": frozenset({"buy"}),
    "payment.declined": frozenset({"buy"}),
    "payment.settled": frozenset({"buy"}),
    "payout.requested": frozenset({"receive_payout", "withdraw"}),
    "payout.paid": frozenset({"receive_payout", "withdraw"}),
}
"""By signal type, the capabilities without any one of which it does not happen; other types need none."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """A restriction that leaves `allowed` percent of a capability until `until` (excluded)."""

    entity: str
    capability: str
    until: datetime = FOREVER
    allowed: int = 0


def needed(signal_type: str, entities: Iterable[str]) -> frozenset[str]:
    """The capabilities that an act needs; a change of account that names a payout account changes that one."""
    if signal_type == "account.changed":
        of_payout = any(entity.startswith("payout_account:") for entity in entities)
        return frozenset({"change_payout_account" if of_payout else "change_credentials"})
    return NEEDS.get(signal_type, frozenset())


@dataclass(frozen=True, slots=True)
class Restraints:
    """The restrictions of every entity, each from the moment that it was placed."""

    _placed: dict[str, list[tuple[datetime, Restricted]]] = field(default_factory=lambda: defaultdict(list))

    def place(self, since: datetime, restricted: Restricted) -> None:
        self._placed[restricted.entity].append((since, restricted))

    def bind(self, entities: Iterable[str], at: datetime) -> bool:
        """Any of the entities is under a restriction, whatever it limits."""
        return any(True for _ in self._on(entities, at))

    def stop(self, entities: Iterable[str], needs: Collection[str], at: datetime) -> bool:
        """Any of the entities has nothing left of a capability that is needed."""
        return any(one.capability in needs and not one.allowed for one in self._on(entities, at))

    def _on(self, entities: Iterable[str], at: datetime) -> Iterable[Restricted]:
        return (one for entity in entities for since, one in self._placed.get(entity, ()) if since <= at < one.until)
