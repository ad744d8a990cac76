"""What the tests of `sluice timelines` put into a stage, and find there."""

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from shared.decisions import judge
from shared.features import GRACE, TILE_CAP, Plan, Series, Timelines, undominated
from shared.policy import shipped
from shared.signals import Signal, parse
from shared.signals.times import stamp
from shared.stores import Change, PolicyTable, TimelineStore
from tests.integration.cli_fixtures import PSEUDONYMS, Stage
from tests.support.cli import lines, sluice
from tests.support.faults import Crash

USER, CARD = "user:u_1", "card:card_0001"
HOURS_AGO = datetime.now(UTC) - timedelta(hours=5)
ERASE = ("timelines", "erase", USER, "--why", "request 7", "--yes")


def event(number: int, *, at: datetime | None = None, buyer: str = "u_1", kind: str = "declined") -> dict[str, Any]:
    """A declined payment, some hours ago."""
    data = {
        "payment_id": f"p{number}",
        "order_id": f"o{number}",
        "buyer_id": buyer,
        "seller_id": "s_1",
        "card_fingerprint": "card_0001",
        "amount": {"minor": 100 + number, "currency": "EUR"},
        "decline_code": "do_not_honor",
        "ip": "203.0.113.7",
    }
    return {
        "specversion": "1.0",
        "id": f"{kind}-{number}",
        "source": "payments",
        "type": f"payment.{kind}.v1",
        "time": stamp(at or HOURS_AGO - timedelta(minutes=number % 60)),
        "subject": f"user:{buyer}",
        "data": data,
    }


def a_signal(number: int, **changed: Any) -> Signal:
    return parse(json.dumps(event(number, **changed)).encode(), datetime.now(UTC))


def timelines(stage: Stage) -> TimelineStore:
    return TimelineStore(stage.client("dynamodb"), stage.outputs["TimelinesTable"], TILE_CAP, GRACE)


def decided(stage: Stage, signal: Signal, also: Iterable[Series] = ()) -> str:
    """A signal that has been decided upon and remembered, in some more series, too; its decision's id."""
    policy = shipped()
    plan = Plan(policy.features.values(), also)
    decision = judge(signal, Timelines(plan, {}, TILE_CAP), plan, policy, PSEUDONYMS)
    stage.decisions.record(decision, policy)
    store = timelines(stage)
    for key, element in decision.entries:
        if not key.is_fact or undominated([element], store.read([key]).get(key, ())):
            store.add({key: [element]})
    return decision.particulars.decision_id


def written(path: Path, *events: dict[str, Any] | str) -> Path:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    content = "\n".join(texts).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def remembered(entity: str) -> list[dict[str, Any]]:
    return list(lines(sluice("timelines", "show", entity, "--json")))


def items(stage: Stage, output: str) -> list[dict[str, Any]]:
    """What a table holds; but for the words that records are packed with, which are about nobody."""
    found = stage.client("dynamodb").scan(TableName=stage.outputs[output])["Items"]
    return [item for item in found if item.get("kind") != {"S": "words"}]


@contextmanager
def dying_after(operations: str, carried_out: float) -> Iterator[list[str]]:
    """The process dies when it asks for one more of these operations; gives those that were carried out."""
    real, done = BaseClient._make_api_call, list[str]()

    def send(client: BaseClient, operation: str, request: Any) -> Any:
        if operation in operations.split():
            if len(done) >= carried_out:
                raise Crash(operation)
            done.append(operation)
        return real(client, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", send)
        yield done


def timelines_of(stage: Stage, entity: str) -> list[str]:
    return [item["tile"]["S"] for item in items(stage, "TimelinesTable") if item["entity"]["S"] == entity]


def logins(number: int, *, device: str = "device_1", user: str = "u_1") -> list[dict[str, Any]]:
    """A user's logins with one device, an hour before the other."""
    data = {"user_id": user, "method": "password", "device_id": device, "ip": "203.0.113.7"}
    about = {"specversion": "1.0", "source": f"logins of {user}", "type": "login.succeeded.v1"}
    about |= {"subject": f"user:{user}", "data": data}
    times = (HOURS_AGO - timedelta(hours=back) for back in range(number))
    return [{**about, "id": f"l{place}", "time": stamp(at)} for place, at in enumerate(times)]


def remembering(stage: Stage, *series: str, began: datetime | None = None) -> None:
    """The stage's functions write these series, too; since then, if not always."""
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    wanted = replace(table.pointer(), also=series, began=dict.fromkeys(series, began) if began else {})
    table.move(table.pointer(), wanted, Change("publish", "it", "me", "a test", datetime.now(UTC)))
