"""Velocity counters in DynamoDB, one item for each entity, counter and window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.benchmarks.evaluate.usual.models import Payment, PaymentEvent


@dataclass(frozen=True)
class Counter:
    """`value` is what a payment adds: a number, or the member of a set to count distinct ones."""

    name: str
    entity: Callable[[Payment], str]
    window: timedelta
    value: Callable[[Payment], int | str]
    where: Callable[[Payment], bool] | None = None

    def bucket(self, event: PaymentEvent) -> int:
        """A fixed window, that begins anew when it is over: the simplest there is, one item to read and to write."""
        seconds = int(self.window.total_seconds())
        return int(event.time.timestamp()) // seconds * seconds

    def expires_at(self, event: PaymentEvent) -> int:
        """Some time after its window is over: the table's time to live."""
        return int(event.time.timestamp() + 2 * self.window.total_seconds())


COUNTERS: list[Counter] = []


class Counters:
    """`dynamodb` is boto3's resource, with which the developer guide's Python examples are written."""

    def __init__(self, dynamodb: Any, table: str, counters: list[Counter]) -> None:
        self.dynamodb = dynamodb
        self.table_name = table
        self.table = dynamodb.Table(table)
        self.counters = counters

    def place(self, counter: Counter, event: PaymentEvent) -> tuple[dict[str, str], str]:
        """The item's key, and the attribute in it."""
        return {"entity": counter.entity(event.data), "counter": f"{counter.name}#{counter.bucket(event)}"}, "value"

    def read(self, event: PaymentEvent) -> dict[str, int]:
        """All counters of a payment's entities, by name."""
        keys = {counter.name: self.place(counter, event)[0] for counter in self.counters}
        # One BatchGetItem for all, as the best practices have it, and eventually consistent, as is the default.
        response = self.dynamodb.batch_get_item(RequestItems={self.table_name: {"Keys": list(keys.values())}})
        items = {(item["entity"], item["counter"]): item["value"] for item in response["Responses"][self.table_name]}
        values = {name: items.get((key["entity"], key["counter"]), 0) for name, key in keys.items()}
        return {name: len(value) if isinstance(value, set) else int(value) for name, value in values.items()}

    def add(self, event: PaymentEvent) -> None:
        """An atomic counter each, and a set for what is counted once: see "Atomic counters" in the developer guide."""
        for counter in self.counters:
            if counter.where and not counter.where(event.data):
                continue
            value = counter.value(event.data)
            key, attribute = self.place(counter, event)
            self.table.update_item(
                Key=key,
                UpdateExpression="ADD #value :value SET expires_at = :expires_at",
                ExpressionAttributeNames={"#value": attribute},
                ExpressionAttributeValues={
                    ":value": {value} if isinstance(value, str) else value,
                    ":expires_at": counter.expires_at(event),
                },
            )
