"""Law 5, at the end of things: services that only count events end up right, and nobody waits for the schedule."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.restrictions import Action, Standing, action_id_of
from shared.runtime.tally import Tally
from shared.signals.times import stamp
from shared.stores import Ledger
from tests.support.aws import Aws, World
from tests.support.lambdas import deliver_stream, enforce, sizes
from tests.support.signals import moment

pytestmark = pytest.mark.property

USER = "user:u_1"
MINUTE, LAST = 60, 7 * 3600
LIMITS: list[dict[str, Any]] = [{"none": True}, {"step_up": True}, {"delay_hours": 24}]
minutes = st.integers(0, 300)


@st.composite
def causes(draw: st.DrawFn) -> Action:
    starts, lasts = draw(minutes), draw(st.integers(1, 90))
    details = {
        "capability": draw(st.sampled_from(["withdraw", "change_credentials"])),
        "limit": draw(st.sampled_from(LIMITS)),
        "expires_at": stamp(moment((starts + lasts) * MINUTE)),
    }
    if draw(st.booleans()):
        details |= {"on_expiry": "person", "holds_until": stamp(moment((starts + 2 * lasts) * MINUTE))}
    if draw(st.booleans()):
        details["scope"] = draw(st.sampled_from(["order:o_1", "order:o_2"]))
    rule = f"rule:{draw(st.sampled_from('abc'))}"
    action_id = action_id_of(rule, stamp(moment(starts * MINUTE)), json.dumps(details, sort_keys=True))
    return Action("restrict", action_id, USER, rule, moment(starts * MINUTE), "r", "policy", details=details)


def limited(cloud: World) -> set[tuple[str, str]]:
    """The (scope, capability) that a service takes for limited which knows no time, but what it heard last."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for kind, detail in cloud.events():
        if kind.startswith("Restriction"):
            lane = detail["data"]["scope"], detail["data"]["capability"]
            last[lane] = max(last.get(lane, (0, "")), (detail["metadata"]["sequence"], kind))
    return {lane for lane, (_, kind) in last.items() if kind != "RestrictionReleased"}


def enforced(cloud: World) -> None:
    enforcement = cloud.enforcement()
    deliver_stream(iter(lambda: enforce(enforcement), None), cloud.outbox(), sizes(), cloud.wire)


def in_force(ledger: Ledger, moments: list[datetime]) -> list[tuple[str, tuple[Standing, ...]]]:
    """What a reader sees of each page at each moment."""
    return [(scope, page.in_force(at)) for scope, page in ledger.pages(USER).items() for at in moments]


@settings(max_examples=12)
@given(
    st.lists(causes(), min_size=1, max_size=6, unique_by=lambda cause: cause.action_id), st.lists(minutes, max_size=5)
)
def test_whenever_the_schedule_calls_services_that_only_count_events_end_up_right(
    aws: Aws, placed: list[Action], calls: list[int]
) -> None:
    """At any times, twice or in disorder, and once at the end; what is in force never depended on any of it."""
    cloud = aws.fresh()
    log, ledger = cloud.decision_log(), cloud.ledger()
    for number, action in enumerate(placed):
        record = {"decision_id": f"d{number}", "kind": "command", "subject": USER, "time": stamp(action.occurred_at)}
        log.command({**record, "actions": json.dumps([action.to_json()]), "outbox": "1"})
    enforced(cloud)
    moments = sorted({moment(each * MINUTE) for each in range(0, 600, 7)})
    before = in_force(ledger, moments)

    for each in [*calls, *reversed(calls)]:
        cloud.expiry().run(moment(each * MINUTE + 30), Tally(), lambda: True)
    cloud.expiry().run(moment(LAST), Tally(), lambda: True)
    cloud.expiry().run(moment(2 * LAST), Tally(), lambda: True)
    enforced(cloud)

    assert limited(cloud) == set()
    assert in_force(ledger, moments) == before
