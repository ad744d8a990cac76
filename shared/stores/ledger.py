"""The ledger table: one head an entity, and append-only history beside it. `enforce` is the only writer.

An action takes two writes, the head first. A crash between them must neither lose the sequence it was given nor give
it another one, so the head carries what is not yet in the history:

    head  version 7 → 8, account', sequences', pending = {action: sequence 3}      conditional on version 7
    history  action#… = sequence 3                                                 the same bytes, however often

Whoever writes the head next puts its `pending` into the history first. So an action is known by its history item or
by the head's `pending`, and a retry publishes the sequence that was stored.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.restrictions import Account, Action, account_from_json, account_to_json, applied
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import StoreUnavailable, error_code
from shared.stores.reading import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEAD = "head"
ATTEMPTS = 8
"""How often a head that others keep changing is read again before the record goes back to its stream."""


@dataclass(frozen=True)
class Head:
    """An entity's head item."""

    version: int = 0
    account: Account = field(default_factory=Account)
    sequences: dict[str, int] = field(default_factory=dict)
    pending: tuple[dict[str, Any], ...] = ()


class Ledger:
    """Applies actions and answers what is in force."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def apply(self, action: Action, decision_id: str) -> int:
        """Apply an action once, however often it is given; its sequence number within (entity, lane).

        Raises `StoreUnavailable` when other writers keep winning, `ClientError` when the service refuses.
        """
        for _ in range(ATTEMPTS):
            head, earlier = self._read(action)
            if earlier:
                return int(earlier["sequence"])
            entry = _history(action, decision_id, head.sequences.get(action.lane, 0) + 1)
            if self._advance(action.entity, head, action, entry):
                self._keep(entry)
                return int(entry["sequence"])
        raise StoreUnavailable(f"the ledger's head for the action {action.action_id} changed {ATTEMPTS} times in a row")

    def account(self, entity: str) -> Account:
        """What the ledger says of an entity; an empty account when it has none."""
        return _head(self._item(entity, HEAD)).account

    def accounts(self, entities: Iterable[str]) -> dict[str, Account | None]:
        """What the ledger says of entities, those left out of which it says nothing; None where nobody can read it,
        as another hand has edited it."""
        keys = [{"entity": {"S": entity}, "item": {"S": HEAD}} for entity in dict.fromkeys(entities)]
        items = map(from_item, batch_get(self._client, self._table, keys, "entity account"))
        return {item["entity"]: _readable(item) for item in items}

    def _read(self, action: Action) -> tuple[Head, dict[str, Any]]:
        """The entity's head, and the action's history if it was applied before (kept now, if it was only pending).

        The head is read first. What was applied before that moment is pending in it or already in the history, and
        what is applied after it makes our own write of the head fail; the other way round, or in one BatchGetItem,
        an action could leave the head's `pending` for the history between the two reads, and be seen in neither.
        """
        head, name = _head(self._item(action.entity, HEAD)), _item_name(action.action_id)
        for entry in head.pending:
            if entry["item"] == name:
                self._keep(entry)
                return head, entry
        return head, self._item(action.entity, name)

    def _item(self, entity: str, name: str) -> dict[str, Any]:
        response = self._client.get_item(
            TableName=self._table, Key={"entity": {"S": entity}, "item": {"S": name}}, ConsistentRead=True
        )
        return from_item(response.get("Item", {}))

    def _advance(self, entity: str, head: Head, action: Action, entry: dict[str, Any]) -> bool:
        """Move the head on by one action; False when someone else moved it first."""
        for waiting in head.pending:
            self._keep(waiting)
        item = {
            "entity": entity,
            "item": HEAD,
            "version": head.version + 1,
            "account": json.dumps(account_to_json(applied(head.account, action, entry["decision_id"]))),
            "sequences": head.sequences | {action.lane: entry["sequence"]},
            "pending": json.dumps([entry]),
        }
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(entity) OR version = :read",
                ExpressionAttributeValues={":read": {"N": str(head.version)}},
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _keep(self, entry: dict[str, Any]) -> None:
        """Write a history item; writing it again writes the same bytes."""
        self._client.put_item(TableName=self._table, Item=to_item(entry))


def _history(action: Action, decision_id: str, sequence: int) -> dict[str, Any]:
    return {
        "entity": action.entity,
        "item": _item_name(action.action_id),
        "sequence": sequence,
        "lane": action.lane,
        "decision_id": decision_id,
        "action": json.dumps(action.to_json(), sort_keys=True),
    }


def _item_name(action_id: str) -> str:
    return f"action#{action_id}"


def _head(item: dict[str, Any]) -> Head:
    if not item:
        return Head()
    return Head(
        item["version"],
        account_from_json(json.loads(item["account"])),
        item["sequences"],
        tuple(json.loads(item["pending"])),
    )


def _readable(item: dict[str, Any]) -> Account | None:
    """The account in a head; whoever only counts must not stop at one that another hand has edited."""
    try:
        return account_from_json(json.loads(item["account"]))
    except (AttributeError, LookupError, TypeError, ValueError):
        return None
