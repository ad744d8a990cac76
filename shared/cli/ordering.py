"""What people order of the marketplace: commands in the outbox, enforced like any decision's actions."""

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.cli.cloud import Cloud
    from shared.restrictions import Action

MOST_ACTIONS = 100
"""In one record; an item has room for 400 KB."""


def new_command() -> str:
    """The id of a command's record, made before its actions so that their ids can be made of it."""
    return f"command/{uuid4().hex}"


def order(cloud: "Cloud", command: str, actions: "Sequence[Action]") -> None:
    """Record the actions, at most `MOST_ACTIONS` and all about one entity, as a person's command under this id."""
    from shared.decisions.record import packed
    from shared.signals.times import stamp

    first = actions[0]
    cloud.decision_log().command(
        {
            "decision_id": command,
            "kind": "command",
            "subject": first.entity,
            "time": stamp(first.occurred_at),
            "by": first.source,
            "why": first.reason,
            "actions": packed([action.to_json() for action in actions]),
            "outbox": f"{len(actions)} to publish",
        }
    )
