"""What is remembered of an entity for ever, in its summary."""

from datetime import timedelta
from itertools import permutations

import pytest

from shared.features import AtLeast, Feature, Plan, Timelines, undominated
from shared.signals import entities_of
from tests.support.remembering import DAY, HOUR, KEY, asked, remembered, sent
from tests.support.signals import moment

pytestmark = pytest.mark.unit
USER = "user:u_1042"


def login(number, at, extensions=None, **data):
    return sent("login.succeeded", number, at, extensions, **data)


def ever(kind, value=None, **more):
    return Feature(kind, kind, "login.succeeded", "user", None, value, **more)


DEVICES = ever("distinct", "device")


def facts(plan, *signals):
    return {fact for each in signals for _, fact in plan.entries(each, entities_of(each, KEY), KEY)}


def measured(feature, signals, asker, cap=500, **more):
    return remembered(Plan([feature]), signals, cap, **more).measure(feature, USER, asked(asker))


def test_a_device_of_years_ago_is_known():
    """No window ends the memory of what a user had."""
    old = login(1, -900 * DAY, device_id="dev_aaaaaaaa")
    new = ever("new", "device")
    assert measured(new, [old], login("asks", 0, device_id="dev_aaaaaaaa")) is False
    assert measured(new, [old], login("asks", 0, device_id="dev_bbbbbbbb")) is True
    assert measured(new, [old], login("asks", 0, device_id=None)) is None


def test_only_what_was_before_counts():
    """A fact at the very moment, or later, is none yet, whenever it arrived."""
    signals = [login(1, -0.001, device_id="dev_aaaaaaaa"), login(2, 0, device_id="dev_bbbbbbbb"), login(3, 5)]
    assert measured(DEVICES, signals, login("asks", 0)) == 1


def test_an_account_has_an_age_from_its_first_sign_of_life():
    """The earliest stands, in whatever order they came."""
    signals = [login(1, -DAY), login(2, -400 * DAY), login(3, -9 * DAY)]
    for order in permutations(signals):
        assert measured(ever("age"), order, login("asks", 0)) == timedelta(days=400)
        assert measured(ever("first_seen"), order, login("asks", 0)) == moment(-400 * DAY)
    assert measured(ever("age"), [], login("asks", 0)) is None


def test_months_are_those_of_the_calendar_in_utc():
    """The last moment of October and the first of November are two months."""
    november = -19 * DAY - 12 * HOUR
    signals = [login(1, november), login(2, november - 0.001), login(3, 0 - HOUR), login(4, -370 * DAY)]
    assert measured(ever("months"), signals, login("asks", 0)) == 3


def test_echoes_have_facts_of_their_own():
    """What our own action caused first hides nothing, and counts only where it is asked for."""
    signals = [login(1, -9 * DAY, {"sluicecause": "a" * 32}), login(2, -DAY)]
    assert measured(ever("age"), signals, login("asks", 0)) == timedelta(days=1)
    assert measured(ever("age", echoes=True), signals, login("asks", 0)) == timedelta(days=9)


def test_later_facts_about_the_same_value_need_not_be_written():
    """Of each value the earliest stands, beside what is stored and among what comes together."""
    plan = Plan([DEVICES])
    first, second, third = (login(n, n) for n in (1, 2, 3))
    other = login(4, 9, device_id="dev_bbbbbbbb")
    assert undominated(facts(plan, first, second, third, other), set()) == facts(plan, first, other)
    assert undominated(facts(plan, third, second), facts(plan, first)) == set()
    assert undominated(facts(plan, first), facts(plan, second)) == facts(plan, first)
    assert undominated(facts(plan, first), facts(plan, first)) == set()
    assert undominated(facts(plan, first), [b"\x04 unreadable"]) == facts(plan, first)


def test_what_is_left_out_changes_no_value():
    """A summary of all facts and one of those that stand are read alike."""
    kinds = [ever("distinct", "device"), ever("months"), ever("age")]
    plan = Plan(kinds)
    signals = [login(n, -n * 9 * DAY, device_id=f"dev_{n % 3}aaaaaaa") for n in range(20)]
    stored = {}
    for each in signals:
        for key, fact in plan.entries(each, entities_of(each, KEY), KEY):
            stored.setdefault(key, set()).add(fact)
    pruned = {key: undominated(all_facts, ()) for key, all_facts in stored.items()}
    whole, thin = Timelines(plan, stored, 500), Timelines(plan, pruned, 500)
    for at in range(-190, 10, 7):
        asks = asked(login("asks", at * DAY))
        assert [whole.measure(each, USER, asks) for each in kinds] == [thin.measure(each, USER, asks) for each in kinds]


def test_a_thousand_logins_with_one_device_fill_no_summary():
    """In memory, too, only facts that stand are added."""
    past = remembered(Plan([DEVICES]), [login(n, n) for n in range(1000)], 500)
    assert past.measure(DEVICES, USER, asked(login("asks", 2_000))) == 1


@pytest.mark.parametrize(
    ("feature", "value"),
    [
        (DEVICES, AtLeast(2)),
        (ever("months"), AtLeast(1)),
        (ever("age"), AtLeast(timedelta(hours=2))),
        (ever("first_seen"), None),
        (ever("new", "device"), None),
    ],
)
@pytest.mark.parametrize("why", ["full", "unreadable", "young"])
def test_an_incomplete_summary_gives_what_can_be_said(feature, value, why):
    """A full family, bytes of another hand, and a series that is not ninety days old yet."""
    plan = Plan([feature])
    signals = [login(n, -n * HOUR, device_id=f"dev_{n}aaaaaaa") for n in (1, 2)]
    stored = {}
    for each in signals:
        for key, fact in plan.entries(each, entities_of(each, KEY), KEY):
            stored.setdefault(key, set()).add(fact)
    if why == "unreadable":
        stored = {key: each | {b""} for key, each in stored.items()}
    cap = len(next(iter(stored.values()))) if why == "full" else 500
    began = dict.fromkeys(plan.series, moment(-90 * DAY + 0.001)) if why == "young" else {}
    past = Timelines(plan, stored, cap, began=began)
    assert past.measure(feature, USER, asked(login("asks", 0, device_id="dev_9aaaaaaa"))) == value


def test_after_ninety_days_a_summary_is_taken_to_be_complete():
    """What was not seen in the longest window is taken never to have been."""
    began = dict.fromkeys(Plan([DEVICES]).series, moment(-90 * DAY))
    assert measured(DEVICES, [login(1, -HOUR)], login("asks", 0), began=began) == 1


def test_a_known_value_stays_known_in_an_incomplete_summary():
    """It was found, whatever else may be missing."""
    signals = [login(n, -n * HOUR, device_id=f"dev_{n}aaaaaaa") for n in (1, 2)]
    assert measured(ever("new", "device"), signals, login("asks", 0, device_id="dev_1aaaaaaa"), cap=2) is False


def test_numbers_and_amounts_are_told_apart_by_value():
    """Zero has two signs and is one number; one euro is not one dollar."""
    scores = [sent("score.computed", n, -n * HOUR, score=score) for n, score in enumerate((0.0, -0.0, 0.5, 0.5), 1)]
    scored = Feature("f", "distinct", "score.computed", "scored", None, "score")
    asks = asked(sent("listing.submitted", "asks", 0))
    assert remembered(Plan([scored]), scores).measure(scored, "listing:l_55310", asks) == 2
    amounts = [{"minor": 1, "currency": currency} for currency in ("EUR", "USD", "EUR")]
    payments = [sent("payment.attempted", n, -n * HOUR, amount=amount) for n, amount in enumerate(amounts, 1)]
    paid = Feature("f", "distinct", "payment.attempted", "buyer", None, "amount")
    assert remembered(Plan([paid]), payments).measure(paid, "user:u_20418", asks) == 2


def test_values_of_every_type_are_told_apart():
    """Countries, choices, flags and entities, each seen once and once again."""
    signals = [
        login(n, -n * HOUR, country=country, method=method, two_factor=flag)
        for n, (country, method, flag) in enumerate([("DE", "password", True), ("FR", "passkey", False)] * 2)
    ]
    for field in ("country", "method", "two_factor"):
        assert measured(ever("distinct", field), signals, login("asks", 1)) == 2
    assert measured(ever("distinct", "device"), signals, login("asks", 1)) == 1
