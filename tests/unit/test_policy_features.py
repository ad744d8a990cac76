"""Features as a policy declares them: what they are compiled to, where they can be read, what they are by default."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from shared.features.model import AtLeast, Feature, FeatureKind
from shared.policy import Policy, PolicyError, load_documents
from shared.policy.authoring.layout import laid_out
from shared.policy.authoring.words import feature_in_words, literal
from shared.policy.checks import costs
from shared.policy.conditions.kinds import KINDS, feature_type
from shared.policy.conditions.reasons import shown
from shared.policy.documents.reading import read
from shared.policy.problems import Findings, Source
from shared.policy.sections.remembered import filters_in
from shared.signals.amounts import Amount
from tests.support.all_kinds import ALL_KINDS, alone
from tests.support.policies import truth

pytestmark = pytest.mark.unit

DAY = timedelta(days=1)
WON = {"order": b"o", "outcome": "won"}


def policy(*features: str) -> Policy:
    """A policy that declares these features, `name: {…}` each, and has no rules."""
    return load_documents({"a": "features:\n" + "".join(f"  {each}\n" for each in features)}, published=True)


def one(declared: str) -> Feature:
    """The only feature of a policy."""
    return policy(f"it_is: {declared}").features["it_is"]


def refusal(declared: str) -> str:
    with pytest.raises(PolicyError) as refused:
        one(declared)
    return "\n".join(problem.what for problem in refused.value.problems)


def test_every_kind_is_known() -> None:
    """The language has the kinds that timelines compute, no more and no fewer, and a policy can have all of them."""
    assert set(KINDS) == set(get_args(FeatureKind))
    assert {feature.kind for feature in alone().features.values()} == set(KINDS)


def test_what_is_left_out() -> None:
    """Without more words, a feature looks right up to the signal, at one value at least, and past our own actions."""
    plain = one("{mean: amount, of: payment.settled, by: buyer, window: 90d}")
    assert (plain.delay, plain.least, plain.unless, plain.echoes) == (timedelta(0), 1, None, False)
    assert (plain.limited, plain.strength, plain.steps, plain.against) == (None, 1.0, (), None)


def test_windows() -> None:
    """A window, a delay and a longer window are durations; ever is no window at all."""
    risen = one("{change: payment.attempted, by: buyer, window: 1d, against: 4w, delay: 36h}")
    assert (risen.window, risen.against, risen.delay) == (DAY, 28 * DAY, 1.5 * DAY)
    assert one("{months: payment.settled, by: buyer, window: ever}").window is None
    assert one("{age: payment.settled, by: buyer, window: 2w}").window == 14 * DAY
    assert one("{count: payment.settled, by: buyer, window: 83d, delay: 7d}").window == 83 * DAY
    assert refusal("{count: payment.settled, by: buyer, window: 84d, delay: 7d}") == (
        "with a delay of `7d`, `window` goes back 91d"
    )


def test_unless_is_a_condition_on_another_signal() -> None:
    """It has the other signal, the field that ties the two, and a condition over what is remembered of the other."""
    unless = one(
        "{count: dispute.opened, by: seller, window: 30d, unless: {dispute.resolved: outcome == 'won', same: order}}"
    ).unless
    assert unless
    assert (unless.signal, unless.same) == ("dispute.resolved", "order")
    assert unless.where
    assert [unless.where(each) for each in (WON, {**WON, "outcome": "lost"}, {})] == [True, False, None]


def test_steps_have_signals_roles_and_conditions() -> None:
    """A step goes by the sequence's role unless it has its own; the first one says whose the feature is."""
    feature = one(
        "{sequence: [payout.requested by seller, {account.changed: change == 'email'}, login.failed], "
        "by: user, window: 3d}"
    )
    assert [(step.signal, step.by) for step in feature.steps] == [
        ("payout.requested", "seller"),
        ("account.changed", "user"),
        ("login.failed", "user"),
    ]
    assert (feature.signal, feature.by) == ("payout.requested", "seller")
    where = feature.steps[1].where
    assert where
    assert [where({"change": change}) for change in ("email", "phone")] == [True, False]


def test_steps_of_scores_are_about_anyone() -> None:
    """What is remembered of entities of any kind goes with steps about users."""
    assert len(one("{sequence: [score.computed by scored, login.failed], by: user, window: 3d}").steps) == 2


def test_links() -> None:
    """Whom a link leads to, of what strength, and whether only those under a restriction count."""
    linked = one("{linked: user, of: login.succeeded, by: device, window: 30d, limited: any, strength: 80%}")
    assert (linked.value, linked.limited, linked.strength) == ("user", "any", 0.8)


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("{sum: amount, of: payment.settled, by: buyer, window: 7d}", "money"),
        ("{sum: score, of: score.computed, by: scored, window: 7d}", "number"),
        ("{mean: amount, of: payment.settled, by: buyer, window: 7d}", "money"),
        ("{max: score, of: score.computed, by: scored, window: 7d}", "number"),
        ("{stddev: amount, of: payment.settled, by: buyer, window: 7d}", "money"),
        ("{zscore: amount, of: payment.settled, by: buyer, window: 7d}", "number"),
        ("{last: card_funding, of: payment.attempted, by: buyer, window: 7d}", "choice"),
        ("{last: card_is_new, of: payment.attempted, by: buyer, window: 7d}", "boolean"),
        ("{first_seen: payment.settled, by: buyer, window: 7d}", "time"),
    ],
)
def test_types(declared: str, kind: str) -> None:
    """A feature has the type of what it computes: of the field where that makes sense."""
    assert feature_type(one(declared)).kind == kind


def test_a_feature_that_looks_at_the_signal_itself() -> None:
    """It is readable where the signal has a field of that name and type, or an entity of that kind."""
    uses = policy(
        "new_device: {new: device, of: login.succeeded, by: user, window: ever}",
        "odd_price: {zscore: price, of: listing.submitted, by: seller, window: 90d}",
        "new_country: {new: country, of: login.succeeded, by: user, window: 90d}",
        "new_domain: {new: email_domain, of: account.changed, by: user, window: ever}",
    ).uses
    readable = {
        name: {signal for signal, found in uses.items() if name in found}
        for name in ("new_device", "odd_price", "new_country", "new_domain")
    }
    assert {"login.succeeded", "payout.requested", "payment.attempted"} <= readable["new_device"]
    assert "order.shipped" not in readable["new_device"], "it names no device"
    assert readable["odd_price"] == {"listing.submitted"}
    assert "payout.requested" in readable["new_country"], "what is not remembered of a signal can be compared, too"
    assert readable["new_domain"] == {"account.created", "account.changed"}


def test_a_test_that_says_nothing_of_a_feature() -> None:
    """A feature is then what it is where nothing happened: 0, no money in any currency, false, or unknown."""
    names = "odd_counted odd_summed odd_devices odd_months odd_linked odd_sequence odd_new odd_age odd_mean".split()
    rule = f"""
rules:
  asked: {{abuse: policy, on: login.succeeded, when: '{" or ".join(f"known({name})" for name in names[1:])}',
           then: [review: {{of: user}}], reason: a, owner: a, tests: {{fires: {{}}}}}}
"""
    loaded = load_documents({"a": ALL_KINDS.split("rules:")[0], "b": rule}, published=True)
    (case,) = loaded.rules["asked"].tests
    found = {name: case.features.get(name) for name in names[1:]}
    assert found == {
        "odd_summed": Amount(0, ""),
        "odd_devices": 0,
        "odd_months": 0,
        "odd_linked": 0,
        "odd_sequence": False,
        "odd_new": None,
        "odd_age": None,
        "odd_mean": None,
    }


MORE = "features:\n" + "".join(
    f"  {line}\n"
    for line in (
        "paid_for: {age: payment.settled, by: buyer, window: ever}",
        "paid_since: {first_seen: payment.settled, by: buyer, window: ever}",
        "new_card: {new: card, of: payment.settled, by: buyer, window: ever}",
        "refused: {count: payment.declined, by: buyer, window: 7d}",
        "tried: {count: payment.attempted, by: buyer, window: 7d}",
    )
)


@pytest.mark.parametrize(
    ("condition", "features", "comes_to"),
    [
        ("paid_for > 30d", {"paid_for": AtLeast(31 * DAY)}, True),
        ("paid_for > 30d", {"paid_for": AtLeast(30 * DAY)}, None),
        ("paid_for < 30d", {"paid_for": AtLeast(30 * DAY)}, False),
        ("paid_for / 1d >= 30", {"paid_for": AtLeast(30 * DAY)}, True),
        ('paid_since < "2026-01-01"', {"paid_since": datetime(2025, 12, 31, tzinfo=UTC)}, True),
        ("time - paid_since > 30d", {"paid_since": datetime(2025, 12, 31, tzinfo=UTC)}, True),
        ("not new_card", {"new_card": False}, True),
        ("new_card", {}, None),
        ("refused / tried > 50%", {"refused": 2, "tried": 3}, True),
        ("refused / tried > 50%", {"refused": 2, "tried": 0}, None),
        ("refused / tried > 50%", {"refused": AtLeast(2), "tried": 3}, True),
        ("refused / tried > 50%", {"refused": 2, "tried": AtLeast(3)}, None),
    ],
)
def test_conditions_on_features(condition: str, features: dict[str, object], comes_to: bool | None) -> None:
    """Durations, times, truths and ratios are compared like fields; lower bounds decide what they can."""
    values = {"time": datetime(2026, 11, 20, tzinfo=UTC)}
    assert truth(condition, values, features=features, more=MORE) is comes_to


def test_features_in_words() -> None:
    """Everything that a feature asks is told, its conditions as they are written."""
    document = read(Source("a", ALL_KINDS), Findings())
    assert document
    entries = document.entries["features"].value.entries  # type: ignore[union-attr]  # a mapping
    told = {name: feature_in_words(feature, entries[name]) for name, feature in alone().features.items()}
    assert told["odd_disputes"] == (
        "number of dispute.opened by seller within 30d, up to 7d before, unless dispute.resolved of the same order "
        'where outcome in ("won", "withdrawn")'
    )
    assert told["odd_sequence"] == (
        'account.changed where change in ("password", "email"), then payout.requested by seller where '
        "amount > 100.00 EUR, by user within 3d"
    )
    assert told["odd_linked"].endswith("within 30d, restricted, of strength 0.8")
    assert told["odd_counted"].endswith("with what our own actions caused")
    assert len(set(told.values())) == len(told)


def test_conditions_are_found_where_they_stand() -> None:
    """The conditions of an entry: its own, one for each step or none, and that of `unless`."""
    text = "it_is: {where: a, sequence: [b, {c: d}, {e by f: g}], unless: {same: h, i: j}}"
    document = read(Source("a", text), Findings())
    assert document
    where, steps, unless = filters_in(document.entries["it_is"].value)
    assert [part and part.text for part in (where, *steps, unless)] == ["a", None, "d", "g", "j"]


def test_the_layout_keeps_steps_in_order() -> None:
    """Keys go in their order, conditions are tidied, and a list of steps stays one."""
    untidy = """features:
  it_is:
    window: 3d
    by: user
    sequence:
      - account.changed:   change=='email'
      - payout.requested by seller
  other:
      window: 30d
      by: seller
      unless: {same: order,   dispute.resolved: outcome=='won'}
      count: dispute.opened
"""
    tidy = """features:
  it_is: {sequence: [{account.changed: change == "email"}, payout.requested by seller], by: user, window: 3d}
  other: {count: dispute.opened, unless: {same: order, dispute.resolved: outcome == "won"}, by: seller, window: 30d}
"""
    assert laid_out("a", untidy) == tidy
    assert laid_out("a", ALL_KINDS) == ALL_KINDS
    digests = {load_documents({"a": text}, published=True).digest for text in (untidy, tidy)}
    assert len(digests) == 1, "how conditions of steps were typed means nothing"


def test_what_a_feature_costs() -> None:
    """Costs follow from the plan: tiles of each step and of `unless`, one item for all that is kept for ever."""
    found = costs(alone())
    read = {name: (cost.tiles, cost.ledger, len(cost.series)) for name, cost in found.features.items()}
    assert read["odd_counted"] == (2, 0, 1)
    assert read["odd_new"] == read["odd_months"] == (1, 0, 1)
    assert read["odd_linked"] == (2, 50, 1)
    assert read["odd_disputes"] == (3 + 2, 0, 2), "45 days of resolutions, and a month of disputes"
    assert read["odd_sequence"][2] == 2
    asked = found.signals["login.succeeded"]
    assert asked.ledger == 50
    assert asked.tiles < sum(read[use.feature.name][0] for use in alone().program("login.succeeded").features)


def test_security_is_remembered_once() -> None:
    """A change of credentials goes into one of two series, so one of them is what it costs to write."""
    both = policy("changes: {count: account.changed, by: user, window: 7d}")
    assert len(costs(both).features["changes"].series) == 2
    assert costs(both).signals["account.changed"].series == 1


def test_a_full_tile_costs_its_overflow_besides() -> None:
    """Where short windows can be helped by one: it is read besides, and written instead, so a write costs no more."""
    week = "a_week: {count: payment.declined, by: card, window: 7d}"
    hour = "an_hour: {count: payment.declined, by: card, window: 1h}"
    alone, both = (costs(policy(*each)) for each in ((week,), (week, hour)))
    assert both.features["a_week"] == alone.features["a_week"]
    short, long = both.features["an_hour"], both.features["a_week"]
    assert (short.tiles, short.reads.usual, short.series) == (long.tiles, long.reads.usual, long.series)
    assert short.reads.full == 2 * long.reads.full
    assert both.signals["payment.declined"].writes == alone.signals["payment.declined"].writes
    assert both.signals["payment.declined"].series == 1


@pytest.mark.parametrize(
    ("value", "words", "in_a_test"),
    [
        (timedelta(days=3, hours=4, minutes=5), "3d 4h", "4565m"),
        (timedelta(minutes=59, seconds=59, milliseconds=700), "1h", "3599s"),
        (timedelta(milliseconds=20), "0s", "0s"),
        (AtLeast(timedelta(days=31)), "at least 31d", "at least 31d"),
        (datetime(2026, 2, 1, 12, 0, 0, 5000, tzinfo=UTC), "2026-02-01T12:00:00Z", '"2026-02-01T12:00:00.005000Z"'),
        (True, "yes", "true"),
        (0.123456789, "0.123457", "0.123456789"),
    ],
)
def test_values_in_words(value: object, words: str, in_a_test: str) -> None:
    """Reasons show what people need of a value; a test made from a decision has it as the language can write it."""
    assert shown(value) == words
    assert literal(value) == in_a_test
