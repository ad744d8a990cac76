"""`sluice undo`: what a rule, a policy or a decision did, or what was done to an entity, is taken back."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from shared.cli.cloud import cloud_of
from shared.cli.decisions import AHEAD
from shared.cli.entities import stored
from shared.cli.moving import reason
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_json, console, facts, found_nothing, listing, note, refuse, when
from shared.cli.undo_preview import previewed

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.cli.undo_preview import Capability, Preview
    from shared.stores.undo_jobs import Selection, UndoJob
    from shared.stores.undoing import Done

Each = TypeVar("Each")
NAMED = 10
"""So many entities are named; of more, their number."""
LEAST_OF_DIGEST = 8


def undo(  # noqa: PLR0913  (each option is a parameter)
    *,
    rule: Annotated[str, typer.Option(metavar="RULE[@VERSION]", help="What this rule did.")] = "",
    policy: Annotated[str, typer.Option(metavar="DIGEST", help="What all rules of this policy did.")] = "",
    decision: Annotated[str, typer.Option(metavar="ID", help="What this decision did, to whomever.")] = "",
    entity: Annotated[str, typer.Option(metavar="KIND:ID", help="What rules did to this entity.")] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From this event time on: 2026-11-22T10:20:00Z, or 90m, 24h, 7d ago.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Before this event time; without it, until now.")] = "",
    job: Annotated[str, typer.Option(metavar="JOB", help="Go on with this job.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Undo the undo: what the job took back counts again.")] = False,
    why: Annotated[str, typer.Option(help="Why, for the history and for those who act on it.")] = "",
    per_second: Annotated[int, typer.Option(min=1, max=1_000, help="Order at most so many decisions a second.")] = 50,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Take back restrictions and friction: what else limits an entity stays, and so does what people decided.

    First it says what it would come to, then it asks. Linked restrictions go with those that they came from. Commands
    that were given, and things that were denied, stay as they are: they are told. Prints the job's id. The same
    command, by anyone, goes on where one stopped (--job JOB does, where --since was a span); with --job JOB --again the
    whole is taken back. Exit code 1 when
    there is nothing to undo.

    \b
    Examples:
      sluice undo --rule card_testing --since 2h --why "fires on honest buyers" --dry-run
      sluice undo --rule card_testing@1f2e3d4c --since 2026-11-22T10:20:00Z --why "fires on honest buyers"
      sluice undo --decision 5f3c0c6bb0a94c0bb5b1f5f0a1f7e1d2 --why "called back, it was them" --yes
      sluice undo --job 0b5c1e7aa2f94d10 --again --why "it was right after all"
    """
    from shared.restrictions.undoing import Order

    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        given = _Given(rule, policy, decision, entity, since, until)
        selection = _of_job(cloud, job, given) if job else _selection(cloud, given, now)
        void, bound = not again, _bound(cloud, selection, now, again=again)
        undoing = cloud.undoing()
        found = list(undoing.found(selection, bound))
        order = Order("", f"person:{cloud.caller()}", now, reason(why) if why or not dry_run else "")
        preview = previewed(found, cloud.ledger(), order, void=void)
        if as_json_document:
            as_json({"job": selection.job, "undoes": void, **preview.document()})
        else:
            _tell(selection, preview, void=void)
        if not preview.actions:
            found_nothing(f"nothing of {selection.words} can be taken back")
        if dry_run:
            note("a dry run: nothing was changed")
            return
        question = f"{'Undo' if void else 'Undo the undo of'} {preview.actions:,} actions?"
        if not yes and not typer.confirm(question, err=True):
            refuse("nothing was undone")
        told = f"{preview.actions:,} actions of {preview.decisions:,} decisions on {len(preview.entities):,} entities"
        begun = cloud.undo_jobs().begin(selection, order, bound, told, void=void)
        carry_out(cloud, begun, found, per_second)
    if not as_json_document:
        typer.echo(begun.job_id)


def carry_out(cloud: "Cloud", job: "UndoJob", found: "list[Done]", per_second: int) -> None:
    """Order what has not been ordered yet in this round, by whomever; it can be broken off and done again."""
    undoing, order = cloud.undoing(), job.order("")
    wanted = [done for done in found if done.taking_back(order, void=job.void)]
    ordered = undoing.ordered(job, (done.decision_id for done in wanted))
    left = [done for done in wanted if done.decision_id not in ordered]
    if ordered:
        note(f"{len(ordered):,} were ordered before, first by {job.by}; {len(left):,} are left")
    new = sum(undoing.order(job, done) for done in paced(left, per_second))
    others = len(left) - new
    note(f"ordered for {new:,} decisions{f', and by somebody else for {others:,}' if others else ''}; it is enforced")
    if job.void:
        note(f"`sluice undo --job {job.job_id} --again` takes it back")


def paced(items: Iterable[Each], per_second: int) -> Iterator[Each]:
    """The items, at most so many of them within a second."""
    began = time.monotonic()
    for place, item in enumerate(items):
        if place and place % per_second == 0:
            time.sleep(max(0.0, began + 1 - time.monotonic()))
            began = time.monotonic()
        yield item


class _Given(NamedTuple):
    """What the command was given to select by; empty is what was left out."""

    rule: str
    policy: str
    decision: str
    entity: str
    since: str
    until: str


def _of_job(cloud: "Cloud", job: str, given: _Given) -> "Selection":
    if any(given):
        refuse("a job knows what it undoes: give --job alone")
    known = cloud.undo_jobs().get(job)
    return known.selection if known else found_nothing(f"there is no job {job}; `sluice changes` lists them")


def _selection(cloud: "Cloud", given: _Given, now: datetime) -> "Selection":
    from shared.stores.undo_jobs import Selection

    named = [name for name in ("rule", "policy", "decision", "entity") if getattr(given, name)]
    if len(named) != 1:
        refuse("say what to undo, by one of --rule, --policy, --decision, --entity or --job")
    if given.decision:
        if given.since or given.until:
            refuse("a decision is one moment: leave --since and --until out")
        return Selection(decision=given.decision)
    if not given.since:
        refuse(f"say from when on, such as --since 2h: everything that --{named[0]} ever did is rarely meant")
    since, until = when(given.since, now), when(given.until, now) if given.until else None
    if since >= (until or now + AHEAD):
        refuse(f"--since {given.since} is not before {f'--until {given.until}' if until else 'now'}")
    if given.policy and len(given.policy) < LEAST_OF_DIGEST:
        refuse(f"{given.policy!r} is too little of a digest: give at least {LEAST_OF_DIGEST} digits")
    rule, _, version = given.rule.partition("@")
    entity = stored(cloud, given.entity) if given.entity else ""
    return Selection(rule, version, given.policy, "", entity, since, until)


def _bound(cloud: "Cloud", selection: "Selection", now: datetime, *, again: bool) -> datetime:
    """Up to when to look, for a selection without an end: up to now, or, to undo an undo, as far as that looked."""
    known = cloud.undo_jobs().get(selection.job)
    if not again:
        return now + AHEAD
    return known.until if known else found_nothing(f"nobody has undone {selection.words}, so there is nothing to undo")


def _tell(selection: "Selection", preview: "Preview", *, void: bool) -> None:
    named = [entity for entity, _ in preview.entities.most_common(NAMED)]
    more = [f"and {len(preview.entities) - NAMED:,} more"] if len(preview.entities) > NAMED else []
    told = {
        "would undo" if void else "would bring back": f"{selection.words}, job {selection.job}",
        "actions": f"{preview.actions:,} of {preview.decisions:,} decisions",
        "on": f"{len(preview.entities):,} entities: {', '.join(named + more)}" if named else "",
        "friction": _counts(preview.demands, "demands withdrawn" if void else "demands made again"),
        "releases": _counts(preview.releases, "what waited for it waits again" if void else "released again"),
        "stays limited": _counts(preview.because, "by another cause") if void else "",
        "cannot be undone": [
            *(f"{command}, given {count:,} times" for command, count in preview.commands.most_common()),
            *(f"{count:,} things told to services as {word}" for word, count in preview.dispositions.most_common()),
        ],
        "reviews": f"{preview.others['review']:,} that were asked for stay open" if preview.others["review"] else "",
        "parked": f"{preview.others['park']:,} stay parked: `sluice parked void` settles them"
        if preview.others["park"]
        else "",
        "not readable": f"{preview.unreadable:,} pages of the ledger" if preview.unreadable else "",
    }
    console().print(facts(told))
    if preview.capabilities:
        words = ("ends on", "comes back on", "gets milder on" if void else "changes on", "stays on")
        listing(
            ("capability", "restrictions", *words, "was over on"),
            [_row(name, each) for name, each in sorted(preview.capabilities.items())],
        )


def _row(name: str, each: "Capability") -> tuple[str, ...]:
    return (
        name,
        *(f"{count:,}" for count in (each.placed, each.freed, each.limited, each.changed, each.stays, each.over)),
    )


def _counts(counted: "dict[str, int]", what: str) -> str:
    told = ", ".join(f"{name} ({count:,})" for name, count in sorted(counted.items(), key=lambda each: -each[1]))
    return f"{told}: {what}" if told else ""
