"""Undo: what an action did is taken back by another action, which is recorded and published like every other one.

Nothing is deleted: a verdict names the action and says that it is void, or, when the undo is undone, that it is not.
Everything else that limits the entity stays as it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.restrictions.actions import Action, ActionKind, action_id_of


@dataclass(frozen=True, slots=True)
class Order:
    """Who orders something, when and why: `source` is `person:…`, and `recorded_as` the id of the order's record."""

    recorded_as: str
    source: str
    at: datetime
    why: str


def compensating(action: Action, order: Order, *, void: bool = True) -> Action | None:
    """The action that takes `action` back, or with `void=False` the one that takes this back.

    None for what cannot be taken back: commands, the word about a thing, reviews that were asked for, and the parking
    of something, which had no effect (see `let_through`).
    """
    details = _details(action, void=void)
    if details is None:
        return None
    kind: ActionKind = "clear" if action.kind == "clear" else "release"
    return Action(
        kind,
        action_id_of(order.recorded_as, "undo", action.action_id),
        action.entity,
        order.source,
        order.at,
        order.why,
        action.abuse,
        details=details,
    )


def let_through(actions: Iterable[Action]) -> Iterator[Action]:
    """The actions of a decision, and those that it had held back: a person may have let them through since."""
    for action in actions:
        yield action
        if action.kind == "park":
            yield Action.from_json(action.details["action"])


def verdict(action_id: str, scope: str, *, void: bool) -> dict[str, Any]:
    """The details of a release that voids what one action placed, or lets it count again."""
    return {"scope": scope, "verdict": {"action_id": action_id, "void": void}}


def _details(action: Action, *, void: bool) -> dict[str, Any] | None:
    match action.kind:
        case "restrict" | "friction":
            return verdict(action.action_id, action.scope, void=void)
        case "release" if "said_by" in action.details:
            return None  # what it repeats is taken back, and reaches it
        case "release" if "selector" in action.details:
            return _about_release(verdict(action.action_id, action.scope, void=void))
        case "release" if found := action.details.get("verdict"):
            return _turned(action.scope, found, void=void)
        case "clear" if until := action.details["until"]:
            return {"until": "" if void else until}
        case _:
            return None


def _turned(scope: str, found: Mapping[str, Any], *, void: bool) -> dict[str, Any]:
    """An undo that is itself undone says the opposite; what brings it back says the same again."""
    turned = verdict(found["action_id"], scope, void=found["void"] != void)
    return _about_release(turned) if found.get("of") == "release" else turned


def _about_release(details: dict[str, Any]) -> dict[str, Any]:
    """It reaches what the release reached: the entity's orders and listings, too."""
    return {**details, "verdict": {**details["verdict"], "of": "release"}}
