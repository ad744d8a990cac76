"""The features once more, plainly: from the whole history, as a list of payments for each entity.

Rules are calibrated on these values, and both sides' answers are held against them.
"""

import json
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from shared.signals.amounts import Amount
from tests.benchmarks.evaluate.features import FEATURES, HOURS, SMALL, WRONG_CODE, Asked
from tests.benchmarks.policy.events import CURRENCY
from tests.benchmarks.traffic import Sent

Data = Mapping[str, Any]
KINDS = {"buyer": "user", "seller": "user", "card": "card", "device": "device", "ip": "ip"}
FIELDS = {"buyer": "buyer_id", "seller": "seller_id", "card": "card_fingerprint", "device": "device_id", "ip": "ip"}
_WHERE: Mapping[str, Callable[[Data], bool]] = {
    "": lambda _: True,
    "card_is_new": itemgetter("card_is_new"),
    "gift_card": itemgetter("gift_card"),
    WRONG_CODE: lambda data: data["code_check"] == "no_match",
    SMALL: lambda data: data["amount"]["minor"] < 500,
}


class Past:
    """What happened so far."""

    def __init__(self, history: Iterable[Sent] = ()) -> None:
        self._payments: dict[tuple[str, str], list[tuple[int, str, Data]]] = defaultdict(list)
        for signal in history:
            self.add(signal)

    def add(self, signal: Sent) -> None:
        event = json.loads(signal.payload)
        data = event["data"]
        for role, field in FIELDS.items():
            insort(self._payments[role, data[field]], (_milliseconds(event), event["id"], data))

    def values(self, signal: Sent) -> dict[str, Any]:
        """What rules see on a payment: its fields by visible name, and every feature."""
        event = json.loads(signal.payload)
        data = event["data"]
        shown = {name: value for name, value in data.items() if name not in FIELDS.values()}
        entities = {role: f"{KINDS[role]}:{data[field]}" for role, field in FIELDS.items()}
        amount = Amount(data["amount"]["minor"], data["amount"]["currency"])
        time = datetime.fromisoformat(event["time"])
        features = {name: self._value(asked, data, _milliseconds(event)) for name, asked in FEATURES.items()}
        return {**shown, **entities, **features, "amount": amount, "time": time}

    def _value(self, asked: Asked, data: Data, until: int) -> int | Amount:
        payments = self._payments[asked.by, data[FIELDS[asked.by]]]
        first = bisect_left(payments, until - HOURS[asked.window] * 3_600_000, key=itemgetter(0))
        last = bisect_left(payments, until, key=itemgetter(0))
        seen = [each for _, _, each in payments[first:last] if _WHERE[asked.where](each)]
        if asked.kind == "sum":
            return Amount(sum(each["amount"]["minor"] for each in seen), CURRENCY)
        return len({each[FIELDS[asked.of]] for each in seen}) if asked.kind == "distinct" else len(seen)


def _milliseconds(event: Mapping[str, Any]) -> int:
    return round(datetime.fromisoformat(event["time"]).timestamp() * 1000)
