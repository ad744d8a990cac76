"""The item of the policy table in which functions say what they remember beyond what the pointer names.

attribute        what
version          grows with every change
asked.<key>      series that somebody reads: `series` by name since when they are written (empty: always), and `until`
                 when all write them for it; what a shipped policy reads, or a published one by the plan of newer code
late.<series>    since when a series is written that some function did not write: its code is older than the series, or
                 it judged without hearing of it

Functions change their own part of it, each with one write that needs no other; people's commands change the whole item
on condition of its version.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.decisions.beginnings import Written
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"part": {"S": "series"}, "item": {"S": "live"}}
KEPT = timedelta(days=7)
"""So long series are written after somebody last asked for them; who asks goes on asking."""
_AT_ONCE = 100
"""Names in one update, whose expression may have 4 KB."""


def key_of(names: Collection[str]) -> str:
    """What these series are asked for by: whoever asks for the same asks together."""
    return blake2b("\n".join(sorted(names)).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """Series, since when each is written (None: always), and until when all write them because somebody asked."""

    series: Mapping[str, datetime | None]
    until: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """All that functions said; the version 0 is of a stage where none has said anything."""

    version: int = 0
    asked: Mapping[str, Asked] = field(default_factory=dict)
    late: Mapping[str, datetime] = field(default_factory=dict)

    def written(self, *, published: bool) -> Written:
        """What everybody writes because of it.

        Where nobody ever published, what was asked for last does not end: who judged without it asked for something
        else, so that there was nobody if there is nothing newer.
        """
        written = Written({}, self.late)
        newest = max((each.until for each in self.asked.values()), default=None)
        for each in self.asked.values():
            until = each.until if published or each.until != newest else None
            began = {name: at for name, at in each.series.items() if at}
            written |= Written(dict.fromkeys(each.series, until), began)
        return written

    def since(self, moments: Mapping[str, datetime]) -> "Told":
        """The same, but that series are written since these moments at the latest."""

        def earlier(began: Mapping[str, Any]) -> dict[str, Any]:
            return {name: min(at, moments.get(name, at)) if at else at for name, at in began.items()}

        asked = {key: Asked(earlier(each.series), each.until) for key, each in self.asked.items()}
        return Told(self.version, asked, earlier(self.late))


class WrittenSeries:
    """Reads that item, and changes it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def told(self) -> Told:
        """What functions have said so far."""
        found = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True).get("Item")
        if not found:
            return Told()
        item = from_item(found)
        asked = {key: Asked(_moments(each["series"]), _moment(each["until"])) for key, each in item["asked"].items()}
        return Told(item["version"], asked, {name: _moment(at) for name, at in item["late"].items()})

    def first(self, *asked: Asked) -> bool:
        """Say the first that is said on this stage; False, and nothing is said, where something was said before."""
        values = {":asked": {key_of(each.series): _asked_item(each) for each in asked}, ":none": {}}
        try:
            self._update("SET asked = :asked, late = :none", {}, values, "attribute_not_exists(part)")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def ask(self, asked: Asked, ended: Collection[str] = ()) -> None:
        """Ask for series, and take out what nobody asks for any more: keys of `Told.asked`."""
        names = {"#key": key_of(asked.series), **{f"#e{place}": key for place, key in enumerate(ended)}}
        gone = ", ".join(f"asked.{token}" for token in names if token != "#key")  # noqa: S105  (of an expression)
        expression = f"SET asked.#key = :asked REMOVE {gone}" if gone else "SET asked.#key = :asked"
        self._update(expression, names, {":asked": _asked_item(asked)})

    def ask_on(self, key: str, until: datetime) -> None:
        """Go on asking for what stands under that key."""
        names = {"#key": key, "#until": "until"}
        self._update("SET asked.#key.#until = :until", names, {":until": stamp(until)})

    def postpone(self, late: Mapping[str, datetime]) -> None:
        """Say of series that they are not whole before these moments."""
        every = list(late.items())
        for start in range(0, len(every), _AT_ONCE):
            some = every[start : start + _AT_ONCE]
            names = {f"#n{place}": name for place, (name, _) in enumerate(some)}
            values = {f":n{place}": stamp(at) for place, (_, at) in enumerate(some)}
            sets = ", ".join(f"late.#n{place} = :n{place}" for place in range(len(some)))
            self._update(f"SET {sets}", names, values)

    def replacement(self, told: Told) -> dict[str, Any]:
        """The write that makes this the whole item if it is of that version, as a part of a transaction."""
        values = {
            ":read": told.version,
            ":asked": {key: _asked_item(each) for key, each in told.asked.items()},
            ":late": {name: stamp(at) for name, at in told.late.items()},
            ":one": 1,
        }
        return {
            "Update": {
                "TableName": self._table,
                "Key": KEY,
                "UpdateExpression": "SET asked = :asked, late = :late ADD version :one",
                "ConditionExpression": "version = :read",
                "ExpressionAttributeValues": to_item(values),
            }
        }

    def _update(
        self, expression: str, names: Mapping[str, str], values: Mapping[str, Any], condition: str | None = None
    ) -> None:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": KEY,
            "UpdateExpression": f"{expression} ADD version :one",
            "ExpressionAttributeValues": to_item({**values, ":one": 1}),
        }
        if names:
            request["ExpressionAttributeNames"] = names
        if condition:
            request["ConditionExpression"] = condition
        self._client.update_item(**request)


def _asked_item(asked: Asked) -> dict[str, Any]:
    return {"series": {name: stamp(at) if at else "" for name, at in asked.series.items()}, "until": stamp(asked.until)}


def _moments(stamped: Mapping[str, str]) -> dict[str, datetime | None]:
    return {name: _moment(at) if at else None for name, at in stamped.items()}


def _moment(stamped: str) -> datetime:
    return datetime.fromisoformat(stamped)
