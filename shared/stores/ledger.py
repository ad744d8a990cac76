"""The ledger table: a head for each page, and append-only history beside it. `enforce` is the only writer.

entity     item                     what
user:u_1   head                     the page of the whole entity: its account, its sequences, what is pending
user:u_1   head#order:o_1           the page of one order: ten thousand orders do not grow one head
user:u_1   action#5f0c…             an action and what it came to; written once, never changed

An action takes two writes, the head first. A crash between them must neither lose what the action came to nor have it
come to something else, so the head carries what is not yet in the history:

    head  version 7 → 8, account', sequences', pending = [entry of the action]     conditional on version 7
    history  action#… = the entry                                                 the same bytes, however often

Whoever writes the head next puts its `pending` into the history first. So an action is known by its history item or
by the head's `pending`, and a retry is told what was stored: the same events under the same sequences, and the same
actions that follow on other pages, which are applied by the same way once more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.restrictions import (
    Account,
    Action,
    Applied,
    Notice,
    OriginState,
    UnfitActionError,
    applied,
    following,
    follows,
    heeding,
    notices_of,
    reached_by,
)
from shared.restrictions.causes import MALFORMED
from shared.stores.attributes import from_item, to_item
from shared.stores.endings import endings_of, legal_endings_of
from shared.stores.entries import ACTION, Entry, counted, entry_name, numbered
from shared.stores.failures import StoreUnavailable, error_code
from shared.stores.pages import HEAD, Head, head_name, readable, scope_of
from shared.stores.parked import Parked
from shared.stores.reading import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 8
"""How often a head that others keep changing is read again before the record goes back to its stream."""


class Ledger:
    """Applies actions, and answers what is in force."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._parked = Parked(client, table)

    def apply(self, action: Action, decision_id: str, *, stale: bool = False) -> tuple[Applied, ...]:
        """Apply an action once, however often it is given: the events that came of it then, and of what follows.

        One that is `stale` by now, and was not applied in time, is noted in the history and does nothing.

        Raises `UnfitActionError` for an action that the ledger does not understand, `StoreUnavailable` when other
        writers keep winning, `ClientError` when the service refuses.
        """
        try:
            entry = self._entered(action, decision_id, stale=stale)
        except ClientError as error:
            if error_code(error) != "ValidationException":
                raise
            raise UnfitActionError(action.action_id, error.response["Error"]["Message"]) from error
        # Another decision's action under the same id, as a guardrail's word is once a window, has been told already.
        events = entry.applied if entry.decision_id == decision_id else ()
        return (*events, *(event for follow in entry.decided_follows for event in self.apply(*follow)))

    def account(self, entity: str, scope: str = "") -> Account:
        """A page; an empty account when there is none."""
        return self._head(entity, scope).account

    def accounts(self, entities: Iterable[str]) -> dict[str, Account | None]:
        """The pages of whole entities, those left out of which the ledger says nothing; None where nobody can read it,
        as another hand has edited it."""
        found = self.accounts_of((entity, "") for entity in entities)
        return {entity: account for (entity, _), account in found.items()}

    def accounts_of(self, pages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Account | None]:
        """The pages of (entity, scope), as `accounts` gives them."""
        keys = [to_item({"entity": entity, "item": head_name(scope)}) for entity, scope in dict.fromkeys(pages)]
        records = map(from_item, batch_get(self._client, self._table, keys, "entity item account"))
        return {(record["entity"], scope_of(record["item"])): readable(record) for record in records}

    def pages(self, entity: str) -> dict[str, Account]:
        """All pages of an entity by their scope, the whole entity's first."""
        return {scope_of(record["item"]): Head.of(record).account for record in self._under(entity, HEAD)}

    def history(self, entity: str) -> list[Entry]:
        """All actions about an entity, the newest first."""
        entries = [Entry.from_record(record) for record in self._under(entity, ACTION)]
        return sorted(entries, key=lambda entry: (entry.action.occurred_at, entry.action.action_id), reverse=True)

    def _entered(self, action: Action, decision_id: str, *, stale: bool) -> Entry:
        """The action's entry: the one that is there, or the one that this call makes."""
        for _ in range(ATTEMPTS):
            head, earlier = self._read(action)
            if earlier:
                return Entry.from_record(earlier)
            after, entry = _left(head, action, decision_id) if stale else self._prepared(head, action, decision_id)
            if self._advance(head, after):
                self._keep(entry.to_record())
                return entry
        raise _overtaken(action)

    def _prepared(self, head: Head, action: Action, decision_id: str) -> tuple[Head, Entry]:
        """The head and the entry that one more action makes, once everything is done that must come before them."""
        account, unparked, note = applied(head.account, action, decision_id), None, ""
        for notice in notices_of(action, decision_id) if action.kind == "restrict" else ():
            whole = self._tell(notice, action)
            account = heeding(account, whole.account) if notice.scope else account
            # A page keeps the last links alone: of one that it has dropped it has nothing to say.
            if notice.link and whole.account.followed().get(notice.link, False):
                account = following(account, action.action_id, OriginState(whole.version, void=True))
        for item in (*endings_of(action, decision_id), *legal_endings_of(head.account, account, action)):
            self._keep(item)
        if action.kind == "park":
            self._parked.park(action, decision_id)
        if action.kind == "unpark":
            unparked, note = self._unparked(action)
        events = numbered(head, account, action, decision_id)
        changed = bool(events or unparked) or (action.kind in ("clear", "uphold", "answer") and account != head.account)
        reached = follows(head.account, account, action, head.version + 1)
        entry = Entry(action, decision_id, changed, events, reached, unparked, note)
        sequences = counted(head.sequences, events)
        return head.moved(account, sequences=sequences, pending=(entry.to_record(),)), entry

    def _unparked(self, action: Action) -> tuple[tuple[Action, str] | None, str]:
        """What a person let through, with the decision behind it; or None, and why it is nothing."""
        found = self._parked.settle(str(action.details["parked"]), action)
        if found is None:
            return None, "nothing is parked under this id"
        if found.settled_by != action.action_id:
            return None, f"it was {found.state} before"
        if found.state != "released":
            return None, ""
        details = {**found.action.details, "unparked_by": action.source}
        return (replace(found.action, stale_after=None, details=details), found.decision_id), ""

    def _tell(self, notice: Notice, action: Action) -> Head:
        """Note on the page of a whole entity what a release there must reach; the page with it."""
        for _ in range(ATTEMPTS):
            head = self._head(notice.entity, "")
            told = head.moved(reached_by(head.account, notice))
            if told.account == head.account:
                return head
            if self._advance(head, told):
                return told
        raise _overtaken(action)

    def _read(self, action: Action) -> tuple[Head, dict[str, Any]]:
        """The page's head, and the action's entry if it was applied before (kept now, if it was only pending).

        The head is read first. What was applied before that moment is pending in it or already in the history, and
        what is applied after it makes our own write of the head fail; the other way round, or in one BatchGetItem,
        an action could leave the head's `pending` for the history between the two reads, and be seen in neither.
        """
        try:
            head = self._head(action.entity, action.scope)
        except MALFORMED as error:
            why = f"another hand has edited its page of the ledger ({type(error).__name__}: {error})"
            raise UnfitActionError(action.action_id, why) from error
        name = entry_name(action.action_id)
        for record in head.pending:
            if record["item"] == name:
                self._keep(record)
                return head, record
        return head, self._item(action.entity, name)

    def _head(self, entity: str, scope: str) -> Head:
        record = self._item(entity, head_name(scope))
        return Head.of(record) if record else Head(entity, scope)

    def _item(self, entity: str, name: str) -> dict[str, Any]:
        key = to_item({"entity": entity, "item": name})
        response = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_item(response.get("Item", {}))

    def _under(self, entity: str, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="entity = :entity AND begins_with(#item, :prefix)",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues=to_item({":entity": entity, ":prefix": prefix}),
            ConsistentRead=True,
        )
        return (from_item(item) for page in pages for item in page["Items"])

    def _advance(self, read: Head, head: Head) -> bool:
        """Write the next version of a head; False when someone else did first."""
        if head.pending != read.pending:
            for record in read.pending:
                self._keep(record)
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item(head.to_record()),
                ConditionExpression="attribute_not_exists(entity) OR version = :read",
                ExpressionAttributeValues=to_item({":read": read.version}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _keep(self, record: Mapping[str, Any]) -> None:
        """Write an item that is the same however often it is written."""
        self._client.put_item(TableName=self._table, Item=to_item(record))


def _left(head: Head, action: Action, decision_id: str) -> tuple[Head, Entry]:
    """The head and the entry that an action makes which came too late."""
    entry = Entry(action, decision_id, changed=False, note="it came too late: nothing was done")
    return head.moved(head.account, pending=(entry.to_record(),)), entry


def _overtaken(action: Action) -> StoreUnavailable:
    return StoreUnavailable(
        f"a page of the ledger changed {ATTEMPTS} times in a row before the action {action.action_id} was applied"
    )
