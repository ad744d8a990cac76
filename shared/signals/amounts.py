"""An amount as rules and features compare it."""

from typing import NamedTuple


class Amount(NamedTuple):
    """Minor units of a currency. The empty currency goes with zero only: the sum of nothing fits every currency."""

    minor: int
    currency: str
