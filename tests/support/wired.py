"""The wire of sessions that a test does not make itself, such as those of the `sluice` command."""

from dataclasses import dataclass
from typing import Any

import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse

from tests.support.faults import Answer, Call, Fault, Wire


def wired(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """A wire through which the calls of all sessions go that are made from now on."""
    wire = Wire()
    handlers: list[Any] = [("before-call", wire.before_call), ("after-call", wire.after_call)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, *handlers])
    return wire


@dataclass
class Conflict(Fault):
    """DynamoDB refuses a transaction because another one is at work on the same item."""

    code: str = "TransactionConflict"

    def before(self, call: Call) -> Answer | None:
        answer = {
            "Error": {"Code": "TransactionCanceledException", "Message": "caused by a test"},
            "CancellationReasons": [{"Code": self.code}, {"Code": "None"}],
            "ResponseMetadata": {},
        }
        return AWSResponse(call.request["url"], 400, {}, None), answer
