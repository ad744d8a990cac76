"""Honest look-alikes of the second kind: each has the trait that makes it hard, or it would test nothing."""

from collections import defaultdict

import pytest

from infra.local.simulation import Settings, Step, simulate

pytestmark = pytest.mark.unit

Cases = dict[str, list[list[Step]]]


@pytest.fixture(scope="module")
def cases() -> Cases:
    """The steps of every case, by the name of the look-alike."""
    steps = defaultdict(list)
    for step in simulate(Settings(seed=5, signals=8_000, campaigns=(), abuse_share=0, look_alike_share=0.6)):
        if step.truth and step.truth.look_alike and step.event["subject"] == step.truth.entity:
            steps[step.truth.look_alike, step.truth.case].append(step)
    found = defaultdict(list)
    for (name, _), case in steps.items():
        found[name].append(case)
    return found


def values(case: list[Step], name: str, field: str) -> set[object]:
    """What one field holds in the signals of one type."""
    return {step.event["data"].get(field) for step in case if step.event["type"] == f"{name}.v1"}


def test_a_small_firm_opens_its_accounts_on_one_device_and_mail_domain(cases: Cases) -> None:
    """At least four accounts share the device and the domain."""
    for case in cases["small_firm"]:
        assert len(values(case, "account.created", "user_id")) >= 4
        assert len(values(case, "account.created", "device_id")) == 1
        assert len({str(email).partition("@")[2] for email in values(case, "account.created", "email")}) == 1


def test_a_repair_shops_bench_is_new_to_all_its_customers(cases: Cases) -> None:
    """At least six people log in on the one device, which none of them has used before."""
    for case in cases["repair_shop"]:
        assert len(values(case, "login.succeeded", "user_id")) >= 6
        assert len(values(case, "login.succeeded", "device_id")) == 1
        assert values(case, "login.succeeded", "device_is_new") == {True}


def test_a_parents_tablet_has_four_accounts(cases: Cases) -> None:
    """Two of them are opened on it."""
    for case in cases["parents_tablet"]:
        assert len(values(case, "login.succeeded", "user_id")) == 4
        assert len(values(case, "account.created", "user_id")) == 2
        assert len(values(case, "login.succeeded", "device_id")) == 1


def test_a_reseller_pays_with_several_cards_on_one_device(cases: Cases) -> None:
    """At least three cards of one buyer."""
    for case in cases["reseller"]:
        assert len(values(case, "payment.attempted", "card_fingerprint")) >= 3
        assert len(values(case, "payment.attempted", "device_id")) == 1


def test_who_bought_a_phone_changes_password_and_payout_account_on_it_within_a_week(cases: Cases) -> None:
    """The changes follow a login from a device never seen before, and a payout request follows them."""
    for case in cases["bought_a_phone"]:
        changes = [step for step in case if step.event["type"] == "account.changed.v1"]

        assert values(case, "account.changed", "change") == {"password", "payout_account"}
        assert True in values(case, "login.succeeded", "device_is_new")
        assert changes[-1].at - changes[0].at < 7 * 86_400
        assert values(case, "payout.requested", "payout_account_age_hours")
