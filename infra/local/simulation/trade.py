"""The way of one purchase: attempted, then declined or settled, shipped, delivered, and what may follow for days."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from infra.local.simulation.people import Card, Person
from infra.local.simulation.places import DAY, HOUR
from infra.local.simulation.steps import Truth, rfc3339
from infra.local.simulation.visits import Visit
from infra.local.simulation.wording import money

Decline = Literal[
    "insufficient_funds", "do_not_honor", "incorrect_code", "expired_card", "lost_or_stolen", "blocked", "other"
]
DisputeReason = Literal["fraud", "not_received", "not_as_described"]
HONEST_DECLINES: dict[Decline, float] = {
    "insufficient_funds": 0.45,
    "do_not_honor": 0.25,
    "incorrect_code": 0.15,
    "expired_card": 0.10,
    "other": 0.05,
}
"""Why honest payments are declined, with shares."""

ADDRESS_MATCHES = 0.86
ADDRESS_DIFFERS = 0.05
"""Honest address checks: 86 % match, 5 % do not, the rest are not done."""
SHIPPING_MEDIAN_HOURS = 20
TRANSIT_MEDIAN_DAYS = 2.5
DISPUTE_MEDIAN_DAYS = 4.0


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order of one buyer. `amount` is minor units."""

    visit: Visit
    seller: Person
    order: str
    amount: int
    category: str
    gift_card: bool = False

    @property
    def _parties(self) -> dict[str, Any]:
        return {"order_id": self.order, "buyer_id": self.visit.person.id, "seller_id": self.seller.id}

    def _payment(self, payment: str, card: Card) -> dict[str, Any]:
        named = {"amount": money(self.amount), "card_fingerprint": card.fingerprint}
        return {"payment_id": payment, **self._parties, **named}

    def _put(self, at: float, name: str, subject: Person, data: dict[str, Any], truth: Truth | None) -> None:
        self.visit.stage.put(at, name, subject.entity, data, truth)

    def attempt(self, at: float, card: Card, *, stolen: bool = False, harm: bool = False) -> str:
        """Ask to pay, and return the payment's id. The holder of a stolen card's data seldom knows the address."""
        visit, rng = self.visit, self.visit.stage.rng
        payment = visit.stage.new_id("p")
        matches, differs = (0.25, 0.45) if stolen else (ADDRESS_MATCHES, ADDRESS_DIFFERS)
        draw = rng.random()
        code_wrong = rng.chance(0.35 if stolen else 0.02)
        asked = {
            "buyer_account_age_days": visit.person.age_days(at),
            "card_country": card.country,
            "card_funding": card.funding,
            "card_is_new": card.fingerprint not in visit.person.used_cards,
            "address_check": "match" if draw < matches else "no_match" if draw < matches + differs else "not_checked",
            "code_check": "no_match" if code_wrong else "match",
            "gift_card": self.gift_card,
            "category": "gift cards" if self.gift_card else self.category,
            "shipping_country": None if self.gift_card else visit.person.country,
            "country": visit.country,
            "device_id": visit.device,
            "ip": visit.ip,
        }
        truth = replace(visit.truth, harm=True) if harm and visit.truth else visit.truth
        self._put(at, "payment.attempted", visit.person, self._payment(payment, card) | asked, truth)
        visit.person.used_cards.add(card.fingerprint)
        return payment

    def decline(self, at: float, payment: str, card: Card, code: Decline) -> None:
        where = {"decline_code": code, "device_id": self.visit.device, "ip": self.visit.ip}
        self._put(
            at, "payment.declined", self.visit.person, self._payment(payment, card) | where, self.visit.consequence
        )

    def settle(self, at: float, payment: str, card: Card) -> None:
        self._put(at, "payment.settled", self.visit.person, self._payment(payment, card), self.visit.consequence)

    def fulfil(self, at: float) -> float:
        """Shipped after a log-normal day or so, delivered after a log-normal two or three more: the arrival's time.

        A gift card is delivered by e-mail within minutes.
        """
        rng, visit, truth = self.visit.stage.rng, self.visit, self.visit.consequence
        value = {**self._parties, "value": money(self.amount)}
        if self.gift_card:
            arrived = at + 60 + rng.expovariate(1 / 120)
        else:
            shipped = at + SHIPPING_MEDIAN_HOURS * HOUR * rng.lognormvariate(0, 0.7)
            arrived = shipped + TRANSIT_MEDIAN_DAYS * DAY * rng.lognormvariate(0, 0.45)
            carrier = {
                "carrier": rng.choice(("DHL", "UPS", "Post")),
                "tracked": rng.chance(0.8),
                "shipping_country": visit.person.country,
            }
            self._put(shipped, "order.shipped", self.seller, value | carrier, truth)
        confirmed = {"confirmed_by": "buyer" if self.gift_card or rng.chance(0.2) else "carrier"}
        self._put(arrived, "order.delivered", visit.person, value | confirmed, truth)
        return arrived

    def refund(self, at: float, payment: str, card: Card, reason: str, initiated_by: str) -> None:
        refund = {"refund_id": self.visit.stage.new_id("rf"), "reason": reason, "initiated_by": initiated_by}
        self._put(at, "refund.issued", self.visit.person, self._payment(payment, card) | refund, self.visit.consequence)

    def dispute(self, paid: float, payment: str, card: Card, reason: DisputeReason) -> None:
        """The holder disputes days after: log-normal, median 4 days; two fifths of the disputes end two days later."""
        rng, truth = self.visit.stage.rng, self.visit.consequence
        opened = paid + DISPUTE_MEDIAN_DAYS * DAY * rng.lognormvariate(0, 0.4)
        dispute = {
            "dispute_id": self.visit.stage.new_id("d"),
            **self._payment(payment, card),
            "reason": reason,
        }
        self._put(opened, "dispute.opened", self.visit.person, dispute | {"payment_time": rfc3339(paid)}, truth)
        if rng.chance(0.4):
            outcome = {"outcome": "lost" if reason == "fraud" else rng.choice(("won", "lost", "withdrawn"))}
            self._put(
                opened + (1 + 2 * rng.random()) * DAY, "dispute.resolved", self.visit.person, dispute | outcome, truth
            )
