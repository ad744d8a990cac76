"""Features against the oracle, which knows CONTRACT.md and nothing of the engine; and what holds of all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.features import AtLeast, Feature, FeatureKind, Plan, Timelines, asking, expires_at
from shared.features import undominated as not_dominated
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support.oracle_cases import Case, a_case, ask, setting_of, signals_of, smallest, told
from tests.support.oracle_engine import ALWAYS, Tiles, series_of_key, stretch
from tests.support.oracle_features import KINDS, WINDOWS, a_feature
from tests.support.oracle_histories import PSEUDONYMS, Happened, a_making, record_of
from tests.support.oracle_sight import EPOCH, GRACE
from tests.support.signals import event, signal

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
seeds = st.integers(0, 2**48)
"""A case is its seed. Hypothesis cannot make it smaller; `smallest` does."""
GROWING: Sequence[FeatureKind] = ("count", "distinct", "sum", "linked", "months", "age")


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(seeds)
def test_a_feature_is_what_the_contract_says(kind: FeatureKind, seed: int) -> None:
    """At the edges of windows, late and early, with full and spoilt tiles, young series, echoes and other features."""
    case = a_case(Random(seed), kind)
    for asked in ask(case):
        assert asked.answer.is_right, told(smallest(case, asked), asked)


@FEW
@given(seeds)
def test_memory_does_not_depend_on_order_repetition_batches_or_lanes(seed: int) -> None:
    """Below the cap, the same signals give the same values however they were cut, doubled and shuffled."""
    random = Random(seed)
    case = a_case(random)
    shuffled = [[each] for batch in case.batches for each in batch] * 2
    random.shuffle(shuffled)
    assert _values(_uncapped(case)) == _values(_uncapped(replace(case, batches=shuffled)))


@FEW
@given(seeds, st.integers(0, 40))
def test_what_a_batch_adds_is_what_the_table_would_give_back(seed: int, split: int) -> None:
    """Signals that are added in memory are seen as those that were stored, and those of both once."""
    case = _uncapped(a_case(Random(seed)))
    setting = setting_of(case)
    stored, history = Tiles(setting.tiles.plan, case.cap), list(case.history)
    for each in history[:split]:
        stored.add([each])
    past = Timelines(stored.plan, stored.held, case.cap)
    past.know(setting.limits)
    for each in history[split // 2 :]:
        past.add(stored.entries(each))
    for asked in ask(case):
        assert past.measure(asked.feature, asked.entity, _asking(asked.asker)) == asked.answer.found


@FEW
@given(seeds)
def test_what_was_asked_before_changes_no_answer(seed: int) -> None:
    """Each signal is judged and then added, in memory, as a batch does: as if it were read anew for each."""
    case = _uncapped(a_case(Random(seed)))
    setting = setting_of(case)
    stored = Tiles(setting.tiles.plan, case.cap)
    past = Timelines(stored.plan, {}, case.cap)
    for each in case.history[:20]:
        anew = Timelines(stored.plan, stored.held, case.cap)
        for feature, entity in product(case.features, sorted(set(each.record.entities.values()))):
            assert past.measure(feature, entity, _asking(each)) == anew.measure(feature, entity, _asking(each))
        past.add(stored.entries(each))
        stored.add([each])


@FEW
@given(seeds, st.sampled_from(GROWING), st.integers(1, 6))
def test_more_of_the_past_never_lowers_a_bound(seed: int, kind: FeatureKind, cap: int) -> None:
    """Each arrival leaves what is known to be at least so much where it was, or raises it; also in full tiles."""
    random = Random(seed)
    feature = replace(a_feature(random, "it", kind), unless=None, limited=None)
    making = replace(a_making(random, [feature]), currencies=("EUR",))
    history = [making.happened(feature.signal, number) for number in range(12)]
    asker = making.happened(feature.signal, 99, at=making.now)
    entity = history[0].record.entities.get(feature.by)
    assume(entity is not None)

    tiles, bounds = Tiles(Plan([feature]), cap), []
    for each in history:
        tiles.add([each])
        bounds.append(Timelines(tiles.plan, tiles.held, cap).measure(feature, entity, _asking(asker)))
    known = [_least(each) for each in bounds if each is not None]
    assert all(one <= other for one, other in pairwise(known))


@FEW
@given(seeds)
def test_a_signal_never_sees_itself(seed: int) -> None:
    """It sees the same whether it is remembered already or not; in a window, also where it says another time now."""
    case = _uncapped(a_case(Random(seed)))
    *_, asker = case.askers
    case = replace(case, batches=[[each for each in case.history if each.record.event != asker.record.event]])
    without, within = (setting_of(each) for each in (case, replace(case, batches=[*case.batches, [asker]])))
    pasts = [replace(each, limits=without.limits).timelines() for each in (without, within)]
    for feature in case.features:
        times = [asker] if feature.window is None else [asker, _moved(asker, timedelta(milliseconds=1))]
        for asking_again, entity in product(times, sorted(set(asker.record.entities.values()))):
            alone, beside = (past.measure(feature, entity, _asking(asking_again)) for past in pasts)
            assert alone == beside


@FEW
@given(seeds, st.lists(st.sampled_from(WINDOWS), max_size=3))
def test_what_else_a_policy_reads_changes_no_value(seed: int, windows: list[timedelta]) -> None:
    """Other windows over the same series may change the tiles, never what a feature comes to below the cap."""
    case = _uncapped(a_case(Random(seed)))
    others = [
        Feature(f"other{number}", "count", signal, feature.by, window)
        for feature in case.features
        for signal in signals_of(feature)[:1]
        for number, window in enumerate(windows)
    ]
    together = setting_of(replace(case, features=[*case.features, *others]))
    past = together.timelines()
    for asked in ask(case):
        assert past.measure(asked.feature, asked.entity, _asking(asked.asker)) == asked.answer.found


@FEW
@given(seeds)
def test_a_feature_reads_at_most_four_keys_a_series_and_all_of_its_window(seed: int) -> None:
    """They lie one after the other over the whole window, and expire only once no signal in time can ask for them."""
    case = a_case(Random(seed))
    plan, at = Plan(case.features), case.askers[-1].signal.time
    end = (at - EPOCH) / timedelta(milliseconds=1)
    for feature in case.features:
        keys: dict[Any, list[Any]] = {}
        for key in plan.tiles(feature, "user:u_1", at):
            keys.setdefault(series_of_key(key), []).append(key)
        for series, of_one in keys.items():
            stretches = sorted((stretch(key) for key in of_one), key=lambda each: each.first)
            if stretches == [ALWAYS]:
                continue
            reach = feature.delay + (feature.against or feature.window)
            undone = feature.unless is not None and series.signal == feature.unless.signal
            assert len(stretches) <= 4
            assert all(one.end == other.first for one, other in pairwise(stretches))
            assert stretches[0].first <= end - reach / timedelta(milliseconds=1)
            assert stretches[-1].end >= end - (0 if undone else feature.delay / timedelta(milliseconds=1))
            assert all(expires_at(key, GRACE) >= (at + GRACE).timestamp() for key in of_one)


@FEW
@given(seeds, st.sampled_from(["first_seen", "age", "new", "distinct", "months"]))
def test_a_summary_loses_nothing_with_the_facts_that_earlier_ones_make_needless(seed: int, kind: FeatureKind) -> None:
    """In whatever order facts come, those that are kept answer as all of them would."""
    random = Random(seed)
    feature = replace(a_feature(random, "it", kind), window=None, where=None, unless=None, delay=timedelta(0))
    making = a_making(random, [feature])
    history = [making.happened(feature.signal, number) for number in range(15)]
    askers = [making.happened(feature.signal, 90 + number, at=making.now) for number in range(2)]
    whole, lean = Tiles(Plan([feature]), 500), Tiles(Plan([feature]), 500)
    for each in random.sample(history, len(history)):
        lean.add([each])
        for key, element in whole.entries(each):
            whole.held[key].add(element)
    for key, facts in whole.held.items():
        assert lean.held[key] <= facts
        assert not_dominated(facts, lean.held[key]) == set()
    for asker in [*askers, *history]:
        for entity in sorted({key.entity for key in whole.held}):
            found, expected = (
                Timelines(tiles.plan, tiles.held, 500).measure(feature, entity, _asking(asker))
                for tiles in (lean, whole)
            )
            assert found == expected


@FEW
@given(seeds, st.sampled_from([kind for kind in KINDS if kind != "sequence"]))
def test_an_event_that_a_backfill_tells_again_with_less_is_seen_once(seed: int, kind: FeatureKind) -> None:
    """Whichever came first, and never as two."""
    random = Random(seed)
    counted = Feature("n", "count", "payment.attempted", "buyer", timedelta(days=90))
    feature = a_feature(random, "it", kind, (counted.signal, counted.by))
    making = a_making(random, [feature])
    history = [making.happened(counted.signal, number) for number in range(8)]
    again = [_with_less(each) for each in history]
    asker = making.happened(counted.signal, 99, at=making.now)
    assert _measured(feature, [*history, *again], asker) == _measured(feature, [*again, *history], asker)
    assert _measured(counted, [*history, *again], asker) == _measured(counted, history, asker)


def _measured(feature: Feature, history: Iterable[Happened], asker: Happened) -> Any:
    """What the feature comes to for the asker's buyer."""
    tiles = Tiles(Plan([feature]), 500)
    for each in history:
        tiles.add([each])
    past = Timelines(tiles.plan, tiles.held, tiles.cap)
    return past.measure(feature, asker.record.entities["buyer"], _asking(asker))


def _with_less(happened: Happened) -> Happened:
    data = happened.signal.data.model_copy(update={"card_is_new": None, "card_country": None})
    less = replace(happened.signal, data=data)
    return Happened(less, record_of(less))


@given(st.integers(0, 500), st.sampled_from([0, 3, 10**6]))
def test_money_is_rounded_to_even_at_exact_halves(whole: int, least: int) -> None:
    """Of nine amounts, of which one is as much above the others as another one below: `s` is half their distance."""
    distance = 2 * whole + 1
    minors = [least, *[least + distance] * 7, least + 2 * distance]
    feature = Feature("it", "stddev", "payment.settled", "buyer", timedelta(days=1), "amount")
    *paid, asker = (_paid(number, minor) for number, minor in enumerate([*minors, 0]))
    assert _measured(feature, paid, asker) == Amount(whole + whole % 2, "EUR")


def _paid(number: int, minor: int) -> Happened:
    amount = {"minor": minor, "currency": "EUR"}
    paid = signal(event("payment.settled", f"s{number}", number, buyer_id="u_1", amount=amount))
    return Happened(paid, record_of(paid))


def _uncapped(case: Case) -> Case:
    return replace(case, cap=10_000, spoilt=0, young=False)


def _values(case: Case) -> list[Any]:
    return [asked.answer.found for asked in ask(case)]


def _asking(happened: Happened) -> Any:
    signal = happened.signal
    return asking(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)


def _moved(happened: Happened, by: timedelta) -> Happened:
    signal = happened.signal
    record = replace(happened.record, time=happened.record.time + by // timedelta(milliseconds=1))
    return Happened(replace(signal, time=signal.time + by, received_at=signal.received_at + by), record)


def _least(value: Any) -> Any:
    known = value.value if isinstance(value, AtLeast) else value
    return known.minor if isinstance(known, Amount) else known
