"""A file of payments through the pure core."""

from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.payments.__main__ import main, show
from infra.local.payments.measures import NothingToMeasureError
from infra.local.payments.replaying import replay
from shared.policy import Policy, load_documents

pytestmark = pytest.mark.unit

RULES = """
features:
  seller_disputes_30d: {count: dispute.opened, by: seller, window: 30d}
  card_payments_30d: {count: payment.settled, by: card, window: 30d}
rules:
  disputed_seller:
    abuse: payment_fraud
    on: payment.attempted
    when: seller_disputes_30d >= 1
    then: [score]
    mode: live
    severity: 10 * seller_disputes_30d + card_payments_30d
    reason: "{seller_disputes_30d} disputes"
    owner: tests
    tests: {fires: {seller_disputes_30d: 1}, holds: {seller_disputes_30d: 0}}
  other_abuse:
    abuse: policy
    on: payment.attempted
    when: amount > 0.00 EUR
    then: [score]
    mode: live
    severity: 90
    reason: "{amount}"
    owner: tests
    tests: {fires: {amount: 0.01 EUR}, holds: {amount: 0.00 EUR}}
"""

BEGIN = date(2018, 6, 11)
HEADER = "tx_id,event_time,customer_id,terminal_id,amount,is_fraud"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_documents({"rules.yaml": RULES})


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def written(*rows: str) -> Path:
        path = tmp_path / "payments.csv"
        path.write_text("\n".join([HEADER, *rows]))
        return path

    return written


def test_a_payment_is_scored_by_what_was_known_at_its_own_time(file: Callable[..., Path], policy: Policy) -> None:
    """A dispute counts from its own moment on, seven days after the fraud, and no payment sees itself."""
    path = file(
        "1,2018-08-01T12:00:00Z,7,70,10.00,1",
        "2,2018-08-08T12:00:00Z,7,70,20.00,0",
        "3,2018-08-08T12:00:01Z,7,70,30.50,0",
        "4,2018-08-08T12:00:01Z,8,71,40.00,0",
    )
    payments = replay(path, policy, BEGIN).payments
    assert [each.score for each in payments] == [0.0, 0.0, 11.0, 0.0]
    assert [each.rules for each in payments] == [(), (), ("disputed_seller",), ()]
    assert [each.is_fraud for each in payments] == [True, False, False, False]
    assert payments[2].card == payments[0].card != payments[3].card
    assert (payments[2].day, payments[2].amount) == (date(2018, 8, 8), 30_50)


def test_without_disputes_nobody_ever_hears_of_one(file: Callable[..., Path], policy: Policy) -> None:
    """The file's frauds are the same, and everything else that is remembered, too."""
    path = file("1,2018-08-01T12:00:00Z,7,70,10.00,1", "2,2018-08-09T12:00:00Z,7,70,20.00,0")
    known, unaware = replay(path, policy, BEGIN), replay(path, policy, BEGIN, disputes=False)
    assert known.signals == unaware.signals + 1
    assert [each.score for each in known.payments] == [0.0, 11.0]
    assert [each.score for each in unaware.payments] == [0.0, 0.0]
    assert [each.is_fraud for each in unaware.payments] == [True, False]


def test_what_was_only_remembered_counts_as_if_it_had_been_judged(file: Callable[..., Path], policy: Policy) -> None:
    """From its first judged day on, a replay gives the scores that it gives when it judges all days."""
    path = file(*(f"{day},2018-08-{day:02}T12:00:00Z,{day % 3},{day % 2},10.00,{day % 4 // 3}" for day in range(1, 29)))
    warmed, judged = replay(path, policy, date(2018, 8, 20)), replay(path, policy, BEGIN)
    assert warmed.payments[19:] == judged.payments[19:]
    assert {each.score for each in warmed.payments[:19]} == {0.0}
    assert len({each.score for each in judged.payments[19:]}) > 3


def test_the_tables_tell_what_was_measured(file: Callable[..., Path], policy: Policy) -> None:
    """Both ways of replaying stand beside what was published, and each rule beside how often it was right."""
    path = file(
        *(f"{n},2018-07-20T08:00:{n:02}Z,{n},{n},10.00,{int(n < 8)}" for n in range(40)),
        *(f"{n + 40},2018-07-31T08:00:{n:02}Z,{n + 40},{n},20.00,{int(n < 8)}" for n in range(40)),
        *(f"{n + 80},2018-08-08T08:00:{n:02}Z,{n + 80},{n},30.00,{int(n < 6)}" for n in range(40)),
    )
    screen = StringIO()
    show(
        Console(file=screen, width=100),
        replay(path, policy, BEGIN),
        replay(path, policy, BEGIN, disputes=False),
        draws=40,
    )
    rows = [line.split() for line in screen.getvalue().splitlines() if line.strip()]
    auc, precision = (next(row for row in rows if row[0] == name) for name in ("AUC", "card"))
    assert (auc[1], auc[4], auc[-2:]) == (".971", ".500", [".871", ".867"])
    assert precision[-2:] == [".291", ".287"]
    assert ["disputed_seller", "8", "6", "75.0", "%"] in rows
    assert ["0.1%", "of", "honest", "payments", "10.00", "5.88%", "100.0%"] in rows


def test_without_the_test_week_there_is_nothing_to_measure(file: Callable[..., Path], policy: Policy) -> None:
    """The message says what is missing."""
    replayed = replay(file("1,2018-06-11T12:00:00Z,7,70,10.00,1"), policy, BEGIN)
    with pytest.raises(NothingToMeasureError, match="0 frauds and 0 honest payments"):
        show(Console(file=StringIO()), replayed, replayed)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "to measure a score on"),
        (["1,yesterday,7,70,10.00,1"], "line 2: Invalid isoformat string: 'yesterday'"),
    ],
)
def test_a_file_that_cannot_be_measured_ends_in_a_sentence(
    file: Callable[..., Path],
    rows: list[str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A header without rows, and a row that is none."""
    monkeypatch.setattr("sys.argv", ["payments", str(file(*rows))])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert complaint in capsys.readouterr().err
