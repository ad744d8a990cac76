"""The ledger's algebra: restrictions with causes, joined per capability.

A cause is one source's placement on one capability of one entity. The state of a capability is the join over the
causes in force: the least that any of them allows, until the last of them ends. Placing and releasing commute: a
release voids what its target source had placed up to the release's own time, whichever of the two arrives first.

`be_ranked` and `receive_payout` can be limited to a share; every other capability is there or not, so its join is
"none as soon as one cause says none". Percentages make both the same rule: the minimum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.restrictions.actions import Action
from shared.signals.times import stamp

EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class Cause:
    """One placement: why a capability is limited."""

    source: str
    capability: str
    allowed: int
    starts_at: datetime
    expires_at: datetime
    action_id: str
    decision_id: str
    reason: str
    abuse: str | None

    def dominates(self, other: "Cause") -> bool:
        """Whether `other` can be forgotten: same source and capability, nowhere stronger, voided with this one."""
        return (
            (self.source, self.capability) == (other.source, other.capability)
            and self.starts_at >= other.starts_at
            and self.expires_at >= other.expires_at
            and self.allowed <= other.allowed
            and (self.starts_at, self.expires_at, -self.allowed, self.action_id)
            >= (other.starts_at, other.expires_at, -other.allowed, other.action_id)
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What an entity may do now: `allowed` percent of `capability`, until `until`, because of `causes`."""

    capability: str
    allowed: int
    since: datetime
    until: datetime
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Account:
    """One entity's page in the ledger. Equal for every order in which the same placements and releases arrived."""

    causes: tuple[Cause, ...] = ()
    releases: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """When (source or everyone, capability) was last released."""

    def place(self, cause: Cause) -> "Account":
        """Add a cause, unless a release of that time or later has voided it or a kept cause dominates it."""
        if _voided(cause, self.releases) or any(kept.dominates(cause) for kept in self.causes):
            return self
        kept = [other for other in self.causes if not cause.dominates(other)]
        return replace(self, causes=_in_order([*kept, cause]))

    def release(self, source: str, capability: str, at: datetime) -> "Account":
        """Void what `source` (or everyone) placed on the capability up to `at`; every other cause stays.

        A person's decision is never released by automation: the caller names a person's source only for a person.
        """
        key = (source, capability)
        latest = max(at, self.releases.get(key, at))
        releases = {**self.releases, key: latest}
        return Account(tuple(cause for cause in self.causes if not _voided(cause, releases)), releases)

    def in_force(self, at: datetime) -> tuple[Standing, ...]:
        """What is limited at a moment: past its expiry a cause is not in force, whether or not anything swept it.

        A cause counts as soon as it is known: one whose signal came from a clock that is ahead has replaced the
        older one of its source, and must not leave a gap until its own time has come.
        """
        live = [cause for cause in self.causes if at < cause.expires_at]
        return tuple(
            _joined(capability, [cause for cause in live if cause.capability == capability])
            for capability in sorted({cause.capability for cause in live})
        )


def cause_of(action: Action, decision_id: str) -> Cause:
    """The cause that a `restrict` action places."""
    return Cause(
        action.source,
        action.details["capability"],
        action.details["allowed"],
        action.occurred_at,
        datetime.fromisoformat(action.details["expires_at"]),
        action.action_id,
        decision_id,
        action.reason,
        action.abuse,
    )


def applied(account: Account, action: Action, decision_id: str) -> Account:
    """The account after an action. Only restrictions and releases change it."""
    if action.kind == "restrict":
        return account.place(cause_of(action, decision_id))
    if action.kind == "release":
        return account.release(action.details["released"], action.details["capability"], action.occurred_at)
    return account


def account_to_json(account: Account) -> dict[str, Any]:
    """JSON data that `account_from_json` reads back to an equal account."""
    return {
        "causes": [
            {
                "source": cause.source,
                "capability": cause.capability,
                "allowed": cause.allowed,
                "starts_at": stamp(cause.starts_at),
                "expires_at": stamp(cause.expires_at),
                "action_id": cause.action_id,
                "decision_id": cause.decision_id,
                "reason": cause.reason,
                "abuse": cause.abuse,
            }
            for cause in account.causes
        ],
        "releases": [
            {"source": source, "capability": capability, "at": stamp(at)}
            for (source, capability), at in sorted(account.releases.items())
        ],
    }


def account_from_json(data: Mapping[str, Any]) -> Account:
    return Account(
        tuple(
            Cause(
                **(
                    cause
                    | {
                        "starts_at": datetime.fromisoformat(cause["starts_at"]),
                        "expires_at": datetime.fromisoformat(cause["expires_at"]),
                    }
                )
            )
            for cause in data["causes"]
        ),
        {
            (release["source"], release["capability"]): datetime.fromisoformat(release["at"])
            for release in data["releases"]
        },
    )


def _voided(cause: Cause, releases: Mapping[tuple[str, str], datetime]) -> bool:
    keys = ((cause.source, cause.capability), (EVERYONE, cause.capability))
    return any(cause.starts_at <= releases[key] for key in keys if key in releases)


def _in_order(causes: list[Cause]) -> tuple[Cause, ...]:
    return tuple(sorted(causes, key=lambda cause: (cause.capability, cause.source, cause.starts_at, cause.action_id)))


def _joined(capability: str, causes: list[Cause]) -> Standing:
    return Standing(
        capability,
        min(cause.allowed for cause in causes),
        min(cause.starts_at for cause in causes),
        max(cause.expires_at for cause in causes),
        tuple(causes),
    )
