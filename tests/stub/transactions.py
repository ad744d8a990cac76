"""`TransactWriteItems`: all of the writes, or none."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.stub.errors import ServiceError, invalid
from tests.stub.syntax import Substitutions
from tests.stub.table import ConditionFailedError, Consumed, Key, Request, Table, Write
from tests.stub.units import item_size

WRITES_PER_CALL = 100
BYTES_PER_CALL = 4 * 1024 * 1024
LONGEST_TOKEN = 36
FACTOR = 2
"""How many times as much a write costs inside a transaction."""

_CONDITIONAL = {
    "TableName",
    "ConditionExpression",
    "ReturnValuesOnConditionCheckFailure",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
}
_PARAMETERS = {
    "Put": {"Item", *_CONDITIONAL},
    "Update": {"Key", "UpdateExpression", *_CONDITIONAL},
    "Delete": {"Key", *_CONDITIONAL},
    "ConditionCheck": {"Key", *_CONDITIONAL},
}


class Transactions:
    """Writes of several items, and the tokens by which a repeated call is known."""

    def __init__(self, table: Callable[[str], Table]) -> None:
        self._table = table
        self._tokens: dict[str, str] = {}

    def write(self, request: Request, spent: Mapping[str, Consumed]) -> dict[str, Any]:
        """Do all, or raise the `ServiceError` that says for each what was in the way.

        The same token again does nothing more: for ten minutes at the service, here for good.
        """
        items, token = request["TransactItems"], request.get("ClientRequestToken", "")
        if len(token) > LONGEST_TOKEN:
            raise invalid(f"Value {token} at 'clientRequestToken' has more than {LONGEST_TOKEN} letters")
        content = json.dumps(items, sort_keys=True)
        if self._tokens.get(token, content) != content:
            raise ServiceError("IdempotentParameterMismatchException", "the token was used for another request")
        if token in self._tokens:
            return {}
        writes = self._prepared([next(iter(item.items())) for item in items], spent)
        if sum(item_size(write.after or {}) for write in writes) > BYTES_PER_CALL:
            raise invalid("Transaction request size has exceeded the maximum allowed size")
        for write in writes:
            write.apply(spent[write.table.schema.name], FACTOR)
        if token:
            self._tokens[token] = content
        return {}

    def _prepared(self, items: list[tuple[str, Request]], spent: Mapping[str, Consumed]) -> list[Write]:
        if not 1 <= len(items) <= WRITES_PER_CALL:
            raise invalid(f"{len(items)} writes in one call: TransactWriteItems takes from 1 to {WRITES_PER_CALL}")
        if len({(what["TableName"], self._key(what)) for _, what in items}) != len(items):
            raise invalid("Transaction request cannot include multiple operations on one item")
        writes: list[Write] = []
        reasons: list[dict[str, Any]] = []
        for kind, what in items:
            try:
                writes.append(self._one(kind, what))
            except ConditionFailedError as failed:
                spent[what["TableName"]].writes["table"] += FACTOR * failed.units
                old = {"Item": failed.body["Item"]} if "Item" in failed.body else {}
                reasons.append({"Code": "ConditionalCheckFailed", "Message": failed.body["message"], **old})
            else:
                reasons.append({"Code": "None"})
        if len(writes) < len(items):
            codes = ", ".join(reason["Code"] for reason in reasons)
            raise ServiceError(
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
                CancellationReasons=reasons,
            )
        return writes

    def _one(self, kind: str, what: Request) -> Write:
        if kind not in _PARAMETERS or what.keys() - _PARAMETERS[kind]:
            raise ServiceError("UnknownOperationException", f"the stub knows no such {kind} in TransactWriteItems")
        table, given = self._table(what["TableName"]), Substitutions.of(what)
        prepare = {"Put": table.put, "Update": table.update}.get(kind, table.delete)
        write = prepare(what, given)
        given.check_all_used()
        return Write(table, write.key, write.before, write.before) if kind == "ConditionCheck" else write

    def _key(self, what: Request) -> Key:
        return self._table(what["TableName"]).key(what.get("Key") or what["Item"])
