"""On which payments the Fraud Detection Handbook (chapter 3) measures a score.

    training week     delay           test week
    07-25 … 07-31     08-01 … 08-07   08-08 … 08-14

A fraud becomes known seven days late. A card that is known as compromised is of no interest any more, since somebody
has blocked it: on each test day its payments are left out if it had a fraud in the training week, or since, that is
known by then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment, what the file says of it, and what was made of it at its own time.

    `amount` is in minor units, `score` is between 0 and 100, `rules` are those that gave it.
    """

    day: date
    card: str
    amount: int
    is_fraud: bool
    score: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """The weeks: `training` is the first day, spans are in days."""

    training: date = date(2018, 7, 25)
    trained: int = 7
    delay: int = 7
    tested: int = 7

    @property
    def days(self) -> tuple[date, ...]:
        """The days that are tested."""
        first = self.training + (self.trained + self.delay) * DAY
        return tuple(first + number * DAY for number in range(self.tested))

    def test_set(self, payments: Iterable[Payment]) -> list[Payment]:
        """The payments of the test days by cards that were not known as compromised on that day."""
        days = self.days
        known_from: dict[str, date] = {}
        tested: list[Payment] = []
        for payment in payments:
            if payment.is_fraud and payment.day >= self.training:
                # Of a fraud on day 1, somebody who looks in the morning knows on day 9.
                known = payment.day + (self.delay + 1) * DAY
                known_from[payment.card] = min(known, known_from.get(payment.card, known))
            if days[0] <= payment.day <= days[-1]:
                tested.append(payment)
        return [each for each in tested if each.day < known_from.get(each.card, date.max)]
