"""Emergency rules that somebody proposed, in the policy table: who, why, and who agreed.

part        item     what
emergency   <id>     the rule in one line, who proposed it and when, who approved it and when
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.policy.authoring.emergency import Line
from shared.restrictions import action_id_of
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.pointer import Change
from shared.stores.policies import PolicyTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PART = "emergency"
OPEN_FOR = timedelta(hours=1)
"""What was shown of a proposal is soon out of date: whoever still wants it proposes it again."""
LASTS = timedelta(hours=4)
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that waits for a second person, or has found one."""

    line: Line
    by: str
    at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None

    @property
    def proposal_id(self) -> str:
        return action_id_of("emergency", self.line.name, self.line.on, self.line.when, self.by, stamp(self.at))[:8]

    @property
    def expires(self) -> datetime:
        """When the rule ends: some hours after it was approved."""
        return (self.approved_at or self.at) + LASTS

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be approved."""
        return not self.approved_by and now < self.at + OPEN_FOR


class Emergencies:
    """Keeps proposals and their approval."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def propose(self, proposal: Proposal) -> None:
        """Keep a proposal, together with its line in the history of changes."""
        line = proposal.line
        change = Change(
            "emergency", f"{line.name} proposed as {proposal.proposal_id}", proposal.by, line.why, proposal.at
        )
        put = {"Put": {"TableName": self._table, "Item": to_item(_item(proposal))}}
        PolicyTable(self._client, self._table).noted(change, put)

    def get(self, proposal_id: str) -> Proposal | None:
        found = self._client.get_item(TableName=self._table, Key=_key(proposal_id), ConsistentRead=True).get("Item")
        return _proposal(from_item(found)) if found else None

    def all(self) -> list[Proposal]:
        """Those of the last weeks, the newest first."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="part = :part",
            ExpressionAttributeValues={":part": {"S": PART}},
            ConsistentRead=True,
        )
        found = [_proposal(from_item(item)) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda each: each.at, reverse=True)

    def approve(self, proposal: Proposal, by: str, at: datetime) -> Proposal:
        """The proposal with its second person: whoever was first. It can be done again, to no other effect."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(proposal.proposal_id),
                UpdateExpression="SET approved_by = :by, approved_at = :at",
                ConditionExpression="attribute_not_exists(approved_by) AND proposed_by <> :by",
                ExpressionAttributeValues=to_item({":by": by, ":at": stamp(at)}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        return self.get(proposal.proposal_id) or proposal


def _key(proposal_id: str) -> dict[str, Any]:
    return to_item({"part": PART, "item": proposal_id})


def _item(proposal: Proposal) -> dict[str, Any]:
    line = proposal.line
    return {
        "part": PART,
        "item": proposal.proposal_id,
        "rule": {name: getattr(line, name) for name in _TEXTS},
        "then": list(line.then),
        "proposed_by": proposal.by,
        "at": stamp(proposal.at),
        "expires_at": int((proposal.at + KEPT).timestamp()),
    }


_TEXTS = ("name", "abuse", "on", "when", "fires", "why", "user_reason", "owner")


def _proposal(item: Mapping[str, Any]) -> Proposal:
    approved = item.get("approved_at")
    return Proposal(
        Line(**item["rule"], then=tuple(item["then"])),
        item["proposed_by"],
        datetime.fromisoformat(item["at"]),
        item.get("approved_by", ""),
        datetime.fromisoformat(approved) if approved else None,
    )
