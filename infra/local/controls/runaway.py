"""A rule that runs away: somebody publishes a condition that nearly everyone meets, and does not notice.

The brake counts whom it meets. As many hits of an attack, which meets hardly anyone known good, go through.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.controls.market import Act, Market
from shared.policy import shipped_folder

RUNAWAY = "runaway"
KNOWN_GOOD, OTHERS = 60, 140
PERSONS_LIMIT = "{per_day: 3}"
RULES = f"""
rules:
  {RUNAWAY}:  # meant: 1,000.00 EUR
    abuse: payment_fraud
    on: payment.attempted
    when: amount > 10.00 EUR
    then:
      - deny
      - restrict: {{of: buyer, capability: buy, to: none, for: 24h, until: review}}
    mode: live
    severity: 60
    reason: "A payment of {{amount}}"
    user_reason: "We could not confirm this payment."
    owner: payments-risk
    expect: {{hits: 2000, known_good: 5%}}
    tests:
      fires: {{amount: 10.01 EUR}}
      holds: {{amount: 10.00 EUR}}

  gift_cards_of_new_accounts:
    abuse: payment_fraud
    on: payment.attempted
    when: gift_card and buyer_account_age_days < 1
    then:
      - deny
      - restrict: {{of: buyer, capability: buy, to: none, for: 24h, until: review}}
    mode: live
    severity: 60
    reason: "A gift card, bought from an account of {{buyer_account_age_days}} days"
    user_reason: "We could not confirm this payment."
    owner: payments-risk
    expect: {{hits: 2000, known_good: 5%}}
    tests:
      fires: {{gift_card: true, buyer_account_age_days: 0}}
      holds:
        - {{gift_card: false, buyer_account_age_days: 0}}
        - {{gift_card: true, buyer_account_age_days: 1}}
"""
SECOND, MINUTE, MONTH = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=30)


@dataclass(frozen=True)
class RanAway:
    """What became of the rule and of those whom it met.

    Of `met` payments, it acted on `acted` before it was braked, of which `known_good` by people who are; `restricted`
    are the buyers that it limited, `harmed` those who are known good among them. `left` is what still limits anyone
    after the undo. Of the `attack`, so many payments were denied, of so many.
    """

    met: int
    acted: int
    known_good: int
    restricted: tuple[str, ...]
    harmed: tuple[str, ...]
    left: dict[str, dict[str, dict[str, Any]]]
    attack: tuple[int, int]
    status: str
    changes: str
    undone: str


def play(market: Market, folder: Path, now: datetime) -> RanAway:
    """Publish it, let people buy, undo what it did, and let an attack of the same size come: all within minutes."""
    good, others = (
        [f"u_good_{number}" for number in range(KNOWN_GOOD)],
        [f"u_buyer_{number}" for number in range(OTHERS)],
    )
    market.send(*_history(good, now), together=True)
    _publish(market, folder)
    _limited_by_a_person(market, others[0])

    buyers = [buyer for pair in zip(good, others, strict=False) for buyer in pair] + others[KNOWN_GOOD:]
    payments = [_payment(number, buyer, now + number * SECOND) for number, buyer in enumerate(buyers)]
    records = market.send(*payments, together=True)
    acted = [record["subject"].removeprefix("user:") for record in records if RUNAWAY in record["rules"]]
    restricted = tuple(buyer for buyer in buyers if _is_limited_by_it(market, buyer))
    status, changes = market.sluice("status", fine=(0, 1)), market.sluice("changes", "--last", "2h")

    undone = market.sluice("undo", "--rule", RUNAWAY, "--since", "3h", "--why", "meant 1,000.00 EUR", "--yes")
    after = now + 5 * MINUTE
    left = {buyer: limits for buyer in buyers if (limits := market.limits(f"user:{buyer}", after))}

    thefts = [_theft(number, after + number * SECOND) for number in range(len(buyers))]
    denied = [record for record in market.send(*thefts, together=True) if record["disposition"] == "deny"]
    return RanAway(
        len(records),
        len(acted),
        len(set(acted) & set(good)),
        restricted,
        tuple(buyer for buyer in restricted if buyer in good),
        left,
        (len(denied), len(thefts)),
        status,
        changes,
        undone,
    )


def _publish(market: Market, folder: Path) -> None:
    mine = folder / "policy"
    shutil.copytree(shipped_folder(), mine)
    (mine / "mine.yaml").write_text(RULES, encoding="utf-8")
    market.sluice("policy", "publish", str(mine), "--why", "large payments without a history")


def _limited_by_a_person(market: Market, buyer: str) -> None:
    what = ("--capability", "buy", "--to", PERSONS_LIMIT, "--for", "7d")
    market.sluice("restrictions", "place", f"user:{buyer}", *what, "--reason", "resells what it buys", "--yes")


def _is_limited_by_it(market: Market, buyer: str) -> bool:
    return any(cause.source == f"rule:{RUNAWAY}" for cause in market.account(f"user:{buyer}").effective)


def _history(buyers: list[str], now: datetime) -> list[Act]:
    """Eight months of payments that were settled, each buyer's with one card."""
    return [
        Act("payment.settled", now - month * MONTH, _trade(number, buyer, month))
        for month in range(8, 0, -1)
        for number, buyer in enumerate(buyers)
    ]


def _payment(number: int, buyer: str, at: datetime) -> Act:
    usual = {"card_is_new": False, "gift_card": False, "buyer_account_age_days": 300}
    return Act("payment.attempted", at, {**_trade(number, buyer, 0), **_place(number, buyer), **usual})


def _theft(number: int, at: datetime) -> Act:
    buyer = f"u_thief_{number}"
    new = {"card_is_new": True, "gift_card": True, "buyer_account_age_days": 0}
    small = {"amount": {"minor": 900, "currency": "EUR"}}
    return Act("payment.attempted", at, {**_trade(number, buyer, 0), **_place(number, buyer), **new, **small})


def _trade(number: int, buyer: str, month: int) -> dict[str, Any]:
    named = {name: f"{letter}_{buyer}_{month}" for name, letter in (("order_id", "o"), ("payment_id", "p"))}
    return {**named, "buyer_id": buyer, "seller_id": f"u_shop_{number % 7}", "card_fingerprint": f"card_{buyer:_<10}"}


def _place(number: int, buyer: str) -> dict[str, str]:
    return {"device_id": f"dev_{buyer}", "ip": f"203.0.113.{number}", "listing_id": f"l_{number % 7}"}
