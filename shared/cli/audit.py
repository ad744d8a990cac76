"""`sluice audit`: who or what changed what an entity may do, when, and why, from the ledger's history."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_lines, found_nothing, listing, note, seconds, span

if TYPE_CHECKING:
    from shared.stores.entries import Entry


def audit(
    entity: Entity,
    *,
    last: Annotated[str | None, typer.Option(metavar="SPAN", help="Within the last 90m, 24h, 7d … only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List who or what changed which restriction of an entity, when and why, the newest first.

    From the ledger's history, to which things are only ever added: nobody may change or delete an item of it.

    \b
    Examples:
      sluice audit user:u_1
      sluice audit user:u_1 --last 7d --json | jq -r .action.reason
    """
    since = datetime.now(UTC) - span(last) if last else None
    with cloud_of(stage, local=local) as cloud:
        history = cloud.ledger().history(stored(cloud, entity))
    found = [entry for entry in history if since is None or entry.action.occurred_at >= since]
    if not found:
        found_nothing(f"nothing was ever changed about {entity}{f' within the last {last}' if last else ''}")
    if as_json_lines:
        as_lines(_document(entry) for entry in found[:limit])
    else:
        _list(found[:limit])
    if len(found) > limit:
        note(f"{limit:,} of {len(found):,}; see more with --limit")


def _list(found: "list[Entry]") -> None:
    from shared.cli.wording import done, who

    rows = [
        (
            seconds(entry.action.occurred_at),
            who(entry.action.source, entry.action.details.get("version", "")),
            f"{done(entry.action)}{'' if entry.changed else '; changed nothing'}",
            entry.action.reason,
            entry.decision_id,
        )
        for entry in found
    ]
    listing(("time (UTC)", "who", "what", "why", "decision"), rows)


def _document(entry: "Entry") -> dict[str, Any]:
    return {
        "decision_id": entry.decision_id,
        "scope": entry.scope,
        "changed": entry.changed,
        "note": entry.note,
        "action": entry.action.to_json(),
    }
