"""Undo: finding what was done, and ordering that it be taken back.

Each decision's actions are taken back by one record in the outbox, whose id is made of the job's round and the
decision's id and which is written once, whoever writes it: an undo that crashed half way, or that two people run at
once, comes to the same as one that ran through.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.decisions.record import packed
from shared.restrictions import Action
from shared.restrictions.undoing import Order, compensating, let_through
from shared.signals.times import stamp
from shared.stores.archive import OUTCOMES, DecisionArchive, Period
from shared.stores.attributes import from_item, to_item
from shared.stores.ledger import Ledger
from shared.stores.reading import KEYS_PER_CALL, batch_get
from shared.stores.records import ACTIONS_READ, unpack_actions
from shared.stores.undo_jobs import Selection, UndoJob
from shared.stores.writing import put_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WHOLE = f"{ACTIONS_READ} kind disposition policy"


class Done(NamedTuple):
    """What one decision did, as far as it is selected; `disposition` is what became of the thing at hand."""

    decision_id: str
    subject: str
    disposition: str
    actions: tuple[Action, ...]

    def taking_back(self, order: Order, *, void: bool = True) -> list[Action]:
        """The actions by which it is taken back, or by which that is."""
        found = (compensating(action, order, void=void) for action in self.actions)
        return [action for action in found if action]


@dataclass(frozen=True)
class Undoing:
    """Finds and orders, in one stage's tables."""

    client: "DynamoDBClient"
    decisions: str
    ledger: Ledger
    keep: timedelta

    def found(self, selection: Selection, until: datetime) -> Iterator[Done]:
        """What was done, newest first where that is known. `until` bounds a selection that has no end of its own."""
        bounded = selection if selection.until else replace(selection, until=until)
        if selection.entity:
            yield from self._on_entity(bounded)
            return
        for some in _in_portions(self._candidates(bounded)):
            for record in self._records(some):
                done = _done(record, selection)
                if done.actions:
                    yield done

    def ordered(self, job: UndoJob, decision_ids: Iterable[str]) -> set[str]:
        """Those of the decisions of which the round has been ordered already."""
        keys = [to_item({"decision_id": job.prefix + decision_id}) for decision_id in dict.fromkeys(decision_ids)]
        found = batch_get(self.client, self.decisions, keys, "decision_id")
        return {from_item(item)["decision_id"].removeprefix(job.prefix) for item in found}

    def order(self, job: UndoJob, done: Done) -> bool:
        """Put what takes a decision's actions back into the outbox; False when that has been done before."""
        order = job.order(done.decision_id)
        actions = done.taking_back(order, void=job.void)
        record = {
            "decision_id": order.recorded_as,
            "kind": "undo",
            "subject": done.subject,
            "about_decision": done.decision_id,
            "time": stamp(order.at),
            "by": order.source,
            "why": order.why,
            "actions": packed([action.to_json() for action in actions]),
            "outbox": f"{len(actions)} to publish",
            "expires_at": int((order.at + self.keep).timestamp()),
        }
        return put_new(self.client, self.decisions, record, "decision_id")

    def _candidates(self, selection: Selection) -> Iterator[str]:
        """The decisions that may have done something of what is selected, by the index that knows of all that did."""
        if selection.decision:
            yield selection.decision
        elif selection.since and selection.until:
            archive = DecisionArchive(self.client, self.decisions)
            for each in archive.with_outcome(OUTCOMES, Period(selection.since, selection.until)):
                if not selection.rule or selection.rule in each["rules"]:
                    yield each["decision_id"]

    def _records(self, decision_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
        keys = [to_item({"decision_id": decision_id}) for decision_id in decision_ids]
        found = {
            record["decision_id"]: record
            for record in map(from_item, batch_get(self.client, self.decisions, keys, _WHOLE))
        }
        return (found[decision_id] for decision_id in decision_ids if decision_id in found)

    def _on_entity(self, selection: Selection) -> Iterator[Done]:
        """What rules did to an entity, by its own history: the decisions may be about others."""
        by_decision: dict[str, list[Action]] = defaultdict(list)
        for entry in self.ledger.history(selection.entity):
            if _by_rule(entry.action) and _within(selection, entry.action.occurred_at):
                by_decision[entry.decision_id].append(entry.action)
        for decision_id, actions in by_decision.items():
            yield Done(decision_id, selection.entity, "", tuple(actions))


def _done(record: dict[str, Any], selection: Selection) -> Done:
    asked = unpack_actions(record)
    # Of one decision, everything; a rule's parked actions had no effect, unless a person wanted it.
    named = let_through(asked) if selection.decision else asked
    actions = tuple(action for action in named if _is_selected(action, record, selection))
    return Done(record["decision_id"], record.get("subject", ""), record.get("disposition", ""), actions)


def _is_selected(action: Action, record: dict[str, Any], selection: Selection) -> bool:
    if selection.decision:
        return True
    if selection.policy:
        return _by_rule(action) and str(record.get("policy", "")).startswith(selection.policy)
    is_at_version = not selection.version or action.details.get("version") == selection.version
    return action.source == f"rule:{selection.rule}" and is_at_version


def _by_rule(action: Action) -> bool:
    """People's word is not taken back along with a rule's, nor what they let through: each is named by itself."""
    return action.source.startswith("rule:") and "unparked_by" not in action.details


def _within(selection: Selection, at: datetime) -> bool:
    return (selection.since is None or selection.since <= at) and (selection.until is None or at < selection.until)


def _in_portions(ids: Iterable[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    for each in ids:
        portion.append(each)
        if len(portion) == KEYS_PER_CALL:
            yield portion
            portion = []
    if portion:
        yield portion
