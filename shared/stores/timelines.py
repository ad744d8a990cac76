"""The timelines table: tiles as native sets of packed elements (where they lie, `tiles` says).

`ADD` of a set is a union: idempotent, commutative and free of conflicts between writers, so that duplicates, crashes,
retries and parallel lanes leave the same tiles (law 3).

A write is billed by the whole item's size, also one that its condition refuses. A tile that is known to be full is
therefore left alone: else an address that floods us would pay for its full tile, fifty units at a time, with every
batch, and use up its partition.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from botocore.exceptions import ClientError

from shared.features import TileKey, expires_at
from shared.stores.failures import error_code
from shared.stores.reading import batch_get
from shared.stores.tiles import LACKING, SUMMARY, is_crowded, place_of, tiles_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Outcome = Literal["taken", "full", "refused"]
"""What became of an addition: `refused` is for good, as the item is too large, or was edited by another hand."""

_MOST_KNOWN = 50_000
"""Full tiles that are kept in mind: far more than one process meets, and few enough megabytes."""

Additions = TypeVar("Additions")


class TimelineStore:
    """Reads tiles and adds to them. A tile takes no more once it holds `cap` elements: twice the cap at most.

    `grace` is how much longer tiles are kept than any window reaches.
    """

    def __init__(self, client: "DynamoDBClient", table: str, cap: int, grace: timedelta) -> None:
        self._client = client
        self._table = table
        self.cap = cap
        self.grace = grace
        self._full: set[TileKey] = set()

    def read(self, keys: Iterable[TileKey]) -> dict[TileKey, frozenset[bytes]]:
        """The elements of the tiles that exist; of one that another hand has edited, `UNREADABLE`."""
        wanted = frozenset(keys)
        places = [place_of(next(iter(together)))[0] for together in by_item(dict.fromkeys(wanted))]
        items = list(batch_get(self._client, self._table, places))
        found = {key: elements for item in items for key, elements in tiles_in(item).items() if key in wanted}
        crowded = {item["entity"]["S"] for item in items if is_crowded(item)}
        # In a summary without room, families that it does not have lack something, too.
        found |= {key: frozenset({LACKING}) for key in wanted - found.keys() if key.is_fact and key.entity in crowded}
        full = {key for key, elements in found.items() if len(elements) >= self.cap or LACKING in elements}
        # One that is gone has room, too: it was erased.
        self._full.difference_update(wanted - full)
        self._keep_in_mind(full)
        return found

    def add(self, additions: Mapping[TileKey, Iterable[bytes]]) -> dict[TileKey, Outcome]:
        """Add to tiles, with one update for each item; what became of each addition.

        A full tile loses nothing that rules may count on: see `AtLeast`. Raises what the service refuses for now.
        """
        outcomes: dict[TileKey, Outcome] = dict.fromkeys(additions, "full")
        for together in by_item(additions):
            waiting = {key: sorted(set(elements)) for key, elements in together.items() if key not in self._full}
            while waiting:
                written = self._written({key: elements[: self.cap] for key, elements in waiting.items()})
                outcomes |= written
                waiting = {
                    key: rest
                    for key, elements in waiting.items()
                    if written[key] == "taken" and (rest := elements[self.cap :])
                }
        return outcomes

    def _written(self, tiles: Mapping[TileKey, list[bytes]]) -> dict[TileKey, Outcome]:
        """All tiles of one item in one update; one by one, when one of them stands in the way of the others."""
        outcome = self._update(tiles)
        if outcome != "taken" and len(tiles) > 1:
            outcomes = {key: self._update({key: elements}) for key, elements in tiles.items()}
        else:
            outcomes = dict.fromkeys(tiles, outcome)
        self._keep_in_mind(key for key, became in outcomes.items() if became == "full")
        return outcomes

    def _keep_in_mind(self, full: Iterable[TileKey]) -> None:
        if len(self._full) > _MOST_KNOWN:
            self._full.clear()
        self._full.update(full)

    def _update(self, tiles: Mapping[TileKey, list[bytes]]) -> Outcome:
        """One update of one item: all its tiles take their elements, or none does."""
        names = {f"#{number}": place_of(key)[1] for number, key in enumerate(tiles)}
        values: dict[str, Any] = {f":{number}": {"BS": elements} for number, elements in enumerate(tiles.values())}
        update = "ADD " + ", ".join(f"#{number} :{number}" for number in range(len(tiles)))
        first = next(iter(tiles))
        if not first.is_fact:
            names["#expires"], values[":expires"] = "expires_at", {"N": str(expires_at(first, self.grace))}
            update += " SET #expires = :expires"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=place_of(first)[0],
                UpdateExpression=update,
                ConditionExpression=" AND ".join(
                    f"(attribute_not_exists(#{number}) OR size(#{number}) < :cap)" for number in range(len(tiles))
                ),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={**values, ":cap": {"N": str(self.cap)}},
            )
        except ClientError as error:
            match error_code(error):
                case "ConditionalCheckFailedException":
                    return "full"
                case "ValidationException":
                    return "refused"
                case _:
                    raise
        return "taken"


def by_item(additions: Mapping[TileKey, Additions]) -> list[dict[TileKey, Additions]]:
    """The additions apart by item: each part takes one update."""
    parts: dict[tuple[str, str], dict[TileKey, Additions]] = defaultdict(dict)
    for key, elements in additions.items():
        parts[key.entity, SUMMARY if key.is_fact else key.tile][key] = elements
    return list(parts.values())
