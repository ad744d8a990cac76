"""An account as JSON data, the form in which a page of the ledger holds it."""

from collections.abc import Mapping
from typing import Any

from shared.restrictions.causes import Cause, moment
from shared.restrictions.demands import Answer, Demand
from shared.restrictions.ledger import Account
from shared.restrictions.reaches import Link
from shared.restrictions.releases import Clearance, OriginState, Release, Said, Selector, Verdict
from shared.restrictions.stretches import Span
from shared.signals.times import stamp


def account_to_json(account: Account) -> dict[str, Any]:
    """JSON data that `account_from_json` reads back to an equal account; empty parts are left out."""
    document: dict[str, list[Any]] = {
        "causes": [cause.to_json() for cause in account.causes],
        "releases": [
            {
                "selector": release.selector.to_json(),
                "by_person": release.by_person,
                "said": [[stamp(each.at), each.action_id] for each in said],
            }
            for release, said in sorted(account.releases.items())
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
        "held": [
            {"capability": capability, "spans": [span.to_json() for span in spans]}
            for capability, spans in sorted(account.held.items())
        ],
        "placed_by_person": [
            {"capability": capability, "at": stamp(at)} for capability, at in sorted(account.placed_by_person.items())
        ],
        "upheld": [{"abuse": abuse, "at": stamp(at)} for abuse, at in sorted(account.upheld.items())],
    }
    return {name: part for name, part in document.items() if part}


def account_from_json(document: Mapping[str, Any]) -> Account:
    """The account that gave this data; raises one of `MALFORMED` for what is none."""

    def part(name: str) -> Any:
        return document.get(name, ())

    return Account(
        tuple(Cause.from_json(each) for each in part("causes")),
        {
            Release(Selector.from_json(each["selector"]), each["by_person"]): tuple(
                Said(moment(at), action_id) for at, action_id in each["said"]
            )
            for each in part("releases")
        },
        {each["action_id"]: Verdict.from_json(each) for each in part("verdicts")},
        {each["action_id"]: OriginState(each["version"], each["void"]) for each in part("origins")},
        {each["abuse"]: Clearance.from_json(each) for each in part("clearances")},
        tuple(Demand.from_json(each) for each in part("demands")),
        tuple(Answer.from_json(each) for each in part("answers")),
        tuple(Link.from_json(each) for each in part("links")),
        {each["scope"]: moment(each["until"]) for each in part("scopes")},
        {each["capability"]: tuple(map(Span.from_json, each["spans"])) for each in part("held")},
        {each["capability"]: moment(each["at"]) for each in part("placed_by_person")},
        {each["abuse"]: moment(each["at"]) for each in part("upheld")},
    )
