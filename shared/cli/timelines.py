"""`sluice timelines`: what is remembered of an entity; its past from a file; and the right to be forgotten."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.backfilling import backfill
from shared.cli.cloud import cloud_of
from shared.cli.entities import Entity, stored
from shared.cli.erasing import erase
from shared.cli.holding import hold, unhold
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_lines, found_nothing, listing, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.features import TileKey

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What is remembered of an entity; a past for it, from a file; and the right to be forgotten.",
)


@app.command("show", short_help="Show what is remembered of an entity.")
def show(
    entity: Entity,
    series: Annotated[
        str | None, typer.Option(help="Only of these series, such as login.succeeded or login.succeeded#user.")
    ] = None,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show what is remembered of an entity: each tile of its timelines, and the facts of its summary.

    With --json: one JSON object for each signal that is remembered, with its fields. Entities in it are keyed marks,
    and long texts are hashes: timelines hold nothing else.

    \b
    Examples:
      sluice timelines show user:u_1
      sluice timelines show ip:203.0.113.7 --series login.failed --json
    """
    with cloud_of(stage, local=local) as cloud:
        tiles = cloud.timeline_archive().tiles(stored(cloud, entity))
    wanted = {key: elements for key, elements in tiles.items() if not series or key.tile.startswith(series)}
    if not wanted:
        found_nothing(f"nothing is remembered of {entity}{f' in {series}' if series else ''}")
    if as_json_lines:
        as_lines(line for key, elements in wanted.items() for line in _elements(key, elements))
        return
    rows = [_row(key, elements) for key, elements in wanted.items()]
    listing(("tile", "signals", "first (UTC)", "last (UTC)", "note"), rows)


def _row(key: "TileKey", elements: frozenset[bytes]) -> tuple[object, ...]:
    from shared.features import LACKING, TILE_CAP, moment_of, series_here, time_of

    times = sorted(map(time_of, filter(_readable(key), elements)))
    series = series_here(key.tile.rpartition("#")[0])
    notes = [f"what full tiles of {series.span} turned away"] if series and series.overflow else []
    if len(elements) >= TILE_CAP:
        notes.append("full: it takes no more")
    if LACKING in elements:
        notes.append("incomplete: it was full when something was erased, or there was no room")
    if unreadable := len(elements - {LACKING}) - len(times):
        notes.append(f"{unreadable:,} that this version cannot read")
    first, last = (seconds(moment_of(times[place])) if times else "" for place in (0, -1))
    return key.tile, f"{len(times):,}", first, last, "; ".join(notes)


def _elements(key: "TileKey", elements: frozenset[bytes]) -> Iterator[dict[str, Any]]:
    """In order of time; what cannot be read comes last, as its bytes."""
    is_readable = _readable(key)
    for element in sorted(elements, key=lambda each: (not is_readable(each), each)):
        known = _known(key, element) if is_readable(element) else {"unreadable": element.hex()}
        yield {"tile": key.tile, **known}


def _readable(key: "TileKey") -> "Callable[[bytes], bool]":
    """Whether an element of the tile can be shown."""
    from shared.features import reader_of, time_of
    from shared.features.elements import LATEST

    reader = reader_of(key)
    return lambda element: reader.is_readable(element) and time_of(element) <= LATEST


def _known(key: "TileKey", element: bytes) -> dict[str, Any]:
    from shared.features import moment_of, reader_of
    from shared.signals.times import stamp

    unpacked: Any = reader_of(key).unpack(element)
    fields = {name: _plain(value) for name, value in unpacked.fields.items() if value is not None}
    link = {"link": unpacked.link} if unpacked.link else {}
    about = {"time": stamp(moment_of(unpacked.time_ms)), "event": unpacked.event.hex(), "caused": unpacked.caused}
    return {**about, **link, "fields": fields}


def _plain(value: Any) -> Any:
    from shared.signals.amounts import Amount

    if isinstance(value, Amount):
        return {"minor": value.minor, "currency": value.currency}
    return value.hex() if isinstance(value, bytes) else value


app.command("backfill", short_help="Give timelines a past, from a file of signals.")(backfill)
app.command("erase", short_help="Erase what is known of an entity.")(erase)
app.command("hold", short_help="Place a legal hold: nothing is erased.")(hold)
app.command("unhold", short_help="Lift a legal hold.")(unhold)
