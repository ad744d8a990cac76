"""`sluice deadletters`: what could not be handled, why, and its second chance."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import (
    as_json,
    as_lines,
    cell,
    console,
    facts,
    found_nothing,
    listing,
    note,
    refuse,
    seconds,
)

if TYPE_CHECKING:
    from shared.stores import DeadLetter, DeadLetters
    from shared.stores.redrive import Mark

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What could not be handled, why, and its second chance."
)

Kind = Literal["invalid", "given_up", "queue"]
KINDS: tuple[Kind, ...] = ("invalid", "given_up", "queue")
KIND_HELP = "invalid: refused signals; given_up: batches that Lambda gave up on; queue: dead-letter queues."
MOST = 10_000
"""Of one kind at once: what is left is there for the next run."""


@app.command("list", short_help="List dead letters, newest first.")
def list_(
    kind: Annotated[Kind | None, typer.Option(help=KIND_HELP)] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each kind, the newest.")] = 50,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List dead letters, newest first: refused signals, batches that Lambda gave up on, and dead-letter queues.

    Nobody else who looks at the same time sees the messages of a queue; they are back when the list is printed.

    \b
    Examples:
      sluice deadletters list
      sluice deadletters list --kind invalid --json | jq -r .reason | sort | uniq -c
    """
    with cloud_of(stage, local=local) as cloud, cloud.dead_letters().held(_kinds(kind), limit) as letters:
        found = [_summary(letter) for letter in letters]
    if as_json_lines:
        as_lines(found)
    elif found:
        rows = [(each["id"], each["kind"], seconds(each["time"]), each["from"], each["reason"]) for each in found]
        listing(("id", "kind", "when (UTC)", "from", "reason"), rows)
    if not found:
        found_nothing("no dead letters")


@app.command("show", short_help="Show one dead letter whole.")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `sluice deadletters list` prints it.")],
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show one dead letter whole: the payload as it came, where it stood, and why it is here.

    \b
    Examples:
      sluice deadletters show invalid/2026/11/22/5f3c….json
      sluice deadletters show sqs/sluice-dev-signals-dlq/0b5e… --json | jq -r .content.body
    """
    with cloud_of(stage, local=local) as cloud, cloud.dead_letters().opened(letter_id) as letter:
        pass
    if letter is None:
        found_nothing(f"there is no dead letter {letter_id}")
    if as_json_document:
        as_json({**_summary(letter), "content": letter.content})
        return
    summary = _summary(letter)
    page = console()
    page.print(facts({**summary, "time": f"{seconds(letter.kept_at)} UTC", "position": letter.content.get("position")}))
    for title, text in _contents(letter):
        page.print(cell(f"\n{title}"), style="bold")
        page.print(cell(text))


@app.command("redrive")
def redrive(
    letter_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which letters.")] = None,
    kind: Annotated[Kind | None, typer.Option(help=f"All of one kind instead. {KIND_HELP}")] = None,
    act: Annotated[bool, typer.Option("--act", help="Let what follows act, as if it came for the first time.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go where, and move nothing.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Give dead letters back to where they came from. They are remembered and decided upon, but act on nothing.

    With --act they act, too. A letter leaves its place only after all of it was taken; refused signals and batches
    are kept under redriven/ in the bucket. Actions (batches of the outbox, queues of actions) need --act. Batches of
    the outbox are given to the function enforce itself, as nobody can write to a table's stream.
    Exit code 1 when a letter stays where it is.

    \b
    Examples:
      sluice deadletters redrive --kind given_up --dry-run
      sluice deadletters redrive invalid/2026/11/22/5f3c….json
      sluice deadletters redrive --kind queue --act
    """
    if bool(letter_ids) == bool(kind):
        refuse("give either the ids of letters or --kind")
    mark: Mark = "act" if act else "observe"
    with cloud_of(stage, local=local) as cloud:
        letters = cloud.dead_letters()
        if kind:
            with letters.held([kind], MOST) as held:
                # Oldest first: what comes again should come in the order in which it came.
                stayed = _redriven(letters, reversed(held), mark, dry_run=dry_run)
        else:
            stayed = _redriven(letters, _each(letters, letter_ids or []), mark, dry_run=dry_run)
    if stayed:
        raise typer.Exit(1)


def _each(letters: "DeadLetters", letter_ids: list[str]) -> "Iterator[DeadLetter]":
    """The letters one by one, each held while it is worked on."""
    for letter_id in letter_ids:
        with letters.opened(letter_id) as letter:
            if letter is None:
                found_nothing(f"there is no dead letter {letter_id}")
            yield letter


def _redriven(letters: "DeadLetters", each: "Iterator[DeadLetter]", mark: "Mark", *, dry_run: bool) -> int:
    """Redrive one after the other, telling each; the number that stayed where they are."""
    from shared.stores import CannotRedriveError

    moved: list[DeadLetter] = []
    stayed = 0
    try:
        for letter in each:
            try:
                deliveries = letters.would_redrive(letter, mark) if dry_run else letters.redrive(letter, mark)
            except CannotRedriveError as error:
                stayed += 1
                note(f"{letter.letter_id} stays: {error}")
                continue
            moved.append(letter)
            where = ", ".join(dict.fromkeys(str(delivery.to) for delivery in deliveries))
            typer.echo(
                f"{letter.letter_id}: {len(deliveries)} to the {where}, marked {mark}{', not moved' if dry_run else ''}"
            )
    finally:
        if not dry_run:
            letters.forget_pointers(moved)
    note(f"{len(moved)} {'would be redriven' if dry_run else 'redriven'}, {stayed} stay")
    return stayed


def _kinds(kind: Kind | None) -> tuple[Kind, ...]:
    return (kind,) if kind else KINDS


def _summary(letter: "DeadLetter") -> dict[str, Any]:
    from shared.signals.times import stamp

    return {
        "id": letter.letter_id,
        "kind": letter.kind,
        "time": stamp(letter.kept_at),
        "from": letter.origin,
        "reason": letter.reason,
    }


def _contents(letter: "DeadLetter") -> Iterator[tuple[str, str]]:
    """What is kept, piece by piece: the payload, or the records of a batch."""
    from shared.stores import CannotRedriveError
    from shared.stores.letters import payload_of, records_of

    if letter.kind != "given_up":
        yield "Payload", payload_of(letter).decode(errors="replace")
        return
    about = {name: value for name, value in letter.content.items() if name != "payload"}
    yield "Invocation", json.dumps(about, indent=2)
    try:
        for place, record in enumerate(records_of(letter), start=1):
            yield f"Record {place}", json.dumps(record, indent=2)
    except CannotRedriveError as error:
        yield "Records", str(error)
