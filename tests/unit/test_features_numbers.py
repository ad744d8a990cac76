"""Numbers that no signal of today has: negative ones, and integers of 64 bits."""

import json
from datetime import timedelta
from typing import Annotated

import pytest
from pydantic import Field

from shared.features import AtLeast, Feature, Layout
from shared.signals import CATALOGUE, InvalidSignal, SignalSpec, entities_of, parse
from shared.signals.accounts import User
from shared.signals.fields import REMEMBERED, Payload
from tests.support.remembering import KEY, asked, value_of
from tests.support.signals import moment

pytestmark = pytest.mark.unit
MOST = 2**63 - 1


class BalanceChanged(Payload):
    """A balance went up or down."""

    user_id: User
    points: Annotated[int, Field(ge=-MOST - 1, le=MOST), REMEMBERED]
    rate: Annotated[float, REMEMBERED] = 0.0
    visits: Annotated[int, Field(ge=0, le=MOST), REMEMBERED] = 0


@pytest.fixture(autouse=True)
def balances(monkeypatch):
    """One more signal type for the length of a test."""
    monkeypatch.setitem(CATALOGUE, "balance.changed", SignalSpec("balance.changed", BalanceChanged, "user"))


def changed(number, at, points, **data):
    event = {
        "specversion": "1.0",
        "id": str(number),
        "source": "test",
        "type": "balance.changed.v1",
        "time": moment(at).isoformat(),
        "subject": "user:u_1",
        "data": {"user_id": "u_1", "points": points, **data},
    }
    return parse(json.dumps(event).encode(), moment(at))


def of(kind, signals, own=0, cap=500, value="points"):
    feature = Feature("f", kind, "balance.changed", "user", timedelta(hours=1), value)
    return value_of(feature, "user:u_1", signals, asked(changed("asks", 0, own)), cap)


@pytest.mark.parametrize("points", [0, 1, -1, MOST, -MOST - 1])
def test_every_integer_of_64_bits_is_kept(points):
    """To the last digit."""
    each = changed(1, 0, points)
    layout = Layout.of("balance.changed")
    assert layout.unpack(layout.pack(each, entities_of(each, KEY), KEY)).fields["points"] == points


@pytest.mark.parametrize("points", [MOST + 1, -MOST - 2, 10**30])
def test_an_integer_beyond_64_bits_is_refused_when_it_comes(points):
    """By the bounds of its field, and not by timelines later."""
    with pytest.raises(InvalidSignal, match=r"data\.points"):
        changed(1, 0, points)


def test_integers_are_summed_exactly():
    """Beyond 64 bits, too, and the sum becomes a number at the end."""
    signals = [changed(n, -n, MOST) for n in (1, 2, 3)]
    assert of("sum", signals) == float(3 * MOST)
    assert of("mean", signals) == float(MOST)
    assert of("max", signals) == MOST
    assert of("stddev", [changed(1, -1, MOST), changed(2, -2, MOST - 2)]) == pytest.approx(2**0.5)
    assert of("zscore", [changed(1, -1, MOST), changed(2, -2, MOST - 2)], MOST - 1) == 0


def test_a_sum_of_what_may_be_negative_has_no_lower_bound():
    """What a full tile did not take may have been below zero; where the model excludes that, it is a bound."""
    signals = [changed(n, -n, 5, visits=2, rate=0.5) for n in (1, 2)]
    assert of("sum", signals, cap=2) is None
    assert of("sum", signals, cap=2, value="rate") is None
    assert of("sum", signals, cap=2, value="visits") == AtLeast(4.0)
    assert of("sum", signals) == 10.0


def test_what_cancels_leaves_the_rest():
    """A large amount up and down again hides no small one."""
    signals = [changed(n, -n, 0, rate=rate) for n, rate in enumerate((1e16, 1.0, -1e16), 1)]
    assert of("sum", signals, value="rate") == 1.0
