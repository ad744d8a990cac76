"""An account as JSON data, the form in which a page of the ledger holds it."""

from collections.abc import Mapping
from typing import Any

from shared.restrictions.causes import Cause, moment
from shared.restrictions.demands import Answer, Demand
from shared.restrictions.ledger import Account
from shared.restrictions.reaches import Link
from shared.restrictions.releases import Clearance, OriginState, Release, Selector, Verdict
from shared.signals.times import stamp


def account_to_json(account: Account) -> dict[str, Any]:
    """JSON data that `account_from_json` reads back to an equal account; empty parts are left out."""
    document: dict[str, list[Any]] = {
        "causes": [cause.to_json() for cause in account.causes],
        "releases": [
            {"selector": release.selector.to_json(), "by_person": release.by_person, "at": stamp(at)}
            for release, at in sorted(account.releases.items())
        ],
        "verdicts": [verdict.to_json(about) for about, verdict in sorted(account.verdicts.items())],
        "origins": [
            {"action_id": about, "version": origin.version, "void": origin.void}
            for about, origin in sorted(account.origins.items())
        ],
        "clearances": [clearance.to_json(abuse) for abuse, clearance in sorted(account.clearances.items())],
        "demands": [demand.to_json() for demand in account.demands],
        "answers": [answer.to_json() for answer in account.answers],
        "links": [link.to_json() for link in account.links],
        "scopes": [{"scope": scope, "until": stamp(until)} for scope, until in sorted(account.scopes.items())],
    }
    return {name: part for name, part in document.items() if part}


def account_from_json(document: Mapping[str, Any]) -> Account:
    """The account that gave this data; raises one of `MALFORMED` for what is none."""

    def part(name: str) -> Any:
        return document.get(name, ())

    return Account(
        tuple(Cause.from_json(each) for each in part("causes")),
        {
            Release(Selector.from_json(each["selector"]), each["by_person"]): moment(each["at"])
            for each in part("releases")
        },
        {each["action_id"]: Verdict.from_json(each) for each in part("verdicts")},
        {each["action_id"]: OriginState(each["version"], each["void"]) for each in part("origins")},
        {each["abuse"]: Clearance.from_json(each) for each in part("clearances")},
        tuple(Demand.from_json(each) for each in part("demands")),
        tuple(Answer.from_json(each) for each in part("answers")),
        tuple(Link.from_json(each) for each in part("links")),
        {each["scope"]: moment(each["until"]) for each in part("scopes")},
    )
