"""How well scores rank payments: the measures of the Fraud Detection Handbook (chapter 4), and the loss caught.

auc                the chance that a fraud has a higher score than an honest payment; ties count half (Mann and Whitney)
average precision  the precision at each distinct score, weighed by the recall that it adds
card precision     of the 100 cards with the highest scores of a day, the share that had a fraud on that day; cards
                   found on an earlier day are left out; the mean over the days
loss caught        of the money in frauds, the share in payments above the lowest bar that touches no more than a
                   given share of the honest payments

Each can be weighed by card, as a bootstrap needs it: a card of weight 2 is there twice, with all its payments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from infra.local.payments.protocol import Payment

TOP = 100
"""Cards that people can look into on one day."""
TOUCHED = (0.001, 0.01)
"""Shares of honest payments that may be touched."""
_SCORE, _CARD, _DAY = attrgetter("score"), attrgetter("card"), attrgetter("day")


class NothingToMeasureError(Exception):
    """Where there are no frauds, or no honest payments, there is nothing to rank."""


class Measures(NamedTuple):
    """All between 0 and 1. `caught` is the loss caught for each of `TOUCHED`."""

    auc: float
    average_precision: float
    card_precision: float
    caught: tuple[float, ...]


class Above(NamedTuple):
    """What lies at or above a score: honest payments, frauds, and the money in the frauds."""

    score: float
    honest: int
    frauds: int
    loss: int


class _Row(NamedTuple):
    """What one card, by its position, has at one score."""

    card: int
    honest: int
    frauds: int
    loss: int


class Ranking:
    """Payments by score, arranged once so that they can be measured many times with other weights."""

    def __init__(self, payments: Sequence[Payment]) -> None:
        self.cards = tuple(sorted({each.card for each in payments}))
        """In the order of the weights."""
        positions = {card: position for position, card in enumerate(self.cards)}
        self._levels = _levels(payments, positions)
        self._days = _days(payments, positions)
        self._alike = [1] * len(self.cards)

    def measure(self, weights: Sequence[int] | None = None) -> Measures:
        """Measure with a weight for each of `cards`, or all alike. Raises `NothingToMeasureError`."""
        weights = weights or self._alike
        steps = self._steps(weights)
        whole, above = steps[-1], Above(0, 0, 0, 0)
        area = precision = 0.0
        for step in steps:
            if frauds := step.frauds - above.frauds:
                area += frauds * (whole.honest - (above.honest + step.honest) / 2)
                precision += frauds * step.frauds / (step.frauds + step.honest)
            above = step
        return Measures(
            area / (whole.frauds * whole.honest),
            precision / whole.frauds,
            self._card_precision(weights),
            tuple(_lowest(steps, share).loss / whole.loss for share in TOUCHED),
        )

    def bar(self, share: float) -> float:
        """The lowest score that no more than this share of the honest payments reaches."""
        return _lowest(self._steps(self._alike), share).score

    def at(self, bar: float) -> tuple[float, float]:
        """Which share of the honest payments reaches a score, and which share of the money in frauds."""
        steps = self._steps(self._alike)
        reached = [step for step in steps if step.score >= bar] or [Above(bar, 0, 0, 0)]
        return reached[-1].honest / steps[-1].honest, reached[-1].loss / steps[-1].loss

    def _steps(self, weights: Sequence[int]) -> list[Above]:
        """From the highest score to the lowest."""
        steps: list[Above] = []
        honest = frauds = loss = 0
        for score, rows in self._levels:
            for row in rows:
                weight = weights[row.card]
                honest += weight * row.honest
                frauds += weight * row.frauds
                loss += weight * row.loss
            steps.append(Above(score, honest, frauds, loss))
        if not honest or not frauds:
            raise NothingToMeasureError(
                f"{frauds:,} frauds and {honest:,} honest payments to measure a score on: there must be some of both"
            )
        return steps

    def _card_precision(self, weights: Sequence[int]) -> float:
        found: set[int] = set()
        hits = 0
        for day in self._days:
            left = TOP
            for card, is_fraud in day:
                taken = 0 if card in found else min(left, weights[card])
                left -= taken
                if is_fraud and taken:
                    hits += taken
                    found.add(card)
                if not left:
                    break
        return hits / (TOP * len(self._days))


def _levels(payments: Sequence[Payment], positions: Mapping[str, int]) -> list[tuple[float, list[_Row]]]:
    """For each score, the highest first, what each card has there."""
    return [
        (score, [_row(positions[card], held) for card, held in _by(_CARD, alike)])
        for score, alike in reversed(_by(_SCORE, payments))
    ]


def _row(card: int, payments: Sequence[Payment]) -> _Row:
    frauds = [each.amount for each in payments if each.is_fraud]
    return _Row(card, len(payments) - len(frauds), len(frauds), sum(frauds))


def _days(payments: Sequence[Payment], positions: Mapping[str, int]) -> list[list[tuple[int, bool]]]:
    """For each day its cards, the highest score first (ties by name), and whether each had a fraud on it."""
    return [
        [
            (positions[card], any(each.is_fraud for each in held))
            for card, held in sorted(_by(_CARD, day), key=lambda item: -max(each.score for each in item[1]))
        ]
        for _, day in _by(_DAY, payments)
    ]


def _by(key: Callable[[Payment], Any], payments: Iterable[Payment]) -> list[tuple[Any, list[Payment]]]:
    """Those that are alike together, in the order of what they are alike in."""
    return [(value, list(alike)) for value, alike in groupby(sorted(payments, key=key), key)]


def _lowest(steps: Sequence[Above], share: float) -> Above:
    """The last step, from the top, that no more than this share of the honest payments reaches."""
    allowed = share * steps[-1].honest
    reached = [step for step in steps if step.honest <= allowed]
    return reached[-1] if reached else Above(float("inf"), 0, 0, 0)
