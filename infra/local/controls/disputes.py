"""A ring whose goods never come: part of its payouts waits, and that ends by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.controls.market import Act, Market

SELLERS, BUYERS, DISPUTING = 3, 24, 7
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CAPABILITY = "receive_payout"


@dataclass(frozen=True)
class Held:
    """What became of the ring's payouts: how each was answered, what was held while it was, when that ended, and
    what services were told then."""

    payouts: tuple[str, ...]
    limits: dict[str, dict[str, dict[str, Any]]]
    until: dict[str, datetime]
    afterwards: dict[str, dict[str, dict[str, Any]]]
    released: tuple[str, ...]
    honest: tuple[str, dict[str, dict[str, Any]]]


def play(market: Market, now: datetime) -> Held:
    """Each of the ring sold to as many buyers, a third of whom disputes. An honest seller with as many disputes in a
    viral month is left alone. Ends when the holds have ended."""
    ring = [f"u_ring_{number}" for number in range(SELLERS)]
    for seller in ring:
        market.send(*_sales(seller, BUYERS, now), together=True)
    market.send(*_sales("u_viral", 10 * BUYERS, now), together=True)
    payouts = [market.send(_payout(seller, now))[0] for seller in ring]
    honest = market.send(_payout("u_viral", now))[0]
    after = now + HOUR
    limits = {seller: market.limits(f"user:{seller}", after) for seller in ring}
    until = {seller: _end(market, seller, after) for seller in ring}
    market.heard()
    ended = max(until.values())
    market.cloud.pass_time(ended - 2 * HOUR, ended + 2 * MINUTE)
    events = [each for each in market.heard() if each["detail"]["data"].get("capability") == CAPABILITY]
    return Held(
        tuple(record["disposition"] for record in payouts),
        limits,
        until,
        {seller: market.limits(f"user:{seller}", ended) for seller in ring},
        tuple(f"{each['detail-type']} {each['detail']['data']['entity']}" for each in events),
        (honest["disposition"], market.limits("user:u_viral", after)),
    )


def _end(market: Market, seller: str, at: datetime) -> datetime:
    (standing,) = (each for each in market.account(f"user:{seller}").in_force(at) if each.capability == CAPABILITY)
    return standing.until


def _sales(seller: str, buyers: int, now: datetime) -> list[Act]:
    """Payments over three weeks, and after them the disputes, a few days before now."""
    settled, disputed = [], []
    for number in range(buyers):
        order = {"order_id": f"o_{seller}_{number}", "payment_id": f"p_{seller}_{number}"}
        trade = {"buyer_id": f"u_b_{seller}_{number}", "seller_id": seller, "card_fingerprint": f"card_{number:010}"}
        paid = now - 25 * DAY + number * timedelta(days=18) / buyers
        settled.append(Act("payment.settled", paid, {**order, **trade}))
        if number < DISPUTING:
            dispute = {"dispute_id": f"d_{seller}_{number}", "reason": "not_received", **order, **trade}
            disputed.append(Act("dispute.opened", now - 3 * DAY + number * HOUR, dispute))
    return [*settled, *disputed]


def _payout(seller: str, now: datetime) -> Act:
    data = {"seller_id": seller, "payout_id": f"po_{seller}", "payout_account": f"pa_{seller:_<10}"}
    return Act("payout.requested", now, {**data, "device_id": f"dev_{seller}", "ip": "203.0.113.60"})
