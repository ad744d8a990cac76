"""A page of the ledger has a bound, whatever meets an entity, and loses nothing to what matters less."""

import json
from dataclasses import replace
from functools import cache

import pytest

from shared.restrictions import Account, account_from_json, account_to_json, reached_by
from shared.restrictions.causes import cause_of
from shared.restrictions.keeping import EACH, OTHERS, PAGE, kept_causes
from shared.restrictions.reaches import Notice, notices_of
from tests.support.ledgers import DECISION, HOLD, HOUR, account, limits, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.unit
MOST_BYTES = 400_000
VIA = {"entity": "user:u_2", "action_id": "source", "through": "device_accounts"}


@cache
def crowded() -> Account:
    """A person's hold, a rule's, and then ten thousand others that last longer, each for a reason of its own."""
    placed = [restrict("person", source="person:ana"), restrict("direct", capability="buy")]
    for number in range(10_000):
        via = {**VIA, "entity": f"user:{number}", "action_id": f"s{number}"}
        linked = restrict(f"a{number:05}", number, lasts=48 * HOUR, limit={"delay_hours": 24}, via=via)
        placed.append(replace(linked, reason="x" * 200))
    return Account(kept_causes({cause_of(each, DECISION) for each in placed}))


def test_ten_thousand_restrictions_of_one_entity_stay_within_the_cap() -> None:
    """The page keeps persons' and direct causes before linked ones, and of these those that end last."""
    page = crowded()

    assert len(page.causes) == PAGE
    assert limits(page, 0) == {"receive_payout": HOLD, "buy": HOLD}
    assert min(int(cause.action_id[1:]) for cause in page.causes if cause.via) == 10_000 - (PAGE - 2)
    assert page.in_force(moment(0))[1].until == moment(9_999 + 48 * HOUR)


def test_one_rule_that_hits_ten_thousand_times_is_eight_causes() -> None:
    """Those that end last, and those that began last: the others limit nothing more."""
    page = account(*(restrict(f"a{number:05}", number) for number in range(10_000)))

    assert len(page.causes) == EACH
    assert page.in_force(moment(0))[0].until == moment(9_999 + HOUR)
    assert limits(account(release("r", 10_000), page=page), 10_000) == {}


def test_a_hit_that_ends_early_but_began_last_outlasts_a_release_of_the_others() -> None:
    """Nine older hits that last longer do not push out the newest one."""
    older = [restrict(f"a{number}", number, lasts=9 * HOUR) for number in range(9)]
    page = account(*older, restrict("new", 60, lasts=HOUR), release("r", 30))
    assert [cause.action_id for cause in page.effective] == ["new"]


def test_verdicts_and_releases_stay_within_the_cap_and_forget_no_kept_cause() -> None:
    """The undo of a runaway rule names every hit; those about what is kept are never dropped for those that are not."""
    page = account(*(restrict(f"kept{number}") for number in range(3)))
    page = account(*(undo(f"u{number}", f"kept{number}", 1) for number in range(3)), page=page)
    page = account(restrict("by-decision", capability="buy"), release("first", 1, capability="buy"), page=page)
    for number in range(OTHERS + 50):
        page = account(
            undo(f"v{number}", f"gone{number}", 10), release(f"r{number}", 10, decision_id=f"d{number}"), page=page
        )

    assert len(page.verdicts) <= OTHERS + 3
    assert len(page.releases) <= OTHERS + 1
    assert limits(page, 11) == {}


def test_what_is_released_again_and_again_takes_no_more_room_than_other_releases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of sayings and of verdicts about them the last are kept, whatever the order; one cap is for all releases."""
    most = 12
    monkeypatch.setattr("shared.restrictions.keeping.OTHERS", most)
    names = [f"r{number:02}-{again}" for number in range(most) for again in range(EACH)]
    said = [release(name, place, decision_id=name[:3]) for place, name in enumerate(names)]
    undone = [undo(f"u{name}", name, 100 + place) for place, name in enumerate(names)]
    page = account(*said, *undone)

    assert sum(map(len, page.releases.values())) == most
    assert {names[-1], names[-most]} <= page.verdicts.keys()
    assert len(page.verdicts) <= 2 * most
    assert account(*undone, *said) == page


def test_a_page_with_everything_at_its_cap_is_an_item_that_dynamodb_takes() -> None:
    """And it reads back equal."""
    page = crowded()
    for number in range(OTHERS):
        linked = restrict(f"linked-{number:025}", number, entity=f"user:{number:030}", via=VIA)
        (notice,) = notices_of(linked, DECISION)
        scope = Notice(linked.entity, scope=f"order:{number:030}", until=moment(number))
        page = reached_by(reached_by(page, notice), scope)
        page = account(undo(f"verdict-{number:024}", f"gone-{number:027}", 10), page=page)
        page = account(
            release(f"release-{number:024}", 10, decision_id=f"{number:032}", source="rule:any_name"), page=page
        )

    assert (len(page.links), len(page.scopes), len(page.verdicts), len(page.releases)) == (OTHERS,) * 4
    text = json.dumps(account_to_json(page), separators=(",", ":"))
    assert len(text.encode()) < MOST_BYTES * 0.75
    assert account_from_json(json.loads(text)) == page


def test_what_an_entity_may_do_is_told_quickly_enough_for_a_request_by_reading_one_page() -> None:
    """One call tells limit, since when, why, until when, and what would release it."""
    page = account(restrict("a", until=["step_up"]))
    (standing,) = page.in_force(moment(1))
    assert (standing.capability, standing.limit.to_json(), standing.since) == ("receive_payout", HOLD, moment(0))
    assert standing.until == moment(HOUR)
    assert [(cause.reason, cause.until, cause.decision_id) for cause in standing.causes] == [
        ("why", ("step_up",), DECISION)
    ]
