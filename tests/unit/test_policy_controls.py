"""The sections between rules and harm: guardrails, gates, jurisdictions, and what a rule expects of itself."""

from datetime import timedelta
from itertools import product

import pytest
from jsonschema import Draft202012Validator

from shared.policy import Policy, PolicyError, load_documents
from shared.policy.authoring.catalogue import capabilities
from shared.policy.authoring.layout import laid_out
from shared.policy.authoring.schema import schema
from shared.policy.checks import remarks
from shared.policy.model import Expectation, Gate
from shared.policy.sections.guardrails import MOST_BOUNDS
from shared.restrictions.guardrails import Brake, Budget, Guardrails
from shared.restrictions.jurisdictions import Jurisdiction
from shared.restrictions.limits import CAPABILITIES

pytestmark = pytest.mark.unit

RULES = """\
rules:
  large_payouts:
    abuse: seller_fraud
    on: payout.requested
    when: amount > 500.00 USD
    then:
      - restrict: {of: seller, capability: receive_payout, to: {reserve: 30%, days: 30}}
    expect: {hits: 50}
    reason: because
    user_reason: "Part of your payout waits."
    suppress_notice: police request pending
    owner: payments-risk
"""
CONTROLS = """\
guardrails:
  default_restriction: 30d
  takeover_hold: 48h
  friction_memory: 12h
  clearance: 60d
  brake: {known_good: 2.5%, least: 20, settling: 3d}
  budgets:
    limits_day:
      abuse: seller_fraud
      rule: large_payouts
      tier: limit
      entity_kind: user
      per: day
      count: 500
      money: [20000.00 USD, 2000000 JPY]
      kept: 20%
      high_value: 1000.00 USD
    limits_hour: {tier: limit, per: hour, count: 100}
gates:
  payout.requested: {deadline: 15m, then: closed}
  payment.attempted: {deadline: 60s, then: open}
jurisdictions:
  default:
    notice_within: 24h
    appeal_within: 180d
    business_notice: 0d
    longest_hold: 90d
    human: Write to us.
    confirmed_by: none
  eu:
    countries: [AT, DE]
    notice_within: 0h
    appeal_within: 184d
    business_notice: 30d
    longest_hold: 90d
    human: Write to us.
    basis: Regulation (EU) 2022/2065
    confirmed_by: Dr. Counsel, 2026-11-02
"""


def policy(controls: str = CONTROLS) -> Policy:
    return load_documents({"controls.yaml": controls, "rules.yaml": RULES})


def test_guardrails() -> None:
    """Every span, brake and budget is what the document says, amounts in minor units."""
    budget = Budget(
        name="limits_day",
        per="day",
        count=500,
        money={"USD": 2_000_000, "JPY": 2_000_000},
        abuse="seller_fraud",
        rule="large_payouts",
        tier="limit",
        entity_kind="user",
        kept=0.2,
        high_value={"USD": 100_000},
    )
    assert policy().guardrails == Guardrails(
        budgets=(budget, Budget("limits_hour", "hour", 100, tier="limit")),
        brake=Brake(0.025, 20, timedelta(days=3)),
        takeover_hold=timedelta(hours=48),
        friction_memory=timedelta(hours=12),
        clearance=timedelta(days=60),
        default_restriction=timedelta(days=30),
    )


def test_budgets_fit_into_one_condition() -> None:
    """So many bounds are taken for an hour, and as many for a day, as one conditional update can ask for."""
    money = "[1.00 USD, 1.00 EUR, 1.00 GBP]"
    high = "kept: 10%, high_value: 1.00 USD"
    kinds = ["user", "card", "device", "listing", "order", "ip"]
    tiers = ["limit", "hold", "deny"]
    listed = [
        f"b_{per}_{tier}_{kind}: {{tier: {tier}, entity_kind: {kind}, per: {per}, count: 1, money: {money}, {high}}}"
        for per in ("hour", "day")
        for tier, kind in product(tiers, kinds)
    ]
    fits = [each for each in listed if each.startswith("b_hour")][:10] + [each for each in listed if "b_day" in each][
        :10
    ]
    assert len(budgets(fits)) == 2 * MOST_BOUNDS // 8
    with pytest.raises(PolicyError, match="there are more than 80 bounds per day"):
        budgets([*fits, next(each for each in listed if each not in fits and "b_day" in each)])


def budgets(listed: list[str]) -> tuple[Budget, ...]:
    text = "guardrails:\n  budgets:\n" + "".join(f"    {each}\n" for each in listed)
    return load_documents({"a.yaml": text}, published=True).guardrails.budgets


def test_guardrails_that_are_not_declared_have_their_defaults() -> None:
    """A policy that says one thing about guardrails has the usual of all others; one that says nothing, too."""
    usual = Guardrails()
    said = load_documents({"a.yaml": "guardrails: {clearance: 7d}"}).guardrails
    assert said == Guardrails(clearance=timedelta(days=7))
    assert load_documents({"a.yaml": "lists:"}).guardrails == usual
    assert usual.takeover_hold == timedelta(hours=72)


def test_gates() -> None:
    """A gate has its deadline, and what it does then."""
    assert policy().gates == {
        "payout.requested": Gate(timedelta(minutes=15), "closed"),
        "payment.attempted": Gate(timedelta(minutes=1), "open"),
    }


def test_jurisdictions() -> None:
    """A jurisdiction has its countries and figures; nobody has confirmed them until somebody is named."""
    found = policy().jurisdictions
    assert found["eu"] == Jurisdiction(
        name="eu",
        countries=frozenset({"AT", "DE"}),
        notice_within=timedelta(0),
        appeal_within=timedelta(days=184),
        business_notice=timedelta(days=30),
        longest_hold=timedelta(days=90),
        human="Write to us.",
        basis="Regulation (EU) 2022/2065",
        confirmed_by="Dr. Counsel, 2026-11-02",
    )
    assert (found["default"].countries, found["default"].basis, found["default"].confirmed_by) == (set(), "", None)


def test_a_rule_says_what_it_expects_and_whom_it_does_not_tell() -> None:
    """What a rule expects of itself, and why its notice is suppressed, stand on it."""
    rule = policy().rules["large_payouts"]
    assert rule.expect == Expectation(hits=50)
    assert rule.suppress_notice == "police request pending"


def test_what_no_counsel_confirmed_is_remarked_on() -> None:
    """Unconfirmed figures, and held things of which no gate tells a deadline, are no fault, and are told."""
    unconfirmed, open_ended = remarks(policy())
    assert unconfirmed.startswith("no counsel has confirmed the figures of default:")
    assert open_ended.startswith("who waits for a word about listing.submitted is told no deadline")
    whole = CONTROLS.replace("confirmed_by: none", "confirmed_by: Dr. Counsel").replace(
        "gates:", "gates:\n  listing.submitted: {deadline: 30m, then: closed}"
    )
    assert list(remarks(policy(whole))) == []
    assert list(remarks(policy("guardrails: {default_restriction: 30d}"))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("count: 500", "count: 501"),
        ("deadline: 15m", "deadline: 14m"),
        ("appeal_within: 184d", "appeal_within: 183d"),
        ("confirmed_by: none", "confirmed_by: Dr. Counsel"),
        ("known_good: 2.5%", "known_good: 3%"),
    ],
)
def test_guardrails_are_a_part_of_the_digest(old: str, new: str) -> None:
    """Whatever changes between rules and harm is another policy; how it is laid out is not."""
    assert old in CONTROLS
    assert policy(CONTROLS.replace(old, new)).digest != policy().digest
    assert policy(f"# a comment\n{CONTROLS}").digest == policy().digest


def test_they_have_one_layout() -> None:
    """What stands in the layout stays; keys in another order are put into theirs."""
    assert laid_out("controls.yaml", CONTROLS) == CONTROLS
    assert laid_out("rules.yaml", RULES) == RULES
    untidy = CONTROLS.replace(
        "{known_good: 2.5%, least: 20, settling: 3d}", "{settling: 3d, known_good: 2.5%, least: 20}"
    ).replace("{deadline: 15m, then: closed}", "\n    then: closed\n    deadline: 15m")
    assert untidy != CONTROLS
    assert laid_out("controls.yaml", untidy) == CONTROLS


SPANS = {"notice_within": "24h", "appeal_within": "180d", "business_notice": "0d", "longest_hold": "90d"}


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"guardrails": {"budgets": {"a_day": {"per": "day", "count": 5}}, "takeover_hold": "72h"}}, True),
        ({"guardrails": {"budgets": {"a_day": {"count": 5}}}}, False),
        ({"guardrails": {"budgets": {"a_day": {"per": "day", "tier": "holds"}}}}, False),
        ({"guardrails": {"takeover": "72h"}}, False),
        ({"guardrails": {"brake": {"known_good": "5%", "least": 0}}}, False),
        ({"gates": {"payout.requested": {"deadline": "15m", "then": "closed"}}}, True),
        ({"gates": {"payout.requested": {"deadline": "15m", "then": "shut"}}}, False),
        ({"gates": {"order.shipped": {"deadline": "15m", "then": "closed"}}}, False),
        ({"jurisdictions": {"eu": {**SPANS, "human": "Write.", "countries": ["AT"]}}}, True),
        ({"jurisdictions": {"eu": {**SPANS, "human": "Write.", "countries": ["Austria"]}}}, False),
        ({"jurisdictions": {"eu": SPANS}}, False),
        ({"known_good": {"phishing": {"on": "message.sent", "of": "sender", "when": "a", "lapses": "72h"}}}, False),
        ({"ladders": {"calls": {"of": "seller", "steps": [{"review": {}}]}}}, False),
        (
            {
                "ladders": {
                    "calls": {
                        "of": "seller",
                        "steps": [
                            {"friction": {"ask": "confirmation"}},
                            {"when": "a", "restrict": {"capability": "list", "to": {"per_day": 3}}, "person": "24h"},
                        ],
                    }
                }
            },
            True,
        ),
        ({"rules": {"a_rule": {"when": "a", "then": [{"ladder": "calls"}], "expect": {"hits": 5}}}}, True),
        ({"rules": {"a_rule": {"when": "a", "then": "deny", "expect": {"hit": 5}}}}, False),
        (
            {
                "rules": {
                    "a_rule": {"when": "a", "then": [{"restrict": {"of": "seller", "capability": "buy", "to": {}}}]}
                }
            },
            False,
        ),
    ],
)
def test_editors_know_them(document: dict[str, object], *, valid: bool) -> None:
    """The schema completes and underlines what stands between rules and harm, as it does with rules."""
    assert Draft202012Validator(schema()).is_valid(document) is valid


def test_what_can_be_restricted_is_in_the_catalogue() -> None:
    """Each capability is told with the limits that it takes, whom it can be limited of, and for what one thing."""
    rows = {row["capability"]: row for row in capabilities()}
    assert list(rows) == list(CAPABILITIES)
    assert rows["receive_payout"] == {
        "capability": "receive_payout",
        "to": ["none", "50%", "{reserve: 30%, days: 30}", "{delay: 24h}"],
        "of": ["user", "payout_account"],
        "only": ["order", "listing"],
    }
