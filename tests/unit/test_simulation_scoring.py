"""Scoring: what counts as caught, and what as an honest person touched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.simulation.restraint import Restricted
from infra.local.simulation.scoring import Observed, score
from infra.local.simulation.truth import Case, GroundTruth, Labelled

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
THIEF_FROM = NOON
VICTIM, PHISHER, HONEST = "user:victim", "user:phisher", "user:honest"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


TYPES = {"login": "login.succeeded", "change": "account.changed", "payout": "payout.requested"}
"""What a signal is, by the first word of its id; all others are messages."""


def seen(
    signal_id: str, minutes: float, subject: str, disposition: str = "allow", **more: tuple[object, ...]
) -> Observed:
    signal_type = TYPES.get(signal_id.split(maxsplit=1)[0], "message.sent")
    return Observed("services", signal_id, at(minutes), subject, disposition, **more, signal_type=signal_type)


def label(signal_id: str, entity: str, campaign: str, *, abusive: bool = True) -> tuple[tuple[str, str], Labelled]:
    key = ("services", signal_id)
    return key, Labelled(key, entity, campaign, None, f"case {entity}", abusive)


TAKEOVER = GroundTruth(
    dict(
        [
            label("login", VICTIM, "credential_stuffing"),
            label("change", VICTIM, "credential_stuffing"),
            label("payout", VICTIM, "credential_stuffing"),
        ]
    ),
    (Case(f"case {VICTIM}", "credential_stuffing", VICTIM, THIEF_FROM, (("services", "payout"),)),),
)
PHISHING = GroundTruth(
    dict(label(f"message {index}", PHISHER, "phishing") for index in range(4)),
    (Case(f"case {PHISHER}", "phishing", PHISHER, NOON, ()),),
)


def takeover(login: Observed | None = None, payout: Observed | None = None) -> list[Observed]:
    return [
        login or seen("login", 0, VICTIM),
        seen("change", 5, VICTIM),
        payout or seen("payout", 10, VICTIM),
    ]


def test_a_takeover_is_caught_when_its_payout_request_is_pended() -> None:
    """The harm itself held back is in time."""
    card = score(TAKEOVER, takeover(payout=seen("payout", 10, VICTIM, "pend")))

    assert card.campaigns["credential_stuffing"].recall == 1
    assert card.missed == ()


def test_a_takeover_is_caught_when_its_account_is_restricted_before() -> None:
    """Restrictions at the login stop all that needs them, and the time to catch is counted from the first act."""
    restricted = tuple(Restricted(VICTIM, name) for name in ("log_in", "change_credentials", "withdraw"))
    card = score(TAKEOVER, takeover(login=seen("login", 0, VICTIM, restricted=restricted)))

    campaign = card.campaigns["credential_stuffing"]
    assert (campaign.caught, campaign.stopped_share, campaign.median_seconds_to_catch) == (1, 1.0, 0.0)


def test_a_restriction_that_has_ended_stops_nothing() -> None:
    """The harm after the end of the restriction is done."""
    restricted = (Restricted(VICTIM, "withdraw", until=at(10)),)
    card = score(TAKEOVER, takeover(login=seen("login", 0, VICTIM, restricted=restricted)))

    assert card.campaigns["credential_stuffing"].caught == 0


@pytest.mark.parametrize(
    ("act", "capability", "stopped"),
    [
        ("login.failed", "log_in", True),
        ("account.changed", "change_credentials", True),
        ("account.changed", "change_payout_account", False),
        ("listing.submitted", "list", True),
        ("message.sent", "message", True),
        ("message.sent", "buy", False),
        ("payment.attempted", "buy", True),
        ("payment.settled", "buy", True),
        ("payment.attempted", "withdraw", False),
        ("payout.requested", "receive_payout", True),
        ("payout.paid", "withdraw", True),
        ("account.created", "log_in", False),
    ],
)
def test_a_restriction_stops_what_needs_its_capability(act: str, capability: str, *, stopped: bool) -> None:
    """Other acts of the one who is restricted go on."""
    login = seen("login", -1, PHISHER, restricted=(Restricted(PHISHER, capability),))
    later = [replace(seen(f"message {n}", n, PHISHER), signal_type=act) for n in range(4)]

    assert score(PHISHING, [login, *later]).campaigns["phishing"].stopped == 4 * stopped


@pytest.mark.parametrize(("capability", "stopped"), [("change_payout_account", 1), ("change_credentials", 0)])
def test_a_change_that_names_a_payout_account_needs_the_right_to_change_it(capability: str, stopped: int) -> None:
    """What an account is paid by and what it is opened by are restricted apart."""
    before = seen("payment", -1, "user:other", restricted=(Restricted(VICTIM, capability),))
    change = seen("change", 5, VICTIM, entities=(VICTIM, "payout_account:p"))

    assert score(TAKEOVER, [before, change]).campaigns["credential_stuffing"].stopped == stopped


def test_what_takes_a_step_up_is_not_for_thieves() -> None:
    """Who has taken over an account cannot pass one; who does harm with an own account can."""
    asked = (Restricted(VICTIM, "withdraw", allowed=99, step_up=True),)
    card = score(TAKEOVER, takeover(login=seen("login", 0, VICTIM, restricted=asked)))
    assert card.campaigns["credential_stuffing"].caught == 1

    asked = (Restricted(PHISHER, "message", allowed=99, step_up=True),)
    messages = [seen(f"message {n}", n, PHISHER, restricted=() if n else asked) for n in range(4)]
    assert score(PHISHING, messages).campaigns["phishing"].stopped == 0


@pytest.mark.parametrize(("order", "stopped"), [("order:1", 4), ("order:2", 0)])
def test_what_is_restricted_for_one_order_stops_what_is_about_it(order: str, stopped: int) -> None:
    """All that the user does otherwise goes on."""
    only = Restricted(PHISHER, "message", scope="order:1")
    login = seen("login", -1, PHISHER, restricted=(only,))
    messages = [seen(f"message {n}", n, PHISHER, entities=(order,)) for n in range(4)]
    assert score(PHISHING, [login, *messages]).campaigns["phishing"].stopped == stopped


def test_a_share_that_is_left_stops_nothing_but_touches() -> None:
    """Who may do half of it can still do harm, and has still lost half."""
    half = (Restricted(PHISHER, "message", allowed=50), Restricted(HONEST, "message", allowed=50))
    observed = [seen(f"message {n}", n, PHISHER, restricted=() if n else half) for n in range(4)]
    card = score(PHISHING, observed)

    assert card.campaigns["phishing"].stopped == 0
    assert card.touched == {HONEST}


def test_what_comes_after_the_harm_is_too_late() -> None:
    """A restriction placed after the payout request catches nothing, and the case is named as missed."""
    late = seen("later", 20, VICTIM, restricted=(Restricted(VICTIM, "withdraw"),))
    card = score(TAKEOVER, [*takeover(), late])

    assert card.campaigns["credential_stuffing"].recall == 0
    assert [case.actor for case in card.missed] == [VICTIM]


def test_friction_and_challenges_catch_nothing() -> None:
    """Only what is stronger than friction counts as caught."""
    card = score(TAKEOVER, takeover(payout=seen("payout", 10, VICTIM, "challenge", friction=(VICTIM,))))

    assert card.campaigns["credential_stuffing"].caught == 0


@pytest.mark.parametrize(("denied", "caught"), [(1, 0), (2, 1)])
def test_a_case_without_a_moment_of_harm_is_caught_when_half_of_it_is_stopped(denied: int, caught: int) -> None:
    """Of four phishing messages at most two may pass."""
    messages = [seen(f"message {n}", n, PHISHER, "deny" if n >= 4 - denied else "allow") for n in range(4)]

    assert score(PHISHING, messages).campaigns["phishing"].caught == caught


def test_an_act_with_a_restricted_device_is_stopped() -> None:
    """Restricting the device that an abuser uses stops the abuser."""
    restricted = (Restricted("device:d", "message"),)
    messages = [
        seen(f"message {n}", n, PHISHER, entities=(PHISHER, "device:d"), restricted=() if n else restricted)
        for n in range(4)
    ]

    assert score(PHISHING, messages).campaigns["phishing"].stopped == 4


def test_the_owner_of_a_taken_over_account_is_touched_only_before_the_takeover() -> None:
    """A restriction by failed logins harms the owner; one that the thief's session brings on does not."""
    restricted = (Restricted(VICTIM, "log_in", until=at(-1)),)
    before = seen("attempt", -5, VICTIM, restricted=restricted)
    own = seen("own login", -60, VICTIM)

    harmed = score(TAKEOVER, [own, before, *takeover()])
    unharmed = score(TAKEOVER, [own, *takeover(payout=seen("payout", 10, VICTIM, "deny"))])
    assert (harmed.honest.users, harmed.honest.touched) == (1, 1)
    assert (unharmed.honest.users, unharmed.honest.touched) == (1, 0)


@pytest.mark.parametrize(
    "touch",
    [
        seen("act", 1, HONEST, "pend"),
        seen("act", 1, HONEST, "deny"),
        seen("act", 1, PHISHER, restricted=(Restricted(HONEST, "buy"),)),
        seen("act", 1, HONEST, entities=("card:c",), restricted=(Restricted("card:c", "buy"),)),
    ],
    ids=["pended", "denied", "restricted", "thing restricted"],
)
def test_an_honest_user_is_touched_by_anything_stronger_than_friction(touch: Observed) -> None:
    """Pends, denials and restrictions touch, be it on the user or on what the user acts with."""
    card = score(PHISHING, [seen("login", 0, HONEST), touch])

    assert card.touched == {HONEST}


def test_friction_is_counted_apart() -> None:
    """A step-up or a challenge asks something of honest users, but touches none."""
    observed = [seen("login", 0, HONEST, friction=(HONEST,)), seen("payment", 1, "user:other", "challenge")]
    honest = score(PHISHING, observed).honest

    assert (honest.touched, honest.asked, honest.friction_share) == (0, 2, 1.0)


def test_an_honest_counterparty_of_a_stopped_act_is_not_touched_by_it() -> None:
    """Denying a tester's payment does not touch the seller that it names."""
    denied = seen("message 0", 0, PHISHER, "deny", entities=(PHISHER, HONEST))

    assert score(PHISHING, [seen("login", -1, HONEST), denied]).honest.touched == 0


def test_the_seller_of_a_restricted_listing_is_touched() -> None:
    """A listing belongs to the user who submitted it."""
    offered = seen("listing", 0, HONEST, entities=(HONEST, "listing:l"))
    scored = seen("score", 1, "listing:l", restricted=(Restricted("listing:l", "be_ranked"),))

    assert score(PHISHING, [offered, scored]).touched == {HONEST}


def test_who_reports_a_restricted_listing_is_not_touched() -> None:
    """The listing that a report names is not the reporter's."""
    listing = ("listing:l",)
    observed = [
        seen("message 0", 0, PHISHER, entities=(PHISHER, *listing), restricted=(Restricted("listing:l", "be_ranked"),)),
        seen("report", 5, HONEST, entities=(HONEST, PHISHER, *listing)),
    ]

    assert score(PHISHING, observed).honest.touched == 0


def test_precision_counts_decisions_for_the_campaigns_abuse_kind() -> None:
    """One of two decisions for phishing hit an honest user; a decision for another kind does not count."""
    observed = [
        seen("message 0", 0, PHISHER, "deny", abuse=("phishing",)),
        seen("act", 1, HONEST, "deny", abuse=("phishing",)),
        seen("other act", 2, HONEST, "deny", abuse=("payment_fraud",)),
    ]

    assert score(PHISHING, observed).campaigns["phishing"].precision == 0.5


def test_a_decision_on_a_report_is_right_when_it_hits_the_one_reported() -> None:
    """The reporter is honest, the decision restricts the phisher alone."""
    report = seen("report", 9, HONEST, restricted=(Restricted(PHISHER, "message"),), abuse=("phishing",))
    card = score(PHISHING, [report])

    assert card.campaigns["phishing"].precision == 1.0
    assert card.honest.touched == 0


def test_look_alikes_are_counted_by_their_users() -> None:
    """Each look-alike has a line of its own, over the people in it."""
    key = ("services", "login")
    truth = GroundTruth({key: Labelled(key, HONEST, None, "family", "case", abusive=False)}, ())
    card = score(truth, [seen("login", 0, HONEST, "deny"), seen("other", 0, "user:other")])

    assert card.look_alikes["family"].touched_share == 1.0
    assert card.honest.touched_share == 0.5
    assert card.campaigns == {}
