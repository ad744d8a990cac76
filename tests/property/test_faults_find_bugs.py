"""The fault harness finds what is planted for it, and tells it in a short script."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.decisions import Decision, Recorded, recorded, to_record
from shared.policy import Policy
from shared.stores import Bus, DecisionLog, Ledger, TimelineStore
from shared.stores.feedback_queue import FeedbackQueue
from shared.stores.guards import Guards
from shared.stores.pages import Head
from shared.stores.records import record_to_item
from tests.faults import faults, script
from tests.faults.expecting import Expectation, broken_by, mismatches
from tests.faults.histories import script as script_of
from tests.faults.processes import Builders
from tests.faults.replaying import AS_BUILT, Run, replay
from tests.faults.script import Script
from tests.faults.services import DECISIONS, LEDGER, POLICY, SCHEMAS, TIMELINES
from tests.faults.shrinking import fewest, shrunk_like
from tests.stub.table import Consumed

pytestmark = pytest.mark.property

MOST_TRIED, FEW = 300, 5
Tampering = Callable[[Run], object]


class Counting(TimelineStore):
    """Counts what it adds with `ADD`, as is usual, beside the set that needs no count."""

    def add(self, additions: Any, overflow: Any = None) -> Any:
        outcomes = super().add(additions, overflow)
        for key, elements in additions.items():
            self._client.update_item(
                TableName=POLICY,
                Key={"part": {"S": key.entity}, "item": {"S": key.tile}},
                UpdateExpression="ADD seen :new",
                ExpressionAttributeValues={":new": {"N": str(len(set(elements)))}},
            )
        return outcomes


class OneSize(TimelineStore):
    """Takes it for granted that a tile has room: what it turns away is nobody's."""

    def add(self, additions: Any, overflow: Any = None) -> Any:
        return super().add(additions)


class Unforgiving(TimelineStore):
    """Reads that disputes were opened, and not how they ended."""

    def read(self, keys: Any) -> Any:
        return super().read(key for key in keys if not key.tile.startswith("dispute.resolved"))


class LastWins(DecisionLog):
    """Writes a decision whether there is one already or not."""

    def record(self, decision: Decision, policy: Policy, label: Any = None) -> Recorded:
        record = to_record(decision, label)
        words = self._words.of(policy.program(decision.particulars.signal_type))
        self._client.put_item(TableName=self._table, Item=record_to_item(record, words))
        return recorded(record)


class LabelsApart(DecisionLog):
    """Writes a label once more when its decision stands, as if it were an event of its own."""

    def record(self, decision: Decision, policy: Policy, label: Any = None) -> Recorded:
        stands = super().record(decision, policy, label)
        if label:
            self._client.update_item(
                TableName=self._table,
                Key={"decision_id": {"S": stands.decision_id}},
                UpdateExpression="SET label = :label",
                ExpressionAttributeValues={":label": {"S": json.dumps(label)}},
            )
        return stands


class Unread(DecisionLog):
    """Knows of no earlier decision what it did."""

    def actions_of(self, decision_ids: Any) -> Any:
        return {}


class Forgetting(FeedbackQueue):
    """Sends nothing of what it is given: somebody else will look."""

    def send(self, signal: Any) -> None:
        del signal


class Trusting(Bus):
    """Takes it for granted that EventBridge takes what it is given."""

    def publish(self, events: Any) -> list[str | None]:
        return [None for _ in super().publish(events)]


class OneFlag(Ledger):
    """Keeps one restriction a capability, the last one, as a column in a users' table would."""

    def _advance(self, read: Head, head: Head) -> bool:
        last = {cause.capability: cause for cause in head.account.causes}
        return super()._advance(read, replace(head, account=replace(head.account, causes=tuple(last.values()))))


class Forgetful(Ledger):
    """Trusts that what follows the write of a page will be done."""

    def _advance(self, read: Head, head: Head) -> bool:
        return super()._advance(read, replace(head, pending=()))


class LaneByLane(Guards):
    """Looks at what this batch uses of budgets, and at nobody else's."""

    def add(self, period: str, amounts: Any, most: Any, met: Any = None) -> Any:
        return super().add(period, amounts, dict.fromkeys(most, 1_000), met)._replace(numbers=amounts)


def with_ledger(kind: type[Ledger]) -> Builders:
    """Processes that enforce by this ledger."""

    def enforcement(*given: Any) -> Any:
        built = AS_BUILT.enforcement(*given)
        return replace(built, ledger=kind(built.ledger._client, built.ledger._table))

    return Builders(enforcement=enforcement)


def with_guards(kind: type[Guards]) -> Builders:
    """Processes that reserve budgets so."""

    def evaluation(*given: Any) -> Any:
        built = AS_BUILT.evaluation(*given)
        known = built.guarding.guards
        return replace(built, guarding=replace(built.guarding, guards=kind(known._client, known._table)))

    return Builders(evaluation=evaluation)


def with_timelines(kind: type[TimelineStore]) -> Builders:
    """Processes that remember by this store."""

    def evaluation(*given: Any) -> Any:
        built = AS_BUILT.evaluation(*given)
        known = built.memory.timelines
        planted = kind(known._client, known._table, known.cap, known.grace)
        return replace(built, memory=replace(built.memory, timelines=planted))

    return Builders(evaluation=evaluation)


def with_decisions(kind: type[DecisionLog]) -> Builders:
    """Processes that record by this log."""

    def evaluation(*given: Any) -> Any:
        built = AS_BUILT.evaluation(*given)
        known = built.decisions
        return replace(built, decisions=kind(known._client, known._table))

    return Builders(evaluation=evaluation)


def with_feedback(kind: type[FeedbackQueue]) -> Builders:
    """Processes whose schedule speaks by this queue."""

    def expiry(*given: Any) -> Any:
        built = AS_BUILT.expiry(*given)
        return replace(built, feedback=kind(built.feedback._client, built.feedback._url))

    return Builders(expiry=expiry)


def with_bus(kind: type[Bus]) -> Builders:
    """Processes that publish by this bus."""

    def enforcement(*given: Any) -> Any:
        built = AS_BUILT.enforcement(*given)
        return replace(built, bus=kind(built.bus._client, built.bus._name))

    return Builders(enforcement=enforcement)


def counted(run: Run) -> Iterator[str]:
    """What was counted of a tile is what the tile has."""
    seen = {(item["part"], item["item"]): item["seen"] for item in run.services.items(POLICY) if "seen" in item}
    for item in run.services.items(TIMELINES):
        if "events" in item and seen[item["entity"], item["tile"]] != len(item["events"]):
            yield f"counted: {seen[item['entity'], item['tile']]} where there are {len(item['events'])}"


def first_found(builders: Builders, law: str, *more: Expectation, begin: int) -> tuple[Script, str]:
    """The first history from seed `begin` on in which this law does not hold, and what is wrong.

    To begin where one is found only saves the time of the ones before it.
    """
    for seed in range(begin, begin + MOST_TRIED):
        wrong = broken_by(replay(script_of(seed), builders), law, *more)
        if said := next((each for each in wrong if each.startswith(law)), None):
            return script_of(seed), said
    raise AssertionError(f"nothing was found in {MOST_TRIED} histories")


ALL = Script((*(script.Sent(f"s{n}", "payment.attempted", float(n), {}) for n in range(4)), script.Odd("{")))
"""Enough for every law to have something to say."""


def without(table: str, place: int = 0, named: str = "") -> Tampering:
    """One item of a table is gone: of those whose sort key begins so, where it says how."""

    def tamper(run: Run) -> None:
        keys = next(schema.keys for schema in SCHEMAS if schema.name == table)
        items = run.services.tables.items(table)
        item = [each for each in items if not named or each["item"]["S"].startswith(named)][place]
        request = {"TableName": table, "Key": {key: item[key] for key in keys}}
        run.services.tables.call("DeleteItem", request, Consumed())

    return tamper


def rewritten(run: Run) -> None:
    """One decision says that it saw something else."""
    item = dict(run.services.tables.items(DECISIONS)[-1])
    capsule = json.loads(run.services.items(DECISIONS)[-1]["capsule"])
    capsule["inputs"]["attempts_1h"] += 1
    item["capsule"] = {"S": json.dumps(capsule)}
    run.services.tables.call("PutItem", {"TableName": DECISIONS, "Item": item}, Consumed())


@pytest.mark.parametrize(
    ("tamper", "laws"),
    [
        (without(DECISIONS), {"worded"}),
        (without(DECISIONS, -1), {"recorded", "remembered", "enforced", "limited", "published"}),
        (without(TIMELINES), {"remembered"}),
        (without(LEDGER, named="head", place=-1), {"enforced", "limited"}),
        (without(LEDGER, named="action#"), {"enforced", "numbered", "published"}),
        (without(LEDGER, named="action#", place=-1), {"enforced", "published"}),
        (rewritten, {"decided once", "same for every cut", "measured"}),
        (lambda run: run.services.published.pop(), {"published"}),
        (lambda run: run.services.published.append(_other(run.services.published[0])), {"published"}),
        (lambda run: run.services.messages.pop(), {"kept"}),
        (lambda run: run.services.objects.popitem(), {"kept"}),
    ],
    ids=(
        "no-words no-decision no-tile no-page no-entry no-last-entry other-decision no-event two-contents no-pointer "
        "no-object"
    ).split(),
)
def test_what_is_missing_or_wrong_breaks_its_laws(tamper: Tampering, laws: set[str]) -> None:
    """Each law is told apart by what was done to the tables, the bus, the bucket or the queue behind our back."""
    run = replay(ALL)
    assert not mismatches(run)

    tamper(run)

    assert {said.partition(":")[0] for said in mismatches(run)} == laws


def _other(entry: dict[str, Any]) -> dict[str, Any]:
    """The same action with another reason."""
    detail = json.loads(entry["Detail"])
    detail["data"]["reason"] = "another"
    return {**entry, "Detail": json.dumps(detail)}


def test_an_error_of_our_own_is_a_finding() -> None:
    """What is no failure of the infrastructure is told at once, and so are the records that never get done."""

    class Faulty(DecisionLog):
        def record(self, decision: Decision, policy: Policy, label: Any = None) -> Recorded:
            raise TypeError("a bug")

    run = replay(ALL, with_decisions(Faulty))

    assert run.broken[0] == "broken: TypeError: a bug"
    assert run.broken[-1].startswith("never done: {'shard 0': 5")


@given(st.sets(st.integers(0, 30)))
def test_the_fewest_parts_that_fail_are_those_that_are_needed(needed: set[int]) -> None:
    """Whatever is not needed is left out, in its order, down to nothing."""
    kept = fewest(range(31), lambda parts: needed <= set(parts))

    assert kept == tuple(sorted(needed))


@pytest.mark.parametrize(
    ("builders", "more", "law", "begin"),
    [
        (with_timelines(Counting), (counted,), "counted", 0),
        (with_decisions(LastWins), (), "decided once", 845),
        (with_bus(Trusting), (), "published", 0),
        (with_ledger(OneFlag), (), "enforced", 0),
        (with_ledger(Forgetful), (), "numbered", 0),
        (with_guards(LaneByLane), (), "within budgets", 0),
        (with_timelines(OneSize), (), "remembered", 0),
        (with_timelines(Unforgiving), (), "measured", 135),
        (with_decisions(LabelsApart), (), "labelled", 0),
        (with_decisions(Unread), (), "answered", 116),
        (with_feedback(Forgetting), (), "asked", 0),
    ],
    ids=(
        "counters last-write-wins refused-entries one-flag no-pending lane-by-lane one-size unforgiving labels-apart "
        "unread forgetting"
    ).split(),
)
def test_a_planted_bug_is_found_and_told_in_a_few_lines(
    builders: Builders, more: tuple[Expectation, ...], law: str, begin: int
) -> None:
    """Within some histories; the shrunk script has no more than it needs, and is code that fails again."""
    found, wrong = first_found(builders, law, *more, begin=begin)
    short = shrunk_like(found, wrong, builders, *more)

    assert len(short.arrivals) <= FEW
    assert len(short.steps) <= FEW
    pasted = eval(repr(short), vars(script) | vars(faults))
    assert pasted == short
    assert any(each.startswith(law) for each in mismatches(replay(pasted, builders), *more))
    assert not mismatches(replay(pasted))
