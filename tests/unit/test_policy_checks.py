"""What the checks say of policies that can be read, and what they do not say: a false alarm costs more than a miss."""

from collections.abc import Mapping
from itertools import product

import pytest

from shared.policy import Policy, PolicyError, Problem, load, load_documents, shipped_folder
from shared.policy.checks import costs
from shared.policy.checks.budget import MOST_SERIES, MOST_TILES
from shared.policy.checks.sizes import MOST

pytestmark = pytest.mark.unit

RULE = """
  {name}:
    abuse: {abuse}
    on: {on}
    when: >-
      {when}
    then: {then}
    mode: {mode}
    rollout: {rollout}
    severity: {severity}
    stale_after: {stale_after}
    reason: "because"
    user_reason: "Because."
    owner: tests
    tests: {{fires: {{{fires}}}, holds: {{{holds}}}}}
"""
USUAL = {
    "abuse": "policy",
    "on": "payment.attempted",
    "then": "[deny]",
    "mode": "live",
    "rollout": "100%",
    "severity": "50",
    "stale_after": "24h",
    "fires": "",
    "holds": "",
}


def rules(*given: Mapping[str, str], before: str = "") -> str:
    """A document of rules, each with what it does not have in common with all others."""
    texts = (RULE.format(**{**USUAL, "name": f"rule_{place}", **own}) for place, own in enumerate(given))
    return before + "rules:" + "".join(texts)


def problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with a document."""
    try:
        load_documents({"a.yaml": text})
    except PolicyError as error:
        return error.problems
    return ()


def said_of(*conditions: str, before: str = "", **common: str) -> list[str]:
    """What is said of rules in shadow with these conditions, whose tests are left out."""
    text = rules(*({"when": when, "mode": "shadow", **common} for when in conditions), before=before)
    without_tests = "\n".join(line for line in text.splitlines() if not line.strip().startswith("tests:"))
    return [problem.what for problem in problems(without_tests)]


FEATURES = """
features:
  users_1d: {distinct: buyer, of: payment.attempted, by: card, window: 1d}
  spent_1d: {sum: amount, of: payment.attempted, by: card, window: 1d}
"""


@pytest.mark.parametrize(
    "condition",
    [
        "amount >= 0.00 USD",  # the amount is in USD
        "amount > 5.00 USD or amount > 6.00 EUR",
        "amount < 5.00 USD or amount >= 5.00 USD",  # as above
        "buyer_account_age_days > 4 and buyer_account_age_days < 6",
        "card_is_new and gift_card or not card_is_new and not gift_card",
        "gift_card or not gift_card and card_is_new",  # said for clarity
        'card_country != "DE" and card_country != "FR"',
        'card_country != country and card_country == "DE"',
        "not known(card_country) or card_country != country",
        "known(card) and not known(card_country)",
        'category == "a" and contains(category, "a")',
        "hour(time) >= 22 or hour(time) < 6",
        'hour(time) >= 22 or hour(time, "Asia/Tokyo") < 6',
        "buyer != seller and card_is_new",
        "amount > 5.00 USD and (gift_card or amount > 10.00 USD)",
        'card_funding in ("credit", "debit") and card_funding != "credit"',
        "buyer_account_age_days - 5 >= 0",
        "length(category) >= 1",
        'time >= "2026-01-01" and time < "2027-01-01"',
    ],
)
def test_no_false_alarm(condition: str) -> None:
    """What can be both true and false, and needs all of its parts, is let be."""
    assert said_of(condition) == []


@pytest.mark.parametrize(
    "condition",
    [
        "users_1d >= 3 and spent_1d < 5.00 USD and spent_1d < 5.00 EUR",  # nothing spent is zero in every currency
        "users_1d >= 3 and spent_1d > 5.00 USD",
        "users_1d * 2 > 1 and spent_1d / 2 > 5.00 USD",
        "users_1d == 0 and spent_1d <= 0.00 USD",
        "users_1d > 0.5 * users_1d and spent_1d > amount",
    ],
)
def test_no_false_alarm_about_features(condition: str) -> None:
    """Counts and sums are let be where they can go either way."""
    assert said_of(condition, before=FEATURES) == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("buyer_account_age_days < 0", "`buyer_account_age_days < 0` can never be true"),
        ("0 <= buyer_account_age_days", "`0 <= buyer_account_age_days` is always true"),
        ("buyer_account_age_days == 2.5", "`buyer_account_age_days == 2.5` can never be true"),
        ("amount < 0.00 USD", "`amount < 0.00 USD` can never be true"),
        ("known(amount)", "`known(amount)` is always true"),
        ("known(card_country) and not known(card_country)", "can never be true beside"),
        ('card_country in ("de", "fr")', "can never be true"),
        ('card_country != "de"', "is always true"),
        ("length(category) > 300", "`length(category) > 300` can never be true"),
        ("5 > 3", "`5 > 3` is always true"),
        ("gift_card and not (amount > 5.00 USD and amount < 3.00 USD)", "can never be true beside"),
        ("gift_card and gift_card", "`gift_card` makes no difference beside `gift_card`"),
        ("not (gift_card and gift_card)", "`gift_card` makes no difference beside `gift_card`"),
        ("gift_card or gift_card", "`gift_card` makes no difference beside `gift_card`"),
        ("card_is_new == true and card_is_new == false", "can never be true beside"),
        ("amount < seller_amount", "is not a field"),
        ("card_country == country and country != card_country", "can never be true beside"),
        ("1 < buyer_account_age_days < 2", "can never be true"),
        ('card_funding != "credit" or card_funding != "debit"', "this is always true"),
        (
            "gift_card or 1 < buyer_account_age_days and buyer_account_age_days < 3 and buyer_account_age_days != 2",
            "this can never be true",
        ),
        ('not known(card_country) and card_country == "DE"', "can never be true beside"),
    ],
)
def test_senseless_conditions(condition: str, found: str) -> None:
    """What can never be true, is always true or makes no difference is said once, of the smallest part."""
    (what,) = said_of(condition)
    assert found in what


def test_what_makes_sense_on_one_signal() -> None:
    """A part that decides something on one signal of a rule is let be, although it is settled on another."""
    assert said_of("known(device) and known(ip)", on="[login.succeeded, message.sent]", then="[challenge]") == []
    (what,) = said_of("known(ip) and known(device)", on="login.succeeded", then="[challenge]")
    assert what == "`known(ip)` is always true"


def test_what_comes_in_by_name() -> None:
    """What a `let`, another rule or a gate says is taken into account, and blamed where it stands."""
    lets = "let:\n  large: amount > 500.00 USD\n"
    (what,) = said_of("large and amount < 5.00 USD", before=lets)
    assert what == "`amount < 5.00 USD` can never be true beside `amount > 500.00 USD` (a.yaml, line 2)"
    assert said_of("large and gift_card", "large and card_is_new", before=lets) == []
    assert said_of("amount > 500.00 USD", 'fired("rule_0") and amount < 900.00 USD') == []
    (what,) = said_of("amount > 500.00 USD and gift_card", 'fired("rule_0") and amount < 90.00 USD')
    assert "can never be true beside" in what


WIDE = {"when": "amount > 100.00 USD", "fires": "amount: 900.00 USD", "holds": "amount: 1.00 USD"}
NARROW = {
    "when": "gift_card and amount > 500.00 USD",
    "fires": "gift_card: true, amount: 900.00 USD",
    "holds": "gift_card: true, amount: 1.00 USD",
}
HARD = "[deny, {restrict: {of: buyer, capability: buy, to: none, for: 7d}}]"
SOFT = "[pend, {restrict: {of: buyer, capability: buy, to: none, for: 24h}}]"


@pytest.mark.parametrize(
    ("wide", "narrow", "said"),
    [
        ({}, {}, True),
        ({"then": HARD}, {"then": SOFT}, True),
        ({"then": SOFT}, {"then": HARD}, False),
        ({"then": HARD}, {"then": "[{review: {of: buyer}}]"}, False),
        ({"mode": "shadow"}, {}, False),
        ({}, {"mode": "shadow"}, False),  # somebody tries something
        ({"mode": "off"}, {}, False),
        ({"rollout": "50%"}, {}, False),
        ({"abuse": "payment_fraud"}, {}, False),
        ({"severity": "40"}, {}, False),
        ({"stale_after": "1h"}, {}, False),
        ({"on": "refund.issued", "then": "[{review: {of: buyer}}]"}, {"then": "[{review: {of: buyer}}]"}, False),
    ],
)
def test_rules_in_the_shadow(wide: dict[str, str], narrow: dict[str, str], said: bool) -> None:
    """A rule is needless only beside a live one that fires whenever it does, for everyone, and does as much."""
    found = problems(rules({**WIDE, **wide}, {**NARROW, **narrow, "on": "payment.attempted"}))
    assert [problem.what.startswith("the rule rule_1 adds nothing") for problem in found] == [True] * said
    again = problems(rules({**NARROW, **narrow, "on": "payment.attempted"}, {**WIDE, **wide}))
    assert [problem.what.startswith("the rule rule_0 adds nothing") for problem in again] == [True] * said


def test_the_same_rule_twice() -> None:
    """Two rules that say the same in other words are one too many, in any mode; with other effects they are two."""
    (what,) = said_of("gift_card and amount > 5.00 USD", "amount > 5.00 USD and gift_card == true")
    assert what.startswith("the rule rule_1 says the same as rule_0 (a.yaml, line ")
    one = {"when": "gift_card", "fires": "gift_card: true", "holds": "gift_card: false"}
    assert problems(rules({**one, "then": "[deny]"}, {**one, "then": "[{review: {of: buyer}}]"})) == ()


def test_published_policies_are_read() -> None:
    """What was published is read whatever today's checks say of it; only what cannot be read is refused."""
    text = rules({"when": "gift_card or not gift_card", "fires": "gift_card: true", "holds": "gift_card: true"})
    assert [problem.what for problem in problems(text)] == [
        "this is always true, whatever the values are",
        "this test says that rule_0 holds, but it fires",
    ]
    policy = load_documents({"a.yaml": text}, published=True)
    assert isinstance(policy, Policy)
    assert [failure.rule for failure in policy.run_tests()] == ["rule_0"]


def test_the_shipped_policy_is_clean() -> None:
    """The policy that ships passes every check."""
    assert load(shipped_folder()).rules


def test_costs() -> None:
    """Costs are told by rule, by feature and by signal; what rules share is counted once for the signal."""
    text = rules(
        {"when": 'contains(category, "a") and users_1d >= 3', "mode": "shadow"},
        {"when": 'contains(category, "a") and spent_1d > 5.00 USD', "mode": "shadow"},
        before=FEATURES,
    )
    found = costs(load_documents({"a": text}, published=True))
    assert found.rules["rule_0"].dearest == 'contains(category, "a")'
    alone = found.rules["rule_0"].microseconds
    assert alone < found.signals["payment.attempted"].microseconds < 2 * alone
    assert found.features["users_1d"].tiles == 2
    assert found.features["users_1d"].reads.usual == 2 < found.features["users_1d"].reads.full
    signal = found.signals["payment.attempted"]
    assert (signal.tiles, signal.series) == (2, 1)
    assert signal.writes.usual < signal.writes.full


@pytest.mark.parametrize(("window", "tiles"), [("90h", 56), ("90d", 112)])
def test_too_many_tiles(window: str, tiles: int) -> None:
    """A signal that would read more tiles than one request takes is refused, at the feature with the longest window."""
    signals = """payment.attempted payment.declined payment.settled refund.issued order.shipped order.delivered
    dispute.opened""".split()
    users = ("buyer", "seller")
    declared, asked = ["features:\n"], []
    for place, (signal, by, read_for) in enumerate(product(signals, users, users)):
        declared.append(f"  count_{place}: {{count: {signal}, by: {by}, for: {read_for}, window: {window}}}\n")
        asked.append(f"count_{place} >= 2")
    said = said_of(" and ".join(asked), before="".join(declared))
    assert [what.split("(")[0] for what in said] == [f"payment.attempted reads {tiles} tiles of timelines "] * (
        tiles > MOST_TILES
    )


def test_too_many_series() -> None:
    """A signal that would be remembered in too many series is refused at a feature that reads one, a step's too."""
    roles = "buyer seller card device ip listing order".split()
    declared = "features:\n" + "".join(
        f"  tried_{role}_{window}: {{sequence: [payment.declined, payment.attempted], by: {role}, window: {window}}}\n"
        for role in roles
        for window in ("1h", "30d")
    )
    declared += "".join(
        f"  {signal}_by_{role}_{to}: {{linked: {to}, of: payment.{signal}, by: {role}, window: 30d}}\n"
        for signal in ("attempted", "declined")
        for role, to in (*product(("card", "device", "ip"), ("seller", "buyer")), ("buyer", "seller"))
    )
    found = [problem for problem in problems(declared) if "series" in problem.what]
    assert [problem.what.split(" (")[0] for problem in found] == [
        f"{signal} is remembered in 14 series" for signal in ("payment.attempted", "payment.declined")
    ]
    assert {problem.span.line for problem in found} == {2}


def test_too_many_facts() -> None:
    """Of what is kept of an entity for ever, all is one item: what it could not hold is refused."""
    seen = {
        "login.succeeded": "device ip country method two_factor",
        "payment.settled": "seller card amount",
        "account.changed": "change changed_by email_domain payout_account country",
    }
    roles = {"payment.settled": "buyer"}
    declared = "features:\n" + "".join(
        f"  {field}_of_{signal.replace('.', '_')}: "
        f"{{distinct: {field}, of: {signal}, by: {roles.get(signal, 'user')}, window: ever}}\n"
        for signal, fields in seen.items()
        for field in fields.split()
    )
    found = [problem for problem in problems(declared) if "for ever" in problem.what]
    assert [(problem.what, problem.span.line) for problem in found] == [
        ("of each user, 13 kinds of facts would be kept for ever, 12 are allowed", 14)
    ]


def test_too_many_entries() -> None:
    """A section with more entries than anyone oversees is refused at the first that is too many."""
    count = MOST["groups"] + 1
    text = "groups:\n" + "".join(f"  group_{number}: {{owner: x}}\n" for number in range(count)) + "rules: {}\n"
    found = [problem for problem in problems(text) if "entries under" in problem.what]
    assert [problem.span.line for problem in found] == [count + 1]
    assert MOST_SERIES < MOST_TILES


def test_a_thousand_features() -> None:
    """A policy that declares a thousand features is refused at the first that is too many, and told how many it has."""
    lines = (f"  paid_{number}: {{count: payment.settled, by: buyer, window: 7d}}\n" for number in range(1_000))
    found = [problem for problem in problems(f"features:\n{''.join(lines)}") if "entries under" in problem.what]
    assert [problem.what for problem in found] == [
        "the policy has 1,000 entries under `features`, at most 500 are taken"
    ]
    assert found[0].span.line == MOST["features"] + 2


def test_a_let_that_is_a_value() -> None:
    """Of a number or an amount with a name nothing is said but what the conditions with it say."""
    before = f"{FEATURES}let:\n  each: spent_1d / users_1d\n  twice: 2 * users_1d\n"
    assert said_of("each > 5.00 USD and twice >= 4", before=before) == []
    assert said_of("each > 5.00 USD and twice < 0", before=before) == ["`twice < 0` can never be true"]
