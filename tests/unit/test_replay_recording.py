"""What is replayed: lines and rows as signals, the order they come in, and labels that stay outside."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.recording import NOBODY, Parcel, RecordingError, in_portions, open_recording, parcel_of
from shared.signals import decision_id_of, parse

pytestmark = pytest.mark.unit

PAYMENTS = """tx_id,event_time,customer_id,terminal_id,amount,is_fraud
1,2018-06-11T00:00:00Z,37,81,75.81,1
2,2018-06-11T00:00:01Z,13,86,101.9,0
3,2018-06-19T00:00:00Z,13,86,7,0
"""
LOGINS = """event_id,event_time,user_id,user_exists,ip,method,outcome,session,is_attack,attack_kind,is_account_takeover
a,2017-03-27T13:08:09Z,ubuntu,True,85.245.107.41,publickey,success,1361,0,,0
b,2017-03-27T13:09:00Z,,False,95.152.57.58,none,failure,2967,1,internet_bruteforce,0
c,2017-03-27T13:10:00Z,root,True,95.152.57.58,password,failure,2968,1,internet_bruteforce,0
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(parcels: list[Parcel]) -> list[tuple[str, str]]:
    """The valid signals' types and times."""
    signals = [parse(parcel.payload, datetime.now(UTC)) for parcel in parcels]
    return [(signal.name, signal.time.isoformat()[:19]) for signal in signals]


def test_payments_settle_and_frauds_are_disputed_a_week_later(tmp_path: Path) -> None:
    """Each row is an attempt and a settlement, a fraud is disputed after seven days, all in order of time."""
    parcels = list(open_recording(written(tmp_path, "payments.csv", PAYMENTS), "payments").parcels)
    assert read(parcels) == [
        ("payment.attempted", "2018-06-11T00:00:00"),
        ("payment.attempted", "2018-06-11T00:00:01"),
        ("payment.settled", "2018-06-11T00:00:02"),
        ("payment.settled", "2018-06-11T00:00:03"),
        ("dispute.opened", "2018-06-18T00:00:00"),
        ("payment.attempted", "2018-06-19T00:00:00"),
        ("payment.settled", "2018-06-19T00:00:02"),
    ]
    assert [parcel.door for parcel in parcels].count("feedback queue") == 1


def test_amounts_become_minor_units(tmp_path: Path) -> None:
    """75.81 of the file is 7581 cents, 101.9 is 10190 and 7 is 700."""
    parcels = open_recording(written(tmp_path, "payments.csv", PAYMENTS), "payments").parcels
    signals = [json.loads(parcel.payload) for parcel in parcels]
    amounts = [each["data"]["amount"]["minor"] for each in signals if each["type"] == "payment.attempted.v1"]
    assert amounts == [7581, 10190, 700]


@pytest.mark.parametrize(("mapping", "text"), [("payments", PAYMENTS), ("logins", LOGINS)])
def test_labels_are_never_in_the_signal(tmp_path: Path, mapping: str, text: str) -> None:
    """What a file knows of a row is kept beside the signals: not one of them has it in any field."""
    recording = open_recording(written(tmp_path, "rows.csv", text), mapping)
    sent = b"".join(parcel.payload for parcel in recording.parcels)
    assert not any(word in sent for word in (b"is_fraud", b"is_attack", b"takeover", b"bruteforce"))
    assert sorted(recording.labels.values()) in ([False, False, True], [False, True, True])


def test_a_label_belongs_to_the_signal_of_its_row(tmp_path: Path) -> None:
    """The payments' label is about the attempt alone; settlements and disputes have none."""
    recording = open_recording(written(tmp_path, "payments.csv", PAYMENTS), "payments")
    list(recording.parcels)
    assert recording.labels == {
        decision_id_of("payments", "1-attempted"): True,
        decision_id_of("payments", "2-attempted"): False,
        decision_id_of("payments", "3-attempted"): False,
    }


def test_logins_tell_failures_of_known_and_unknown_users_apart(tmp_path: Path) -> None:
    """A failure for a user that exists is a wrong password; what the file leaves open stays open."""
    parcels = open_recording(written(tmp_path, "logins.csv", LOGINS), "logins").parcels
    signals = [json.loads(parcel.payload) for parcel in parcels]
    assert [each["type"] for each in signals] == ["login.succeeded.v1", "login.failed.v1", "login.failed.v1"]
    assert signals[0]["data"]["method"] == "public_key"
    assert signals[1]["data"] == {"ip": "95.152.57.58", "reason": "unknown_user"}
    assert signals[2]["data"]["reason"] == "wrong_password"


def test_a_limit_counts_rows(tmp_path: Path) -> None:
    """The first row alone, with everything that follows from it."""
    path = tmp_path / "payments.csv.gz"
    path.write_bytes(gzip.compress(PAYMENTS.encode()))
    parcels = list(open_recording(path, "payments", limit=1).parcels)
    assert [name for name, _ in read(parcels)] == ["payment.attempted", "payment.settled", "dispute.opened"]


@pytest.mark.parametrize("mapping", [None, "payments"])
@pytest.mark.parametrize("content", [gzip.compress(PAYMENTS.encode())[:60], b"no gzip"], ids=["cut", "none"])
def test_a_file_that_cannot_be_unpacked(tmp_path: Path, mapping: str | None, content: bytes) -> None:
    """A gzipped file that is cut, or is none, is told by its name."""
    path = tmp_path / ("some.csv.gz" if mapping else "some.jsonl.gz")
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"some\.(csv|jsonl)\.gz cannot be read: "):
        list(open_recording(path, mapping).parcels)


def test_a_csv_that_is_no_utf_8(tmp_path: Path) -> None:
    """A CSV in another encoding is told by its name."""
    path = tmp_path / "payments.csv"
    path.write_bytes(PAYMENTS.encode() + b"\xff\n")
    with pytest.raises(RecordingError, match=r"payments\.csv cannot be read: "):
        list(open_recording(path, "payments").parcels)


def test_a_simulations_truth_is_found_beside_its_signals(tmp_path: Path) -> None:
    """truth.jsonl in the same folder is the truth; blank lines are no signals."""
    path = written(tmp_path, "signals.jsonl", "{}\n\n[]\n")
    assert open_recording(path).truth is None
    truth = written(tmp_path, "truth.jsonl", "")
    recording = open_recording(path)
    assert (recording.truth, recording.total) == (truth, 2)


@pytest.mark.parametrize(
    "line", [b"no json", b"[1]", b"{}", b"\xff", b'{"type": 3, "subject": 4, "id": 5, "source": 6}']
)
def test_what_is_no_signal_is_sent_all_the_same(line: bytes) -> None:
    """Refusing is the system's work: the line goes to the stream as it is, and no decision is expected of it."""
    assert parcel_of(line) == Parcel(line, "stream", NOBODY, None, None)


@pytest.mark.parametrize(
    ("name", "door"),
    [("payment.attempted", "stream"), ("message.sent", "signals queue"), ("dispute.opened", "feedback queue")],
)
def test_each_door_has_its_signals(name: str, door: str) -> None:
    """Feedback goes to its queue, messages to the signals queue, the rest to the stream under its subject."""
    event = {"type": f"{name}.v1", "subject": "user:u_1", "source": "s", "id": "1", "time": "2026-03-02T00:00:00Z"}
    parcel = parcel_of(json.dumps(event).encode())
    assert (parcel.door, parcel.key, parcel.decision_id) == (door, "user:u_1", decision_id_of("s", "1"))
    assert parcel.at == datetime(2026, 3, 2, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "text", "mapping", "message"),
    [
        ("absent.jsonl", None, None, "absent.jsonl is no file"),
        ("rows.csv", PAYMENTS, None, "rows.csv is a CSV: say how to read it, --as payments or --as logins"),
        ("rows.csv", PAYMENTS, "refunds", "there is no mapping 'refunds'; there are payments and logins"),
        ("rows.csv", PAYMENTS, "logins", "the header has no column event_id, user_id, user_exists, ip"),
        ("rows.csv", PAYMENTS.replace("75.81", "much"), "payments", "line 2"),
        ("rows.csv", PAYMENTS.replace("7,0", "7,maybe"), "payments", "is_fraud is 'maybe'; it must be 0 or 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, text: str | None, mapping: str | None, message: str
) -> None:
    """The error names the file, the line or column, and what would be right."""
    path = written(tmp_path, name, text) if text else tmp_path / name
    with pytest.raises(RecordingError, match=message):
        list(open_recording(path, mapping).parcels)


def test_portions_are_small_in_number_and_in_time() -> None:
    """A portion ends at so many parcels, or when the next one happened too long after its first."""
    parcels = [Parcel(b"", at=at) for at in (0.0, 1.0, 2.0, 3.0, 40.0, None, 71.0)]
    assert [[parcel.at for parcel in portion] for portion in in_portions(parcels, 3, 30)] == [
        [0.0, 1.0, 2.0],
        [3.0],
        [40.0, None],
        [71.0],
    ]
