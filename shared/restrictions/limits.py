"""Limits: how much of a capability is left. Every limit of a capability has a join, the mildest limit that covers both.

A limit is a point in a product of small orders, its dimensions. The join takes the tighter bound in each dimension, and
`none` covers everything. It is the least limit that covers both, which can be tighter than either: 30 % held back
for 10 days, and 10 % for 90 days, join to 30 % for 90 days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

AMOUNT = "amount_per_day"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to limit: a whole number from `least` to `most`, or a flag, whose only number is 1.

    `tighter` says whether less or more of it limits more. `unit` is how people read it.
    """

    tighter: str
    least: int
    most: int
    unit: str

    def tightest(self, one: int, other: int) -> int:
        return min(one, other) if self.tighter == "less" else max(one, other)


DIMENSIONS: Mapping[str, Dimension] = {
    "none": Dimension("more", 1, 1, "nothing is left"),
    "share": Dimension("less", 1, 99, "percent left"),
    "reserve_share": Dimension("more", 1, 99, "percent of each payout held back for a while"),
    "reserve_days": Dimension("more", 1, 180, "days until what was held back is paid"),
    "delay_hours": Dimension("more", 1, 24 * 90, "hours that it waits"),
    "count_per_day": Dimension("less", 1, 1_000_000, "a day"),
    AMOUNT: Dimension("less", 1, 2**63 - 1, "a day, in minor units of the currency"),
    "per_hour": Dimension("less", 1, 1_000_000, "an hour"),
    "no_links": Dimension("more", 1, 1, "links are taken out"),
    "step_up": Dimension("more", 1, 1, "after a step-up only"),
}
"""By name. Amounts have a bound for each currency: `amount_per_day:USD`."""

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "log_in": ("none", "step_up"),
    "change_credentials": ("none", "step_up", "delay_hours"),
    "change_payout_account": ("none", "step_up", "delay_hours"),
    "buy": ("none", "count_per_day", AMOUNT),
    "list": ("none", "count_per_day", AMOUNT),
    "ship": ("none",),
    "message": ("none", "per_hour", "no_links"),
    "be_ranked": ("none", "share"),
    "receive_payout": ("none", "share", "reserve_share", "reserve_days", "delay_hours"),
    "withdraw": ("none", "step_up", "delay_hours", AMOUNT),
}
"""What an entity may do, and the dimensions in which each can be limited."""

MONEY = frozenset({"receive_payout", "withdraw"})


@dataclass(frozen=True, slots=True)
class Limit:
    """What is left of a capability, as sorted (dimension, bound) pairs. Without any, nothing is limited."""

    bounds: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, bounds: Mapping[str, int]) -> "Limit":
        """The limit with these bounds; `none` makes all others meaningless."""
        return NONE if "none" in bounds else cls(tuple(sorted(bounds.items())))

    def joined(self, other: "Limit") -> "Limit":
        """The mildest limit that covers both: commutative, associative, idempotent."""
        bounds = dict(self.bounds)
        for name, bound in other.bounds:
            bounds[name] = dimension(name).tightest(bounds[name], bound) if name in bounds else bound
        return Limit.of(bounds)

    def covers(self, other: "Limit") -> bool:
        """Whether this one limits at least as much in every way."""
        return self.joined(other) == self

    @property
    def allowed(self) -> int:
        """The percent left, 0 to 99, for those who know nothing finer: they err on the careful side."""
        bounds = dict(self.bounds)
        if not bounds:
            return 100
        return min(bounds.get("share", 100), 100 - bounds["reserve_share"] if "reserve_share" in bounds else 100) % 100

    def to_json(self) -> dict[str, Any]:
        """`{"none": true}`, `{"share": 25}`, `{"amount_per_day": {"USD": 20000}, "count_per_day": 3}`, …"""
        document: dict[str, Any] = {}
        for name, bound in self.bounds:
            base, _, currency = name.partition(":")
            if currency:
                document.setdefault(base, {})[currency] = bound
            else:
                document[name] = True if _is_flag(base) else bound
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Limit":
        """What `to_json` gave. Raises `ValueError` for a dimension or bound that is none."""
        bounds: dict[str, int] = {}
        for name, bound in document.items():
            given = (
                {f"{name}:{currency}": each for currency, each in bound.items()} if name == AMOUNT else {name: bound}
            )
            bounds |= {each: _checked(each, int(value)) for each, value in given.items()}
        return cls.of(bounds)


NONE = Limit((("none", 1),))
UNLIMITED = Limit()
_STEP_UP = Limit((("step_up", 1),))


def holds_money(capability: str, limit: Limit) -> bool:
    """Whether somebody cannot get at their money by it; a step-up alone they can do at any time."""
    return capability in MONEY and limit != _STEP_UP


def dimension(name: str) -> Dimension:
    """The dimension of a bound's name, with or without a currency."""
    return DIMENSIONS[name.partition(":")[0]]


def join(limits: Iterable[Limit]) -> Limit:
    """The mildest limit that covers all of them; unlimited when there are none."""
    return reduce(Limit.joined, limits, UNLIMITED)


def unfit(capability: str, limit: Limit) -> str | None:
    """Why a capability cannot be limited so; None when it can."""
    if capability not in CAPABILITIES:
        return f"there is no capability {capability!r}; there are {', '.join(CAPABILITIES)}"
    ways = CAPABILITIES[capability]
    strange = [name for name, _ in limit.bounds if name.partition(":")[0] not in ways]
    return f"{capability} cannot be limited by {strange[0]}; it can by {', '.join(ways)}" if strange else None


def _is_flag(name: str) -> bool:
    return DIMENSIONS[name].least == DIMENSIONS[name].most


def _checked(name: str, bound: int) -> int:
    base = name.partition(":")[0]
    if base not in DIMENSIONS:
        raise ValueError(f"{name!r} is no way to limit; there are {', '.join(DIMENSIONS)}")
    least, most = DIMENSIONS[base].least, DIMENSIONS[base].most
    if not least <= bound <= most:
        raise ValueError(f"{name} must be from {least} to {most}, it is {bound}")
    return bound
