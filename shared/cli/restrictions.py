"""`sluice restrictions`: what an entity may not do now, why, until when; and what people decide about that."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.options import Json, Local, Stage
from shared.cli.placing import place
from shared.cli.releasing import clear, release
from shared.cli.telling import as_json, as_lines, cell, console, found_nothing, moment, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.cli.cloud import Cloud
    from shared.restrictions import Action
    from shared.stores.entries import Entry

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What an entity may not do now, why, and until when."
)
_DECISION = re.compile(r"[0-9a-f]{32}|command/[0-9a-f]{32}")


@app.command("show", short_help="Show what is in force, until when, and why.")
def show(
    entity: Entity,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="As of this moment instead of now.")] = None,
    only: Annotated[str | None, typer.Option(metavar="KIND:ID", help="What limits this one order or listing.")] = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show what is in force for an entity: how much, since and until when, and each cause of it with what would end it.

    Then what it was asked to show or do, of what people cleared it, and what has ended or was released. Exit code 1
    when nothing is in force.

    \b
    Examples:
      sluice restrictions show user:u_1
      sluice restrictions show user:u_1 --at 2026-11-22T12:00:00Z --json
    """
    from shared.cli.standing import Told, documented, printed

    now = moment(at) if at else datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        pages = cloud.ledger().pages(stored(cloud, entity))
    told = Told(entity, now, {scope: page for scope, page in pages.items() if only is None or scope in ("", only)})
    if as_json_document:
        as_json(documented(told))
    else:
        printed(told)
    if not told.in_force:
        found_nothing(f"nothing is in force for {entity}{f' at {at}' if at else ''}")


app.command("place", short_help="Restrict an entity, as a person.")(place)
app.command("release", short_help="Release a restriction, as a person.")(release)
app.command("clear", short_help="Clear an entity of a kind of abuse, or take that back.")(clear)


@app.command("statement", short_help="Show what a restricted user was told.")
def statement(
    about: Annotated[str, typer.Argument(metavar="KIND:ID|DECISION_ID", help="Of whom, or by which decision.")],
    action: Annotated[str | None, typer.Option(metavar="ACTION_ID", help="Of this restriction only.")] = None,
    *,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show the statements of reasons: what whoever is restricted reads, the newest first.

    With --json: one JSON object a line, with what law asks to be kept beside the notice.

    \b
    Examples:
      sluice restrictions statement user:u_1
      sluice restrictions statement 93f0aa1d20a77418f9a3f0e6d2f1b7c4
      sluice restrictions statement user:u_1 --action 5be9c1d20a77418f9a3f0e6d2f1b7c44 --json
    """
    with cloud_of(stage, local=local) as cloud:
        actions = list(
            _by_decision(cloud, about) if _DECISION.fullmatch(about) else _about(cloud, stored(cloud, about))
        )
    found = [each for each in actions if "statement" in each.details and (action is None or each.action_id == action)]
    if not found:
        found_nothing(f"no statement was made for {action or about}")
    if as_json_lines:
        as_lines({"action_id": each.action_id, "entity": each.entity, **_statement(each)} for each in found)
    else:
        for each in found:
            _print_statement(each)


def _about(cloud: "Cloud", entity: str) -> "Iterator[Action]":
    return (_as_enforced(entry) for entry in cloud.ledger().history(entity))


def _as_enforced(entry: "Entry") -> "Action":
    """What was asked for, with the end that the ledger told services."""
    from shared.restrictions.details import as_law_ends_it

    legal_end = next((each.state.get("legal_end") for each in entry.applied), None)
    return replace(entry.action, details=dict(as_law_ends_it(entry.action.details, legal_end)))


def _by_decision(cloud: "Cloud", decision_id: str) -> "Iterator[Action]":
    """What a decision, or a command, asked for."""
    import json

    from shared.restrictions import Action

    record = cloud.archive().get(decision_id)
    if record is None:
        refuse(f"there is no decision {decision_id}; an action's statement is found by --action and whom it meets")
    asked = [Action.from_json(each) for each in json.loads(record.get("actions", "[]"))]
    entities = {each.entity for each in asked if "statement" in each.details}
    enforced = {each.action_id: each for entity in entities for each in _about(cloud, entity)}
    return (enforced.get(each.action_id, each) for each in asked)


def _statement(action: "Action") -> dict[str, Any]:
    found: dict[str, Any] = action.details["statement"]
    return found


def _print_statement(action: "Action") -> None:
    from shared.cli.telling import facts
    from shared.restrictions.statements import letter

    page = console()
    page.print(cell(f"To {action.entity} ({action.action_id})"), style="bold")
    page.print(cell(letter(_statement(action)["notice"])), soft_wrap=True)
    page.print()
    page.print(facts(_statement(action)["record"]), style="dim")
    page.print()
