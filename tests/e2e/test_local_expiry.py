"""What ends, on the local cloud: the template's schedule, real functions, and what services hear of it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from shared.restrictions import Action, action_id_of
from shared.signals import decision_id_of
from shared.signals.times import stamp
from shared.stores import Ledger
from shared.stores.attributes import to_item
from shared.stores.records import record_from_item
from tests.support.signals import moment

pytestmark = pytest.mark.e2e

USER = "user:u_1"
HOUR = 3600


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud("dev", state=tmp_path_factory.mktemp("expiry")) as up:
        yield up


def record(cloud: LocalCloud, name: str, *actions: Action) -> None:
    """Put actions into the outbox, as a decision of noon has them, and let them be done."""
    item = {
        "decision_id": action_id_of(name),
        "kind": "command",
        "subject": actions[0].entity,
        "time": stamp(moment(0)),
        "actions": json.dumps([action.to_json() for action in actions]),
        "outbox": "to publish",
    }
    cloud.client("dynamodb").put_item(TableName=cloud.outputs["DecisionsTable"], Item=to_item(item))
    cloud.run_until_idle()


def heard(cloud: LocalCloud, queue: str) -> list[tuple[str, dict[str, Any]]]:
    """What a service takes off its queue, in the order of its sequences."""
    sqs, found = cloud.client("sqs"), []
    url = sqs.get_queue_url(QueueName=f"sluice-dev-{queue}")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            found.append((body["detail-type"], body["detail"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found, key=lambda event: event[1]["metadata"]["sequence"])


def restrict(name: str, capability: str, ends: float, **details: Any) -> Action:
    given = {"capability": capability, "limit": {"none": True}, "expires_at": stamp(moment(ends)), **details}
    return Action("restrict", action_id_of(name), USER, "person:ann", moment(0), "r", "policy", details=given)


def pass_time(cloud: LocalCloud, until: float) -> None:
    cloud.pass_time(moment(0), moment(until))


def in_force(cloud: LocalCloud, at: datetime) -> list[str]:
    ledger = Ledger(cloud.client("dynamodb"), cloud.outputs["LedgerTable"])
    return [standing.capability for standing in ledger.account(USER).in_force(at)]


def test_a_service_hears_that_a_restriction_ended(cloud: LocalCloud) -> None:
    """Within the call that follows its end, once, however much time passes after."""
    record(cloud, "one", restrict("one", "withdraw", 5 * HOUR))
    pass_time(cloud, 4 * HOUR)
    assert [kind for kind, _ in heard(cloud, "act-withdraw")] == ["RestrictionPlaced"]
    pass_time(cloud, 5 * HOUR + 60)
    ((kind, detail),) = heard(cloud, "act-withdraw")
    assert (kind, detail["data"]["state"]["steps"]) == ("RestrictionReleased", [])
    pass_time(cloud, 40 * HOUR)
    assert heard(cloud, "act-withdraw") == []


def test_a_hold_that_needs_a_person_asks_one_and_holds_to_its_legal_maximum(cloud: LocalCloud) -> None:
    """The review comes at its expiry, the release at the maximum."""
    most = stamp(moment(30 * HOUR))
    record(cloud, "two", restrict("two", "receive_payout", HOUR, on_expiry="person", holds_until=most))
    pass_time(cloud, 2 * HOUR)
    assert [kind for kind, _ in heard(cloud, "reviews")] == ["ReviewRequested"]
    assert in_force(cloud, moment(29 * HOUR)) == ["receive_payout"]
    pass_time(cloud, 31 * HOUR)
    kinds = [kind for kind, _ in heard(cloud, "act-receive_payout")]
    assert kinds == ["RestrictionPlaced", "RestrictionReleased"]
    assert in_force(cloud, moment(30 * HOUR)) == []


def test_a_step_up_that_nobody_answered_is_one_decision_in_time_to_act(cloud: LocalCloud) -> None:
    """It is judged by the policy as any other answer, caused by what was asked, and not late."""
    details = {"ask": "step_up", "expires_at": stamp(moment(HOUR))}
    demand = Action("friction", action_id_of("three"), USER, "rule:a", moment(0), "r", "policy", details=details)
    record(cloud, "three", demand)
    pass_time(cloud, 2 * HOUR)
    pass_time(cloud, 3 * HOUR)
    key = {"decision_id": {"S": decision_id_of("sluice/expiry", f"abandoned/{demand.action_id}")}}
    item = cloud.client("dynamodb").get_item(TableName=cloud.outputs["DecisionsTable"], Key=key)["Item"]
    decision = record_from_item(item)
    assert (decision["signal_type"], decision["subject"]) == ("stepup.completed", USER)
    assert datetime.fromisoformat(decision["received_at"]) - datetime.fromisoformat(decision["time"]) < timedelta(
        minutes=1
    )
    ledger = Ledger(cloud.client("dynamodb"), cloud.outputs["LedgerTable"])
    assert ledger.account(USER).abandoned_demands(moment(HOUR)) == ()
    assert cloud.stats["sluice-dev-expire-restrictions"].failures == 0
