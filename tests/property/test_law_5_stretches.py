"""Law 5, the legal maximum: automation cannot hold money for longer by placing one hold after another."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.restrictions import Account, Action, Limit, account_from_json, account_to_json
from shared.restrictions.stretches import GRACE, Span, stretches
from shared.signals.times import stamp
from tests.faults import plain_ledger
from tests.support.ledgers import HOUR, USER, account, clear, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.property

DAY = 24 * HOUR
LONGEST = 5 * DAY
CAPABILITIES = ("receive_payout", "withdraw")
LIMITS: list[dict[str, Any]] = [{"none": True}, {"delay_hours": 24}]
RULES = ("rule:a", "rule:b", "rule:c")
ABUSES = ("payment_fraud", "account_takeover")
BY = ("person:ana", "feedback:stepup", "rule:b")
STEP = 12 * HOUR
times = st.integers(0, 40).map(lambda number: number * STEP)
MOMENTS = [moment(number * STEP) for number in range(65)]


@st.composite
def placements(draw: st.DrawFn, number: int, sources: Sequence[str] = (*RULES, "person:ana")) -> Action:
    """A hold of money that lasts some days; some expire when a person decides, some a person has let through."""
    at, lasts = draw(times), draw(st.integers(1, 10)) * STEP
    source = draw(st.sampled_from(sources))
    details: dict[str, Any] = {"longest_hold_until": stamp(moment(at + LONGEST))}
    if draw(st.integers(0, 4)) == 0:
        details |= {"on_expiry": "person", "holds_until": stamp(moment(at + LONGEST))}
    if source in sources[3:] and draw(st.booleans()):
        source, details["unparked_by"] = "rule:c", source
    return restrict(
        f"a{number:02}",
        at,
        lasts=lasts,
        capability=draw(st.sampled_from(CAPABILITIES)),
        limit=draw(st.sampled_from(LIMITS)),
        source=source,
        abuse=draw(st.sampled_from(ABUSES)),
        until=draw(st.sampled_from([[], ["step_up"]])),
        **details,
    )


@st.composite
def words(draw: st.DrawFn, number: int, by: Sequence[str] = BY) -> Action:
    """A release, a verdict, a clearance, or that a person upholds."""
    name, at, whose = f"w{number:02}", draw(times), draw(st.sampled_from(by))
    abuse = draw(st.sampled_from(ABUSES))
    match draw(st.integers(0, 3)):
        case 0:
            return undo(name, f"a{draw(st.integers(0, 9)):02}", at, whose, void=draw(st.booleans()))
        case 1 if whose.startswith("person:"):
            return clear(name, at, draw(st.sampled_from([0, DAY, 9 * DAY])), whose, abuse=abuse)
        case 2 if whose.startswith("person:"):
            return Action("uphold", name, USER, whose, moment(at), "right", abuse)
        case _:
            fits = {"source": draw(st.sampled_from(["*", *RULES])), "until": draw(st.sampled_from(["", "step_up"]))}
            return release(name, at, whose, **fits)


def numbered(strategy: Any, most: int, **more: Any) -> Any:
    return st.integers(0, most).flatmap(lambda size: st.tuples(*(strategy(number, **more) for number in range(size))))


histories = st.builds(lambda placed, said: (*placed, *said), numbered(placements, 10), numbered(words, 4))
alone = st.builds(
    lambda placed, said: (*placed, *said),
    numbered(placements, 14, sources=RULES),
    numbered(words, 4, by=("feedback:stepup", "rule:b")),
)
"""What happens while no person looks."""


def limits(page: Account, at: datetime) -> dict[str, Limit]:
    return {each.capability: each.limit for each in page.in_force(at)}


@given(histories, st.randoms(use_true_random=False))
def test_an_account_with_stretches_does_not_depend_on_the_order_of_arrival(
    history: tuple[Action, ...], random: Any
) -> None:
    """Any order, and any repetition, leads to the same account, and the account survives storage."""
    shuffled = [*history, *history[::2]]
    random.shuffle(shuffled)

    assert account(*shuffled) == account(*history)
    assert account_from_json(account_to_json(account(*history))) == account(*history)


@given(histories)
def test_law_ends_what_the_plain_words_of_the_law_end(history: tuple[Action, ...]) -> None:
    """At every moment what is limited is what a model without caps, merging and order says."""
    page = account(*history)
    for at in MOMENTS:
        assert limits(page, at) == plain_ledger.limits(history, (USER, ""), at)


@given(alone)
def test_without_a_person_no_money_is_held_for_longer_than_law_lets(history: tuple[Action, ...]) -> None:
    """Moment by moment, by what was known then, a day without a hold excepted; whatever rules place and release."""
    page, known = Account(), []
    for at in MOMENTS:
        page = account(*(each for each in history if each.occurred_at == at), page=page)
        known.append((at, limits(page, at)))
    for capability in CAPABILITIES:
        held = [at for at, limited in known if capability in limited]
        for begins, ends in runs(held):
            assert ends - begins <= timedelta(seconds=LONGEST)


def runs(held: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """From when to when money was held; free for less than a day is not free."""
    step, begins = timedelta(seconds=STEP), None
    for at, then in pairwise([*held, datetime.max.replace(tzinfo=UTC)]):
        begins = begins or at
        if then - at - step >= GRACE:
            yield begins, at + step
            begins = None


@given(histories, placements(99) | words(99))
def test_what_comes_in_its_time_moves_no_other_end_the_wrong_way(history: tuple[Action, ...], last: Action) -> None:
    """A hold more never limits less, and no release, whoever says it, limits more, at any moment to come."""
    late = replace(last, occurred_at=moment(41 * STEP))
    if late.kind in ("clear", "uphold") or late.details.get("verdict", {}).get("void") is False:
        return
    before = account(*history)
    after = account(late, page=before)

    for at in MOMENTS[41:]:
        was, now = limits(before, at), limits(after, at)
        more, less = (now, was) if late.kind == "restrict" else (was, now)
        assert all(more.get(capability, Limit()).covers(limit) for capability, limit in less.items())


@given(numbered(placements, 12, sources=RULES), st.integers(1, 3))
def test_a_page_that_forgets_holds_remembers_that_money_was_held(
    monkeypatch: pytest.MonkeyPatch, history: tuple[Action, ...], room: int
) -> None:
    """However few causes a page keeps, each stretch begins and ends when it did."""
    whole = account(*history)
    monkeypatch.setattr("shared.restrictions.keeping.EACH", 1)
    monkeypatch.setattr("shared.restrictions.keeping.PAGE", room)
    small = account(*history)

    assert small == account(*reversed(history))
    assert small.stretches == whole.stretches
    assert all(small.legal_end(cause) == whole.legal_end(cause) for cause in small.causes)


spans = st.frozensets(
    st.builds(lambda at, lasts: Span(moment(at), moment(at + lasts * STEP)), times, st.integers(-1, 6)), max_size=12
)


@given(spans, spans)
def test_stretches_are_the_same_whenever_they_were_joined(some: frozenset[Span], others: frozenset[Span]) -> None:
    """Stretches of stretches and spans are those of all spans; between two there is a day at least."""
    found = stretches(some | others)

    assert stretches({*stretches(some), *others}) == found
    assert all(later.begins - former.ends >= GRACE for former, later in pairwise(found))
    assert all(
        any(each.begins <= span.begins and span.ends <= each.ends for each in found)
        for span in some | others
        if span.begins < span.ends
    )
