"""How the command tells limits and actions to those who run Sluice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cli.wording import done, either, limited, who
from shared.restrictions import Action
from shared.restrictions.limits import Limit

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
END = "2026-11-23T12:00:00.000Z"


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"none": 1}, "stopped"),
        ({}, "not limited"),
        ({"share": 25}, "limited to 25 %"),
        ({"reserve_share": 30, "reserve_days": 10}, "30 % of each held back for 10 days"),
        ({"delay_hours": 24, "step_up": 1}, "waits 24 h, after a step-up only"),
        ({"count_per_day": 3, "amount_per_day:JPY": 20_000}, "at most 20000 JPY a day, at most 3 a day"),
        ({"per_hour": 1_000, "no_links": 1}, "without links, at most 1,000 an hour"),
    ],
)
def test_every_way_to_limit_has_words(bounds: dict[str, int], words: str) -> None:
    """A limit is told by what it leaves."""
    assert limited(Limit.of(bounds)) == words


@pytest.mark.parametrize(
    ("source", "version", "words"),
    [
        ("rule:takeover", "1a2b3c4d", "rule takeover@1a2b3c4d"),
        ("rule:takeover", "", "rule takeover"),
        ("person:ann", "", "person ann"),
        ("schedule:expiry", "", "schedule expiry"),
    ],
)
def test_a_source_is_told(source: str, version: str, words: str) -> None:
    """Who asked is named with their kind, a rule at its version."""
    assert who(source, version) == words


def test_conditions_are_told_as_alternatives() -> None:
    """Any one of several is enough, and it reads so."""
    assert [either(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]


RESTRICT = {"capability": "withdraw", "limit": {"delay_hours": 24}, "expires_at": END}
PARKED = Action("restrict", "inner", "user:u_1", "rule:x", NOON, "", details=RESTRICT).to_json()


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("restrict", RESTRICT, "withdraw waits 24 h, until 2026-11-23 12:00:00"),
        (
            "restrict",
            {**RESTRICT, "scope": "order:o_1"},
            "withdraw waits 24 h, for order:o_1 only, until 2026-11-23 12:00:00",
        ),
        (
            "restrict",
            {**RESTRICT, "via": {"entity": "user:u_9", "action_id": "a", "through": "device"}},
            "withdraw waits 24 h, until 2026-11-23 12:00:00, as linked to user:u_9",
        ),
        (
            "restrict",
            {**RESTRICT, "on_expiry": "person", "holds_until": END},
            "withdraw waits 24 h, until 2026-11-23 12:00:00, then until a person decides",
        ),
        ("release", {"selector": {"source": "rule:x", "capability": "buy"}}, "release buy as placed by rule:x"),
        ("release", {"selector": {"until": "step_up"}}, "release everything that waits for step_up"),
        ("release", {"verdict": {"action_id": "5be9", "void": True}}, "void: 5be9"),
        ("release", {"verdict": {"action_id": "5be9", "void": False}}, "not void any more: 5be9"),
        (
            "release",
            {"origin": {"action_id": "5be9", "void": True, "version": 3}},
            "void: 5be9, as what it is linked to",
        ),
        ("clear", {"until": END}, "cleared of phishing, until 2026-11-23 12:00:00"),
        ("clear", {"until": ""}, "no longer cleared of phishing"),
        ("command", {"command": "refund"}, "refund"),
        ("friction", {"ask": "captcha", "expires_at": END}, "captcha, until 2026-11-23 12:00:00"),
        ("answer", {"ask": "captcha", "outcome": "failed"}, "captcha failed"),
        ("review", {"within_hours": 24}, "a person shall look within 24 h"),
        ("review", {}, "a person shall look"),
        ("decision", {"disposition": "pend"}, "tell the service: pend"),
        ("expire", {"at": END}, "what ended at 2026-11-23 12:00:00"),
        (
            "park",
            {"action": PARKED, "why": "over budget", "rule": "x"},
            "held back (over budget): withdraw waits 24 h, until 2026-11-23 12:00:00",
        ),
        ("unpark", {"parked": "5be9", "verdict": "void"}, "what was held back as 5be9: void"),
        (
            "guardrail",
            {"guardrail": "brake", "rule": "x", "became": "shadow", "window": "", "why": "12 of 20 known good"},
            "brake tripped: x became shadow (12 of 20 known good)",
        ),
    ],
)
def test_every_action_has_words(kind: Any, details: dict[str, Any], words: str) -> None:
    """Each kind of action is told in a line that somebody on call understands."""
    assert done(Action(kind, "a", "user:u_1", "rule:x", NOON, "", "phishing", details=details)) == words


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("restrict", {"capability": "buy", "allowed": 0, "expires_at": END}, "buy stopped, until 2026-11-23 12:00:00"),
        ("restrict", {"capability": "be_ranked", "allowed": 25, "expires_at": END}, "be_ranked limited to 25 %, until"),
        ("release", {"capability": "buy", "released": "*"}, "release buy"),
        ("release", {"capability": "buy", "released": "rule:x"}, "release buy as placed by rule:x"),
    ],
)
def test_actions_of_older_records_have_words(kind: Any, details: dict[str, Any], words: str) -> None:
    """Records of before there were limits and selectors are kept for more than a year, and can still be read."""
    assert done(Action(kind, "a", "user:u_1", "rule:x", NOON, "", details=details)).startswith(words)
