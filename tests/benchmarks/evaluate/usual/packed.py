"""The same counters, tuned: one item for each entity and window, with an attribute for each counter."""

from collections import defaultdict

from tests.benchmarks.evaluate.usual.counters import Counter, Counters
from tests.benchmarks.evaluate.usual.models import PaymentEvent


class PackedCounters(Counters):
    """Fewer, larger items: what authors come to when the bill has come."""

    def place(self, counter: Counter, event: PaymentEvent) -> tuple[dict[str, str], str]:
        window = f"{counter.window}#{counter.bucket(event)}"
        return {"entity": counter.entity(event.data), "counter": window}, counter.name

    def read(self, event: PaymentEvent) -> dict[str, int]:
        places = {counter.name: self.place(counter, event)[0] for counter in self.counters}
        keys = [dict(key) for key in dict.fromkeys(tuple(place.items()) for place in places.values())]
        response = self.dynamodb.batch_get_item(RequestItems={self.table_name: {"Keys": keys}})
        items = {(item["entity"], item["counter"]): item for item in response["Responses"][self.table_name]}
        values = {name: items.get((key["entity"], key["counter"]), {}).get(name, 0) for name, key in places.items()}
        return {name: len(value) if isinstance(value, set) else int(value) for name, value in values.items()}

    def add(self, event: PaymentEvent) -> None:
        together: dict[tuple[tuple[str, str], ...], list[Counter]] = defaultdict(list)
        for counter in self.counters:
            if not counter.where or counter.where(event.data):
                together[tuple(self.place(counter, event)[0].items())].append(counter)
        for key, counters in together.items():
            values = {f":{counter.name}": counter.value(event.data) for counter in counters}
            additions = ", ".join(f"{counter.name} :{counter.name}" for counter in counters)
            self.table.update_item(
                Key=dict(key),
                UpdateExpression=f"ADD {additions} SET expires_at = :expires_at",
                ExpressionAttributeValues={
                    **{name: {value} if isinstance(value, str) else value for name, value in values.items()},
                    ":expires_at": counters[0].expires_at(event),
                },
            )
