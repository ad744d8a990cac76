"""`sluice lists`: the values of lists that are kept in a table, changed without publishing a policy."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import WITHIN, Why, amending, change_by, loadable, reason
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_lines, found_nothing, listing, note, refuse, seconds, span

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The values of lists that are kept in a table: changed without publishing a policy.",
)

Name = Annotated[str, typer.Argument(metavar="LIST", help="The list's name in the policy.")]
Values = Annotated[list[str] | None, typer.Argument(metavar="VALUE…", help="The values.")]
File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="More values: one a line, # for comments.")]
MOST_VALUES = 100_000
LONGEST_VALUE = 500
NAMED = 3
"""So many entities stand in the history by name; of more, and of all other values, their number."""


@app.command("show", short_help="List a list's values: who added each, when, why and until when.")
def show(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    *,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List a list's values: who added each, when, why and until when.

    \b
    Examples:
      sluice lists show settled_cards
      sluice lists show settled_cards --limit 100000 --json | jq -r .value
    """
    from shared.signals.times import stamp

    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        entries = list(cloud.table_lists().entries(name))
    found = [entry for entry in entries if entry.expires_at is None or entry.expires_at > now]
    if not found:
        found_nothing(f"the list {name} has no values in this stage")
    if as_json_lines:
        as_lines(
            {
                "value": entry.value,
                "by": entry.by,
                "at": stamp(entry.at),
                "why": entry.why,
                "expires_at": stamp(entry.expires_at) if entry.expires_at else None,
            }
            for entry in found[:limit]
        )
    else:
        rows = [
            (entry.value, seconds(entry.at), seconds(entry.expires_at) if entry.expires_at else "", entry.by, entry.why)
            for entry in found[:limit]
        ]
        listing(("value", "added (UTC)", "ends (UTC)", "by", "why"), rows)
    if len(found) > limit:
        note(f"{limit:,} of {len(found):,}; see more with --limit")


@app.command("add", short_help="Add values to a list.")
def add(  # noqa: PLR0913  (each option is a parameter)
    name: Name,
    values: Values = None,
    *,
    why: Why,
    file: File = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="They end by themselves after 90m, 24h, 7d …")
    ] = None,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Add values to a list that is kept in the table; rules see them within a minute. Adding again changes the end.

    \b
    Examples:
      sluice lists add watched_cards card:card_4111 --why "named in a report" --for 7d
      sluice lists add settled_cards --file cards.txt --why "the bank's list of October"
    """
    from shared.stores import ListEntry

    wanted, why, now = _values(values, file), reason(why), datetime.now(UTC)
    ends = now + span(for_) if for_ else None
    with cloud_of(stage, local=local) as cloud:
        _insist_on(cloud, name)
        lists = cloud.table_lists()
        if len(lists.values(name).keys() | set(wanted)) > MOST_VALUES:
            refuse(f"a list has {MOST_VALUES:,} values at most; remove some first")
        change = change_by(cloud, "list", f"add {_named(wanted)} to {name}", why)
        # First the values, then the version: whoever sees the version sees the values, and a retry repeats nothing.
        lists.add(name, (ListEntry(value, change.by, why, now, ends) for value in wanted))
        with amending(cloud):
            cloud.policy_table().list_changed(name, change)
    note(f"{len(wanted):,} added, {WITHIN}")


@app.command("remove", short_help="Remove values from a list.")
def remove(
    name: Name,
    values: Values = None,
    *,
    why: Why,
    file: File = None,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Remove values from a list that is kept in the table; rules see it within a minute.

    \b
    Examples:
      sluice lists remove watched_cards card:card_4111 --why "the bank cleared it"
      sluice lists remove watched_cards --file cleared.txt --why "cleared by the bank"
    """
    wanted, why = _values(values, file), reason(why)
    with cloud_of(stage, local=local) as cloud:
        lists = cloud.table_lists()
        there = lists.values(name).keys() & set(wanted)
        if not there:
            found_nothing(f"none of these values is in {name}; `sluice lists show {name}` lists what is")
        change = change_by(cloud, "list", f"remove {_named(sorted(there))} from {name}", why)
        lists.remove(name, sorted(there))
        with amending(cloud):
            cloud.policy_table().list_changed(name, change)
    note(f"{len(there):,} removed, {WITHIN}; {len(wanted) - len(there):,} were not there")


def _values(values: Sequence[str] | None, file: Path | None) -> list[str]:
    """The distinct values; ends the command when there are none, or one that no list can hold."""
    given = [value.strip() for value in values or ()]
    if file:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            refuse(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}")
        given += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    wanted = list(dict.fromkeys(given))
    if not wanted:
        refuse("name values, or a --file of them")
    if len(wanted) > MOST_VALUES:
        refuse(f"a list has {MOST_VALUES:,} values at most; these are {len(wanted):,}")
    for value in wanted:
        if not value or len(value) > LONGEST_VALUE or not value.isprintable():
            refuse(f"{value[:60]!r} cannot be in a list: a value is 1 to {LONGEST_VALUE} printable characters")
    return wanted


def _insist_on(cloud: "Cloud", name: str) -> None:
    """End the command when no policy in force has such a list; a policy that does not load here may have any."""
    from shared.policy.problems import did_you_mean

    pointer = cloud.policy_table().pointer()
    policies = [loadable(cloud, digest) for digest in (pointer.digest, pointer.staged) if digest]
    lists = {each: named for policy in policies if policy for each, named in policy.value_lists.items()}
    if all(policies):
        if name not in lists:
            refuse(f"the policy in force has no list {name!r}; {did_you_mean(name, lists, otherwise='there are')}")
        if not lists[name].table:
            refuse(f"the values of {name} are a part of the policy: change them there, and publish it")


def _named(values: Sequence[str]) -> str:
    """The values for the history, which is kept when they are removed: it has no addresses, texts and such in it."""
    from shared.signals.fields import KINDS

    entities = [value for value in values if (kind := value.partition(":")[0]) in KINDS and kind != "ip"]
    if len(entities) == len(values) <= NAMED:
        return ", ".join(values)
    return f"{len(values):,} value{'s' * (len(values) > 1)}"
