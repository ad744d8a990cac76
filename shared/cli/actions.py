"""`sluice actions`: the contract for those who act on what is on the bus, and publishing it again."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_json, console, facts, found_nothing, note, one_of, refuse, when
from shared.cli.undo import paced

if TYPE_CHECKING:
    from shared.stores import Period
    from shared.stores.republishing import Found

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What is on the bus: its contract, and publishing it again."
)


@app.command("schema", short_help="Print the JSON Schema of one type of event, or of all.")
def schema(
    event: Annotated[
        str | None, typer.Argument(metavar="[TYPE]", help="Such as RestrictionPlaced; all of them without it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write one file a type into this folder.")] = None,
) -> None:
    """Print the JSON Schema of the detail of a type of event on the bus, or of all, or write one file for each.

    It accepts what earlier versions published, too: an archive can be replayed to whoever checks by it.

    \b
    Examples:
      sluice actions schema RestrictionPlaced
      sluice actions schema --out schemas
    """
    from shared.restrictions.events import DATA, event_schema

    names = [one_of(event, DATA, "type of event")] if event else list(DATA)
    if out is None:
        as_json(event_schema(names[0]) if event else {name: event_schema(name) for name in names})
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = out / f"{name}.schema.json"
            path.write_text(json.dumps(event_schema(name), indent=2) + "\n", encoding="utf-8")
            typer.echo(path)
    except OSError as error:
        refuse(f"{out} cannot be written to: {error.strerror}")


@app.command("republish", short_help="Publish again what was recorded in a period.")
def republish(  # noqa: PLR0913  (each option is a parameter)
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From this event time on: 2026-11-22T10:20:00Z, or 90m, 24h, 7d ago.")
    ],
    until: Annotated[str, typer.Option(metavar="TIME", help="Before this event time; without it, until now.")] = "",
    run: Annotated[str, typer.Option(metavar="RUN", help="Go on with this run where it stopped.")] = "",
    per_second: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many records a second.")] = 50,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Publish again what was recorded in a period, under the same ids and sequences.

    For events that the bus lost, or a stream that stood still for longer than it keeps its records: what never reached
    the ledger is applied now, unless it is stale. One consumer that lost its events is better helped by a replay of the
    bus's archive to its rule alone, but for the words that things may pass: the archive has none of these. First it
    says what it would come to, then it asks. Prints the run's id, by which the same command goes on where it stopped.
    Exit code 1 when nothing was recorded.

    \b
    Examples:
      sluice actions republish --since 36h --dry-run
      sluice actions republish --since 2026-11-21T08:00:00Z --until 2026-11-22T08:00:00Z --per-second 20
    """
    from shared.stores.republishing import Run

    now = datetime.now(UTC)
    period = _period(since, until, now)
    with cloud_of(stage, local=local) as cloud:
        republishing = cloud.republishing()
        recorded = republishing.found(period, now)
        for each in recorded:
            if each.unreadable:
                note(f"left out: {each.unreadable}")
        found = [each for each in recorded if each.actions or each.stale]
        told = _told(period, found)
        if as_json_document:
            as_json(told)
        else:
            console().print(facts(told))
        if not told["actions"]:
            found_nothing("nothing that can be published again was recorded in this time")
        if dry_run:
            note("a dry run: nothing was changed")
            return
        if not yes and not typer.confirm(f"Publish {told['actions']:,} actions again?", err=True):
            refuse("nothing was published")
        begun = Run(run or uuid4().hex[:16], f"person:{cloud.caller()}", now)
        wanted = [each for each in found if each.actions]
        new = sum(republishing.again(begun, each) for each in paced(wanted, per_second))
    note(f"{new:,} records are in the outbox again{_before(len(wanted) - new)}; they are enforced within seconds")
    if not as_json_document:
        typer.echo(begun.run_id)


def _period(since: str, until: str, now: datetime) -> "Period":
    from shared.stores import Period

    begins, ends = when(since, now), when(until, now) if until else now
    if begins >= ends:
        refuse(f"--since {since} is not before {f'--until {until}' if until else 'now'}")
    return Period(begins, ends)


def _told(period: "Period", found: "list[Found]") -> dict[str, Any]:
    kinds = Counter(action.kind for each in found for action in each.actions)
    first, last = period.bounds()
    return {
        "from": first,
        "to": last,
        "records": len(found),
        "actions": kinds.total(),
        "of kind": [f"{kind} ({count:,})" for kind, count in kinds.most_common()],
        "never applied": sum(each.new for each in found),
        "stale, left out": sum(each.stale for each in found),
    }


def _before(count: int) -> str:
    return f", {count:,} were before" if count else ""
