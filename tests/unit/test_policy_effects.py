"""What rules may ask for: every limit that can be written, who it meets, when it ends and what ends it before."""

from datetime import timedelta

import pytest

from shared.policy import PolicyError, load_documents
from shared.policy.authoring.words import effect_in_words, limit_in_words
from shared.policy.checks.consequences import as_strong, included
from shared.policy.sections.limiting import EXAMPLES, words_of
from shared.restrictions.effects import Effect, Lift, Restrict, Review, tier_of
from shared.restrictions.limits import CAPABILITIES, DIMENSIONS, NONE, Limit, unfit

pytestmark = pytest.mark.unit

RULE = """
features:
  device_users: {{linked: user, of: login.succeeded, by: device, window: 7d}}
rules:
  the_rule:
    abuse: account_takeover
    on: {signal}
    when: {when}
    then:
      {then}
    counterparty: true
    reason: because
    user_reason: "We look at it."
    owner: tests
"""


def effects(*then: str, signal: str = "payout.requested", when: str = "amount > 5.00 USD") -> tuple[Effect, ...]:
    listed = "\n      ".join(f"- {each}" for each in then)
    text = RULE.format(signal=signal, when=when, then=listed)
    return load_documents({"a.yaml": text}, published=True).rules["the_rule"].effects


def limit(to: str, capability: str) -> Limit:
    role = "order" if capability == "ship" else "seller"
    signal = "order.shipped" if capability == "ship" else "payout.requested"
    when = "known(order)" if capability == "ship" else "amount > 5.00 USD"
    (found,) = effects(
        f"restrict: {{of: {role}, capability: {capability}, to: {to}, for: 24h}}", signal=signal, when=when
    )
    assert isinstance(found, Restrict)
    return found.limit


@pytest.mark.parametrize(
    ("to", "capability", "bounds", "told"),
    [
        ("none", "log_in", {"none": 1}, "none"),
        ("0%", "receive_payout", {"none": 1}, "none"),
        ("50%", "receive_payout", {"share": 50}, "50%"),
        ("{share: 1 %}", "be_ranked", {"share": 1}, "1%"),
        ("step_up", "withdraw", {"step_up": 1}, "step_up only"),
        (
            "{reserve: 30%, days: 30}",
            "receive_payout",
            {"reserve_share": 30, "reserve_days": 30},
            "a 30% reserve of 30d",
        ),
        ("{delay: 2d}", "change_payout_account", {"delay_hours": 48}, "a delay of 48h"),
        (
            "{step_up: true, delay: 1h}",
            "change_credentials",
            {"step_up": 1, "delay_hours": 1},
            "a delay of 1h and step_up only",
        ),
        (
            "{per_day: 3, amount_per_day: [200.00 USD, 5000 JPY]}",
            "buy",
            {"count_per_day": 3, "amount_per_day:USD": 20000, "amount_per_day:JPY": 5000},
            "3 a day and 5000 JPY a day and 200.00 USD a day",
        ),
        ("{amount_per_day: 0.01 EUR}", "withdraw", {"amount_per_day:EUR": 1}, "0.01 EUR a day"),
        (
            "{per_hour: 20, links: none}",
            "message",
            {"per_hour": 20, "no_links": 1},
            "no links and 20 an hour",
        ),
    ],
)
def test_limits(to: str, capability: str, bounds: dict[str, int], told: str) -> None:
    """Each way to write a limit gives its bounds, and people read it in words."""
    found = limit(to, capability)
    assert found == Limit.of(bounds)
    assert limit_in_words(found) == told


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_capability_can_be_limited_in_each_of_its_ways(capability: str) -> None:
    """What a hint offers for a capability is taken, fits it, and all of its dimensions can be written."""
    written = {word: limit(EXAMPLES[word][1], capability) for word in words_of(capability)}
    assert all(unfit(capability, found) is None for found in written.values())
    dimensions = {name.partition(":")[0] for found in written.values() for name, _ in found.bounds}
    assert dimensions == set(CAPABILITIES[capability])
    assert {dimension for dimension, _ in EXAMPLES.values()} == set(DIMENSIONS)


def test_a_restriction_says_when_it_ends_and_what_ends_it_before() -> None:
    """A restriction has its scope, its end and its ways out, in one order however they were written."""
    whole = "{of: seller, capability: receive_payout, to: none, for: 7d, on_expiry: person, only: order, until: %s}"
    one = effects(f"restrict: {whole % '[review, step_up]'}", signal="dispute.opened", when="amount > 1.00 USD")
    other = effects(f"restrict: {whole % '[step_up, review]'}", signal="dispute.opened", when="amount > 1.00 USD")
    week = timedelta(days=7)
    assert one == other == (Restrict("seller", "receive_payout", NONE, week, "order", "person", ("step_up", "review")),)
    assert effect_in_words(one[0]) == (
        "restrict seller: receive_payout of this order to none for 7d, until step_up or review, then a person decides"
    )


def test_those_who_are_linked_are_limited_less() -> None:
    """A linked restriction names the feature that finds whom it meets, and stands beside the rule's own."""
    _, found = effects(
        "restrict: {of: user, capability: withdraw, to: none, for: 7d}",
        "restrict: {of: user, linked: device_users, capability: withdraw, to: {delay: 24h}, for: 7d}",
        signal="login.succeeded",
        when="2 <= device_users <= 5",
    )
    delayed = Limit.of({"delay_hours": 24})
    assert found == Restrict("user", "withdraw", delayed, timedelta(days=7), linked="device_users")
    told = "restrict who is linked to user by device_users: withdraw to a delay of 24h for 7d"
    assert effect_in_words(found) == told


def test_a_review_may_have_a_time() -> None:
    """A review is asked for within a time, or whenever there is one."""
    found = effects("review: {of: seller, within: 24h}", "review: {of: seller}")
    assert found == (Review("seller", timedelta(hours=24)), Review("seller"))
    assert [effect_in_words(each) for each in found] == ["review seller within 1d", "review seller"]


def test_a_condition_that_is_met_ends_what_waits_for_it() -> None:
    """A rule tells that documents were accepted, or that a rate has recovered."""
    found = effects("release: {of: seller, met: rate_recovered}", "release: {of: seller, met: documents}")
    assert found == (Lift("seller", "rate_recovered"), Lift("seller", "documents"))
    assert effect_in_words(found[0]) == "release seller from what waits for rate_recovered"
    assert {tier_of(effect) for effect in found} == {"release"}


def test_without_a_span_the_policys_default_holds() -> None:
    """A restriction that says no span takes the one that the policy names; where that names none, it is refused."""
    rule = RULE.format(
        signal="payout.requested",
        when="amount > 5.00 USD",
        then="- restrict: {of: seller, capability: withdraw, to: none}",
    )
    named = {"a.yaml": rule, "b.yaml": "guardrails: {default_restriction: 36h}"}
    (found,) = load_documents(named, published=True).rules["the_rule"].effects
    assert isinstance(found, Restrict)
    assert found.lasts == timedelta(hours=36)
    with pytest.raises(PolicyError, match=r"a restriction has no `for:`"):
        load_documents({"a.yaml": rule}, published=True)


def restrict(to: Limit, days: int = 7, **more: object) -> Restrict:
    return Restrict("seller", "withdraw", to, timedelta(days=days), **more)  # type: ignore[arg-type]  # of the fields' types


DELAY, STEP_UP = Limit.of({"delay_hours": 24}), Limit.of({"step_up": 1})
BOTH = DELAY.joined(STEP_UP)


@pytest.mark.parametrize(
    ("does", "wanted", "strong"),
    [
        (restrict(NONE), restrict(DELAY), True),
        (restrict(DELAY), restrict(NONE), False),
        (restrict(DELAY), restrict(STEP_UP), False),
        (restrict(NONE, 6), restrict(NONE), False),
        (restrict(NONE), restrict(NONE, until=("review",)), True),
        (restrict(NONE, until=("review",)), restrict(NONE), False),
        (restrict(NONE, until=("review",)), restrict(NONE, until=("step_up", "review")), True),
        (restrict(NONE), restrict(NONE, on_expiry="person"), False),
        (restrict(NONE, on_expiry="person"), restrict(NONE), True),
        (restrict(NONE), restrict(NONE, only="order"), True),
        (restrict(NONE, only="order"), restrict(NONE), False),
        (restrict(NONE), restrict(NONE, linked="device_users"), False),
        (Review("seller", timedelta(hours=1)), Review("seller", timedelta(hours=2)), True),
        (Review("seller", timedelta(hours=2)), Review("seller", timedelta(hours=1)), False),
        (Review("seller"), Review("seller", timedelta(hours=1)), False),
        (Review("seller", timedelta(hours=1)), Review("seller"), True),
    ],
)
def test_which_effect_does_all_that_another_would(does: Effect, wanted: Effect, *, strong: bool) -> None:
    """One restriction includes another if it limits as much, whom and as long, and is not sooner released."""
    assert as_strong(does, wanted) is strong
    assert included(wanted, [does]) is strong


def test_several_limits_do_what_their_join_does() -> None:
    """A limit is included in two that together leave no more, though neither does so alone."""
    assert included(restrict(BOTH), [restrict(DELAY), restrict(STEP_UP)])
    assert not included(restrict(BOTH), [restrict(DELAY), restrict(STEP_UP, 6)])
    assert not included(restrict(BOTH), [restrict(DELAY)])
    assert not included(restrict(BOTH), [])
