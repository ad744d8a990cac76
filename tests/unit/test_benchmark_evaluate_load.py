"""The load of the benchmark of handlers: payments, what they know of the past, and rules in two languages."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from shared.signals import entities_of, parse
from shared.signals.amounts import Amount
from tests.benchmarks.evaluate.features import FEATURES, SUMS
from tests.benchmarks.evaluate.floor import entities_in
from tests.benchmarks.evaluate.marketplace import MONTH, UNTIL, Load, load, within_an_hour
from tests.benchmarks.evaluate.past import Past
from tests.benchmarks.evaluate.rules import Ruled, policy, read
from tests.benchmarks.evaluate.usual.models import PaymentEvent
from tests.benchmarks.evaluate.usual.rules import judge
from tests.benchmarks.evaluate.usual.written import install
from tests.benchmarks.policy.events import lists
from tests.benchmarks.policy.literals import (
    Contains,
    Flag,
    Listed,
    Literal,
    Matches,
    Not,
    OneOf,
    Pair,
    Source,
    Threshold,
    Unlike,
    Weighted,
)
from tests.benchmarks.policy.rules import Rule
from tests.benchmarks.traffic import Sent
from tests.support.aws import PSEUDONYMS

pytestmark = pytest.mark.unit

LITERALS: tuple[Literal, ...] = (
    Threshold(Source("buyer_pays_1h"), ">=", 3),
    Threshold(Source("buyer_paid_1d"), "<", 20_000, money=True),
    Threshold(Source("amount"), ">=", 4_000, money=True),
    Threshold(Source("buyer_account_age_days"), "<", 200),
    Threshold(Source("time", "hour({})"), "<", 1),
    Pair(Source("buyer_cards_1d"), ">", Source("buyer_devices_1d")),
    Weighted(((2, Source("card_pays_1d")), (1, Source("ip_buyers_1h"))), 6),
    Unlike("card_country", "country"),
    OneOf("card_funding", ("credit",)),
    OneOf("country", ("US", "DE", "GB")),
    Flag("gift_card"),
    Listed("category", "used_goods", frozenset(lists()["used_goods"])),
    Listed("seller", "watched_sellers", frozenset(lists()["watched_sellers"])),
    Contains("category", "USED"),
    Matches("category", re.compile("^(gift|tick)", re.IGNORECASE)),
    Not(Flag("card_is_new")),
)


@pytest.fixture(scope="module")
def some() -> Load:
    return load(60)


def ruled(*literals: Literal) -> list[Ruled]:
    """One rule for each literal."""
    return [Ruled(Rule(f"r_{place}", ((each,),)), False, ("pend",)) for place, each in enumerate(literals)]


def paid(at: timedelta, **data: object) -> Sent:
    """The same payment at another time, but for what is given."""
    like = within_an_hour(1)[0]
    event = json.loads(like.payload)
    time = UNTIL + at
    event |= {"id": f"{time}{data}", "time": time.isoformat(timespec="milliseconds"), "data": event["data"] | data}
    return like._replace(payload=json.dumps(event).encode())


def seen(*past: Sent) -> dict[str, object]:
    """What a payment at `UNTIL` sees."""
    return Past(past).values(paid(timedelta()))


def test_the_load_is_the_same_each_time(some: Load) -> None:
    """What is measured today is what was measured yesterday."""
    again = load(60)
    assert [each.payload for each in again.coming] == [each.payload for each in some.coming]


def test_the_load_comes_in_order_after_a_month(some: Load) -> None:
    """A month of history ends where the sample begins, and the sample where the measured signals begin."""
    times = [each.received_at for each in [*some.sample, *some.coming]]
    assert all(one < other for one, other in pairwise(times))
    assert times[0] > UNTIL
    assert all(UNTIL - MONTH < each.received_at < times[0] for each in some.history)


def test_every_payment_is_valid_and_has_four_entities_that_are_remembered(some: Load) -> None:
    """Sluice takes every payment of the load."""
    for sent in some.coming:
        assert {"buyer", "card", "device", "ip"} < set(entities_of(parse(sent.payload, sent.received_at), PSEUDONYMS))


def test_most_people_come_back(some: Load) -> None:
    """Timelines are warm: most buyers have paid before, though not all."""
    known = {json.loads(each.payload)["subject"] for each in some.history}
    back = [json.loads(each.payload)["subject"] in known for each in some.coming]
    assert 0.7 * len(back) < sum(back) < len(back)


def test_entities_of_a_batch_count_once(some: Load) -> None:
    """The floor's unit is the distinct entity: the same payment twice has no more than once."""
    assert entities_in([some.coming[0]]) == entities_in([some.coming[0]] * 2) == 4


@pytest.mark.parametrize(
    ("ago", "counted"),
    [
        (timedelta(hours=1), 1),
        (timedelta(hours=1, milliseconds=1), 0),
        (timedelta(milliseconds=1), 1),
        (timedelta(), 0),
        (-timedelta(milliseconds=1), 0),
    ],
)
def test_the_plain_window_has_its_beginning_and_not_its_end(ago: timedelta, counted: int) -> None:
    """A window of an hour begins an hour before the payment and ends just before it."""
    assert seen(paid(-ago))["buyer_pays_1h"] == counted


def test_the_plain_features_of_each_kind() -> None:
    """Counts count, sums sum up, distinct values count once, and conditions choose."""
    values = seen(
        paid(-timedelta(minutes=3), card_fingerprint="card_other_1", gift_card=True),
        paid(-timedelta(minutes=2), card_fingerprint="card_other_1", amount={"minor": 150, "currency": "USD"}),
        paid(-timedelta(minutes=1), buyer_id="u_other", amount={"minor": 250, "currency": "USD"}),
    )
    assert values["buyer_pays_1d"] == 2
    assert values["buyer_cards_1d"] == 1
    assert values["buyer_gift_cards_1d"] == 1
    assert values["card_small_1h"] == 1
    assert values["card_paid_1d"] == Amount(250, "USD")
    assert values["ip_buyers_1h"] == 2


def test_fifty_features_that_the_policy_language_takes() -> None:
    """The checker accepts the declaration of every feature, and rules that read them."""
    literals = [Threshold(Source(name), ">=", 1, money=name in SUMS) for name in FEATURES]
    assert len(literals) == 50
    made = policy(ruled(*literals))
    assert set(made.features) == set(FEATURES) == set(read(ruled(*literals)))


def test_rules_in_python_say_what_the_shapes_say() -> None:
    """A rule as the usual way writes it fires on the payments on which the plain evaluator says so."""
    rules = ruled(*LITERALS)
    install(rules)
    past, fired = Past(), set()
    for signal in within_an_hour(80):
        values = past.values(signal)
        wanted = {each.rule.name for each in rules if each.rule.holds(values)}
        counters = {name: value.minor if isinstance(value := values[name], Amount) else value for name in FEATURES}
        assert set(judge(PaymentEvent.model_validate_json(signal.payload), counters).fired) == wanted
        past.add(signal)
        fired |= wanted
    assert fired == {each.rule.name for each in rules}, "each is tried on a payment on which it fires"


def test_all_comparisons_lie_in_one_fixed_window() -> None:
    """Payments within the hour share the counters of every window, so that both sides see the same."""
    times = [datetime.fromisoformat(json.loads(each.payload)["time"]).timestamp() for each in within_an_hour(30)]
    assert {len({time // (hours * 3600) for time in times}) for hours in (1, 6, 24, 24 * 7, 24 * 30)} == {1}
