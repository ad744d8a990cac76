"""`sluice decisions`: which decisions there are, and everything about one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_json, as_lines, found_nothing, listing, note, refuse, seconds, span

if TYPE_CHECKING:
    from shared.stores import DecisionArchive, Period

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Which decisions there are, and everything about one."
)

Outcome = Literal["deny", "pend", "challenge", "restrict", "command", "friction", "review"]
AHEAD = timedelta(minutes=15)
"""Producers' clocks may be so much ahead of ours."""


@app.command("list")
def list_(  # noqa: PLR0913  (each option is a parameter)
    *,
    subject: Annotated[str | None, typer.Option(help="Only about this entity, such as user:u_1.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only with this outcome.")] = None,
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Of this day of event time, in UTC.")] = None,
    last: Annotated[str | None, typer.Option(metavar="SPAN", help="Of the last 90m, 24h, 7d … of event time.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List decisions, newest first.

    An outcome is the disposition, or, where the thing itself was allowed, the strongest action beside it: restrict,
    command, friction or review. Plain allows are in no index: name a subject to see them.
    Without a subject, and without --day or --last, these are the decisions of the last 24 hours. With --json: one
    JSON object a line.

    \b
    Examples:
      sluice decisions list --last 24h
      sluice decisions list --outcome deny --day 2026-11-22
      sluice decisions list --subject user:u_1 --json | jq .rules
    """
    period = _period(day, last)
    with cloud_of(stage, local=local) as cloud:
        archive = cloud.archive()
        found = list(islice(_matching(archive, subject, outcome, period), limit))
        days = archive.sampled_days() if period and not found and not subject else ()
    if not found:
        found_nothing(
            f"no such decisions{others_of(days)}{'' if subject else '; plain allows are listed by --subject only'}"
        )
    if as_json_lines:
        as_lines(found)
        return
    rows = [
        (
            each["decision_id"],
            seconds(each["time"]),
            each.get("outcome", each["disposition"]),
            each["signal_type"],
            each["subject"],
            each.get("rules", []),
        )
        for each in found
    ]
    listing(("decision", "time (UTC)", "outcome", "signal", "about", "rules"), rows)
    if len(found) == limit:
        note(f"the newest {limit}; see more with --limit")


@app.command("show", short_help="Show everything about one decision.")
def show(
    decision_id: Annotated[str | None, typer.Argument(help="The decision's id.")] = None,
    signal: Annotated[
        tuple[str, str] | None, typer.Option(metavar="SOURCE ID", help="The decision about this signal.")
    ] = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show everything about one decision: what, when, about whom, why, and what followed.

    Conditions of the rules that fired are explained with the values they saw, by the policy that the decision names.

    \b
    Examples:
      sluice decisions show 5f3c0c6bb0a94c0bb5b1f5f0a1f7e1d2
      sluice decisions show --signal payments 01JD000009
    """
    if (decision_id is None) == (signal is None):
        refuse("give either a decision's id or --signal SOURCE ID")
    from shared.cli.decision_view import described, printed
    from shared.cli.moving import loadable
    from shared.signals import decision_id_of

    wanted = decision_id_of(*signal) if signal else str(decision_id)
    with cloud_of(stage, local=local) as cloud:
        archive = cloud.archive()
        record = archive.get(wanted)
        is_decision = record is not None and record["kind"] == "decision"
        changes = archive.content_changes(record) if record and is_decision else []
        followers = archive.followers(record) if record and is_decision else []
        policy = loadable(cloud, record["policy"]) if record and is_decision else None
    if record is None:
        found_nothing(f"there is no decision {wanted}" + (f" (the one about {' '.join(signal)})" if signal else ""))
    document = described(record, changes, followers, policy)
    if as_json_document:
        as_json(document)
    else:
        printed(document)


def _matching(
    archive: "DecisionArchive", subject: str | None, outcome: Outcome | None, period: "Period | None"
) -> Iterator[dict[str, Any]]:
    from shared.stores import OUTCOMES

    if subject and not outcome:
        return archive.about(subject, period)
    outcomes = (outcome,) if outcome else OUTCOMES
    if period:
        return archive.with_outcome(outcomes, period, subject)
    return newest(archive, outcomes, subject)


def newest(
    archive: "DecisionArchive", outcomes: tuple[str, ...], subject: str | None = None
) -> Iterator[dict[str, Any]]:
    """Of the last 24 hours; where there are none, as after a replay of history, of the days that have some."""
    found = archive.with_outcome(outcomes, last_24_hours(), subject)
    first = next(found, None)
    if first:
        yield first
        yield from found
    elif days := archive.sampled_days():
        note(f"none within the last 24 hours; there are older ones, of {days[0]} to {days[-1]}")
        for day in reversed(days):
            yield from archive.with_outcome(outcomes, of_day(day), subject)


def others_of(days: Sequence[str]) -> str:
    """What to add where a span has no decisions, but these days have some: how far back to ask."""
    if not days:
        return ""
    back = (datetime.now(UTC).date() - date.fromisoformat(days[0])).days + 1
    return f"; there are others, of {days[0]} to {days[-1]}" + (f": within the last {back}d" if back > 0 else "")


def _period(day: str | None, last: str | None) -> "Period | None":
    from shared.stores import Period

    if day and last:
        refuse("--day and --last exclude each other")
    if day:
        return of_day(day)
    now = datetime.now(UTC)
    return Period(now - span(last), now + AHEAD) if last else None


def last_24_hours() -> "Period":
    """Up to what a fast clock may have stamped."""
    from shared.stores import Period

    now = datetime.now(UTC)
    return Period(now - timedelta(hours=24), now + AHEAD)


def of_day(day: str) -> "Period":
    """One UTC day."""
    from shared.stores import Period

    try:
        start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        refuse(f"{day!r} is no day; write it like 2026-11-22")
    return Period(start, start + timedelta(days=1))
