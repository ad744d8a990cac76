"""Settings and tactics: what an adversary changes when told to, and what is refused."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import mean, median

import pytest

from infra.local.simulation import CAMPAIGNS, Settings, Step, Tactics, simulate
from infra.local.simulation.campaigns import fake_rings, lures, prohibited_items, reworded_lures
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.dice import dice
from infra.local.simulation.people import Population
from infra.local.simulation.steps import Stage
from infra.local.simulation.wording import IMITATED

pytestmark = pytest.mark.unit


def abuse(campaign: str, tactics: Tactics) -> dict[str, list[Step]]:
    """The abusive steps of a campaign, by case."""
    settings = Settings(seed=5, signals=6_000, campaigns=(campaign,), tactics={campaign: tactics})
    cases = defaultdict(list)
    for step in simulate(settings):
        if step.truth and step.truth.abusive and step.truth.case:
            cases[step.truth.case].append(step)
    return cases


def length(cases: dict[str, list[Step]]) -> float:
    return median(steps[-1].at - steps[0].at for steps in cases.values())


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_slow_cases_last_longer(campaign: str) -> None:
    """A case takes at least twice as long when the adversary takes time."""
    assert length(abuse(campaign, Tactics(pace="slow"))) > 2 * length(abuse(campaign, Tactics(pace="fast")))


@pytest.mark.parametrize("campaign", ["card_testing", "phishing", "prohibited_items"])
def test_distributed_accounts_do_less_each(campaign: str) -> None:
    """When abuse is spread over more accounts, each has fewer abusive signals, and there are more of them."""
    spread = abuse(campaign, Tactics(spread="distributed"))
    dense = abuse(campaign, Tactics(spread="concentrated"))

    assert len(spread) > len(dense)
    assert median(map(len, spread.values())) < median(map(len, dense.values()))


@pytest.mark.parametrize("field", ["device_id", "ip"])
def test_a_distributed_ring_uses_more_devices_and_addresses(field: str) -> None:
    """A distributed ring of fake accounts shares each device and address among fewer accounts."""

    def places(tactics: Tactics) -> float:
        cases = abuse("fake_rings", tactics)
        return len({step.event["data"].get(field) for steps in cases.values() for step in steps}) / len(cases)

    assert places(Tactics(spread="distributed")) > places(Tactics(spread="concentrated"))


@pytest.mark.parametrize("campaign", ["card_testing", "phishing", "prohibited_items"])
def test_aged_accounts_are_old_and_visited_from_a_new_device(campaign: str) -> None:
    """An aged account is never opened in the run: it is entered by a login from a device that it has not seen."""
    for steps in abuse(campaign, Tactics(accounts="aged")).values():
        names = [step.event["type"] for step in steps]
        login = next(step for step in steps if step.event["type"] == "login.succeeded.v1")

        assert "account.created.v1" not in names
        assert login.event["data"]["device_is_new"]


@pytest.mark.parametrize("accounts", ["fresh", "aged"])
def test_the_payout_account_of_a_takeover_is_hours_old(accounts: str) -> None:
    """Where the thief asks for money, the payout account was set within two days, by the same session."""
    tactics = Tactics("slow", "distributed", accounts)
    for steps in abuse("credential_stuffing", tactics).values():
        asked = steps[-1].event["data"]
        changed = next(s.event["data"] for s in steps if s.event["data"].get("change") == "payout_account")

        assert asked["payout_account_age_hours"] <= 48
        assert asked["payout_account"] == changed["payout_account"]


def texts(steps: Iterable[Step]) -> list[str]:
    data = (step.event["data"] for step in steps)
    return [f"{one.get('title', '')} {one.get('text', one.get('description', ''))}".strip() for one in data]


@pytest.mark.parametrize(
    ("campaign", "plain"),
    [
        ("phishing", (*lures.WITH_PAGE, *lures.OFF_PLATFORM)),
        (
            "prohibited_items",
            [text for *texts, _ in prohibited_items.GOODS for text in texts],
        ),
        ("fake_rings", fake_rings.PRAISE),
    ],
)
def test_reworded_abuse_shares_no_phrase_with_the_plain_one(campaign: str, plain: Sequence[str]) -> None:
    """The longest fixed piece of each plain text occurs in no reworded one."""
    cases = abuse(campaign, Tactics(wording="reworded"))
    written = [text.lower() for steps in cases.values() for text in texts(steps)]
    phrases = [max(re.split(r"{\w+}", text), key=len).lower() for text in plain]

    assert not any(phrase in text for phrase in phrases for text in written)


@pytest.mark.parametrize("campaign", ["phishing", "prohibited_items"])
def test_reworded_abuse_is_at_least_as_varied(campaign: str) -> None:
    """Among as many texts, links and digits aside, no fewer are different."""

    def distinct(tactics: Tactics) -> float:
        written = [text for steps in abuse(campaign, tactics).values() for text in texts(steps) if text]
        return len({re.sub(r"\S*\d\S*", "", text) for text in written}) / len(written)

    assert distinct(Tactics(wording="reworded")) >= distinct(Tactics(wording="plain"))


def test_reworded_hosts_never_imitate_in_the_plain_ways() -> None:
    """No twin digit, doubled letter, hyphened bait or protected domain as a subdomain."""
    rng = dice(1, "hosts")
    hosts = {reworded_lures.a_page(rng) for _ in range(500)}
    baits = tuple(f"-{bait}." for bait in lures.BAIT)

    assert {lures.a_page(rng) for _ in range(500)}.isdisjoint(hosts)
    assert not any(bait in host for bait in baits for host in hosts)
    assert not any(host.startswith(tuple(f"{domain}." for domain in IMITATED)) for host in hosts)


def test_models_read_reworded_lures_as_they_read_plain_ones() -> None:
    """Each message still gets a score, for a model reads meaning."""
    settings = Settings(
        signals=6_000, campaigns=("phishing",), tactics={"phishing": Tactics(wording="reworded")}, look_alike_share=0
    )
    types = Counter(step.event["type"] for step in simulate(settings) if step.truth)

    assert types["score.computed.v1"] == types["message.sent.v1"]
    assert types["report.submitted.v1"]


@pytest.mark.parametrize("accounts", ["fresh", "aged"])
@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_patient_adversaries_behave_first(campaign: str, accounts: str) -> None:
    """Each case has at least two ordinary logins, hours apart, between how it came by the account and its abuse."""
    tactics = Tactics(accounts=accounts, patience="patient")
    opening = {"account.created.v1", "account.verified.v1", "login.failed.v1", "login.succeeded.v1"}
    warm, abusive = defaultdict(list), defaultdict(list)
    for step in simulate(Settings(signals=6_000, campaigns=(campaign,), tactics={campaign: tactics})):
        if step.truth and step.truth.campaign and step.truth.case:
            name = step.event["type"]
            if step.truth.abusive and name not in opening:
                abusive[step.truth.case].append(step.at)
            elif not step.truth.abusive and name == "login.succeeded.v1":
                warm[step.truth.case].append(step.at)

    assert set(warm) == set(abusive)
    assert all(len(logins) >= 2 and logins[-1] - logins[0] >= 8 * 3_600 for logins in warm.values())
    assert all(logins[-1] < min(abusive[case]) for case, logins in warm.items())


def test_patient_adversaries_space_their_acts_unevenly() -> None:
    """Of a patient one's pauses, half are short against the mean of all; a hasty one's are nearer to it."""

    def evenness(patience: str) -> float:
        tactics = Tactics(patience=patience)
        adversary = Adversary(Stage(dice(1, "pauses")), Population(1, 10, 0), "phishing", tactics, 0, 1)
        pauses = [adversary.pause(60, 600) for _ in range(2_000)]
        return median(pauses) / mean(pauses)

    assert evenness("patient") < 0.5 * evenness("hasty")


def test_tactics_are_read_from_words_in_any_order() -> None:
    """What is left out keeps its default."""
    assert Tactics.parse("aged,slow") == Tactics("slow", "concentrated", "aged")
    assert Tactics.parse("patient,reworded") == Tactics(wording="reworded", patience="patient")
    assert Tactics.parse("") == Tactics("fast", "concentrated", "fresh", "plain", "hasty")


@pytest.mark.parametrize(
    ("text", "message"),
    [("quick", "'quick' is not known; take of each pair at most one: fast|slow"), ("fast,slow", "exclude each other")],
)
def test_tactics_that_make_no_sense_are_refused(text: str, message: str) -> None:
    """The message names the word and the words that are known."""
    with pytest.raises(ValueError, match="tactics: ") as caught:
        Tactics.parse(text)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"campaigns": ("fishing",)}, "'fishing' is not known; known are credential_stuffing"),
        ({"tactics": {"fishing": Tactics()}}, "'fishing' is not known"),
        ({"signals": 0}, "signals: 0; at least one"),
        ({"days": 0}, "days: 0"),
        ({"abuse_share": 1.5}, "abuse_share: 1.5"),
        ({"abuse_share": 0.8, "look_alike_share": 0.8}, "more than everything"),
        ({"start": datetime(2026, 1, 1)}, "start: "),  # noqa: DTZ001  (a time without zone is what is refused)
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], message: str) -> None:
    """The message names the setting, what was found and what is allowed."""
    with pytest.raises(ValueError, match=message):
        Settings(**wrong)


def test_a_run_without_abuse_or_look_alikes_is_ordinary() -> None:
    """With both shares at zero and no campaign, no signal has a label."""
    settings = Settings(signals=500, campaigns=(), abuse_share=0, look_alike_share=0)

    assert all(step.truth is None for step in simulate(settings))
