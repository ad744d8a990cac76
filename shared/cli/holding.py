"""`sluice timelines hold` and `unhold`: legal holds, which stand in the way of an erasure."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.moving import reason
from shared.cli.options import Local, Stage
from shared.cli.telling import found_nothing, note, refuse, seconds

if TYPE_CHECKING:
    from shared.stores.holds import Hold


def hold(
    entity: Entity,
    *,
    why: Annotated[str, typer.Option(help="Which court or authority asks for it.")],
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Place a legal hold: `erase` leaves the entity alone until it is lifted.

    So it leaves what others added to the entity's timelines, and their decisions that did.
    What ends by itself, as timelines and decisions do after their time, ends under a hold, too: export it.

    \b
    Examples:
      sluice timelines hold user:u_1 --why "court order 12/26"
    """
    with cloud_of(stage, local=local) as cloud:
        name, holds = stored(cloud, entity), cloud.holds()
        if not holds.place(name, cloud.caller(), datetime.now(UTC), reason(why)):
            refuse_held(holds.of(name))
    note(f"nobody erases anything of {entity} from now on; what ends by itself still does")


def unhold(entity: Entity, stage: Stage = "dev", local: Local = False) -> None:
    """Lift a legal hold.

    \b
    Examples:
      sluice timelines unhold user:u_1
    """
    with cloud_of(stage, local=local) as cloud:
        name, holds = stored(cloud, entity), cloud.holds()
        if (found := holds.of(name)) is None:
            found_nothing(f"there is no legal hold on {entity}")
        holds.lift(found, cloud.caller(), datetime.now(UTC))
    note(f"the hold that {found.by} placed at {seconds(found.at)} UTC is lifted: {found.why}")


def refuse_held(held: "Hold | None") -> None:
    """End the command, if there is a hold."""
    if held:
        refuse(f"{in_words(held)}. Lift it with `sluice timelines unhold`, if you may")


def in_words(held: "Hold") -> str:
    """Whose it is, who placed it, when and why."""
    return f"{held.entity} is under a legal hold, placed by {held.by} at {seconds(held.at)} UTC: {held.why}"
