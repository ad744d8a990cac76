"""`sluice timelines erase`: the right to erasure, as far as a legal hold lets it."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.holding import in_words, refuse_held
from shared.cli.known import Known, few, known_of
from shared.cli.moving import reason
from shared.cli.options import Local, Stage
from shared.cli.telling import found_nothing, note, refuse, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.cli.cloud import Cloud
    from shared.stores.erasure import Traces

Backfilled = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A file of signals that was added; once for each."),
]


def erase(
    entity: Entity,
    *,
    why: Annotated[str, typer.Option(help="Why, such as the number of the request.")],
    backfilled: Backfilled = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Erase what is known of an entity, as the right to erasure asks.

    Its timelines go, what its signals added to those of others, what is personal in the decisions about it, and
    refused signals that name it. Of a decision it stays known when it was, what came of it and by which rules. Its
    restrictions stay, with their reasons, and so does its name in decisions about others, and its name or mark in the
    timelines that their signals wrote: decisions end by themselves after 400 days (plain allows after 150), tiles
    after 187 at most, marks in summaries stay.
    Decisions tell where its signals left something. Where there are none, since a backfill added the signals, or since
    they are so old that their decisions have ended, a file tells: name each one, with the entity's signals still in it,
    and take them out of it afterwards.
    A legal hold keeps everything; one on somebody else keeps what the entity added there.
    What comes in afterwards is remembered anew, in tiles that were full from five minutes later on: let the services
    stop first. The same command goes on where it stopped.

    \b
    Examples:
      sluice timelines erase user:u_1 --why "request 4711"
      sluice timelines erase user:u_1 --why "request 4711" --backfilled logins-of-90-days.jsonl.gz
    """
    why = reason(why)
    with cloud_of(stage, local=local) as cloud:
        name = stored(cloud, entity)
        refuse_held(cloud.holds().of(name))
        known = known_of(cloud, entity, name, backfilled or [])
        if not known:
            found_nothing(f"nothing is known of {entity}")
        note(f"{entity}: {known}")
        _tell_what_stays(cloud, entity, name)
        if not backfilled:
            note("what a backfill added of it to the timelines of others stays: name its file with --backfilled")
        if not yes and not typer.confirm("Erase it? Nothing brings it back.", err=True):
            refuse("nothing was erased")
        # Somebody may have placed a hold while the question stood.
        refuse_held(cloud.holds().of(name))
        erasure_id = f"erasure/{uuid4().hex}"
        # First, so that nothing is ever gone without a word about it; a second run leaves a second one.
        cloud.erasure().note(erasure_id, cloud.caller(), datetime.now(UTC), why, known.noted)
        _erase(cloud, name, known)
    typer.echo(erasure_id)


def _erase(cloud: "Cloud", name: str, known: Known) -> None:
    """Each step may be repeated; a record is emptied when nothing is left to be found by it."""
    erasure, timelines, now = cloud.erasure(), cloud.timeline_archive(), datetime.now(UTC)
    left = {decision_id: erasure.traces(decision_id) for decision_id in known.decisions}
    traces = _together([*left.values(), *known.in_files()])
    traces.pop(name, None)
    held = cloud.holds().among(traces)
    for owner in sorted(traces.keys() - held.keys()):
        for key in timelines.take_out(owner, traces[owner]):
            note(f"another hand has edited {key.tile} of {owner}, so nothing was taken out of it: look at it")
    for decision_id, owners in left.items():
        if held.keys().isdisjoint(owners):
            erasure.empty(decision_id, now)
    for refused in known.refused:
        cloud.letters_about().delete(refused)
    timelines.forget(name)
    kept = Counter(owner for owners in left.values() for owner in owners)
    for owner, hold in sorted(held.items()):
        note(
            f"{in_words(hold)}. What was added to its timelines stays, and {kept[owner]:,} decisions with it: erase "
            "again when the hold is lifted"
        )


def _together(each: "Iterable[Traces]") -> "dict[str, set[bytes]]":
    together = defaultdict[str, set[bytes]](set)
    for traces in each:
        for owner, marks in traces.items():
            together[owner].update(marks)
    return together


def _tell_what_stays(cloud: "Cloud", entity: str, name: str) -> None:
    from shared.cli.wording import limited

    now = datetime.now(UTC)
    for scope, account in cloud.ledger().pages(name).items():
        for standing in account.in_force(now):
            what = f"{standing.capability}{f' for {scope}' if scope else ''} is {limited(standing.limit)}"
            why = "; ".join(cause.reason for cause in standing.causes)
            note(f"it stays that {what} until {seconds(standing.until)} UTC: {why}")
    if batches := list(cloud.letters_about().given_up(entity)):
        note(
            f"it stays in batches that Lambda gave up on, with the signals of others: {few(batches)}; redrive them, "
            "then erase again"
        )
