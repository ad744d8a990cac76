"""The fast way to judge remembers like the functions: summaries, caps, and who is restricted."""

import json
from typing import Any

import pytest

from infra.local.fast import Bench
from infra.local.recording import Parcel
from shared.features import TILE_CAP
from shared.policy import load_documents
from tests.support.signals import event, moment

pytestmark = pytest.mark.unit

POLICY = """
features:
  thieves: {linked: user, of: login.succeeded, by: device, window: 30d, limited: account_takeover}
  devices: {distinct: device, of: login.succeeded, by: user, window: ever}
rules:
  many_devices:
    abuse: account_takeover
    on: login.succeeded
    when: devices >= 2
    then:
      - restrict: {of: user, capability: buy, to: none, for: 24h}
    mode: live
    reason: "{devices} devices"
    user_reason: "We saw unusual logins."
    owner: accounts
    tests:
      fires: {devices: 2}
      holds: {devices: 1}
  thieves_device:
    abuse: account_takeover
    on: login.succeeded
    when: thieves >= 1
    then: [deny]
    mode: live
    reason: "{thieves} restricted accounts on this device"
    user_reason: "Please confirm that it is you."
    owner: accounts
    tests:
      fires: {thieves: 1}
      holds: {thieves: 0}
"""


def login(number: int, user: str, device: str) -> Parcel:
    document = event("login.succeeded", f"l{number}", number, user_id=user, device_id=device)
    return Parcel(json.dumps(document).encode(), at=moment(number).timestamp())


def rules_of(parcels: list[Parcel]) -> list[Any]:
    """The rules that acted, signal by signal."""
    found = Bench(load_documents({"policy.yaml": POLICY})).run(parcels)
    return [list(decided.rules) for decided in found.decided.values()]


def test_who_was_restricted_on_the_way_is_counted_among_the_linked() -> None:
    """The third device restricts a user, and whoever shares it from then on is denied."""
    parcels = [login(n, "u_1", f"dev_{n:08}") for n in (1, 2, 3)]
    found = rules_of([*parcels, login(4, "u_2", "dev_00000003"), login(5, "u_3", "dev_00000009")])
    assert found == [[], [], ["many_devices"], ["thieves_device"], []]


def test_what_comes_again_and_again_fills_no_summary() -> None:
    """More logins than a summary has room for, all on one device: the second device is still counted."""
    again = [login(number, "u_1", "dev_00000001") for number in range(TILE_CAP + 10)]
    found = rules_of([*again, *(login(TILE_CAP + number, "u_1", "dev_00000002") for number in (20, 30))])
    assert found[-2:] == [[], ["many_devices"]]
    assert not any(found[:-1])
