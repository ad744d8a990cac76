"""What a summary lost with an erased signal, told again by the tiles that stand."""

from itertools import chain

import pytest

from shared.features import EVER, LACKING, Entry, Plan, Series, TileKey, restored
from shared.features.facts import MONTHS
from shared.signals import CATALOGUE, Signal, entities_of
from tests.support.remembering import DAY, HOUR, KEY, sent

pytestmark = pytest.mark.unit

DEVICES = Series("login.succeeded", "user", EVER, "device")
LOGINS = DEVICES._replace(span="30d", field="")
FAMILY = TileKey("user:u_1042", str(DEVICES))


def entries(signal: Signal, *series: Series) -> tuple[Entry, ...]:
    return Plan((), series).entries(signal, entities_of(signal, KEY), KEY)


def login(number: int, at: float, device: str = "dev_aaaaaaaa", **more: object) -> dict[TileKey, set[bytes]]:
    """What a login leaves in its tile and in the summary."""
    signal = sent("login.succeeded", number, at, device_id=device, **more)
    return {key: {element} for key, element in entries(signal, DEVICES, LOGINS)}


def together(*many: dict[TileKey, set[bytes]]) -> dict[TileKey, set[bytes]]:
    keys = dict.fromkeys(chain.from_iterable(many))
    return {key: set().union(*(each.get(key, ()) for each in many)) for key in keys}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fact_can_be_told_from_the_element_of_its_signal(name: str) -> None:
    """Of whatever role and field: the fact that a tile tells is the one that the signal had."""
    signals = [sent(name, number, number * HOUR) for number in (1, 2)]
    fields = ("", MONTHS, *(each.visible_as for each in CATALOGUE[name].remembered))
    families = [Series(name, role, EVER, field) for role in CATALOGUE[name].roles for field in fields]
    tiles = [Series(name, role, "7d", secure=secure) for role in CATALOGUE[name].roles for secure in (False, True)]
    lost, found = (dict(entries(each, *families)) for each in signals)
    standing = {key: {element} for key, element in entries(signals[1], *tiles)}
    assert {key: restored(key, {fact}, standing) for key, fact in lost.items()} == {
        key: {fact} for key, fact in found.items()
    }
    assert len(found) > 1 or "challenger" in signals[0].spec.model.model_fields


def test_the_earliest_that_stands_comes_back() -> None:
    """Of several signals with the value that was lost, whatever tile they are in; other values stay as they are."""
    lost = login(1, -40 * DAY)[FAMILY]
    first, *others = (login(n, at) for n, at in ((2, -35 * DAY), (3, -2 * DAY), (4, -HOUR)))
    other_device = login(5, -39 * DAY, "dev_bbbbbbbb")
    standing = together(first, *others, other_device)
    del standing[FAMILY]
    assert restored(FAMILY, lost, standing) == first[FAMILY]


def test_nothing_comes_back_where_an_earlier_fact_stands() -> None:
    """What was lost was dominated itself."""
    earlier, later = login(1, -40 * DAY), login(3, -DAY)
    assert restored(FAMILY, login(2, -30 * DAY)[FAMILY], together(earlier, later)) == frozenset()


def test_echoes_come_back_as_echoes() -> None:
    """What our own actions caused stands in facts of its own, which no other signal brings back."""
    caused = {"sluicecause": "a1"}
    signals = [sent("login.succeeded", n, n, caused if n < 3 else None, device_id="dev_aaaaaaaa") for n in (1, 2, 3)]
    lost, again, honest = (dict(entries(each, DEVICES, LOGINS)) for each in signals)
    (tile,) = again.keys() - {FAMILY}
    assert restored(FAMILY, {lost[FAMILY]}, {tile: {again[tile], honest[tile]}}) == {again[FAMILY]}


def test_what_nobody_can_read_brings_nothing_back() -> None:
    """Nor do tiles of other signals and roles, and tiles that lack something."""
    lost, other = login(1, -DAY)[FAMILY], sent("login.failed", 2, 0, device_id="dev_aaaaaaaa")
    (tile,) = (key for key in login(1, -DAY) if not key.is_fact)
    failed = {key: {element} for key, element in entries(other, LOGINS._replace(signal="login.failed", role="device"))}
    standing = {tile: {LACKING, b"", b"\x09odd"}, TileKey(tile.entity, "note"): {b""}, **failed}
    assert restored(FAMILY, lost, standing) == frozenset()
    assert restored(TileKey(tile.entity, "gone.signal#user#ever"), lost, standing) == frozenset()
