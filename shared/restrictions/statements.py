"""The statement of reasons: what someone who is restricted reads, and what law asks to be kept with it.

The notice says in plain words what is restricted, on what ground and facts, whether a person decided, for how long,
what they can do, how to contest it and how to reach a person. It never says how we found out: no rule, feature, list,
threshold or score is among what it is made from. The record beside it is for whoever sends and keeps the notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.restrictions.actions import Action
from shared.restrictions.jurisdictions import LONGEST_HOLD, Jurisdiction
from shared.restrictions.limits import AMOUNT, Limit, holds_money
from shared.signals.currencies import minor_digits
from shared.signals.times import stamp

DEFAULT = "default"
UNSTATED = Jurisdiction(
    DEFAULT,
    frozenset(),
    notice_within=timedelta(hours=24),
    appeal_within=timedelta(days=180),
    business_notice=timedelta(0),
    longest_hold=LONGEST_HOLD,
    human="Ask our support for a person who can decide about this.",
)
"""The careful assumption for a policy that states none."""

GROUNDS: Mapping[str | None, str] = {
    "account_takeover": "Safety of accounts: we act when someone other than its owner may be using an account.",
    "phishing": "Safety of messages: nobody may be misled into giving away passwords, money or personal data.",
    "payment_fraud": "Safety of payments: a payment method may be used only by those whose it is.",
    "prohibited_item": "Goods that may not be offered: some are forbidden by law, others by our terms.",
    "fake_account": "Genuine accounts: behind each account must be the person or business that it names.",
    "seller_fraud": "Fair dealing: what is sold must exist, and reach its buyer as it was described.",
    "policy": "Our terms of use.",
    None: "Our terms of use.",
}
"""The policy ground, by abuse kind."""

OCCASIONS: Mapping[str, str] = {
    "account.created": "the opening of an account",
    "account.changed": "a change to an account",
    "account.verified": "a verification",
    "login.succeeded": "a login",
    "login.failed": "attempts to log in",
    "listing.submitted": "the submission of a listing",
    "message.sent": "a message",
    "report.submitted": "a report that we received",
    "payment.attempted": "a payment",
    "payment.declined": "a payment",
    "payment.settled": "a payment",
    "order.shipped": "the shipping of an order",
    "order.delivered": "the delivery of an order",
    "refund.issued": "a refund",
    "payout.requested": "the request for a payout",
    "payout.paid": "a payout",
    "score.computed": "an automated check",
    "dispute.opened": "a dispute about a payment",
    "dispute.resolved": "the end of a dispute about a payment",
    "review.completed": "a review by a person",
    "appeal.decided": "an appeal",
    "stepup.completed": "a confirmation that we asked for",
}
"""What a decision was about, by signal."""

_SUBJECTS: Mapping[str, str] = {
    "log_in": "Logins",
    "change_credentials": "Changes of password, e-mail address or phone number",
    "change_payout_account": "Changes of the payout account",
    "buy": "Purchases",
    "list": "New listings",
    "ship": "Shipments",
    "message": "Messages",
    "be_ranked": "Listings in search and recommendations",
    "receive_payout": "Payouts",
    "withdraw": "Withdrawals",
}

_RELEASES: Mapping[str, str] = {
    "step_up": "Confirm that it is you when you are asked to: it then ends at once.",
    "review": "You need not ask for a review: a person looks at this, and ends it if they find nothing wrong.",
    "documents": "Send the documents that we ask you for: it ends when we have accepted them.",
    "rate_recovered": "It ends earlier when things have been back to usual for a while.",
}

_THINGS = {"card": "this payment card", "device": "this device", "payout_account": "this payout account"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be told of why: the rule's own words for users, and the signal at hand.

    `business` says that someone is restricted in what they do as a seller; `suppress_notice` why they are not told.
    """

    told: str
    signal_type: str = ""
    business: bool = False
    suppress_notice: str = ""


def jurisdiction_in(jurisdictions: Mapping[str, Jurisdiction], country: str | None) -> Jurisdiction:
    """The one that has the country (ISO 3166-1 alpha-2), else the default one."""
    found = (each for each in jurisdictions.values() if country in each.countries)
    return next(found, jurisdictions.get(DEFAULT, UNSTATED))


def statement_of(action: Action, facts: Facts, law: Jurisdiction) -> dict[str, Any]:
    """The statement for an action of kind `restrict`: `notice` is what the person reads, `record` what is kept."""
    details, decided = action.details, action.occurred_at
    contest_until = stamp(decided + law.appeal_within)
    words = words_of(details["capability"], Limit.from_json(details["limit"]))
    return {
        "notice": {
            "concerns": _concerned(action),
            "restriction": f"For now, {words[0].lower()}{words[1:]}.",
            "ground": GROUNDS.get(action.abuse, GROUNDS[None]),
            "facts": _facts(action, facts),
            "automated": not action.by_person,
            "decided_at": stamp(decided),
            "ends_at": details["expires_at"],
            "at_the_end": _ending(details),
            "what_you_can_do": [_RELEASES[condition] for condition in details.get("until", ())],
            "contest": {
                "how": "Tell us why you think that this is wrong. It costs nothing, and somebody who had no part in"
                " the decision looks at it again.",
                "until": contest_until,
            },
            "human": law.human,
        },
        "record": {
            "jurisdiction": law.name,
            "basis": law.basis,
            "confirmed_by": law.confirmed_by,
            "notice_due": stamp(decided + law.notice_within),
            "appeal_until": contest_until,
            "business_notice_until": stamp(decided + law.business_notice)
            if facts.business and law.business_notice
            else None,
            "longest_hold_until": _longest_hold(action, law),
            "suppress_notice": facts.suppress_notice,
        },
    }


def letter(notice: Mapping[str, Any]) -> str:
    """The notice as text for whom it meets."""
    decided = "automatically by our systems, without a person" if notice["automated"] else "by a person"
    todo = notice["what_you_can_do"] or ["You need not do anything."]
    paragraphs = [
        f"{notice['concerns']} {notice['restriction']}",
        f"Why: {notice['facts']}" if notice["facts"] else "",
        f"On what ground: {notice['ground']}",
        f"How it was decided: {decided}, on {told_time(notice['decided_at'])}.",
        f"For how long: {notice['at_the_end']}",
        f"What you can do: {' '.join(todo)}",
        f"If you disagree: {notice['contest']['how']} You can do so until {told_time(notice['contest']['until'])}.",
        f"To reach a person: {notice['human']}",
    ]
    return "\n\n".join(filter(None, paragraphs))


def ended_by_law(statement: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The statement of what law ends before its own time, as automated holds before it have lasted so long."""
    until = f"Until {told_time(at)} at most. Without a person's decision nothing holds your money for longer."
    return {
        **statement,
        "notice": {**statement["notice"], "ends_at": at, "at_the_end": until},
        "record": {**statement["record"], "longest_hold_until": at},
    }


def words_of(capability: str, limit: Limit) -> str:
    """A limit in plain words, such as `Purchases are limited to 3 a day and to 200.00 USD a day`."""
    subject = _SUBJECTS[capability]
    if not limit.bounds:
        return f"{subject} are not limited"
    bounds = dict(limit.bounds)
    if "none" in bounds:
        return f"{subject} are {'hidden' if capability == 'be_ranked' else 'not possible'}"
    return f"{subject} are {', and '.join(_ways(capability, bounds))}"


def told_time(stamped: str) -> str:
    """`2026-11-22T12:00:00.000Z` as `22 November 2026, 12:00 UTC`."""
    moment = datetime.fromisoformat(stamped)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _ways(capability: str, bounds: Mapping[str, int]) -> list[str]:
    """Each way in which a capability is limited, to stand after `are`."""
    ways: list[str] = []
    rates = [f"{bound} {unit}" for name, unit in _RATES.items() if (bound := bounds.get(name))]
    rates += [_money(bound, name.partition(":")[2]) for name, bound in bounds.items() if name.startswith(f"{AMOUNT}:")]
    if rates:
        ways.append(f"limited to {' and to '.join(rates)}")
    if share := bounds.get("share"):
        reach = f"shown with {share} % of their usual reach"
        ways.append(reach if capability == "be_ranked" else f"reduced to {share} % each, and the rest is held back")
    if reserve := bounds.get("reserve_share"):
        later = f", which follows {_counted(days, 'day')} later" if (days := bounds.get("reserve_days")) else ""
        ways.append(f"made without {reserve} % of each{later}")
    if hours := bounds.get("delay_hours"):
        ways.append(f"carried out {_counted(hours, 'hour')} after they are asked for")
    if "no_links" in bounds:
        ways.append("delivered without links")
    if "step_up" in bounds:
        ways.append("possible only after a confirmation of identity")
    return ways


_RATES = {"count_per_day": "a day", "per_hour": "an hour"}


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _money(minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    return f"{minor / 10**digits:.{digits}f} {currency} a day"


def _concerned(action: Action) -> str:
    """Whom or what it is about."""
    kind, _, name = (action.scope or action.entity).partition(":")
    if action.scope:
        return f"We have limited your account, for the {kind} {name} only."
    if kind in _THINGS:
        return f"We have limited {_THINGS[kind]}, whoever uses it."
    return f"We have limited the {kind} {name}." if kind in ("listing", "order") else "We have limited your account."


def _facts(action: Action, facts: Facts) -> str:
    if "via" in action.details:
        return "Your account appears to be connected with another one that we had to restrict."
    occasion = OCCASIONS.get(facts.signal_type)
    followed = f"It follows from {occasion}." if occasion else ""
    return f"{facts.told} {followed}".strip()


def _ending(details: Mapping[str, Any]) -> str:
    until = told_time(details["expires_at"])
    if details.get("on_expiry") != "person":
        return f"Until {until}. It then ends by itself."
    return (
        f"Until {until}. A person then decides what follows; it holds until they have,"
        f" and ends on {told_time(details['holds_until'])} at the latest."
    )


def _longest_hold(action: Action, law: Jurisdiction) -> str | None:
    details = action.details
    if holds_until := details.get("holds_until"):
        return str(holds_until)
    held = holds_money(details["capability"], Limit.from_json(details["limit"]))
    return stamp(action.occurred_at + law.longest_hold) if held else None
