"""Who shares an entity with whom, and what happened one after the other."""

from datetime import timedelta

import pytest

from shared.features import AtLeast, Feature, Limit, Plan, Step
from tests.support.remembering import DAY, HOUR, MINUTE, asked, remembered, sent, value_of
from tests.support.signals import moment

pytestmark = pytest.mark.unit
DEVICE = "device:dev_c04477e1"


def login(number, at, user, **data):
    return sent("login.succeeded", number, at, user_id=user, **data)


def sharing(**more):
    return Feature("f", "linked", "login.succeeded", "device", timedelta(days=30), "user", **more)


def logins(*users):
    """Each of the users logged in with the device, the last one last."""
    return [login(f"{n} {user}", -HOUR * (len(users) - n), user) for n, user in enumerate(users)]


def test_users_of_one_device_are_linked():
    """Each counts once, and who asks does not count."""
    signals = logins("u_1", "u_2", "u_2", "u_3")
    assert value_of(sharing(), DEVICE, signals, asked(login("asks", 0, "u_3"))) == 2
    assert value_of(sharing(), DEVICE, signals, asked(login("asks", 0, "u_9"))) == 3


def test_who_acts_is_not_linked_to_himself_by_another_role():
    """The buyer of a payment is the user who logged in; a seller who uses the same device is another user."""
    pays = asked(sent("payment.attempted", 1, 0, buyer_id="u_1", seller_id="u_2"))
    past = remembered(Plan([sharing()]), logins("u_1", "u_2"))
    assert past.linked(sharing(), DEVICE, pays) == ("user:u_2",)
    assert past.measure(sharing(), DEVICE, pays) == 1


def test_names_are_told_the_one_last_seen_first():
    """At most fifty, for the record and for the ledger."""
    past = remembered(Plan([sharing()]), logins(*(f"u_{n}" for n in range(60)), "u_7"))
    names = past.linked(sharing(), DEVICE, asked(login("asks", 0, "u_59")))
    assert len(names) == 50
    assert names[:3] == ("user:u_7", "user:u_58", "user:u_57")


def test_only_who_was_restricted_at_the_time_counts():
    """From its beginning on, and before its end, by the time at which the asking signal was received."""
    count = sharing(limited="account_takeover")
    past = remembered(Plan([count]), logins("u_1", "u_2", "u_3", "u_4"))
    asks = asked(login("asks", 0, "u_9"), moment(10))
    assert past.measure(count, DEVICE, asks) == 0
    past.know(
        {
            "user:u_1": [Limit("account_takeover", moment(10), moment(11))],
            "user:u_2": [Limit("account_takeover", moment(0), moment(10))],
            "user:u_3": [Limit("payment_fraud", moment(0), moment(99)), Limit(None, moment(0), moment(99))],
        }
    )
    assert past.measure(count, DEVICE, asks) == 1
    assert remembered(Plan([sharing(limited="any")]), []).measure(sharing(limited="any"), DEVICE, asks) == 0


def test_of_whom_nobody_can_tell_may_be_restricted():
    """Where the ledger cannot be read, those who surely are restricted are a lower bound."""
    count = sharing(limited="any")
    past = remembered(Plan([count]), logins("u_1", "u_2", "u_3"))
    past.know({"user:u_1": None, "user:u_2": [Limit(None, moment(0), moment(9))]})
    assert past.measure(count, DEVICE, asked(login("asks", 0, "u_9"), moment(5))) == AtLeast(1)
    assert past.measure(count, DEVICE, asked(login("asks", 0, "u_1"), moment(5))) == 1


def test_any_restriction_counts_where_any_is_asked_for():
    """Also one that a person placed for no kind of abuse."""
    count = sharing(limited="any")
    past = remembered(Plan([count]), logins("u_1", "u_2"))
    past.know({"user:u_1": [Limit(None, moment(-9), moment(9))]})
    assert past.measure(count, DEVICE, asked(login("asks", 0, "u_9"))) == 1


def test_of_more_than_fifty_the_restricted_are_a_lower_bound():
    """The ledger was asked of the latest fifty only."""
    count = sharing(limited="any")
    fifty_one = remembered(Plan([count]), logins(*(f"u_{n}" for n in range(51))))
    for past in (fifty_one, remembered(Plan([count]), logins(*(f"u_{n}" for n in range(50))))):
        past.know({f"user:u_{n}": [Limit("policy", moment(-9), moment(9))] for n in (0, 49)})
    asks = asked(login("asks", 0, "u_x"))
    assert fifty_one.measure(count, DEVICE, asks) == AtLeast(1)
    assert past.measure(count, DEVICE, asks) == 2


def test_without_the_ledger_all_linked_are_counted():
    """The limit of fifty is for asking about restrictions only."""
    signals = logins(*(f"u_{n}" for n in range(60)))
    assert value_of(sharing(), DEVICE, signals, asked(login("asks", 0, "u_x"))) == 60


def test_a_full_tile_of_links_is_a_lower_bound():
    """There may be more users than it took."""
    asks = asked(login("asks", 0, "u_9"))
    assert value_of(sharing(), DEVICE, logins("u_1", "u_2"), asks, cap=2) == AtLeast(2)


def test_links_may_be_narrowed():
    """To logins of which a condition holds."""
    signals = [login(1, -HOUR, "u_1", method="passkey"), login(2, -HOUR, "u_2", method="password")]
    by_password = sharing(where=lambda fields: fields["method"] == "password")
    assert value_of(by_password, DEVICE, signals, asked(login("asks", 0, "u_9"))) == 1


def changed(number, at, change):
    return sent("account.changed", number, at, change=change, device_is_new=None)


def after(*choices):
    return lambda fields: None if fields.get("change") is None else fields["change"] in choices


TAKEOVER = Feature(
    "takeover",
    "sequence",
    "account.changed",
    "user",
    timedelta(days=3),
    steps=(
        Step("account.changed", "user", after("password", "email")),
        Step("account.changed", "user", after("payout_account")),
        Step("payout.requested", "seller"),
    ),
)


def staged(*steps):
    """Changes and requests of one user at the given times."""
    return [
        sent("payout.requested", n, at, seller_id="u_1042") if what == "payout" else changed(n, at, what)
        for n, (what, at) in enumerate(steps)
    ]


def happened(*steps, feature=TAKEOVER, **more):
    return value_of(feature, "user:u_1042", staged(*steps), asked(sent("payout.requested", "asks", 0)), **more)


@pytest.mark.parametrize(
    ("steps", "holds"),
    [
        ([("password", -3 * HOUR), ("payout_account", -2 * HOUR), ("payout", -HOUR)], True),
        ([("email", -DAY * 3), ("payout_account", -2), ("payout", -1)], True),
        ([("email", -DAY * 3 - 1), ("payout_account", -2), ("payout", -1)], False),
        ([("payout_account", -3 * HOUR), ("password", -2 * HOUR), ("payout", -HOUR)], False),
        ([("password", -HOUR), ("payout_account", -HOUR), ("payout", -MINUTE)], False),
        ([("password", -3 * HOUR), ("payout_account", -2 * HOUR)], False),
        ([("password", -9), ("payout_account", -8), ("password", -7), ("payout", -6)], True),
        ([("payout_account", -9), ("password", -8), ("payout_account", -7), ("payout", -6)], True),
        ([("address", -9), ("payout_account", -7), ("payout", -6)], False),
    ],
)
def test_a_takeover_is_one_thing_after_the_other(steps, holds):
    """Credentials, then the payout account, then the request, at strictly rising times within the window."""
    assert happened(*steps) is holds
    assert happened(*steps[::-1]) is holds


def test_the_signal_that_asks_is_no_step():
    """Nor is anything at its own moment."""
    steps = [("password", -9), ("payout_account", -8)]
    assert happened(*steps, ("payout", 0)) is False
    resent = asked(sent("payout.requested", 2, 0, seller_id="u_1042"))
    assert value_of(TAKEOVER, "user:u_1042", staged(*steps, ("payout", -1)), resent) is False


def test_a_sequence_that_was_found_stands_and_one_that_was_not_may_be_hidden():
    """A full tile of any step hides what would complete it."""
    steps = [("password", -9), ("payout_account", -8)]
    assert happened(*steps, ("payout", -7), cap=1) is True
    assert happened(*steps, cap=1) is None
    assert happened(("payout", -7), cap=1) is None


def test_a_condition_that_cannot_tell_matters_only_where_it_would_complete_the_sequence():
    """Then the answer is unknown, and false else."""
    unsure = Feature(
        "unsure",
        "sequence",
        "account.changed",
        "user",
        timedelta(days=3),
        steps=(
            Step("account.changed", "user", lambda fields: fields["device_is_new"]),
            Step("payout.requested", "seller"),
        ),
    )
    assert happened(("password", -9), ("payout", -8), feature=unsure) is None
    assert happened(("payout", -9), ("password", -8), feature=unsure) is False
