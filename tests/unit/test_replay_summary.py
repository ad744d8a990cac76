"""The summary of a run: its numbers, and what it says about what is missing."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from infra.local.outcomes import Decided, Enforced, Outcomes, observed, under_restriction
from infra.local.replay import Sent
from infra.local.results import Results
from infra.local.scoreboard import scoreboard
from infra.local.simulation.scoring import CampaignScore, HonestScore, Scorecard
from infra.local.simulation.truth import Case
from infra.local.summary import WIDTH, Labels, interval, percent, show_labels, show_run
from shared.feedback import Ratio
from shared.policy import shipped
from shared.restrictions import Action
from shared.signals.times import stamp

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULE = "card_testing_device"


def decided(number: int, disposition: str = "allow", rules: tuple[str, ...] = (), **more: str) -> Decided:
    """The n-th minute's payment."""
    return Decided(
        decision_id=f"d{number}",
        signal_type="payment.attempted",
        source="payments",
        signal_id=str(number),
        subject=more.get("subject", "user:u_1"),
        time=NOON + timedelta(minutes=number),
        disposition=disposition,
        rules=rules,
        held_back=(),
        entities=("user:u_9", more.get("device", "device:dev_0001")),
    )


def restricted(number: int, entity: str, minutes: int) -> Enforced:
    at = NOON + timedelta(minutes=number)
    details = {"capability": "buy", "limit": {"none": True}, "expires_at": stamp(at + timedelta(minutes=minutes))}
    action = Action("restrict", f"a{number}", entity, f"rule:{RULE}", at, "because", details=details)
    return Enforced(f"d{number}", action, ("act-buy",))


def outcomes(*decisions: Decided, enforced: tuple[Enforced, ...] = ()) -> Outcomes:
    return Outcomes({each.decision_id: each for each in decisions}, enforced)


def printed(show: object) -> str:
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    show(console) if callable(show) else console.print(show)
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO from above


def row(text: str, name: str) -> list[str]:
    """The words of the line that begins with a name."""
    return next(line.split() for line in text.splitlines() if line.strip().startswith(name))


def results(found: Outcomes, refused: dict[str, int] | None = None) -> Results:
    return Results(found, 0, refused or {}, {}, {"act-buy": 1, "decisions": 2})


@pytest.mark.parametrize(("ids", "refused", "lost"), [(["d1", None], 1, 0), (["d1", "d2"], 0, 1), (["d1", "d1"], 0, 0)])
def test_lost_is_what_was_neither_decided_nor_refused(ids: list[str | None], refused: int, lost: int) -> None:
    """A sent signal without a decision is lost, unless it was refused; one that came twice is not."""
    sent = Sent(Counter({"stream": len(ids)}), ids, 1.0)
    assert results(outcomes(decided(1)), {"not_json": refused}).lost(sent) == lost


def test_the_tables_hold_the_counts() -> None:
    """Decisions by signal and disposition, rules with their precision, actions in the ledger and on their queue."""
    found = outcomes(
        decided(1), decided(2, "deny", (RULE,)), decided(3, "deny", (RULE,)), enforced=(restricted(2, "user:u_1", 5),)
    )
    sent = Sent(Counter({"stream": 3}), ["d1", "d2", "d3"], 2.0)
    text = printed(lambda console: show_run(console, sent, results(found), shipped(), {"d2": True, "d3": False}.get))
    assert row(text, "payment.attempted") == ["payment.attempted", "1", "·", "·", "2", "3"]
    assert row(text, RULE) == [RULE, "payment_fraud", "2", "·", "50.0", "%"]
    assert row(text, "buy") == ["buy", "1", "1"]
    assert row(text, "decisions  ")[-2:] == ["·", "2"]
    assert max(map(len, text.splitlines())) <= WIDTH


def test_a_loss_is_told() -> None:
    """The overview says how many signals left no trace."""
    text = printed(
        lambda console: show_run(
            console, Sent(Counter({"stream": 2}), ["d1", "d2"], 1.0), results(outcomes(decided(1))), shipped(), {}.get
        )
    )
    assert row(text, "│ lost")[2] == "1"


def test_labels_give_precision_and_recall_for_each_way_of_counting() -> None:
    """What was held, what placed a restriction, and what was done under one are counted in steps."""
    found = outcomes(
        decided(1, "deny", (RULE,)),
        decided(2),
        decided(3),
        decided(4, subject="user:u_2", device="device:dev_0002"),
        decided(5, subject="user:u_3", device="device:dev_0003"),
        enforced=(restricted(2, "user:u_1", 5),),
    )
    labels = Labels({"d1": True, "d2": True, "d3": False, "d4": True, "d5": False}, "payments marked as fraud")
    text = printed(lambda console: show_labels(console, found, labels))
    assert "3 of 5 payments marked as fraud" in text
    assert row(text, "pended or denied")[3:8] == ["1", "100.0", "%", "33.3", "%"]
    assert row(text, "… or a restriction placed")[5:10] == ["2", "100.0", "%", "66.7", "%"]
    assert row(text, "… or done under")[6:11] == ["3", "66.7", "%", "66.7", "%"]


def test_under_a_restriction_is_who_acts_and_what_with_for_as_long_as_it_lasts() -> None:
    """The acting user and the device count, another user in the signal does not; at its end it is over."""
    decisions = (
        decided(1, subject="user:u_1", device="device:dev_0001"),
        decided(4, subject="user:u_2", device="device:dev_0001"),
        decided(6, subject="user:u_2", device="device:dev_0001"),
        decided(7, subject="user:u_9", device="device:dev_0003"),
        decided(8, subject="user:u_4", device="device:dev_0003"),
    )
    placed = (restricted(1, "device:dev_0001", 5), restricted(7, "user:u_9", 60))
    assert under_restriction(outcomes(*decisions, enforced=placed)) == {"d1", "d4", "d7"}


def test_scoring_sees_kinds_of_abuse_of_rules_that_do_more_than_ask() -> None:
    """A rule that only asks for friction does not count as a strong decision; one that denies does."""
    policy = shipped()
    seen = observed(outcomes(decided(1, "deny", (RULE,)), decided(2, "allow", ("unfamiliar_login",))), policy)
    assert [one.abuse for one in seen] == [("payment_fraud",), ()]


def test_the_scoreboard_names_what_was_missed() -> None:
    """Each campaign has its recall with an interval, and each case that got through its actor."""
    case = Case("case_1", "card_testing", "user:u_7", stamp(NOON), ())
    card = Scorecard(
        {"card_testing": CampaignScore(10, 9, 100, 80, 50, 49, 90.0)},
        HonestScore(1_000, 2, 30),
        {"family": HonestScore(20, 0, 0)},
        frozenset({"user:u_8"}),
        (case,),
    )
    text = printed(scoreboard(card))
    assert row(text, "card testing")[2:6] == ["10", "9", "90.0", "%"]
    assert "missed: user:u_7, card testing" in text
    assert row(text, "everyone honest")[2:6] == ["1,000", "2", "0.2", "%"]


def test_ratios_are_told_with_their_doubt() -> None:
    """A share has one decimal, its interval is finer where it is narrow, and nothing is claimed of nothing."""
    assert (percent(Ratio(1, 3)), interval(Ratio(1, 3))) == ("33.3 %", "6 to 79 %")
    assert interval(Ratio(0, 1_000)) == "0.0 to 0.4 %"
    assert (percent(Ratio(0, 0)), interval(Ratio(0, 0))) == ("-", "-")
