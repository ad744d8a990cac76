"""Golden examples of what is on the bus: one story for each detail type, told by the ledger's own algebra."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.restrictions import Account, Action, Applied, Limit, action_id_of, applied, event_id_of, outcomes
from shared.restrictions.jurisdictions import Jurisdiction
from shared.restrictions.statements import Facts, statement_of
from shared.signals.times import stamp
from shared.stores import Event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DECISION = "93f0aa41c6f24d6a8f3f0d7c5b1e2a90"
EU = Jurisdiction(
    "eu",
    frozenset({"DE"}),
    24 * HOUR,
    180 * DAY,
    timedelta(0),
    90 * DAY,
    "Write to people@marketplace.example or call +43 1 000 00 00 on weekdays; a person answers within two days.",
    "Regulation (EU) 2022/2065, Article 17",
)
TAKEOVER = Facts(
    "Your payout account was changed after a login from a new device. Payouts wait until you confirm.",
    "payout.requested",
    business=True,
)


def action(kind: Any, entity: str, source: str, reason: str, abuse: str | None = None, **details: Any) -> Action:
    """An action at noon, or at `at`; ids follow from what is asked."""
    at = details.pop("at", NOON)
    words = [str(value) for value in details.values() if isinstance(value, str)]
    stale = at + DAY if source.startswith("rule:") else None
    return Action(
        kind, action_id_of(DECISION, source, kind, entity, *words), entity, source, at, reason, abuse, stale, details
    )


def restrict(capability: str, limit: Limit, lasts: timedelta, **more: Any) -> Action:
    """A restriction of a seller by a rule, with its statement of reasons."""
    source = more.pop("source", "rule:takeover_asks_for_payout")
    at = more.get("at", NOON)
    placed = action(
        "restrict",
        "user:u_1042",
        source,
        TAKEOVER.told,
        "account_takeover",
        capability=capability,
        limit=limit.to_json(),
        expires_at=stamp(at + lasts),
        version="4be1c0d2",
        **more,
    )
    placed.details["statement"] = statement_of(placed, TAKEOVER, EU)
    return placed


NONE = Limit.of({"none": 1})
HELD = restrict("withdraw", NONE, 3 * DAY, until=["step_up", "review"])
LONGER = restrict(
    "withdraw", Limit.of({"delay_hours": 24}), 7 * DAY, source="rule:new_device_withdraws", at=NOON + HOUR
)
RESERVE = restrict(
    "receive_payout",
    Limit.of({"reserve_share": 30, "reserve_days": 30}),
    14 * DAY,
    scope="order:o_41120",
    on_expiry="person",
    holds_until=stamp(NOON + 90 * DAY),
)
PASSED = action(
    "release",
    "user:u_1042",
    "feedback:stepup",
    "The step-up was passed.",
    at=NOON + 2 * HOUR,
    selector={"until": "step_up"},
)
CLEARED = action(
    "clear",
    "user:u_1042",
    "person:review",
    "A person found nothing wrong.",
    "account_takeover",
    at=NOON + 3 * HOUR,
    until=stamp(NOON + 30 * DAY),
)
AGAIN = restrict("withdraw", NONE, 3 * DAY, at=NOON + 4 * HOUR)
STEP_UP = action(
    "friction",
    "user:u_1042",
    "rule:takeover_asks_for_payout",
    TAKEOVER.told,
    "account_takeover",
    ask="step_up",
    expires_at=stamp(NOON + DAY),
    remember_hours=24.0,
)
WITHDRAWN = action(
    "release",
    "user:u_1042",
    "person:ana",
    "The rule was wrong.",
    at=NOON + HOUR,
    verdict={"action_id": STEP_UP.action_id, "void": True},
)
REVOKE = action(
    "command",
    "user:u_1042",
    "rule:takeover_asks_for_payout",
    TAKEOVER.told,
    "account_takeover",
    command="revoke_sessions",
)
REVIEW = action(
    "review",
    "listing:l_88",
    "rule:forbidden_words",
    "We look at your listing before it is published.",
    "prohibited_item",
    within_hours=24.0,
)
PARKED = action(
    "park",
    "user:u_1042",
    "rule:takeover_asks_for_payout",
    TAKEOVER.told,
    "account_takeover",
    action=HELD.to_json(),
    why="budget payout_holds_day: 500 a day are used up",
    rule="takeover_asks_for_payout",
)
TRIPPED = action(
    "guardrail",
    "rule:takeover_asks_for_payout",
    "guardrail:brake",
    "12 of 40 hits were known good.",
    "account_takeover",
    guardrail="brake",
    rule="takeover_asks_for_payout@4be1c0d2",
    became="shadow",
    window="2026-11-22T12",
    why="12 of 40 hits were known good.",
)
WORD = Action(
    "decision",
    action_id_of(DECISION, "decision"),
    "user:u_1042",
    "policy",
    NOON,
    TAKEOVER.told,
    stale_after=NOON + HOUR / 4,
    details={
        "signal_type": "payout.requested",
        "signal_id": "po_2204",
        "signal_source": "payouts",
        "disposition": "pend",
        "deadline": stamp(NOON + HOUR / 4),
        "at_deadline": "closed",
    },
)


def told(history: Iterable[Action]) -> Iterator[Applied]:
    """What the ledger tells of actions on one page, as it comes to know them."""
    account, sequences = Account(), Counter[str]()
    for each in history:
        after = applied(account, each, DECISION)
        for outcome in outcomes(account, after, each, DECISION):
            sequences[outcome.lane] += 1
            yield Applied(
                outcome.detail_type,
                each,
                event_id_of(each, outcome),
                outcome.lane,
                sequences[outcome.lane],
                DECISION,
                outcome.state,
                each.scope,
                outcome.note,
            )
        account = after


def examples() -> dict[str, dict[str, Any]]:
    """The golden events of today, by the name of their file."""
    placed, joined, changed, released, review = told([HELD, LONGER, PASSED, CLEARED, AGAIN])
    (scoped,) = told([RESERVE])
    asked, withdrawn = told([STEP_UP, WITHDRAWN])
    command, parked, tripped, requested = (next(told([each])) for each in (REVOKE, PARKED, TRIPPED, REVIEW))
    word = Applied("DecisionMade", WORD, WORD.action_id, WORD.lane, 1, DECISION)
    named = {
        "RestrictionPlaced": placed,
        "RestrictionPlaced-joined": joined,
        "RestrictionPlaced-scope": scoped,
        "RestrictionChanged": changed,
        "RestrictionReleased": released,
        "ReviewRequested": requested,
        "ReviewRequested-cleared": review,
        "FrictionRequired": asked,
        "FrictionWithdrawn": withdrawn,
        "CommandIssued": command,
        "DecisionMade": word,
        "ActionParked": parked,
        "GuardrailTripped": tripped,
    }
    return {name: delivered(Event(each, "po_2204")) for name, each in named.items()}


def delivered(event: Event) -> dict[str, Any]:
    """An event as EventBridge delivers it, as far as Sluice makes it."""
    return {
        "source": "sluice",
        "detail-type": event.applied.detail_type,
        "time": f"{event.applied.action.occurred_at:%Y-%m-%dT%H:%M:%SZ}",
        "detail": event.detail(),
    }
