"""Limits as they are written, and what one effect includes of another."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import load_documents
from shared.policy.authoring.words import limit_in_words
from shared.policy.checks.consequences import included
from shared.policy.conditions.literals import written
from shared.restrictions.effects import CONDITIONS, Condition, Restrict
from shared.restrictions.limits import AMOUNT, CAPABILITIES, DIMENSIONS, Limit, join
from shared.signals.amounts import Amount

pytestmark = pytest.mark.property

RULE = """
rules:
  the_rule:
    abuse: policy
    on: dispute.opened
    when: amount > 5.00 USD
    counterparty: true
    then: [{{restrict: {{of: {role}, capability: {capability}, to: {to}, for: 24h}}}}]
    reason: because
    user_reason: "We look at it."
    owner: tests
"""


@st.composite
def capabilities_and_limits(draw: st.DrawFn) -> tuple[str, Limit]:
    """A capability, and a limit that it can have."""
    capability = draw(st.sampled_from(sorted(CAPABILITIES)))
    names = draw(st.sets(st.sampled_from(CAPABILITIES[capability]), min_size=1))
    if names & {"reserve_share", "reserve_days"}:
        names |= {"reserve_share", "reserve_days"}
    bounds: dict[str, int] = {}
    for name in sorted(names):
        bound = st.integers(DIMENSIONS[name].least, min(DIMENSIONS[name].most, 10**14))
        currencies = draw(st.sets(st.sampled_from(["USD", "JPY", "KWD"]), min_size=1)) if name == AMOUNT else {""}
        bounds |= {f"{name}:{currency}" if currency else name: draw(bound) for currency in sorted(currencies)}
    return capability, Limit.of(bounds)


def as_written(limit: Limit) -> str:
    bounds = dict(limit.bounds)
    if "none" in bounds:
        return "none"
    amounts = [written(Amount(bounds[name], name[-3:])) for name in bounds if name.startswith(AMOUNT)]
    words = {
        "share": "share: {}%",
        "reserve_share": "reserve: {}%",
        "reserve_days": "days: {}",
        "delay_hours": "delay: {}h",
        "count_per_day": "per_day: {}",
        "per_hour": "per_hour: {}",
        "no_links": "links: none",
        "step_up": "step_up: true",
    }
    told = [words[name].format(bound) for name, bound in bounds.items() if name in words]
    told += [f"amount_per_day: [{', '.join(amounts)}]"] if amounts else []
    return f"{{{', '.join(told)}}}"


@given(capabilities_and_limits())
def test_every_limit_can_be_written(drawn: tuple[str, Limit]) -> None:
    """Whatever limit a capability can have, there is a text that gives exactly that one, and words to read it by."""
    capability, limit = drawn
    role = "order" if capability == "ship" else "seller"
    text = RULE.format(role=role, capability=capability, to=as_written(limit))
    (effect,) = load_documents({"a.yaml": text}).rules["the_rule"].effects
    assert isinstance(effect, Restrict)
    assert effect.limit == limit
    assert limit_in_words(limit)


LIMITS = st.builds(
    lambda delay, step_up: Limit.of({"delay_hours": delay} | ({"step_up": 1} if step_up else {})),
    st.integers(1, 3),
    st.booleans(),
)
WAYS_OUT = st.sets(st.sampled_from(CONDITIONS)).map(lambda found: tuple(each for each in CONDITIONS if each in found))
RESTRICTS = st.builds(
    lambda limit, hours, until: Restrict("seller", "withdraw", limit, timedelta(hours=hours), until=until),
    LIMITS,
    st.integers(1, 4),
    WAYS_OUT,
)


def left(effects: list[Restrict], hour: int, met: frozenset[Condition]) -> Limit:
    """What limits at the beginning of an hour, when these conditions were met before."""
    return join(each.limit for each in effects if each.lasts > timedelta(hours=hour) and not met & set(each.until))


@given(RESTRICTS, st.lists(RESTRICTS, max_size=4), st.frozensets(st.sampled_from(CONDITIONS)))
def test_what_is_included_is_never_missed(wanted: Restrict, others: list[Restrict], met: frozenset[Condition]) -> None:
    """Leaving out what others include changes the limit at no time, whatever was met in the meantime."""
    if included(wanted, others):
        for hour in range(5):
            assert left(others, hour, met) == left([*others, wanted], hour, met)
