"""How good decisions were, measured against labels: precision and recall, each with its Wilson interval."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054
"""The standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`hits` of `total`, with Wilson's score interval (Wilson 1927): sound for small samples and at 0 and 1."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None without a sample."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; everything is possible without a sample."""
        if not self.total:
            return (0.0, 1.0)
        share, n, square = self.hits / self.total, self.total, Z_95**2
        centre = (share + square / (2 * n)) / (1 + square / n)
        margin = Z_95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
        return (max(0.0, centre - margin), min(1.0, centre + margin))


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision (of what was flagged, how much was abuse) and recall (of the abuse, how much was flagged)."""

    precision: Ratio
    recall: Ratio


def quality(flagged: set[str], abusive: set[str]) -> Quality:
    """Compare what was flagged with what turned out abusive; both are sets of ids from one population."""
    both = len(flagged & abusive)
    return Quality(Ratio(both, len(flagged)), Ratio(both, len(abusive)))
