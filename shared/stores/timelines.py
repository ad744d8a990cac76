"""The timelines table: tiles as native sets of packed elements (where they lie, `tiles` says).

`ADD` of a set is a union: idempotent, commutative and free of conflicts between writers, so that duplicates, crashes,
retries and parallel lanes leave the same tiles (law 3).

A write is billed by the whole item's size, also one that its condition refuses. A tile that is known to be full is
therefore left alone: else an address that floods us would pay for its full tile, fifty units at a time, with every
batch, and use up its partition. What it turns away goes at once where the caller says: into the tiles of its overflow.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from botocore.exceptions import ClientError

from shared.features import LACKING, TileKey, expires_at, is_full
from shared.stores.failures import error_code
from shared.stores.reading import batch_get
from shared.stores.tiles import SUMMARY, is_crowded, place_of, tiles_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Outcome = Literal["taken", "overflowed", "full", "refused"]
"""What became of an addition: where a full tile turned some of it away, its overflow took that in (`overflowed`) or not
(`full`); `refused` is for good, as the item is too large, or was edited by another hand."""
Overflow = Callable[[TileKey, bytes], Iterable[TileKey]]
"""Where an element goes that a full tile turns away: see `Plan.overflow_of`."""

_KNOWN_FOR = 300.0
"""Seconds for which a tile is known to be full: whoever erases its entity deletes it, and does not tell us."""
_MOST_KNOWN = 50_000
"""Full tiles that are kept in mind: far more than one process meets, and few enough megabytes."""

Additions = TypeVar("Additions")


class TimelineStore:
    """Reads tiles and adds to them. A tile takes no more once it holds `cap` elements: twice the cap at most.

    `grace` is how much longer tiles are kept than any window reaches; `clock` tells seconds.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        cap: int,
        grace: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._table = table
        self.cap = cap
        self.grace = grace
        self._clock = clock
        self._full: dict[TileKey, float] = {}
        """Until when each tile is taken to be full without asking."""

    def read(self, keys: Iterable[TileKey]) -> dict[TileKey, frozenset[bytes]]:
        """The elements of the tiles that exist; of one that another hand has edited, `UNREADABLE`."""
        wanted = frozenset(keys)
        places = [place_of(next(iter(together)))[0] for together in by_item(dict.fromkeys(wanted))]
        items = list(batch_get(self._client, self._table, places))
        found = {key: elements for item in items for key, elements in tiles_in(item).items() if key in wanted}
        crowded = {item["entity"]["S"] for item in items if is_crowded(item)}
        # In a summary without room, families that it does not have lack something, too.
        found |= {key: frozenset({LACKING}) for key in wanted - found.keys() if key.is_fact and key.entity in crowded}
        full = {key for key, elements in found.items() if is_full(elements, self.cap)}
        # One that is gone has room, too: it was erased.
        for key in wanted - full:
            self._full.pop(key, None)
        self._keep_in_mind(full)
        return found

    def add(
        self, additions: Mapping[TileKey, Iterable[bytes]], overflow: Overflow = lambda *_: ()
    ) -> dict[TileKey, Outcome]:
        """Add to tiles, with one update for each item; what became of each addition.

        A full tile loses nothing that rules may count on: see `AtLeast`. Raises what the service refuses for now.
        """
        outcomes, turned_away = self._added(additions)
        spilled: dict[TileKey, set[bytes]] = defaultdict(set)
        places: dict[TileKey, list[tuple[TileKey, ...]]] = {}
        for key, elements in turned_away.items():
            places[key] = [tuple(overflow(key, element)) for element in elements]
            for element, tiles in zip(elements, places[key], strict=True):
                for tile in tiles:
                    spilled[tile].add(element)
        became, _ = self._added(spilled)
        for key, found in places.items():
            if all(found):
                worst = {became[tile] for tile in chain.from_iterable(found)}
                outcomes[key] = "refused" if "refused" in worst else "full" if "full" in worst else "overflowed"
        return outcomes

    def _added(
        self, additions: Mapping[TileKey, Iterable[bytes]]
    ) -> tuple[dict[TileKey, Outcome], dict[TileKey, list[bytes]]]:
        """What became of each addition, and what full tiles turned away."""
        now = self._clock()
        outcomes: dict[TileKey, Outcome] = dict.fromkeys(additions, "full")
        turned_away: dict[TileKey, list[bytes]] = {}
        for together in by_item(additions):
            waiting = {key: sorted(set(elements)) for key, elements in together.items()}
            while waiting:
                turned_away |= {key: elements for key, elements in waiting.items() if self._full.get(key, now) > now}
                written = self._written(
                    {key: each[: self.cap] for key, each in waiting.items() if key not in turned_away}
                )
                outcomes |= written
                turned_away |= {key: waiting[key] for key, became in written.items() if became == "full"}
                waiting = {
                    key: rest
                    for key, became in written.items()
                    if became == "taken" and (rest := waiting[key][self.cap :])
                }
        return outcomes, turned_away

    def _written(self, tiles: Mapping[TileKey, list[bytes]]) -> dict[TileKey, Outcome]:
        """All tiles of one item in one update; one by one, when one of them stands in the way of the others."""
        if not tiles:
            return {}
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
        self._full.update(dict.fromkeys(full, self._clock() + _KNOWN_FOR))

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
