"""Friction, from signals to the bus and back: nobody is asked again while a demand is open, or was met lately."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.aws import World
from tests.support.signals import event, kinesis_record, moment, sqs_record

pytestmark = pytest.mark.integration

HOUR = 3_600
POLICY = """
guardrails:
  friction_memory: 24h
rules:
  every_login:
    abuse: account_takeover
    on: login.succeeded
    when: method != "passkey"
    then:
      - friction: {of: user, ask: step_up, for: 2h}
      - friction: {of: device, ask: captcha, for: 1h}
      - restrict: {of: user, capability: withdraw, to: step_up, for: 24h, until: [step_up]}
    mode: live
    reason: a login
    user_reason: "Please confirm that it is you."
    owner: tests
    tests:
      fires: {method: password}
      holds: {method: passkey}
  failed_step_up:
    abuse: account_takeover
    on: stepup.completed
    when: outcome != "passed"
    then:
      - restrict: {of: user, capability: withdraw, to: none, for: 24h, until: [review]}
      - review: {of: user, within: 24h}
    mode: live
    reason: a step-up was not passed
    user_reason: "We could not confirm that it is you."
    owner: tests
    tests:
      fires: {outcome: failed}
      holds: {outcome: passed}
"""
Handlers = Callable[[str], Callable[[dict[str, Any]], dict[str, Any]]]
DONE: dict[str, list[Any]] = {"batchItemFailures": []}


class Marketplace:
    """Signals go in by the handlers, and what is asked of people comes out on the bus."""

    def __init__(self, cloud: World, handler: Handlers) -> None:
        cloud.publish(POLICY)
        self.cloud = cloud
        self._handler = handler
        self._numbers = iter(range(1, 1_000))
        sqs, events = cloud.aws.calm["sqs"], cloud.aws.calm["events"]
        self._queue = sqs.create_queue(QueueName=f"{cloud.name}-heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="all", EventBusName=cloud.bus, EventPattern='{"source": ["sluice"]}')
        events.put_targets(Rule="all", EventBusName=cloud.bus, Targets=[{"Id": "heard", "Arn": arn}])
        self.heard: dict[str, tuple[str, dict[str, Any]]] = {}
        """What was published, by the id of the event: duplicates are one."""

    def login(self, hour: float, user: str = "u_1", device: str = "dev_0001") -> list[str]:
        """What a login brings about: the events, each as its type and what it is about."""
        number = next(self._numbers)
        document = event(
            "login.succeeded", f"l{number}", hour * HOUR, user_id=user, device_id=device, method="password"
        )
        record = kinesis_record(number, document, hour * HOUR + 1)
        assert self._handler("evaluate_stream")({"Records": [record]}) == DONE
        return self._enforced()

    def step_up(self, hour: float, outcome: str, method: str = "otp_app", user: str = "u_1") -> list[str]:
        """What an answer brings about."""
        number = next(self._numbers)
        about = {"user_id": user, "device_id": "dev_0001", "ip": None, "method": method, "outcome": outcome}
        document = event("stepup.completed", f"s{number}", hour * HOUR, **about)
        assert self._handler("record_feedback")({"Records": [sqs_record(number, document, hour * HOUR + 1)]}) == DONE
        return self._enforced()

    def review(self, hour: float, decision_id: str) -> list[str]:
        number = next(self._numbers)
        about = {"about": "user:u_1", "abuse": "account_takeover", "verdict": "honest", "decision_id": decision_id}
        document = event("review.completed", f"r{number}", hour * HOUR, **about)
        assert self._handler("record_feedback")({"Records": [sqs_record(number, document, hour * HOUR + 1)]}) == DONE
        return self._enforced()

    def withdraw(self, hour: float) -> dict[str, Any] | None:
        """What is left of withdrawing, as the ledger says; None where nothing limits it."""
        found = self.cloud.ledger().account("user:u_1").in_force(moment(hour * HOUR))
        return next((each.limit.to_json() for each in found if each.capability == "withdraw"), None)

    def _enforced(self) -> list[str]:
        """The outbox from its beginning, every time: what was enforced before must stay as it is."""
        assert self._handler("enforce")({"Records": self.cloud.outbox()}) == DONE
        new = []
        for each in self.cloud.messages(self._queue):
            detail = each["detail"]
            if detail["metadata"]["action_id"] not in self.heard:
                data = detail["data"]
                new.append(f"{each['detail-type']} {data.get('ask') or data.get('capability') or ''}".strip())
            self.heard[detail["metadata"]["action_id"]] = (each["detail-type"], detail)
        return sorted(new)


@pytest.fixture
def market(cloud: World, handler: Handlers) -> Marketplace:
    return Marketplace(cloud, handler)


FIRST = ["FrictionRequired captcha", "FrictionRequired step_up", "RestrictionPlaced withdraw"]


def test_nobody_is_asked_again_while_a_demand_is_open(market: Marketplace) -> None:
    """A second login asks nothing new of the same user and device; another user is asked, and another device."""
    assert market.login(0) == FIRST
    assert [each for each in market.login(0.5) if "Friction" in each] == []
    assert market.login(0.6, user="u_2", device="dev_0002") == FIRST
    assert [each for each in market.login(0.7, device="dev_0003") if "Friction" in each] == ["FrictionRequired captcha"]


def test_who_passed_is_not_asked_again_for_a_day_and_what_waited_is_released(market: Marketplace) -> None:
    """The step-up releases the restriction; a login in the night asks nothing, one after a day asks again."""
    market.login(0)
    assert market.step_up(0.5, "passed") == ["RestrictionReleased withdraw"]
    assert market.withdraw(0.6) is None
    assert "FrictionRequired step_up" not in market.login(8)
    assert "FrictionRequired step_up" not in market.login(24.4)
    assert "FrictionRequired step_up" in market.login(24.6)


def test_a_demand_that_ran_out_is_made_again(market: Marketplace) -> None:
    """Its time has passed without an answer."""
    market.login(0)
    assert "FrictionRequired step_up" not in market.login(1.9)
    assert "FrictionRequired step_up" in market.login(2.1)


def test_who_failed_is_asked_again_and_the_policy_goes_further(market: Marketplace) -> None:
    """Failing answers the demand, and a rule on the answer restricts what a step-up no longer releases."""
    market.login(0)
    assert market.step_up(0.2, "failed") == ["RestrictionPlaced withdraw", "ReviewRequested"]
    assert market.withdraw(0.3) == {"none": True}
    assert "FrictionRequired step_up" in market.login(0.5)
    market.step_up(0.6, "passed")
    assert market.withdraw(0.7) == {"none": True}


def test_a_captcha_that_was_solved_is_no_step_up(market: Marketplace) -> None:
    """The device is not asked again; the user's step-up stays open, and what waits for it stays."""
    market.login(0)
    assert market.step_up(0.2, "passed", method="captcha") == []
    assert market.withdraw(0.3) == {"step_up": True}
    assert [each for each in market.login(1.5) if "Friction" in each] == []
    assert [demand.ask for demand in market.cloud.ledger().account("user:u_1").open_demands(moment(HOUR))] == [
        "step_up"
    ]


def test_a_review_takes_back_what_the_decision_asked_for(market: Marketplace) -> None:
    """The demand is withdrawn, the restriction released, and automation of that kind stays off."""
    market.login(0)
    (record,) = [each for each in market.cloud.items("decisions") if each["signal_type"] == "login.succeeded"]
    told = market.review(0.5, record["decision_id"])
    assert set(told) == {"FrictionWithdrawn captcha", "FrictionWithdrawn step_up", "RestrictionReleased withdraw"}
    assert market.withdraw(0.6) is None
    assert "RestrictionPlaced withdraw" not in market.login(3)
    assert market.withdraw(3.1) is None


def test_what_comes_twice_asks_once(market: Marketplace) -> None:
    """Each delivery of the outbox publishes the same events under the same ids, whatever was answered meanwhile."""
    market.login(0)
    first = {name: detail for name, (_, detail) in market.heard.items()}
    market.step_up(0.5, "passed")
    market.login(0.9)
    assert {name: market.heard[name][1] for name in first} == first
    asked = [kind for kind, _ in market.heard.values() if kind == "FrictionRequired"]
    assert len(asked) == 2
