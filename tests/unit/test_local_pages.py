"""The ledger's pages without a table: what is told of an action, and what follows from it."""

from typing import Any

import pytest

from infra.local.pages import Pages
from shared.restrictions import Action, Selector
from shared.signals.times import stamp
from tests.support.signals import moment

pytestmark = pytest.mark.unit

HOUR = 3_600


def restrict(name: str, entity: str, *, at: float = 0, **details: Any) -> Action:
    limited = {"capability": "buy", "limit": {"none": True}, "expires_at": stamp(moment(at + HOUR)), **details}
    return Action("restrict", name, entity, "rule:a", moment(at), "because", "payment_fraud", None, limited)


def release(entity: str, at: float = 60) -> Action:
    details = {"selector": Selector().to_json()}
    return Action("release", f"release {entity}", entity, "person:ann", moment(at), "", None, None, details)


def told(pages: Pages, action: Action) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.action.entity, each.queues) for each in pages.apply(action, "d1")]


def test_what_changes_nothing_is_told_to_nobody() -> None:
    """The first restriction is; the same again is not, and one that lasts longer is."""
    pages = Pages()
    assert told(pages, restrict("a", "user:u_1")) == [("user:u_1", ("act-buy",))]
    assert told(pages, restrict("b", "user:u_1")) == [("user:u_1", ())]
    assert told(pages, restrict("c", "user:u_1", at=60)) == [("user:u_1", ("act-buy",))]


def test_what_is_linked_follows_its_source() -> None:
    """Releasing the source releases on the other page what came of it."""
    pages = Pages()
    via = {"entity": "user:u_1", "action_id": "a", "through": "device:d"}
    told(pages, restrict("a", "user:u_1"))
    told(pages, restrict("b", "user:u_2", via=via))
    assert told(pages, release("user:u_1")) == [("user:u_1", ("act-buy",)), ("user:u_2", ("act-buy",))]
    assert pages.account("user:u_2").in_force(moment(61)) == ()


def test_an_order_has_a_page_of_its_own() -> None:
    """What is for one order limits not the whole, and is released with it."""
    pages = Pages()
    told(pages, restrict("a", "user:u_1", scope="order:o_1"))
    assert pages.account("user:u_1").in_force(moment(1)) == ()
    assert told(pages, release("user:u_1")) == [("user:u_1", ()), ("user:u_1", ("act-buy",))]


def test_a_clearance_makes_a_review_of_a_restriction() -> None:
    """Whoever was found honest is not limited, and somebody looks."""
    pages = Pages()
    until = {"until": stamp(moment(HOUR))}
    told(pages, Action("clear", "c", "user:u_1", "person:review", moment(0), "", "payment_fraud", None, until))
    (enforced,) = pages.apply(restrict("a", "user:u_1", at=60), "d1")
    assert (enforced.queues, enforced.restricts) == (("reviews",), False)
