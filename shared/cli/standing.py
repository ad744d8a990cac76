"""What an entity may not do, told well: as a document for pipes, and on a page for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.cli.telling import about_time, cell, console, seconds
from shared.cli.wording import CONDITIONS_MET, either, limited, who
from shared.restrictions.limits import NONE

if TYPE_CHECKING:
    from shared.restrictions import Account, Cause, Standing

MOST_SCOPES = 20
"""So many orders and listings are told; of a seller with ten thousand, `--only` shows one."""


@dataclass(frozen=True)
class Told:
    """An entity's pages in the ledger as of a moment, by scope (empty for the whole entity)."""

    entity: str
    at: datetime
    pages: Mapping[str, "Account"]

    @cached_property
    def in_force(self) -> "list[tuple[str, Standing]]":
        """What is limited, and where: the whole entity first."""
        return [(scope, each) for scope in self._scopes() for each in self.pages[scope].in_force(self.at)]

    @cached_property
    def past(self) -> "list[tuple[str, Cause]]":
        """The causes that are not in force, as they have ended or were released."""
        live = {cause.action_id for _, each in self.in_force for cause in each.causes}
        causes = ((scope, cause) for scope in self._scopes() for cause in self.pages[scope].causes)
        return [(scope, cause) for scope, cause in causes if cause.action_id not in live]

    def _scopes(self) -> list[str]:
        return sorted(self.pages)


def documented(told: Told) -> dict[str, Any]:
    """One document: what is in force, and each page of the ledger whole."""
    from shared.restrictions import account_to_json
    from shared.signals.times import stamp

    return {
        "entity": told.entity,
        "at": stamp(told.at),
        "in_force": [
            {
                "scope": scope,
                "capability": each.capability,
                "limit": each.limit.to_json(),
                "since": stamp(each.since),
                "until": stamp(each.until),
                "steps": [{"limit": step.limit.to_json(), "until": stamp(step.until)} for step in each.steps],
                "causes": [cause.action_id for cause in each.causes],
            }
            for scope, each in told.in_force
        ],
        "pages": {scope: account_to_json(account) for scope, account in told.pages.items()},
    }


def printed(told: Told) -> None:
    """The page for people: each limited capability with its causes, then friction, clearances, and what has ended."""
    standing = told.in_force
    shown = list(dict.fromkeys(scope for scope, _ in standing))
    kept, left = shown[:MOST_SCOPES], shown[MOST_SCOPES:]
    for scope, each in standing:
        if scope in kept:
            _print_standing(told, scope, each)
    if left:
        _line(f"and {len(left):,} more orders and listings: name one with --only, or see all with --json", bold=True)
    for scope, account in told.pages.items():
        for line in (*_demands(account, told.at), *(_clearances(account, told.at) if not scope else ())):
            _line(f"{_name(told, scope)}: {line}", bold=True)
    if past := told.past:
        _line(f"{told.entity}: not in force at {seconds(told.at)} UTC", bold=True)
    for scope, cause in past[:MOST_SCOPES]:
        account = told.pages[scope]
        how = "released" if account.is_void(cause) else _ended(account, cause)
        only = f" for {scope} only" if scope else ""
        _line(f"  {cause.capability} {limited(cause.limit)}{only}, {how}: by {_whose(cause)}, cause {cause.action_id}")
    if len(past) > MOST_SCOPES:
        _line(f"  and {len(past) - MOST_SCOPES:,} more: `sluice audit {told.entity}` has them all")


def told_cause(cause: "Cause", at: datetime) -> str:
    """One cause on one line: what, until when, and by whom."""
    return f"{limited(cause.limit)}, {_ending(cause, at)}, by {_whose(cause)}"


def _print_standing(told: Told, scope: str, each: "Standing") -> None:
    now, *later = each.steps
    span = f"until {seconds(now.until)} UTC, for another {about_time(now.until - told.at)}, since {seconds(each.since)}"
    _line(f"{_name(told, scope)}: {each.capability} {limited(now.limit)}, {span}", bold=True)
    for step in later:
        _line(f"  then {limited(step.limit)}, until {seconds(step.until)}")
    hardest_first = sorted(each.causes, key=lambda cause: (cause.limit != NONE, -cause.ends_at.timestamp()))
    for number, cause in enumerate(hardest_first, start=1):
        _line(f"  {number}. {told_cause(cause, told.at)}")
        for line in (*_by_law(told.pages[scope], cause), *_details(cause)):
            _line(f"     {line}", dim=True)


def _ended(account: "Account", cause: "Cause") -> str:
    end = account.legal_end(cause)
    return f"ended by law {seconds(end)}" if end else f"ended {seconds(cause.ends_at)}"


def _by_law(account: "Account", cause: "Cause") -> Iterator[str]:
    """Why a cause ends before its own time."""
    own = next(each for each in account.causes if each.action_id == cause.action_id)
    if account.legal_end(own):
        since = seconds(account.held_since(own))
        yield f"law ends it then, not only {seconds(own.ends_at)}: rules hold this since {since}, and no person decided"


def _details(cause: "Cause") -> Iterator[str]:
    if cause.reason:
        yield cause.reason
    if cause.until:
        yield f"released before by {either(CONDITIONS_MET[each] for each in cause.until)}"
    if cause.via:
        yield f"linked to {cause.via.entity} through {cause.via.through}: ends with what that one did"
    yield f"from {seconds(cause.starts_at)}, cause {cause.action_id}, decision {cause.decision_id}"


def _demands(account: "Account", at: datetime) -> Iterator[str]:
    """What the user is asked for, and how they last answered."""
    for demand in account.open_demands(at):
        yield f"asked for {demand.ask} at {seconds(demand.asked_at)} UTC, until {seconds(demand.expires_at)}"
    latest = {each.ask: each for each in sorted(account.answers, key=lambda each: each.at) if each.at <= at}
    for each in latest.values():
        yield f"{each.ask} {each.outcome} at {seconds(each.at)} UTC"


def _clearances(account: "Account", at: datetime) -> Iterator[str]:
    for abuse, each in sorted(account.clearances.items()):
        if each.until and at < each.until:
            yield f"cleared of {abuse} until {seconds(each.until)} UTC, by {who(each.source)}: {each.reason}"


def _ending(cause: "Cause", at: datetime) -> str:
    if cause.on_expiry == "release":
        return f"until {seconds(cause.expires_at)}"
    if cause.expires_at <= at:
        return f"waits for a person since {seconds(cause.expires_at)}, until {seconds(cause.ends_at)} at most"
    return f"until {seconds(cause.expires_at)}, then until a person decides, {seconds(cause.ends_at)} at most"


def _whose(cause: "Cause") -> str:
    return f"{who(cause.source, cause.version)}{f' ({cause.abuse})' if cause.abuse else ''}"


def _name(told: Told, scope: str) -> str:
    return f"{told.entity}, {scope} only" if scope else told.entity


def _line(text: str, *, bold: bool = False, dim: bool = False) -> None:
    console().print(cell(text), style="bold" if bold else "dim" if dim else "", soft_wrap=True)
