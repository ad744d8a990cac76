"""`sluice restrictions`: what an entity may not do now, why, until when; and a person's release."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, checked
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import (
    about_time,
    as_json,
    cell,
    console,
    found_nothing,
    limited,
    moment,
    note,
    refuse,
    seconds,
)

if TYPE_CHECKING:
    from shared.restrictions import Account, Cause, Standing

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What an entity may not do now, why, and until when."
)

EVERYONE = "*"


@app.command("show", short_help="Show what is in force, until when, and why.")
def show(
    entity: Entity,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As of this moment instead of now.")] = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show what is in force for an entity: until when, and each cause of it; then what has ended or was released.

    Exit code 1 when nothing is in force.

    \b
    Examples:
      sluice restrictions show user:u_1
      sluice restrictions show user:u_1 --at 2026-11-22T12:00:00Z --json
    """
    now = moment(at) if at else datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        account = cloud.ledger().account(checked(entity))
    standing = account.in_force(now)
    if as_json_document:
        as_json(_document(entity, now, account, standing))
    else:
        _print(entity, now, account, standing)
    if not standing:
        found_nothing(f"nothing is in force for {entity}{f' at {at}' if at else ''}")


@app.command("release", short_help="Release a restriction, as a person.")
def release(  # noqa: PLR0913  (each option is a parameter)
    entity: Entity,
    *,
    capability: Annotated[str, typer.Option(help="What it shall be able to do again, such as withdraw.")],
    reason: Annotated[str, typer.Option(help="Why, for the record and for those who act on it.")],
    source: Annotated[str, typer.Option(help="Only what this source placed, such as rule:x; * for all.")] = EVERYONE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Release a restriction, as a person: the command is recorded, and enforced like any decision's actions.

    Prints the command's id, by which `sluice decisions show` finds it.

    \b
    Examples:
      sluice restrictions release user:u_1 --capability withdraw --reason "called back, it was them"
      sluice restrictions release user:u_1 --capability buy --source rule:card_testing --reason "shared card" --yes
    """
    from shared.restrictions import CAPABILITIES

    if capability not in CAPABILITIES:
        refuse(f"there is no capability {capability!r}; there are {', '.join(CAPABILITIES)}")
    if not reason.strip():
        refuse("a release needs a reason: whoever reads the record later must understand it")
    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        causes = _causes(cloud.ledger().account(checked(entity)), capability, now)
        released = [cause for cause in causes if source in (EVERYONE, cause.source)]
        if not released:
            others = f" by {source}; there is {', '.join(cause.source for cause in causes)}" if causes else ""
            found_nothing(f"nothing limits {capability} of {entity}{others}")
        for cause in released:
            note(f"{capability} {limited(cause.allowed)} until {seconds(cause.expires_at)} UTC: {cause.source}")
        if not yes and not typer.confirm(f"Release {capability} of {entity}?", err=True):
            refuse("nothing was released")
        record = _command(entity, capability, source, reason, cloud.caller(), now)
        cloud.decision_log().command(record)
    typer.echo(record["decision_id"])


def _command(entity: str, capability: str, source: str, reason: str, caller: str, now: datetime) -> dict[str, Any]:
    """The record of a person's release, which is its place in the outbox, too."""
    from uuid import uuid4

    from shared.decisions.record import packed
    from shared.restrictions import Action, action_id_of
    from shared.signals.times import stamp

    decision_id = f"command/{uuid4().hex}"
    action = Action(
        "release",
        action_id_of(decision_id, "release", entity, capability),
        entity,
        f"person:{caller}",
        now,
        reason,
        details={"capability": capability, "released": source},
    )
    return {
        "decision_id": decision_id,
        "kind": "command",
        "subject": entity,
        "time": stamp(now),
        "actions": packed([action.to_json()]),
        "outbox": "1 to publish",
    }


def _causes(account: "Account", capability: str, at: datetime) -> "tuple[Cause, ...]":
    return next((standing.causes for standing in account.in_force(at) if standing.capability == capability), ())


def _document(entity: str, at: datetime, account: "Account", standing: "tuple[Standing, ...]") -> dict[str, Any]:
    from shared.restrictions import account_to_json
    from shared.signals.times import stamp

    whole = account_to_json(account)
    return {
        "entity": entity,
        "at": stamp(at),
        "in_force": [
            {
                "capability": each.capability,
                "allowed": each.allowed,
                "since": stamp(each.since),
                "until": stamp(each.until),
                "causes": [cause.action_id for cause in each.causes],
            }
            for each in standing
        ],
        **whole,
    }


def _print(entity: str, at: datetime, account: "Account", standing: "tuple[Standing, ...]") -> None:
    page = console()
    for each in standing:
        left = f"{limited(each.allowed)} until {seconds(each.until)} UTC, for another {about_time(each.until - at)}"
        page.print(cell(f"{entity}: {each.capability} {left}"), style="bold")
        for cause in each.causes:
            _print_cause(cause, "")
    live = {cause.action_id for each in standing for cause in each.causes}
    if others := [cause for cause in account.causes if cause.action_id not in live]:
        page.print(cell(f"{entity}: not in force at {seconds(at)} UTC"), style="bold")
        for cause in others:
            _print_cause(cause, f"{cause.capability} {limited(cause.allowed)}, ")
    if account.releases:
        page.print(cell(f"{entity}: released"), style="bold")
    for (source, capability), when in sorted(account.releases.items()):
        whose = "by anyone" if source == EVERYONE else f"by {source}"
        page.print(cell(f"  {capability}, as placed {whose} up to {seconds(when)} UTC"))


def _print_cause(cause: "Cause", what: str) -> None:
    from rich.padding import Padding

    page = console()
    page.print(
        cell(f"  {what}from {seconds(cause.starts_at)} until {seconds(cause.expires_at)}, by {cause.source}"),
        soft_wrap=True,
    )
    page.print(Padding(cell(cause.reason), (0, 0, 0, 4)), style="dim")
    page.print(cell(f"    decision {cause.decision_id}"), style="dim")
