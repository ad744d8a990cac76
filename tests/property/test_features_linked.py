"""Who is linked, held against the oracle: in crowds, and as the decision's record keeps them."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.features import Feature, Limit, Plan, asking
from shared.signals import entities_of
from tests.support import oracle
from tests.support.oracle_cases import a_case, ask, setting_of
from tests.support.oracle_engine import Setting, Tiles, answer
from tests.support.oracle_histories import PSEUDONYMS, Happened, record_of
from tests.support.oracle_sight import Asker
from tests.support.signals import event, moment, signal

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
DEVICE = "dev_11111111"


@FEW
@given(st.integers(0, 2**48))
def test_linked_names_those_that_it_counts(seed: int) -> None:
    """The entities whose restrictions are asked for, and which the record keeps, are the latest fifty that it found."""
    case = replace(a_case(Random(seed), "linked"), cap=10_000, spoilt=0, young=False)
    setting, feature = setting_of(case), case.features[0]
    past = setting.timelines()
    for asked in ask(replace(case, features=[feature])):
        asker = Asker(asked.asker.record, asked.asker.signal.received_at)
        look_up = setting.kept(feature, asked.entity, asked.asker.signal.time)
        names = past.linked(feature, asked.entity, _asking(asked.asker))
        assert sorted(names) == sorted(oracle.asked_about(feature, asker, look_up))


@FEW
@given(
    st.lists(st.integers(0, 80), min_size=30, max_size=120),
    st.sets(st.integers(0, 80)),
    st.sampled_from([None, "any", "account_takeover"]),
    st.sampled_from([500, 60, 20]),
)
def test_a_crowd_is_counted_whole_but_only_fifty_are_asked_about(
    users: list[int], limited: set[int], kind: str | None, cap: int
) -> None:
    """Those under a restriction are looked for among the latest fifty; were there more, that is a lower bound."""
    feature = Feature("it", "linked", "login.succeeded", "device", timedelta(days=7), "user", limited=kind)
    history = [_login(number, f"u_{user}") for number, user in enumerate(users)]
    tiles = Tiles(Plan([feature]), cap)
    for each in history:
        tiles.add([each])
    limit = Limit("account_takeover", moment(0), moment(10_000))
    setting = Setting(tiles, history, {f"user:u_{user}": [limit] for user in limited})
    asker = _login(1_000, "u_1")
    found = answer(setting, setting.timelines(), feature, f"device:{DEVICE}", asker)
    assert found.is_right
    kept = {tiles.source[key, element].fields["user"] for key, elements in tiles.held.items() for element in elements}
    names = setting.timelines().linked(feature, f"device:{DEVICE}", _asking(asker))
    assert len(names) == min(50, len(kept - {"user:u_1"}))


def _login(number: int, user: str) -> Happened:
    parsed = signal(event("login.succeeded", f"s{number}", number, user_id=user, device_id=DEVICE), number + 1)
    return Happened(parsed, record_of(parsed))


def _asking(happened: Happened) -> Any:
    parsed = happened.signal
    return asking(parsed, entities_of(parsed, PSEUDONYMS), PSEUDONYMS)
