"""Recordings through the real template and the real handlers: nothing is lost, and everything agrees."""

import copy
import json
from collections import Counter
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.fast import Bench
from infra.local.outcomes import Outcomes, observed
from infra.local.recording import Parcel, Recording, open_recording, parcel_of
from infra.local.replay import NotSentError, Sent, replay
from infra.local.results import Results, gather
from infra.local.simulation import Settings, read_truth, simulate, write
from infra.local.simulation.scoring import score
from shared.policy import shipped

pytestmark = pytest.mark.e2e

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PAYMENTS = DATA / "payments_handbook_2018-06-11_2018-08-14.csv.gz"
LOGINS = DATA / "logins_elastic_ssh_2017.csv.gz"
SMALL = Settings(seed=3, signals=150, look_alike_share=0.0, abuse_share=0.3, campaigns=("card_testing", "phishing"))
AT_ONCE = timedelta(0)


def run(folder: Path, recording: Recording, lanes_apart: timedelta = AT_ONCE) -> tuple[Sent, Results]:
    """Through a local cloud of its own."""
    with LocalCloud("dev", state=folder / "state") as cloud:
        return replay(cloud, recording, lanes_apart=lanes_apart), gather(cloud)


def identity_key(folder: Path) -> bytes:
    """The key that every local cloud gives its functions, so that pseudonyms are the same."""
    with LocalCloud("dev", state=folder) as cloud:
        secrets = cloud.client("secretsmanager")
        (secret,) = secrets.list_secrets()["SecretList"]
        return json.loads(secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])["key"].encode()


def said(outcomes: Outcomes) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {each.decision_id: (each.disposition, each.rules) for each in outcomes.decided.values()}


def acted(outcomes: Outcomes) -> dict[str, str]:
    return {each.action.action_id: json.dumps(each.action.to_json(), sort_keys=True) for each in outcomes.enforced}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sent, Results]:
    """A small marketplace in strict order of time, with what must be refused, and what comes twice, in between."""
    folder = tmp_path_factory.mktemp("simulated")
    path = folder / "signals.jsonl"
    write(SMALL, path, folder / "truth.jsonl")
    lines = path.read_bytes().splitlines()
    changed = copy.deepcopy(json.loads(lines[40]))
    changed["time"] = json.loads(lines[60])["time"]
    wrong = json.loads(lines[10]) | {"id": "wrong", "specversion": "0.3"}
    lines[60:60] = [b"no json at all", json.dumps(wrong).encode(), lines[40], json.dumps(changed).encode()]
    return path, *run(folder, Recording(map(parcel_of, lines)))


def test_every_valid_signal_has_one_decision_and_every_other_is_kept(simulated: tuple[Path, Sent, Results]) -> None:
    """As many decisions as distinct valid signals, two dead letters by their reasons, one flagged change, none lost."""
    path, sent, results = simulated
    valid = {parcel_of(line).decision_id for line in path.read_bytes().splitlines()}
    assert set(results.outcomes.decided) == valid
    assert results.refused == {"not_json": 1, "not_cloudevents": 1}
    assert results.changed == 1
    assert (results.lost(sent), results.given_up) == (0, {})


def test_the_ledger_and_the_bus_agree(simulated: tuple[Path, Sent, Results]) -> None:
    """Each event that the ledger tells is on the queue of its capability, command or kind; each held thing has its
    word."""
    _, _, results = simulated
    told = Counter(queue for each in results.outcomes.enforced for queue in each.queues)
    on_queues = {queue: count for queue, count in results.delivered.items() if count}
    words = on_queues.pop("decisions")
    gating = {"payment.attempted", "listing.submitted", "payout.requested"}
    assert on_queues == told
    assert words == sum(each.signal_type in gating for each in results.outcomes.decided.values())


def test_deciding_without_aws_decides_alike(simulated: tuple[Path, Sent, Results], tmp_path: Path) -> None:
    """The quick way of trying rules gives the same dispositions, rules and actions as the deployed handlers."""
    path, _, results = simulated
    quick = Bench(shipped(), identity_key(tmp_path)).run(open_recording(path).parcels)
    assert said(quick) == said(results.outcomes)
    assert acted(quick) == acted(results.outcomes)


def test_the_campaigns_are_caught(simulated: tuple[Path, Sent, Results]) -> None:
    """What the tables and the ledger hold is enough to score every case, and the rules that ship catch most."""
    path, _, results = simulated
    scores = score(read_truth(path.with_name("truth.jsonl")), observed(results.outcomes, shipped()))
    caught = sum(one.caught for one in scores.campaigns.values())
    assert set(scores.campaigns) == {"card_testing", "phishing"}
    assert caught >= 0.8 * sum(one.cases for one in scores.campaigns.values())


def test_lanes_that_run_apart_lose_nothing(tmp_path: Path) -> None:
    """In portions of many signals, as a busy stream brings them, each signal still has its one decision."""
    steps = list(islice(simulate(Settings(seed=4, signals=150, look_alike_share=0.0)), 120))
    parcels = [parcel_of(json.dumps(step.event).encode()) for step in steps]
    sent, results = run(tmp_path, Recording(iter(parcels)), timedelta(hours=6))
    assert len(results.outcomes.decided) == sent.total == len(parcels)
    assert results.lost(sent) == 0


def test_what_no_door_takes_is_told(tmp_path: Path) -> None:
    """A line larger than a record may be ends the replay with its beginning and its size."""
    with (
        LocalCloud("dev", state=tmp_path) as cloud,
        pytest.raises(NotSentError, match=r"begins with b'xxx.*1,048,577 bytes"),
    ):
        replay(cloud, Recording(iter([Parcel(b"x" * (1024 * 1024 + 1))])))


@pytest.mark.skipif(not LOGINS.exists(), reason="the folder ../shared/data is not beside this checkout")
def test_the_staged_takeover_ends_in_a_restriction(tmp_path: Path) -> None:
    """The whole logins file: each row has a decision, and the one account that was taken over is restricted."""
    sent, results = run(tmp_path, open_recording(LOGINS, "logins"), timedelta(seconds=30))
    assert len(results.outcomes.decided) == sent.total == 1_351
    takeover = next(each for each in results.outcomes.decided.values() if each.signal_id == "ssh-00412")
    restricted = results.outcomes.restricting().get(takeover.decision_id, [])
    assert {each.action.entity for each in restricted} == {"user:elastic_user_0"}


@pytest.mark.skipif(not PAYMENTS.exists(), reason="the folder ../shared/data is not beside this checkout")
def test_payments_and_their_disputes_are_all_decided_upon(tmp_path: Path) -> None:
    """The first rows of the payments file: attempts, settlements, and disputes by the feedback queue, none lost."""
    recording = open_recording(PAYMENTS, "payments", limit=150)
    sent, results = run(tmp_path, recording, timedelta(minutes=10))
    assert sent.by_door["feedback queue"] == sum(recording.labels.values())
    assert len(results.outcomes.decided) == sent.total == 300 + sum(recording.labels.values())
    assert (results.refused, results.lost(sent)) == ({}, 0)
