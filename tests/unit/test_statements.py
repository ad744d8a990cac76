"""The statement of reasons: what someone who is restricted reads, and what law asks to be kept."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.decisions import Linked, Particulars
from shared.decisions.acting import Occasion, actions_of
from shared.policy import shipped
from shared.policy.conditions.tree import names
from shared.restrictions import CAPABILITIES, NONE, Action, Jurisdiction, Limit, Restrict
from shared.restrictions.limits import AMOUNT, DIMENSIONS
from shared.restrictions.statements import (
    GROUNDS,
    OCCASIONS,
    Facts,
    ended_by_law,
    jurisdiction_in,
    letter,
    statement_of,
    told_time,
    words_of,
)
from shared.signals import CATALOGUE
from shared.signals.times import stamp

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LAW = Jurisdiction(
    "eu", frozenset({"DE"}), DAY, 180 * DAY, 30 * DAY, 90 * DAY, "Call us on any weekday.", "Regulation (EU) 2022/2065"
)
PLAIN = Facts("Your payout account was changed after a login from a new device.", "account.changed")
POLICY = shipped()
RULES = [rule for rule in POLICY.rules.values() if any(isinstance(effect, Restrict) for effect in rule.every_effect)]


def restricted(*, source="rule:x", entity="user:u_1042", abuse="account_takeover", **details):
    given = {"capability": "withdraw", "limit": {"none": True}, "expires_at": stamp(NOON + 3 * DAY)} | details
    return Action("restrict", "a" * 32, entity, source, NOON, "a reason for the record", abuse, None, given)


def told(action, facts=PLAIN, law=LAW):
    return letter(statement_of(action, facts, law)["notice"])


def test_a_letter_says_what_why_how_long_and_what_to_do():
    """Plain words and dates, whether a person decided, how to contest, and whom to reach."""
    text = told(restricted(until=["step_up"]))

    assert text.split("\n\n") == [
        "We have limited your account. For now, withdrawals are not possible.",
        "Why: Your payout account was changed after a login from a new device. It follows from a change to an account.",
        "On what ground: Safety of accounts: we act when someone other than its owner may be using an account.",
        "How it was decided: automatically by our systems, without a person, on 22 November 2026, 12:00 UTC.",
        "For how long: Until 25 November 2026, 12:00 UTC. It then ends by itself.",
        "What you can do: Confirm that it is you when you are asked to: it then ends at once.",
        (
            "If you disagree: Tell us why you think that this is wrong. It costs nothing, and somebody who had no part"
            " in the decision looks at it again. You can do so until 21 May 2027, 12:00 UTC."
        ),
        "To reach a person: Call us on any weekday.",
    ]


def test_what_law_asks_to_keep_stands_beside_the_notice():
    """Every term of the jurisdiction as a date; that nobody has confirmed them; and why the person is not told."""
    held = restricted(capability="receive_payout", on_expiry="person", holds_until=stamp(NOON + 90 * DAY))
    facts = replace(PLAIN, business=True, suppress_notice="a request of the police is pending")

    assert statement_of(held, facts, LAW)["record"] == {
        "jurisdiction": "eu",
        "basis": "Regulation (EU) 2022/2065",
        "confirmed_by": None,
        "notice_due": stamp(NOON + DAY),
        "appeal_until": stamp(NOON + 180 * DAY),
        "business_notice_until": stamp(NOON + 30 * DAY),
        "longest_hold_until": stamp(NOON + 90 * DAY),
        "suppress_notice": "a request of the police is pending",
    }
    assert "police" not in told(held, facts)


def test_only_what_holds_money_has_a_longest_hold_and_only_businesses_a_period_of_notice():
    """A week without selling, for a private person, has neither."""
    record = statement_of(restricted(capability="list"), PLAIN, LAW)["record"]

    assert record["longest_hold_until"] is record["business_notice_until"] is None
    assert statement_of(restricted(), PLAIN, LAW)["record"]["longest_hold_until"] == stamp(NOON + 90 * DAY)


def test_a_persons_decision_is_told_as_one():
    """It says `by a person`, never which, and never the reason that is for the record."""
    text = told(restricted(source="person:ana"), Facts("You asked us to."))

    assert "How it was decided: by a person, on" in text
    assert "ana" not in text
    assert "a reason for the record" not in text


def test_what_waits_for_a_person_says_so_and_when_it_ends_at_the_latest():
    """Nobody reads that it ends by itself if it does not."""
    text = told(restricted(on_expiry="person", holds_until=stamp(NOON + 90 * DAY)))

    assert "A person then decides what follows" in text
    assert "ends on 20 February 2027, 12:00 UTC at the latest" in text
    assert "by itself" not in text


def test_who_is_linked_reads_nothing_of_the_other():
    """Neither who it is, nor what they share, nor what the other one did."""
    via = {"entity": "user:u_7", "action_id": "b" * 32, "through": "device:dev_1"}
    text = told(restricted(via=via))

    assert "connected with another one that we had to restrict" in text
    assert not any(word in text for word in ("u_7", "dev_1", "device", PLAIN.told))


@pytest.mark.parametrize(
    ("action", "opening"),
    [
        (
            restricted(scope="order:o_1", capability="receive_payout"),
            "We have limited your account, for the order o_1 only.",
        ),
        (restricted(entity="listing:l_1", capability="buy"), "We have limited the listing l_1."),
        (restricted(entity="card:c_1", capability="buy"), "We have limited this payment card, whoever uses it."),
    ],
)
def test_what_is_not_a_whole_account_is_named(action, opening):
    """One order or listing, or a thing that several people may use."""
    assert told(action).startswith(opening)


def test_every_limit_that_there_can_be_has_words():
    """Each dimension of each capability, none twice in the same words, and none by its name in the code."""
    for capability, dimensions in CAPABILITIES.items():
        words = [words_of(capability, Limit.of(bounds)) for bounds in map(_bounds, dimensions)]
        assert len(set(words)) == len(dimensions)
        assert not any("_" in each for each in words)
    limit = Limit.of({"count_per_day": 3, f"{AMOUNT}:USD": 20_000, f"{AMOUNT}:JPY": 500})
    assert words_of("buy", limit) == "Purchases are limited to 3 a day and to 500 JPY a day and to 200.00 USD a day"
    reserve = Limit.of({"reserve_share": 30, "reserve_days": 30, "delay_hours": 24})
    assert words_of("receive_payout", reserve) == (
        "Payouts are made without 30 % of each, which follows 30 days later,"
        " and carried out 24 hours after they are asked for"
    )
    assert words_of("buy", Limit()) == "Purchases are not limited"


def _bounds(dimension):
    if dimension == AMOUNT:
        return {f"{AMOUNT}:EUR": 100}
    if dimension == "reserve_days":
        return {"reserve_share": 10, "reserve_days": 30}
    return {dimension: DIMENSIONS[dimension].least}


def test_every_kind_of_abuse_and_every_signal_has_words():
    """No statement is without a ground or an occasion because somebody added a kind."""
    assert OCCASIONS.keys() == CATALOGUE.keys()
    assert {rule.abuse for rule in POLICY.rules.values()} <= GROUNDS.keys()


def test_the_jurisdiction_is_that_of_the_country_else_the_default():
    """A country of none, and no country, are the default's; without any, a careful one is assumed."""
    default = replace(LAW, name="default", countries=frozenset())
    declared = {"default": default, "eu": LAW}

    assert jurisdiction_in(declared, "DE") is LAW
    assert jurisdiction_in(declared, "US") is jurisdiction_in(declared, None) is default
    assert jurisdiction_in({}, "DE").longest_hold == 90 * DAY


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_shipped_rule_says_how_it_found_out(rule):
    """No name of the rule, of what it reads or of a list, and no number of its conditions stands in what users read."""
    read = {name.name for tree in rule.conditions.values() for name in names(tree)}
    secret = {rule.name, *(name for name in (*read, *POLICY.lists) if "_" in name)}

    for statement in _statements(rule):
        text = letter(statement["notice"])
        assert rule.user_reason in text or "connected with another one" in text
        assert not [word for word in secret if re.search(rf"\b{re.escape(word)}\b", text)]
        assert not re.search(r"\d", rule.user_reason)
        assert len(json.dumps(statement)) < 2_000


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_statement_is_the_same_however_the_rule_detects(rule):
    """Another name, condition, severity and internal reason change no word of it."""
    other = replace(rule, name="another", conditions={}, reason="{secret}", severity=1, shown={}, version="0")

    assert _statements(other) == _statements(rule)


def _statements(rule):
    """What each of a rule's restrictions says to each whom it meets, on every signal it is on."""
    return [
        action.details["statement"]
        for signal in rule.on
        for action in actions_of(rule, rule.every_effect, _occasion(signal, rule))
        if action.kind == "restrict"
    ]


def _occasion(signal, rule):
    roles = {name: f"{field.role.kind}:{name}" for name, field in CATALOGUE[signal].roles.items() if field.role}
    about = Particulars("d" * 32, signal, "shop", "s1", "user:u", NOON, NOON, "x", False, False, "user", roles)
    linked = {effect.linked for effect in rule.every_effect if isinstance(effect, Restrict) and effect.linked}
    return Occasion(about, {}, tuple(Linked(name, "device:d_1", 1.0, ("user:u_8",)) for name in linked), POLICY)


def test_a_restriction_that_says_little_is_stated_in_full():
    """The least that an action can say is enough for a statement."""
    assert words_of("ship", NONE) == "Shipments are not possible"
    assert "Why:" not in told(restricted(abuse=None, source="person:ana"), Facts(""))


def test_what_law_ends_before_its_own_time_says_so():
    """The true end, in words that name no rule; the rest is what was said."""
    placed = restricted(capability="receive_payout")
    statement = statement_of(placed, PLAIN, LAW)
    told_so = ended_by_law(statement, stamp(NOON + DAY))

    assert told_so["notice"]["ends_at"] == told_so["record"]["longest_hold_until"] == stamp(NOON + DAY)
    assert told_time(stamp(NOON + DAY)) in told_so["notice"]["at_the_end"]
    assert "person" in told_so["notice"]["at_the_end"]
    changed = {name for part in statement for name in statement[part] if statement[part][name] != told_so[part][name]}
    assert changed == {"ends_at", "at_the_end", "longest_hold_until"}
