"""Heads of the ledger's pages: the account, the sequences, and what is not yet in the history."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.restrictions import Account, account_from_json, account_to_json
from shared.restrictions.causes import MALFORMED

HEAD = "head"


@dataclass(frozen=True)
class Head:
    """A page's item as it was read; version 0 is one that is not there yet."""

    entity: str
    scope: str
    version: int = 0
    account: Account = field(default_factory=Account)
    sequences: Mapping[str, int] = field(default_factory=dict)
    pending: tuple[dict[str, Any], ...] = ()
    """Records of entries that may not be in the history yet."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Head":
        """From a head's record; raises one of `MALFORMED` for what another hand has made of it."""
        return cls(
            record["entity"],
            scope_of(record["item"]),
            record["version"],
            account_from_json(json.loads(record["account"])),
            record["sequences"],
            tuple(json.loads(record["pending"])),
        )

    def to_record(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "item": head_name(self.scope),
            "version": self.version,
            "account": json.dumps(account_to_json(self.account), separators=(",", ":")),
            "sequences": dict(self.sequences),
            "pending": json.dumps(self.pending, separators=(",", ":")),
        }

    def moved(self, account: Account, **changed: Any) -> "Head":
        """The next version."""
        return replace(self, version=self.version + 1, account=account, **changed)


def head_name(scope: str) -> str:
    """The sort key of a page's head."""
    return f"{HEAD}#{scope}" if scope else HEAD


def scope_of(name: str) -> str:
    """The scope of the page whose head has this sort key."""
    return name.removeprefix(HEAD).removeprefix("#")


def readable(record: Mapping[str, Any]) -> Account | None:
    """The account in a head; whoever only counts must not stop at one that another hand has edited."""
    try:
        return account_from_json(json.loads(record["account"]))
    except MALFORMED:
        return None
