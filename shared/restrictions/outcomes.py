"""What an action comes to: the events that follow from how it changed an account, and what it asks of other pages.

An action that changes nothing has no outcome: what is in force already is not placed again, and nobody is asked twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.restrictions.actions import Action, action_id_of
from shared.restrictions.causes import Cause, cause_of, moment
from shared.restrictions.keeping import same_but_for_time
from shared.restrictions.ledger import Account
from shared.restrictions.releases import EVERYONE
from shared.restrictions.standing import Step, covers
from shared.signals.times import stamp

_STATED = {
    "command": "CommandIssued",
    "review": "ReviewRequested",
    "park": "ActionParked",
    "guardrail": "GuardrailTripped",
}
"""The kinds of action that change no account: they are passed on as they are."""
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event to be: its detail type, what its sequence counts within, and, of a capability, how it now stands."""

    detail_type: str
    lane: str
    state: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    is_beside: bool = False
    """Whether it comes beside what the action is about, which has the action's own id."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An event as the ledger numbers it. `event_id` is what consumers act on once.

    `state` of a demand says what is asked for by which action, and until when.
    `state` of a capability is `{"steps": [{"limit": …, "until": …}], "since": …}`: the limits from now on, one after
    another, by all causes; without steps nothing limits it. `legal_end` is there if law ends what was placed before its
    own time.
    """

    detail_type: str
    action: Action
    event_id: str
    lane: str
    sequence: int
    decision_id: str
    state: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Follow:
    """The same said on another page: of all that is meant there, or that what the action `about` placed by a link is
    `void` with its origin, as of this `version` of the origin's page."""

    entity: str
    scope: str
    about: str = ""
    void: bool = True
    version: int = 0

    def action(self, of: Action) -> Action:
        """The action that does so, as it follows from another one."""
        action_id = action_id_of(of.action_id, "follow", self.entity, self.scope, self.about)
        if not self.about:
            said_by = {} if of.kind != "release" else {"said_by": of.action_id}
            return replace(of, action_id=action_id, details={**of.details, "scope": self.scope, **said_by})
        origin = {"action_id": self.about, "void": self.void, "version": self.version}
        details = {"scope": self.scope, "origin": origin}
        return replace(of, kind="release", action_id=action_id, entity=self.entity, details=details)


def outcomes(before: Account, after: Account, action: Action, decision_id: str) -> tuple[Outcome, ...]:
    """What is to be told of an action that turned one account into the other."""
    match action.kind:
        case "restrict":
            return tuple(_restricted(before, after, cause_of(action, decision_id)))
        case "expire":
            return tuple(_ended(after, action))
        case "release" | "clear" | "uphold":
            return (*_changed(before, after, action.occurred_at), *_frictions(before, after, action.occurred_at))
        case "friction":
            return tuple(_frictions(before, after, action.occurred_at))
        case kind if kind in _STATED:
            return (Outcome(_STATED[kind], action.lane),)
        case _:
            return ()


def event_id_of(action: Action, outcome: Outcome) -> str:
    """The action's own id where it names the one capability; an action that says `all` can become several events."""
    named = {action.details.get("capability"), action.details.get("selector", {}).get("capability")} - {None, EVERYONE}
    is_own = outcome.lane in named or action.kind not in ("release", "clear", "uphold", "expire")
    return action.action_id if is_own and not outcome.is_beside else action_id_of(action.action_id, outcome.lane)


def follows(before: Account, after: Account, action: Action, version: int) -> tuple[Follow, ...]:
    """What this action brings about on other pages, as it makes this version of its own.

    A restriction that follows by a link from what is void now is void, too (and back), and what is said of the whole
    entity is said of its orders and listings.
    """
    was, now = before.followed(), after.followed()
    linked = (
        Follow(link.entity, link.scope, link.action_id, void, version)
        for link, void in now.items()
        if link in was and was[link] != void
    )
    is_wide = _is_of_everything(action) and not action.scope
    scoped = (
        Follow(action.entity, scope) for scope, until in after.scopes.items() if is_wide and until > action.occurred_at
    )
    return (*linked, *scoped)


def _is_of_everything(action: Action) -> bool:
    """Whether it is about whatever fits, or takes back what was."""
    if action.kind != "release":
        return action.kind in ("clear", "uphold")
    return "selector" in action.details or action.details.get("verdict", {}).get("of") == "release"


def _review_instead(before: Account, after: Account, cause: Cause) -> Outcome | None:
    """What a clearance makes of new evidence; one review for as long as the restriction would have lasted."""
    clearance = after.clearing(cause)
    if clearance is None or cause.starts_at <= clearance.given_at or after.is_undone(cause):
        return None
    earlier = same_but_for_time(before.causes, cause)
    if any(clearance.given_at < each.starts_at <= cause.starts_at < each.ends_at for each in earlier):
        return None
    until = stamp(clearance.until) if clearance.until else ""
    return Outcome("ReviewRequested", "review", note=f"cleared of {cause.abuse} by {clearance.source} until {until}")


def _restricted(before: Account, after: Account, cause: Cause) -> Iterator[Outcome]:
    """How it is limited now; and a word to people if automation has held this money for so long that law ends it."""
    if review := _review_instead(before, after, cause):
        yield review
        return
    legal_end = after.legal_end(cause)
    told = {"legal_end": stamp(legal_end)} if legal_end else {}
    for outcome in _changed(before, after, cause.starts_at):
        yield replace(outcome, state={**outcome.state, **told})
    if legal_end and not after.is_void(cause) and not _is_known(before, cause):
        note = (
            f"rules hold {cause.capability} since {stamp(after.held_since(cause))} without a person's decision:"
            f" law ends that at {stamp(legal_end)}, unless a person places a restriction or finds that it is right"
        )
        yield Outcome("ReviewRequested", "review", note=note, is_beside=True)


def _is_known(before: Account, cause: Cause) -> bool:
    """Whether a person has been asked about what law ends of these holds, not longer ago than one of them lasts."""
    return any(
        each.capability == cause.capability
        and each.starts_at <= cause.starts_at < each.ends_at
        and each.action_id != cause.action_id
        and before.legal_end(each)
        and not before.is_void(each)
        for each in before.causes
    )


def _changed(before: Account, after: Account, at: datetime) -> Iterator[Outcome]:
    """The capabilities that are limited otherwise than before, from that moment on."""
    for capability in sorted(before.capabilities(at) | after.capabilities(at)):
        was, now = before.steps(capability, at), after.steps(capability, at)
        if was != now:
            kind = (
                "RestrictionReleased" if not now else "RestrictionChanged" if covers(was, now) else "RestrictionPlaced"
            )
            yield Outcome(kind, capability, _state(after, capability, now, at))


def _ended(account: Account, action: Action) -> Iterator[Outcome]:
    """The capabilities whose limit became milder at the moment that the action names."""
    at = moment(action.details["at"])
    named = action.details.get("capability", EVERYONE)
    for capability in sorted({cause.capability for cause in account.effective if cause.ends_at == at}):
        was, now = account.steps(capability, at - _TICK), account.steps(capability, at)
        if named in (EVERYONE, capability) and was[0].until == at:
            kind = "RestrictionChanged" if now else "RestrictionReleased"
            yield Outcome(kind, capability, _state(account, capability, now, at))


def _state(account: Account, capability: str, steps: tuple[Step, ...], at: datetime) -> Mapping[str, Any]:
    if not steps:
        return {"steps": []}
    live = (cause for cause in account.effective if cause.capability == capability and at < cause.ends_at)
    return {"steps": [step.to_json() for step in steps], "since": stamp(min(cause.starts_at for cause in live))}


def _frictions(before: Account, after: Account, at: datetime) -> Iterator[Outcome]:
    """The demands that reach the user now, and those that are withdrawn."""
    was, now = before.open_demands(at), after.open_demands(at)
    for demands, others, kind in ((now, was, "FrictionRequired"), (was, now, "FrictionWithdrawn")):
        for demand in demands:
            if demand not in others:
                yield Outcome(kind, demand.ask, demand.to_json())
