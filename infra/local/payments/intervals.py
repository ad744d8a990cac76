"""Paired bootstrap intervals (Efron and Tibshirani 1993, percentile method), by card.

The payments of one card depend on each other, so cards are drawn, each with all its payments. Rankings of the same
payments are measured on the same draws: of the difference between two, the luck of the draw drops out.
"""

import random
from collections.abc import Sequence

from infra.local.payments.measures import Measures, Ranking

DRAWS = 1_000
SEED = 1


def drawn(rankings: Sequence[Ranking], draws: int = DRAWS, seed: int = SEED) -> list[tuple[Measures, ...]]:
    """The measures of each ranking on each draw. All rank payments of the same cards."""
    luck, cards = random.Random(seed), len(rankings[0].cards)
    made = []
    for _ in range(draws):
        weights = [0] * cards
        for position in luck.choices(range(cards), k=cards):
            weights[position] += 1
        made.append(tuple(ranking.measure(weights) for ranking in rankings))
    return made


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The middle 95 % of the values."""
    ordered = sorted(values)
    outside = round(0.025 * len(ordered))
    return ordered[outside], ordered[-1 - outside]
