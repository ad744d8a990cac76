"""Causes: why a capability is limited, one placement each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.restrictions.actions import Action
from shared.restrictions.effects import OnExpiry
from shared.restrictions.jurisdictions import LONGEST_HOLD
from shared.restrictions.limits import Limit, holds_money, unfit
from shared.signals.times import stamp, to_the_millisecond

MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading data that somebody else wrote can raise."""


class UnfitActionError(ValueError):
    """An action that the ledger does not understand: it says which, and what about it."""

    def __init__(self, action_id: str, why: str) -> None:
        super().__init__(f"the action {action_id} cannot be applied: {why}")
        self.action_id = action_id


@dataclass(frozen=True, slots=True)
class Via:
    """What a linked restriction follows from: the entity, the action that restricts it, and the feature that found the
    link."""

    entity: str
    action_id: str
    through: str


@dataclass(frozen=True, slots=True)
class Cause:
    """One placement. `source` and `version` are who placed it, `via` through which link if by one.

    It counts until `ends_at`: `expires_at`, or, where its expiry needs a person (`on_expiry`), the legal maximum
    `holds_until`. `until` are the conditions that release it before. `longest_hold_until` is when law ends it if it is
    the first automated one to hold this money (see `stretches`); `unparked_by` is the person who let it through.
    """

    action_id: str
    decision_id: str
    source: str
    capability: str
    limit: Limit
    abuse: str | None
    starts_at: datetime
    expires_at: datetime
    reason: str = ""
    version: str = ""
    on_expiry: OnExpiry = "release"
    holds_until: datetime | None = None
    until: tuple[str, ...] = ()
    via: Via | None = None
    longest_hold_until: datetime | None = None
    unparked_by: str = ""

    @property
    def by_person(self) -> bool:
        return self.source.startswith("person:")

    @property
    def longest_hold(self) -> timedelta:
        """How long law lets automation hold this money on end."""
        return self.longest_hold_until - self.starts_at if self.longest_hold_until else LONGEST_HOLD

    @property
    def is_automated_hold(self) -> bool:
        """Whether money is held by it that no person decided to hold."""
        return not self.by_person and not self.unparked_by and holds_money(self.capability, self.limit)

    @property
    def is_persons_hold(self) -> bool:
        """Whether a person decided to hold this money."""
        return not self.is_automated_hold and holds_money(self.capability, self.limit)

    def ending(self, at: datetime) -> "Cause":
        """The same, that ends no later than at a moment."""
        holds_until = min(self.holds_until, at) if self.holds_until else None
        return replace(self, expires_at=min(self.expires_at, at), holds_until=holds_until)

    @property
    def ends_at(self) -> datetime:
        return self.holds_until if self.on_expiry == "person" and self.holds_until else self.expires_at

    def to_json(self) -> dict[str, Any]:
        """JSON data that `from_json` reads back to an equal cause; what is not so is left out."""
        document = {
            "action_id": self.action_id,
            "decision_id": self.decision_id,
            "source": self.source,
            "capability": self.capability,
            "limit": self.limit.to_json(),
            "abuse": self.abuse,
            "starts_at": stamp(self.starts_at),
            "expires_at": stamp(self.expires_at),
            "reason": self.reason,
            "version": self.version,
            "on_expiry": self.on_expiry if self.on_expiry != "release" else "",
            "holds_until": stamp(self.holds_until) if self.holds_until else "",
            "until": list(self.until),
            "via": {"entity": self.via.entity, "action_id": self.via.action_id, "through": self.via.through}
            if self.via
            else None,
            "longest_hold_until": stamp(self.longest_hold_until) if self.longest_hold_until else "",
            "unparked_by": self.unparked_by,
        }
        return {name: value for name, value in document.items() if value or name == "limit"}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Cause":
        """The cause that gave this data; raises one of `MALFORMED` for what is none."""
        on_expiry: OnExpiry = document.get("on_expiry") or "release"
        if on_expiry not in ("release", "person"):
            raise ValueError(f"on_expiry is release or person, not {on_expiry!r}")
        return cls(
            document["action_id"],
            document["decision_id"],
            document["source"],
            document["capability"],
            Limit.from_json(document["limit"]),
            document.get("abuse"),
            moment(document["starts_at"]),
            moment(document["expires_at"]),
            document.get("reason", ""),
            str(document.get("version") or ""),
            on_expiry,
            moment(document["holds_until"]) if document.get("holds_until") else None,
            tuple(document.get("until") or ()),
            _via(document.get("via")),
            moment(document["longest_hold_until"]) if document.get("longest_hold_until") else None,
            str(document.get("unparked_by") or ""),
        )


def cause_of(action: Action, decision_id: str) -> Cause:
    """The cause that a `restrict` action places; `UnfitActionError` for a limit, capability or time that is none."""
    own = {
        "action_id": action.action_id,
        "decision_id": decision_id,
        "source": action.source,
        "abuse": action.abuse,
        "starts_at": stamp(action.occurred_at),
        "reason": action.reason,
    }
    try:
        cause = Cause.from_json({**action.details, **own})
        why = unfit(cause.capability, cause.limit) or ("" if cause.limit.bounds else "it limits nothing")
    except KeyError as error:
        raise UnfitActionError(action.action_id, f"a restriction needs {error}") from error
    except MALFORMED as error:
        raise UnfitActionError(action.action_id, str(error)) from error
    if why:
        raise UnfitActionError(action.action_id, why)
    return cause


def moment(text: str) -> datetime:
    """A moment as `stamp` writes it; raises `ValueError` where it does not say in which zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"the time {text!r} needs a zone, such as Z")
    return to_the_millisecond(found.astimezone(UTC))


def _via(document: Mapping[str, str] | None) -> Via | None:
    return Via(document["entity"], document["action_id"], document["through"]) if document else None
