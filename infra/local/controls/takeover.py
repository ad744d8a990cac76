"""A campaign of takeovers: withdrawals are held, selling goes on, and the owners who confirm get everything back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.controls.market import Act, Market

SELLERS = 5
HIJACKERS_WANT = ("change_payout_account", "receive_payout", "withdraw")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    """What became of the sellers whose accounts were taken.

    `payouts` are the answers to the thieves, `held` is what each seller cannot do after them, and `sold` the answers to
    what the sellers listed meanwhile. `released` are those who confirmed, `still_held` the others, each with what is
    limited of them then; `events` is what services were told when they confirmed.
    """

    payouts: tuple[str, ...]
    held: dict[str, dict[str, dict[str, Any]]]
    sold: tuple[str, ...]
    released: dict[str, dict[str, dict[str, Any]]]
    still_held: dict[str, dict[str, dict[str, Any]]]
    events: tuple[str, ...]


def play(market: Market, now: datetime) -> Taken:
    """The campaign ends `now`; half of the sellers confirm that they are themselves, on the device that they always
    had."""
    sellers = [f"u_seller_{number}" for number in range(SELLERS)]
    for number, seller in enumerate(sellers):
        market.send(*_months_of_selling(seller, number, now))
    for number, seller in enumerate(sellers):
        market.send(*_hijack(seller, number, now))
    payouts = [record for number, seller in enumerate(sellers) for record in market.send(_payout(seller, number, now))]
    after = now + MINUTE
    held = {seller: market.limits(f"user:{seller}", after) for seller in sellers}
    listed = [market.send(_listing(seller, number, after))[0] for number, seller in enumerate(sellers)]
    market.heard()
    confirmed = sellers[: SELLERS // 2 + 1]
    for number, seller in enumerate(confirmed):
        market.send(_confirmed(seller, number, after + MINUTE))
    later = after + 2 * MINUTE
    events = [event for event in market.heard() if event["detail-type"].startswith("Restriction")]
    return Taken(
        tuple(record["disposition"] for record in payouts),
        held,
        tuple(record["disposition"] for record in listed),
        {seller: market.limits(f"user:{seller}", later) for seller in confirmed},
        {seller: market.limits(f"user:{seller}", later) for seller in sellers if seller not in confirmed},
        tuple(sorted(event["detail-type"] for event in events)),
    )


def _months_of_selling(seller: str, number: int, now: datetime) -> list[Act]:
    """Four months of logins at home: known good, as far as a hijacker does not change that."""
    at_home = {"device_is_new": False, "country": "DE", "usual_country": "DE"} | _at(f"dev_home{number}", number)
    return [Act("login.succeeded", now - 30 * DAY * month, {"user_id": seller, **at_home}) for month in (4, 3, 2, 1)]


def _hijack(seller: str, number: int, now: datetime) -> list[Act]:
    abroad = {"device_is_new": True, "country": "RO"} | _at(f"dev_thief{number}", 100 + number)
    changed = {"user_id": seller, **abroad}
    return [
        Act("login.succeeded", now - 50 * MINUTE, {**changed, "usual_country": "DE"}),
        Act("account.changed", now - 45 * MINUTE, {**changed, "change": "email", "payout_account": None}),
        Act("account.changed", now - 40 * MINUTE, {**changed, "payout_account": f"pa_thief{number:06}"}),
    ]


def _payout(seller: str, number: int, now: datetime) -> Act:
    asked = {"seller_id": seller, "payout_id": f"po_{seller}", "payout_account": f"pa_thief{number:06}"}
    fresh = {"payout_account_age_hours": 0, "device_is_new": True, "country": "RO"}
    return Act("payout.requested", now, {**asked, **fresh, **_at(f"dev_thief{number}", 100 + number)})


def _listing(seller: str, number: int, at: datetime) -> Act:
    listing = {"seller_id": seller, "listing_id": f"l_{seller}", "title": f"Touring bike, {50 + number} cm"}
    return Act("listing.submitted", at, {**listing, **_at(f"dev_home{number}", number)})


def _confirmed(seller: str, number: int, at: datetime) -> Act:
    passed = {"user_id": seller, "challenge_id": f"ch_{seller}", "method": "otp_app", "outcome": "passed"}
    return Act("stepup.completed", at, {**passed, **_at(f"dev_home{number}", number)})


def _at(device: str, number: int) -> dict[str, str]:
    return {"device_id": device, "ip": f"198.51.100.{number}"}
