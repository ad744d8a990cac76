"""Which acts a restriction stops: those that need its capability, while nothing is left of it.

What is left after a step-up is left to the account's owner alone: it stops a thief. Smaller amounts, delays and shares
stop nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
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
    """A restriction that leaves `allowed` percent of a capability until `until` (excluded).

    `step_up`: what is left takes a step-up. `scope` is the one order or listing that it is for; empty for all.
    """

    entity: str
    capability: str
    until: datetime = FOREVER
    allowed: int = 0
    step_up: bool = False
    scope: str = ""

    def stops(self, *, thief: bool) -> bool:
        """Whether nothing is left of the capability, or nothing to a thief, who cannot pass a step-up."""
        return not self.allowed or (thief and self.step_up)


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

    def stop(self, entities: Iterable[str], needs: Collection[str], at: datetime, *, thief: bool = False) -> bool:
        """Any of the entities has nothing left of a capability that is needed."""
        return any(one.capability in needs and one.stops(thief=thief) for one in self._on(entities, at))

    def _on(self, entities: Iterable[str], at: datetime) -> Iterator[Restricted]:
        acting = list(entities)
        placed = (each for entity in acting for each in self._placed.get(entity, ()))
        return (one for since, one in placed if since <= at < one.until and (not one.scope or one.scope in acting))
