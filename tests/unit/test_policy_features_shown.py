"""What `sluice policy` shows of features of all kinds and of graded severities, without any cloud."""

import json
from pathlib import Path

import pytest

from tests.support.all_kinds import ALL_KINDS
from tests.support.cli import sluice
from tests.support.signals import event

pytestmark = pytest.mark.unit

HIJACK = """\
features:
  hijacked_3d:
    sequence: [{account.changed: change == "password"}, {account.changed: change == "payout_account"}]
    by: user
    window: 3d
  known_devices: {distinct: device, of: login.succeeded, by: user, window: ever}
  new_device: {new: device, of: login.succeeded, by: user, window: ever}
rules:
  payout_after_hijack:
    abuse: account_takeover
    on: payout.requested
    when: hijacked_3d and new_device
    then: [score]
    mode: live
    severity: 50 + 10 * known_devices
    reason: "changed, then {amount}; {known_devices} devices"
    owner: tests
    tests:
      fires: {hijacked_3d: true, new_device: true}
      holds: [{hijacked_3d: false, new_device: true}, {hijacked_3d: true, new_device: false}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "a.yaml").write_text(HIJACK, encoding="utf-8")
    return tmp_path / "policy"


@pytest.fixture
def signals(tmp_path: Path) -> Path:
    """Two logins from two devices, two changes, and a payout that is asked for from a third device."""
    history = [
        event("login.succeeded", "l_1", -9_000, user_id="u_1", device_id="dev_00000001"),
        event("login.succeeded", "l_2", -8_000, user_id="u_1", device_id="dev_00000002"),
        event("account.changed", "c_1", -600, user_id="u_1", change="password"),
        event("account.changed", "c_2", -300, user_id="u_1", change="payout_account"),
        event("payout.requested", "p_1", 0, seller_id="u_1", device_id="dev_00000003"),
    ]
    path = tmp_path / "signals.jsonl"
    path.write_text("\n".join(map(json.dumps, history)), encoding="utf-8")
    return path


def test_each_feature_has_its_cost(tmp_path: Path) -> None:
    """A check tells of each feature what it reads: tiles, units, entities of the ledger, and from which series."""
    (tmp_path / "a.yaml").write_text(ALL_KINDS, encoding="utf-8")
    told = " ".join(sluice("policy", "check", str(tmp_path)).stdout.split())
    assert "odd_linked 2 2 to 30 50 login.succeeded#device>user#30d" in told
    assert "odd_disputes 5 5 to 40 0 dispute.opened#seller#30d, dispute.resolved#seller#30d" in told
    assert "login.succeeded#user>months#ever" in told


def test_a_severity_is_shown_as_it_is_graded(folder: Path) -> None:
    """A rule is told with the expression of its severity, and with what its features compute."""
    told = sluice("policy", "show", "payout_after_hijack", "--policy", str(folder)).stdout
    assert "50 + 10 * known_devices" in told
    assert 'account.changed where change == "password", then account.changed where' in " ".join(told.split())


def test_an_explanation_has_the_severity(folder: Path, signals: Path) -> None:
    """Sequences, facts for ever and what is new are computed from the file; the severity is told with its values."""
    asked = ("policy", "explain", str(signals), "--policy", str(folder))
    told = sluice(*asked).stdout
    assert "payout_after_hijack on payout.requested: fires" in told
    assert "Its severity is 70: 50 + 10 * known_devices   known_devices = 2" in told
    (document,) = json.loads(sluice(*asked, "--json").stdout)
    assert (document["severity"], document["graded_by"]) == (70.0, {"known_devices": 2})
