"""What is asked of the past: fifty features over the four entities of a payment, over windows from an hour to a month.

One declaration serves both sides: the policy's text for Sluice, and for the usual way the counters to keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SIGNAL = "payment.attempted"
HOURS = {"1h": 1, "6h": 6, "1d": 24, "7d": 7 * 24, "30d": 30 * 24}


@dataclass(frozen=True)
class Asked:
    """One feature: `kind` is `count`, `sum` or `distinct`, `of` the field that is summed or told apart."""

    name: str
    kind: str
    by: str
    window: str
    of: str = ""
    where: str = ""

    @property
    def declared(self) -> str:
        """As the policy language has it."""
        what = f"count: {SIGNAL}" if self.kind == "count" else f"{self.kind}: {self.of}, of: {SIGNAL}"
        only = f", where: '{self.where}'" if self.where else ""
        return f"{{{what}, by: {self.by}, window: {self.window}{only}}}"


SMALL = "amount < 5.00 USD"
WRONG_CODE = 'code_check == "no_match"'
_COUNTS = {
    "buyer": {"": "1h 6h 1d 7d 30d", "card_is_new": "1d 7d", WRONG_CODE: "1h 1d 7d", "gift_card": "1d"},
    "card": {"": "1h 1d 7d 30d", SMALL: "1h", WRONG_CODE: "1d"},
    "device": {"": "1h 1d 7d", WRONG_CODE: "1d"},
    "ip": {"": "1h 1d", WRONG_CODE: "1h"},
}
_SUMS = {"buyer": "1h 1d 7d 30d", "card": "1d 7d"}
_DISTINCT = {
    "buyer": {"card": "1h 1d 30d", "device": "1d 7d", "ip": "1d", "seller": "1h 1d"},
    "card": {"buyer": "1d 30d", "device": "7d"},
    "device": {"buyer": "1d 7d", "card": "1h 1d 7d"},
    "ip": {"buyer": "1h 1d", "card": "1h 1d"},
}
_WORDS = {"": "pays", "card_is_new": "new_cards", WRONG_CODE: "wrong_codes", "gift_card": "gift_cards", SMALL: "small"}


def _features() -> Iterator[Asked]:
    for by, counts in _COUNTS.items():
        for where, windows in counts.items():
            for window in windows.split():
                yield Asked(f"{by}_{_WORDS[where]}_{window}", "count", by, window, where=where)
    for by, windows in _SUMS.items():
        for window in windows.split():
            yield Asked(f"{by}_paid_{window}", "sum", by, window, of="amount")
    for by, fields in _DISTINCT.items():
        for of, windows in fields.items():
            for window in windows.split():
                yield Asked(f"{by}_{of}s_{window}", "distinct", by, window, of=of)


FEATURES = {each.name: each for each in _features()}
SUMS = tuple(name for name, each in FEATURES.items() if each.kind == "sum")
