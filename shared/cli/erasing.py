"""`sluice timelines erase`, and the legal holds that stand in its way."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.moving import reason
from shared.cli.options import Local, Stage
from shared.cli.telling import found_nothing, note, refuse, seconds

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.stores.holds import Hold

NAMED = 5
"""So many dead letters are named; of more, their number."""


def erase(
    entity: Entity,
    *,
    why: Annotated[str, typer.Option(help="Why, such as the number of the request.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Erase what is known of an entity, as the right to erasure asks.

    Its timelines go, what its signals added to those of others, what is personal in the decisions about it, and
    refused signals that name it. Of a decision it stays known when it was, what came of it and by which rules. Its
    restrictions stay, with their reasons, and so does its name in decisions about others, and its name or mark in the
    timelines that their signals, or a backfill, wrote: decisions end by themselves after 400 days, tiles after 187 at
    most, marks in summaries stay.
    A legal hold keeps everything.
    What comes in afterwards is remembered anew: let the services stop first. The same command goes on where it
    stopped.

    \b
    Examples:
      sluice timelines erase user:u_1 --why "request 4711"
    """
    why = reason(why)
    with cloud_of(stage, local=local) as cloud:
        name = stored(cloud, entity)
        _refuse_held(cloud.holds().of(name))
        erasure, letters, timelines = cloud.erasure(), cloud.letters_about(), cloud.timeline_archive()
        now = datetime.now(UTC)
        decisions = [found["decision_id"] for found in erasure.decisions(name)]
        refused = list(letters.refused(entity))
        tiles = len(timelines.tiles(name))
        if not (decisions or refused or tiles):
            found_nothing(f"nothing is known of {entity}")
        note(f"{entity}: {len(decisions):,} decisions, {tiles:,} tiles, {len(refused):,} refused signals")
        _tell_what_stays(cloud, entity, name)
        if not yes and not typer.confirm("Erase it? Nothing brings it back.", err=True):
            refuse("nothing was erased")
        # Somebody may have placed a hold while the question stood.
        _refuse_held(cloud.holds().of(name))
        erasure_id = f"erasure/{uuid4().hex}"
        counts = Counter(decisions=len(decisions), tiles=tiles, refused=len(refused))
        # First, so that nothing is ever gone without a word about it; a second run leaves a second one.
        erasure.note(erasure_id, cloud.caller(), now, why, counts)
        edited = {key for decision_id in decisions for key in erasure.erase(decision_id, now) if key.entity != name}
        for key in refused:
            letters.delete(key)
        erasure.forget_timelines(name)
    for owner, tile in sorted(edited):
        note(f"another hand has edited {tile} of {owner}, so nothing was taken out of it: look at it")
    typer.echo(erasure_id)


def hold(
    entity: Entity,
    *,
    why: Annotated[str, typer.Option(help="Which court or authority asks for it.")],
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Place a legal hold: `erase` leaves the entity alone until it is lifted.

    What ends by itself, as timelines and decisions do after their time, ends under a hold, too: export it.

    \b
    Examples:
      sluice timelines hold user:u_1 --why "court order 12/26"
    """
    with cloud_of(stage, local=local) as cloud:
        name, holds = stored(cloud, entity), cloud.holds()
        if not holds.place(name, cloud.caller(), datetime.now(UTC), reason(why)):
            _refuse_held(holds.of(name))
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


def _refuse_held(held: "Hold | None") -> None:
    if held:
        refuse(
            f"{held.entity} is under a legal hold, placed by {held.by} at {seconds(held.at)} UTC: {held.why}. "
            "Lift it with `sluice timelines unhold`, if you may"
        )


def _tell_what_stays(cloud: "Cloud", entity: str, name: str) -> None:
    from shared.cli.wording import limited

    now = datetime.now(UTC)
    for scope, account in cloud.ledger().pages(name).items():
        for standing in account.in_force(now):
            what = f"{standing.capability}{f' for {scope}' if scope else ''} is {limited(standing.limit)}"
            why = "; ".join(cause.reason for cause in standing.causes)
            note(f"it stays that {what} until {seconds(standing.until)} UTC: {why}")
    batches = list(cloud.letters_about().given_up(entity))
    if batches:
        more = f" and {len(batches) - NAMED:,} more" if len(batches) > NAMED else ""
        note(
            f"it stays in batches that Lambda gave up on, with the signals of others: {', '.join(batches[:NAMED])}"
            f"{more}; redrive them, then erase again"
        )
