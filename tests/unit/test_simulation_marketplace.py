"""The simulated marketplace: what it sends is valid, consistent and repeatable, and its truth stands beside it."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from infra.local.simulation import CAMPAIGNS, Settings, Step, Tactics, read_truth, simulate, write
from infra.local.simulation.look_alikes import LOOK_ALIKES
from shared.signals import CATALOGUE, parse

pytestmark = pytest.mark.unit

LATER = datetime(2027, 1, 1, tzinfo=UTC)
HARDEST = dict.fromkeys(CAMPAIGNS, Tactics("slow", "distributed", "aged", "reworded", "patient"))
SETTINGS = Settings(seed=3, signals=4_000)


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return list(simulate(SETTINGS))


def name_of(step: Step) -> str:
    return step.event["type"].removesuffix(".v1")


def campaign_of(step: Step) -> str | None:
    return step.truth.campaign if step.truth else None


@pytest.mark.parametrize("tactics", [{}, HARDEST], ids=["default", "hardest"])
def test_each_event_is_a_valid_signal_without_unknown_fields(tactics: dict[str, Tactics]) -> None:
    """Whatever the tactics, each event parses and spells its fields as the payload declares them."""
    for step in simulate(replace(SETTINGS, tactics=tactics)):
        signal = parse(json.dumps(step.event).encode(), LATER)

        assert set(step.event["data"]) <= set(signal.spec.model.model_fields)


@pytest.mark.parametrize("tactics", [{}, HARDEST], ids=["default", "hardest"])
@pytest.mark.parametrize("signals", [5_000, 20_000])
def test_the_number_of_signals_is_about_what_was_asked_for(signals: int, tactics: dict[str, Tactics]) -> None:
    """The total lies within a tenth of the wanted one."""
    total = sum(1 for _ in simulate(Settings(signals=signals, tactics=tactics)))

    assert total == pytest.approx(signals, rel=0.1)


def test_events_come_in_order_of_time(steps: list[Step]) -> None:
    """No event is earlier than the one before it."""
    assert all(one.event["time"] <= other.event["time"] for one, other in pairwise(steps))


def test_each_signal_has_an_id_of_its_own(steps: list[Step]) -> None:
    """No two events of one source share an id."""
    assert len({(step.event["source"], step.event["id"]) for step in steps}) == len(steps)


def test_all_kinds_of_signals_that_a_marketplace_sends_by_itself_occur(steps: list[Step]) -> None:
    """Only appeals are missing: they answer actions, and the simulated world does not see any."""
    assert {name_of(step) for step in steps} == set(CATALOGUE) - {"appeal.decided"}


def test_equal_settings_write_equal_bytes(tmp_path: Path) -> None:
    """Both files of two runs with the same settings are the same."""
    for run in ("one", "two"):
        write(SETTINGS, tmp_path / f"{run}.signals", tmp_path / f"{run}.truth")

    assert (tmp_path / "one.signals").read_bytes() == (tmp_path / "two.signals").read_bytes()
    assert (tmp_path / "one.truth").read_bytes() == (tmp_path / "two.truth").read_bytes()


def test_another_seed_is_another_marketplace(steps: list[Step]) -> None:
    """No signal of one seed occurs under another."""
    ids = {step.event["id"] for step in simulate(replace(SETTINGS, seed=4))}

    assert ids.isdisjoint(step.event["id"] for step in steps)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_a_campaign_changes_nothing_of_the_rest(steps: list[Step], campaign: str) -> None:
    """Without one campaign, every other signal of the same seed stays as it was, to the byte."""
    others = tuple(name for name in CAMPAIGNS if name != campaign)
    rest = [step.event for step in simulate(replace(SETTINGS, campaigns=others))]

    assert rest == [step.event for step in steps if not step.truth or step.truth.campaign != campaign]


def test_tactics_change_nothing_of_the_rest(steps: list[Step]) -> None:
    """Whatever adversaries do, honest people of the same seed do what they did, to the byte."""
    harder = [step.event for step in simulate(replace(SETTINGS, tactics=HARDEST)) if not campaign_of(step)]

    assert harder == [step.event for step in steps if not campaign_of(step)]


def test_honest_people_change_nothing_of_a_campaign(steps: list[Step]) -> None:
    """Without look-alikes, adversaries of the same seed do what they did, to the byte."""
    alone = [step.event for step in simulate(replace(SETTINGS, look_alike_share=0)) if campaign_of(step)]

    assert alone == [step.event for step in steps if campaign_of(step)]


def test_labels_are_never_in_the_signal(steps: list[Step]) -> None:
    """No signal names a campaign, a look-alike or a case."""
    known = {*CAMPAIGNS, *LOOK_ALIKES, "viral_day"} - {"phishing"}  # also a reason of reports and an abuse kind
    cases = {step.truth.case for step in steps if step.truth and step.truth.case}
    for step in steps:
        text = json.dumps(step.event)

        assert not any(f'"{label}"' in text for label in known)
        assert cases.isdisjoint(text.split('"'))


def test_a_payment_is_attempted_before_anything_else_happens_to_it(steps: list[Step]) -> None:
    """Declines, settlements, refunds and disputes name a payment that was attempted earlier by the same buyer."""
    attempted = {}
    for step in steps:
        data = step.event["data"]
        if name_of(step) == "payment.attempted":
            attempted[data["payment_id"]] = data["buyer_id"]
        elif "payment_id" in data:
            assert attempted[data["payment_id"]] == data["buyer_id"]


def test_an_order_is_paid_before_it_is_shipped_and_shipped_before_it_is_delivered(steps: list[Step]) -> None:
    """Each order goes its way in order, but for gift cards, which nobody ships."""
    way = defaultdict(list)
    for step in steps:
        if name_of(step) in {"payment.settled", "order.shipped", "order.delivered"}:
            way[step.event["data"]["order_id"]].append(name_of(step))

    paths = {tuple(path) for path in way.values()}
    whole = ("payment.settled", "order.shipped", "order.delivered")
    assert paths == {whole, ("payment.settled", "order.delivered"), ("payment.settled",)}


def test_an_account_does_nothing_before_it_is_opened(steps: list[Step]) -> None:
    """Where an account is opened during the run, that is the first act of its user."""
    acting = [step for step in steps if step.event["subject"].startswith("user:")]
    opened = {step.event["subject"] for step in acting if name_of(step) == "account.created"}
    first: dict[str, str] = {}
    for step in acting:
        first.setdefault(step.event["subject"], name_of(step))

    assert {first[user] for user in opened} == {"account.created"}


@pytest.mark.parametrize(
    ("name", "fresh", "parts"),
    [
        ("login.succeeded", "device_is_new", ("user_id", "device_id")),
        ("message.sent", "first_contact", ("sender_id", "recipient_id")),
        ("payment.attempted", "card_is_new", ("buyer_id", "card_fingerprint")),
    ],
)
def test_nothing_is_new_twice(steps: list[Step], name: str, fresh: str, parts: tuple[str, str]) -> None:
    """A device is new to its user, a recipient to a sender, and a card to a buyer once at most."""
    events = (step.event["data"] for step in steps if name_of(step) == name)
    times_new = Counter(tuple(data[part] for part in parts) for data in events if data[fresh])

    assert set(times_new.values()) == {1}


def test_each_campaign_has_cases_and_harm_where_its_harm_has_a_moment(steps: list[Step]) -> None:
    """Takeovers end in a payout request, card tests in larger payments; the others have no single moment of harm."""
    harm = defaultdict(set)
    cases = defaultdict(set)
    for step in steps:
        if step.truth and step.truth.campaign and step.truth.case:
            cases[step.truth.campaign].add(step.truth.case)
            if step.truth.harm:
                harm[step.truth.campaign].add(name_of(step))

    assert set(cases) == set(CAMPAIGNS)
    assert harm == {"credential_stuffing": {"payout.requested"}, "card_testing": {"payment.attempted"}}


def test_each_look_alike_occurs_and_is_honest(steps: list[Step]) -> None:
    """Every kind of honest look-alike is there, and none of its signals is abusive."""
    truths = [step.truth for step in steps if step.truth and step.truth.look_alike]

    assert {truth.look_alike for truth in truths} == {*LOOK_ALIKES, "viral_day"}
    assert not any(truth.abusive or truth.campaign for truth in truths)


def test_abusive_signals_are_acts_of_the_abuser(steps: list[Step]) -> None:
    """What others do because of abuse (banks, buyers who report, reviewers, models) is never abusive itself."""
    reactions = {"payment.declined", "payment.settled", "payout.paid", "report.submitted", "dispute.opened"}
    reactions |= {"score.computed", "review.completed", "order.shipped", "order.delivered", "dispute.resolved"}

    assert reactions.isdisjoint(name_of(step) for step in steps if step.truth and step.truth.abusive)


def test_the_truth_file_holds_what_the_steps_say(tmp_path: Path, steps: list[Step]) -> None:
    """Signals of campaigns and look-alikes are labelled, ordinary ones are not, and each case names its actor."""
    written, cases = write(SETTINGS, tmp_path / "signals.jsonl", tmp_path / "truth.jsonl")
    truth = read_truth(tmp_path / "truth.jsonl")

    labelled = {(step.event["source"], step.event["id"]): step.truth for step in steps if step.truth}
    assert written == len(steps)
    assert truth.cases == cases
    assert {key: (label.entity, label.abusive) for key, label in truth.signals.items()} == {
        key: (label.entity, label.abusive) for key, label in labelled.items()
    }
    assert {case.campaign for case in cases} == set(CAMPAIGNS)
    assert all(set(case.harm) <= set(truth.signals) for case in cases)


def test_evenings_are_busier_than_nights(steps: list[Step]) -> None:
    """Americans log in several times as often in the six hours about 20:00 as in those about 4:00, by their clock."""
    hours = [
        (int(step.event["time"][11:13]) - 6) % 24
        for step in steps
        if name_of(step) == "login.succeeded" and not step.truth and step.event["data"].get("country") == "US"
    ]

    assert sum(17 <= hour < 23 for hour in hours) > 2 * sum(1 <= hour < 7 for hour in hours)


def test_activity_is_heavy_tailed() -> None:
    """The busiest tenth of ordinary buyers makes more than a quarter of the ordinary payments."""
    steps = simulate(Settings(seed=3, signals=20_000, campaigns=(), abuse_share=0, look_alike_share=0))
    payments = Counter(step.event["subject"] for step in steps if name_of(step) == "payment.attempted")
    busiest = sorted(payments.values(), reverse=True)[: len(payments) // 10]

    assert sum(busiest) > payments.total() / 4
