"""The guardrails' counters and brakes, in the policy table: what all functions together did in an hour or a day.

part                     item    what
guard#2026-11-22T13      live    of this hour (UTC, of arrival), or of a day `guard#2026-11-22`: one number each of
  h:<rule>@<version>             its hits, `g:…` of them that met somebody known good
  e:<rule>@<version>             the known-good entities that it met, as short hashes; few more than its brake needs
  b:<budget>                     effects counted by a budget, `b:<budget>:USD` money at risk in minor units; `c:…` the
                                 part of either that what is cheap used, where a share is kept
  t:<rule>@<version>             when and how its brake tripped, `x:<budget>` when it first had no room left
guard#brakes             live    `r:<rule>@<version>`: when and how it was braked, and how often it was started again

Every batch changes an hour's item once: each `ADD` gives it its place in the numbering, whoever else adds. Its
condition keeps every budget: nothing is added where any would get over its limit. `#2` and so on after a version
counts how often the rule was started again, so that its hits are counted anew then.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import ClientError

from shared.decisions import Latch, Stop, Trip
from shared.decisions.guarding import of_version
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.reading import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "guard#"
BRAKES = "brakes"
KEPT = timedelta(days=10)
"""How long counters are kept: long enough to compare a day with the same day of the week before."""
_ONE = "live"
_RULE = "r:"
_REFUSED = "ConditionalCheckFailedException"
_Numbers = Mapping[str, int]
_Sets = Mapping[str, Iterable[str]]


class Counters(NamedTuple):
    """What stands in a period's item: its numbers by attribute, how many entities are in each set (`met`), what brakes
    made of rules, and the budgets of which it was told that they ran out. `added` says whether what was asked is there.
    """

    added: bool
    numbers: _Numbers
    met: _Numbers
    tripped: Mapping[str, Stop]
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class RuleHits:
    """How often a rule acted, and how often on somebody known good."""

    hits: int
    known_good: int


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What is used of a budget: so many effects, and money in minor units by currency."""

    count: int = 0
    money: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Braked:
    """A rule that a brake holds until somebody starts it."""

    version: str
    at: datetime
    became: str
    why: str


@dataclass(frozen=True, slots=True)
class Tripped:
    """The first time in its window that a guardrail tripped."""

    at: datetime
    guardrail: str
    rule: str
    became: str
    why: str


class Guards:
    """Counts for all functions at once, and keeps what was braked."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, period: str, amounts: _Numbers, most: _Numbers, met: _Sets | None = None) -> Counters:
        """Add to numbers, and the entities `met` to sets, unless a number is beyond `most`; what stands then."""
        sets = {name: frozenset(map(_shortened, entities)) for name, entities in (met or {}).items()}
        added: Mapping[str, Any] = {**amounts, **sets}
        names = {f"#{place}": name for place, name in enumerate({**added, **most})}
        tokens = {name: token for token, name in names.items()}
        adds = ", ".join(f"{tokens[name]} :a{tokens[name][1:]}" for name in added)
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(period),
            "UpdateExpression": f"SET expires_at = :expires ADD {adds}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(
                {
                    ":expires": _expiry(period),
                    **{f":a{tokens[name][1:]}": amount for name, amount in added.items()},
                    **{f":m{tokens[name][1:]}": bound for name, bound in most.items()},
                }
            ),
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if most:
            request["ConditionExpression"] = " AND ".join(_bound(tokens[name], most[name]) for name in most)
        try:
            return _counters(self._client.update_item(**request).get("Attributes", {}), added=True)
        except ClientError as error:
            if error_code(error) != _REFUSED:
                raise
            return _counters(cast("Any", error.response).get("Item", {}), added=False)

    def tell(self, trip: Trip) -> None:
        """Note that a guardrail tripped, where all who count will see it; the first word stands. Brakes are latched."""
        if trip.brakes:
            # First: whoever finds the note below does not latch any more.
            self._latch(trip)
        told = {"guardrail": trip.guardrail, "rule": trip.rule, "at": trip.at, **trip.stop._asdict()}
        for period, name in trip.keys:
            self._client.update_item(
                TableName=self._table,
                Key=_key(period),
                UpdateExpression="SET #name = if_not_exists(#name, :told), expires_at = :expires",
                ExpressionAttributeNames={"#name": f"{'t' if trip.brakes else 'x'}:{name}"},
                ExpressionAttributeValues=to_item({":told": told, ":expires": _expiry(period)}),
            )

    def _latch(self, trip: Trip) -> None:
        """Brake a rule until somebody starts it, unless it is braked, or was started again meanwhile."""
        latch = {"number": trip.number, "held": True, "at": trip.at, **trip.stop._asdict()}
        self._brake(
            "SET #rule = :latch",
            "attribute_not_exists(#rule) OR (#rule.held = :no AND #rule.#number = :number)",
            of_version(trip.rule, trip.version),
            {":latch": latch, ":number": trip.number, ":no": False},
        )

    def latches(self) -> dict[str, Latch]:
        """By `rule@version`, what is braked or was, and how often it was started again."""
        found = self._client.get_item(TableName=self._table, Key=_key(BRAKES), ConsistentRead=True).get("Item", {})
        rules = ((name.removeprefix(_RULE), value) for name, value in from_item(found).items())
        return {rule: _latch(value) for rule, value in rules if isinstance(value, dict)}

    def brakes(self) -> dict[str, Braked]:
        """The rules that are braked now; of several versions of one rule, the one that was braked last."""
        held = [(name, latch, latch.stop) for name, latch in self.latches().items() if latch.stop]
        return {
            rule: Braked(version, datetime.fromisoformat(latch.at), stop.became, stop.why)
            for name, latch, stop in sorted(held, key=lambda each: each[1].at)
            for rule, _, version in [name.rpartition("@")]
        }

    def release_brake(self, rule: str) -> bool:
        """Let all versions of a braked rule act again, their hits counted anew; whether there was a brake."""
        held = [name for name, latch in self.latches().items() if latch.stop and name.rpartition("@")[0] == rule]
        released = [
            self._brake(
                "SET #rule.held = :no, #rule.#number = #rule.#number + :one",
                "#rule.held = :yes",
                name,
                {":no": False, ":yes": True, ":one": 1},
            )
            for name in held
        ]
        return any(released)

    def _brake(self, update: str, condition: str, name: str, values: Mapping[str, Any]) -> bool:
        """Change one brake, if it is as the condition says; whether it was."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(BRAKES),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#rule": _RULE + name, "#number": "number"},
                ExpressionAttributeValues=to_item(values),
            )
        except ClientError as error:
            if error_code(error) != _REFUSED:
                raise
            return False
        return True

    def counted(self, since: datetime, until: datetime) -> dict[str, RuleHits]:
        """By rule, its hits in the hours from `since` on and before `until`, whatever its versions."""
        hits: Counter[tuple[str, str]] = Counter()
        for item in self._read(_hours(since, until)):
            for name, value in item.items():
                if name[:2] in ("h:", "g:"):
                    hits[name[0], name[2:].partition("@")[0]] += value
        return {rule: RuleHits(hits["h", rule], hits["g", rule]) for kind, rule in hits if kind == "h"}

    def used(self, now: datetime) -> dict[str, BudgetUse]:
        """By budget, what is used of it in the running hour or day."""
        use: dict[str, BudgetUse] = {}
        for item in self._read([_hour(now), _hour(now)[:10]]):
            for name, value in item.items():
                kind, budget, currency = (*name.split(":"), "", "")[:3]
                if kind == "b":
                    known = use.get(budget, BudgetUse())
                    more = BudgetUse(known.count, {**known.money, currency: value})
                    use[budget] = more if currency else BudgetUse(value, known.money)
        return use

    def tripped(self, since: datetime) -> list[Tripped]:
        """What tripped since then, the newest first."""
        until = datetime.now(UTC) + timedelta(hours=1)
        hours = _hours(since, until)
        found = {
            (told["guardrail"], told["rule"], told["window"]): told
            for item in self._read([*hours, *dict.fromkeys(hour[:10] for hour in hours)])
            for name, told in item.items()
            if name[:2] in ("t:", "x:")
        }
        moments = [
            Tripped(datetime.fromisoformat(each["at"]), each["guardrail"], each["rule"], each["became"], each["why"])
            for each in found.values()
        ]
        return sorted((each for each in moments if each.at >= since), key=lambda each: each.at, reverse=True)

    def _read(self, periods: list[str]) -> Iterator[dict[str, Any]]:
        keys = [_key(period) for period in periods]
        return (from_item(item) for item in batch_get(self._client, self._table, keys))


def _key(period: str) -> dict[str, Any]:
    return {"part": {"S": f"{PREFIX}{period}"}, "item": {"S": _ONE}}


def _shortened(entity: str) -> bytes:
    """So few bytes that of twenty entities two are alike once in a trillion hours."""
    return blake2b(entity.encode(), digest_size=6).digest()


def _bound(token: str, most: int) -> str:
    """What is missing counts as zero: it is greater than nothing, and at most nothing. In few characters: the
    expression has 4 KB for all counters."""
    return f"NOT {token} > :m{token[1:]}" if most >= 0 else f"{token} <= :m{token[1:]}"


def _counters(item: Mapping[str, Any], *, added: bool) -> Counters:
    found = from_item(item)
    return Counters(
        added,
        {name: value for name, value in found.items() if isinstance(value, int)},
        {name: len(value) for name, value in found.items() if isinstance(value, frozenset)},
        {name[2:]: _stop(told) for name, told in found.items() if name.startswith("t:")},
        frozenset(name[2:] for name in found if name.startswith("x:")),
    )


def _stop(told: Mapping[str, Any]) -> Stop:
    return Stop(told["became"], told["window"], told["why"])


def _latch(found: Mapping[str, Any]) -> Latch:
    return Latch(found["number"], _stop(found) if found["held"] else None, found["at"])


def _hour(moment: datetime) -> str:
    return stamp(moment)[:13]


def _expiry(period: str) -> int:
    """When a period's item may be deleted."""
    start = datetime.fromisoformat(f"{period}:00+00:00" if "T" in period else f"{period}T00:00+00:00")
    return int((start + KEPT).timestamp())


def _hours(since: datetime, until: datetime) -> list[str]:
    """The names of the hours, the first one whole."""
    first, hours = since.replace(minute=0, second=0, microsecond=0), []
    while first < until:
        hours.append(_hour(first))
        first += timedelta(hours=1)
    return hours
