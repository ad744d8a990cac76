"""The load: payments of one lane's slice of a marketplace, after a month of history.

Buyers, devices and cards come back as often as the long tail of a marketplace has it; some addresses are shared by
very many people, most of whom are in other lanes; and now and then somebody tries out stolen cards. The same seed gives
the same payments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Any

from tests.benchmarks.policy.events import CATEGORIES, COUNTRIES, CURRENCY, LISTED
from tests.benchmarks.policy.rules import SAMPLE
from tests.benchmarks.traffic import Sent, sent

MONTH = timedelta(days=30)
UNTIL = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""Where the history ends and what is measured begins."""

_HISTORY = 20_000
_BUYERS, _SELLERS, _SHARED = 4_000, 400, 400
_HOT, _HOTTEST = 20, 1_000
"""Of the shared addresses, how many are busy in other lanes, too, and payments of a day from the busiest."""
_TESTED_CARDS = 12


@dataclass(frozen=True)
class Buyer:
    """Somebody who pays, with what they pay by and where from."""

    name: str
    cards: Sequence[str]
    devices: Sequence[str]
    home: str
    country: str
    age_days: int


@dataclass(frozen=True)
class Load:
    """Payments in order of time: what was, what rules are calibrated on, and what is still to come."""

    history: Sequence[Sent]
    sample: Sequence[Sent]
    coming: Sequence[Sent]


def load(signals: int) -> Load:
    """The history, and so many signals after it."""
    marketplace = _Marketplace(Random("the marketplace"))
    payments = marketplace.payments(_HISTORY + SAMPLE + signals)
    history = [*payments[:_HISTORY], *marketplace.elsewhere()]
    return Load(history, payments[_HISTORY : _HISTORY + SAMPLE], payments[_HISTORY + SAMPLE :])


def within_an_hour(signals: int) -> list[Sent]:
    """Busy people in one hour that begins with a day: every window that slides sees then what a fixed one sees."""
    marketplace = _Marketplace(Random("one hour"), "H", buyers=20, shared=5)
    start = UNTIL.replace(day=1, hour=0)
    times = [start + timedelta(hours=1) * place / (signals + 1) for place in range(1, signals + 1)]
    return [marketplace.payment(time) for time in times]


class _Marketplace:
    def __init__(self, rng: Random, series: str = "M", *, buyers: int = _BUYERS, shared: int = _SHARED) -> None:
        self._rng = rng
        self._series = series
        self._numbers = count(1)
        self._buyers = [self._buyer() for _ in range(buyers)]
        self._buyer_shares = _tail(buyers, buyers // 40, 0.9)
        self._shared = [self._address() for _ in range(shared)]
        self._shared_shares = _tail(shared, 2, 1.0)
        self._seller_shares = _tail(_SELLERS, 10, 0.9)
        self._waiting: list[dict[str, Any]] = []

    def payments(self, number: int) -> list[Sent]:
        """So many in order of time, the first 30 days of them before `UNTIL`, at an even pace."""
        pace = MONTH / _HISTORY
        times = [UNTIL - MONTH + pace * (place + self._rng.random()) for place in range(number)]
        return [self.payment(time) for time in times]

    def elsewhere(self) -> Iterator[Sent]:
        """What other lanes saw of the busiest addresses in the last day."""
        for rank, address in enumerate(self._shared[:_HOT]):
            for _ in range(_HOTTEST // (rank + 1)):
                buyer, ago = self._buyer(), timedelta(days=1) * self._rng.random()
                yield self._sent(self._data(buyer, buyer.cards[0], buyer.devices[0], address), UNTIL - ago)

    def payment(self, time: datetime) -> Sent:
        """The next one."""
        return self._sent(self._waiting.pop() if self._waiting else self._drawn(), time)

    def _sent(self, data: dict[str, Any], time: datetime) -> Sent:
        number = next(self._numbers)
        event = {
            "specversion": "1.0",
            "id": f"01JD{self._series}{number:09d}",
            "source": "payments",
            "type": "payment.attempted.v1",
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "subject": f"user:{data['buyer_id']}",
            "datacontenttype": "application/json",
            "data": {"payment_id": f"p_{number}", "order_id": f"o_{number}", **data},
        }
        return sent(event, time.timestamp())

    def _drawn(self) -> dict[str, Any]:
        if self._rng.random() < 0.02 / _TESTED_CARDS:
            self._waiting = list(self._card_testing())
        rng = self._rng
        (buyer,) = rng.choices(self._buyers, cum_weights=self._buyer_shares)
        at_home = rng.random() < 0.7
        address = buyer.home if at_home else rng.choices(self._shared, cum_weights=self._shared_shares)[0]
        card = buyer.cards[0] if rng.random() < 0.85 else rng.choice(buyer.cards)
        return self._data(buyer, card, rng.choice(buyer.devices), address)

    def _card_testing(self) -> Iterator[dict[str, Any]]:
        """One buyer with one device tries card after card."""
        thief, device = self._buyer(), self._token("dev")
        for _ in range(_TESTED_CARDS):
            small = {"minor": self._rng.randrange(100, 500), "currency": CURRENCY}
            data = self._data(thief, self._token("card"), device, thief.home)
            yield {**data, "amount": small, "code_check": "no_match", "card_is_new": True}

    def _data(self, buyer: Buyer, card: str, device: str, address: str) -> dict[str, Any]:
        rng = self._rng
        (seller,) = rng.choices(range(_SELLERS), cum_weights=self._seller_shares)
        return {
            "buyer_id": buyer.name,
            "seller_id": f"s_{seller * LISTED // 100}",
            "amount": {"minor": int(rng.lognormvariate(8.3, 1.1)), "currency": CURRENCY},
            "card_fingerprint": card,
            "buyer_account_age_days": buyer.age_days,
            "card_country": buyer.country if rng.random() < 0.9 else rng.choice(COUNTRIES),
            "card_funding": rng.choices(("credit", "debit", "prepaid", "unknown"), (45, 40, 10, 5))[0],
            "card_is_new": card != buyer.cards[0],
            "address_check": rng.choices(("match", "no_match", "not_checked"), (55, 15, 30))[0],
            "code_check": rng.choices(("match", "no_match", "not_checked"), (80, 4, 16))[0],
            "gift_card": rng.random() < 0.06,
            "category": rng.choice(CATEGORIES),
            "shipping_country": buyer.country if rng.random() < 0.9 else rng.choice(COUNTRIES),
            "country": buyer.country if rng.random() < 0.95 else rng.choice(COUNTRIES),
            "device_id": device,
            "ip": address,
        }

    def _buyer(self) -> Buyer:
        rng = self._rng
        number = rng.randrange(LISTED) if rng.random() < 0.02 else rng.randrange(LISTED, 10**7)
        return Buyer(
            f"u_{number}",
            [self._token("card") for _ in range(rng.choice((1, 1, 2, 3)))],
            [self._token("dev") for _ in range(rng.choice((1, 2)))],
            self._address(),
            COUNTRIES[int(len(COUNTRIES) * rng.random() ** 2.5)],
            int(rng.expovariate(1 / 400)),
        )

    def _token(self, kind: str) -> str:
        """Two in a hundred are on the list of bad ones."""
        return f"{kind}_{self._rng.randrange(LISTED if self._rng.random() < 0.02 else 2**32):08x}"

    def _address(self) -> str:
        return ".".join(str(self._rng.randrange(1, 255)) for _ in range(4))


def _tail(number: int, head: int, steepness: float) -> list[float]:
    """Cumulative weights by Zipf's law, its first ones flattened (Mandelbrot)."""
    return list(accumulate((rank + 1 + head) ** -steepness for rank in range(number)))
