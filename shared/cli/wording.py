"""What stands in the ledger, in the words of those who run Sluice. What users read is in their statements."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from shared.cli.telling import seconds
from shared.policy.conditions.literals import written
from shared.restrictions.limits import NONE, UNLIMITED, Limit
from shared.signals.amounts import Amount

if TYPE_CHECKING:
    from shared.restrictions import Action

_WORDS: Mapping[str, Callable[[int], str]] = {
    "share": lambda bound: f"limited to {bound} %",
    "delay_hours": lambda bound: f"waits {bound} h",
    "count_per_day": lambda bound: f"at most {bound:,} a day",
    "per_hour": lambda bound: f"at most {bound:,} an hour",
    "no_links": lambda _: "without links",
    "step_up": lambda _: "after a step-up only",
}


def limited(limit: Limit) -> str:
    """What a limit leaves: `stopped`, `limited to 25 %`, `30 % of each held back for 10 days, waits 24 h` …"""
    if limit == NONE:
        return "stopped"
    if limit == UNLIMITED:
        return "not limited"
    return ", ".join(_ways(dict(limit.bounds)))


def _ways(bounds: dict[str, int]) -> Iterable[str]:
    share, days = bounds.pop("reserve_share", None), bounds.pop("reserve_days", None)
    if share or days:
        yield f"{f'{share} % of each' if share else 'what is kept'} held back{f' for {days} days' if days else ''}"
    for name, bound in bounds.items():
        _, _, currency = name.partition(":")
        yield f"at most {written(Amount(bound, currency))} a day" if currency else _WORDS[name](bound)


def who(source: str, version: str = "") -> str:
    """`rule takeover@1a2b3c4d`, `ann`, `the schedule expiry`: who asked."""
    kind, _, name = source.partition(":")
    match kind:
        case "rule":
            return f"rule {name}{f'@{version}' if version else ''}"
        case "person":
            return f"person {name}"
        case _:
            return source.replace(":", " ")


CONDITIONS_MET = {
    "step_up": "a step-up",
    "review": "a review",
    "documents": "documents",
    "rate_recovered": "its rate, when it is well again",
}
"""What releases a restriction before it ends, as it is told."""


def either(words: Iterable[str]) -> str:
    """`a step-up, a review or documents`."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def done(action: "Action") -> str:  # noqa: C901, PLR0911  (one return for each kind of action)
    """What an action does, of an entity that is known from elsewhere."""
    details = action.details
    until = f", until {seconds(details['expires_at'])}" if details.get("expires_at") else ""
    only = f", for {action.scope} only" if action.scope else ""
    about = f" of {action.abuse}" if action.abuse else ""
    match action.kind:
        case "restrict":
            person = ", then until a person decides" if details.get("on_expiry") == "person" else ""
            via = f", as linked to {details['via']['entity']}" if details.get("via") else ""
            return f"{details['capability']} {limited(_limit(details))}{only}{until}{person}{via}"
        case "release":
            return f"{_released(details)}{only}"
        case "clear":
            ends = f", until {seconds(details['until'])}" if details["until"] else ""
            return f"{'' if ends else 'no longer '}cleared{about}{ends}"
        case "uphold":
            return f"found rightly restricted{about}"
        case "answer":
            return f"{details['ask']} {details['outcome']}"
        case "decision":
            return f"tell the service: {details['disposition']}"
        case "expire":
            return f"what ended at {seconds(details['at'])}{only}"
        case "review":
            within = details.get("within_hours")
            return f"a person shall look{f' within {within} h' if within else ''}"
        case "park":
            return f"held back ({details['why']}): {done(type(action).from_json(details['action']))}"
        case "unpark":
            return f"what was held back as {details['parked']}: {details['verdict']}"
        case "guardrail":
            return f"{details['guardrail']} tripped: {details['rule']} became {details['became']} ({details['why']})"
        case _:
            return f"{details.get('command', details.get('ask', action.kind))}{until}"


def _limit(details: Mapping[str, Any]) -> Limit:
    """Decisions of before there were limits name a percentage, and are kept for more than a year."""
    if "limit" in details:
        return Limit.from_json(details["limit"])
    return Limit.of({"share": details["allowed"]}) if details["allowed"] else NONE


_SELECTED = {
    "source": "as placed by {}",
    "abuse": "about {}",
    "until": "that waits for {}",
    "decision_id": "of decision {}",
    "via_action": "linked through {}",
}


def _released(details: Mapping[str, Any]) -> str:
    if verdict := details.get("verdict") or details.get("origin"):
        linked = ", as what it is linked to" if "origin" in details else ""
        return f"{'void' if verdict['void'] else 'not void any more'}: {verdict['action_id']}{linked}"
    # As with limits, there are older ones.
    selector = dict(details.get("selector") or {"source": details["released"], "capability": details["capability"]})
    named = {name: value for name, value in selector.items() if value not in ("", "*")}
    what = named.pop("capability", "everything")
    return " ".join([f"release {what}", *(_SELECTED[name].format(value) for name, value in named.items())])
