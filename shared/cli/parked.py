"""`sluice parked`: what guardrails held back, for a person to let through or to drop."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import WITHIN, Why, reason
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import as_lines, found_nothing, listing, note, refuse, seconds, when

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.restrictions import Action
    from shared.stores.parked import ParkedAction

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What guardrails held back: let it through, or drop it."
)

Verdict = Literal["release", "void"]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]…", help="Only these, as `sluice parked list` names them.")
]
ByRule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only what this rule asked for.")]
ByReason = Annotated[
    str | None, typer.Option("--reason", metavar="WORDS", help="Only what was held back for a reason with these words.")
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Parked from then on: 2026-11-22T10:20:00Z, or 90m, 24h, 7d ago.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Parked before then.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
SHOWN = 10
"""So many are told one by one before a person agrees."""
_ID = re.compile(r"[0-9a-f]{32}")
_DONE = {"release": "released", "void": "voided"}


@app.command("list", short_help="List what was held back and is still open.")
def list_(  # noqa: PLR0913  (each option is a parameter)
    *,
    rule: ByRule = None,
    reason: ByReason = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List what guardrails held back and nobody has decided upon, the newest day first.

    It waits for seven days, or until what was held back would have ended.

    \b
    Examples:
      sluice parked list
      sluice parked list --rule card_testing_buyer --reason budget --json | jq -r .parked
    """
    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        found = list(islice(_open(cloud, now, _wanted(None, rule, reason, since, until)), limit))
    if not found:
        found_nothing("nothing such is parked")
    if as_json_lines:
        as_lines(_document(each) for each in found)
        return
    _list(found)
    if len(found) == limit:
        note(f"{limit} of them; see more with --limit")


@app.command("release", short_help="Let through what was held back.")
def release(  # noqa: PLR0913  (each option is a parameter)
    ids: Ids = None,
    *,
    why: Why,
    rule: ByRule = None,
    reason: ByReason = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Let through what guardrails held back, one by one or all that match, as if it had just been decided.

    Tells first how many, whom and what, and asks. What somebody else has decided upon meanwhile stays as it is.

    \b
    Examples:
      sluice parked release 5be9c1d20a77418f9a3f0e6d2f1b7c44 --why "a large order, looked at it"
      sluice parked release --rule dispute_ring --since 2026-11-22T10:00:00Z --why "a real ring" --dry-run
    """
    wanted = _wanted(ids, rule, reason, since, until)
    _settle("release", wanted, why, dry_run=dry_run, yes=yes, stage=stage, local=local)


@app.command("void", short_help="Drop what was held back.")
def void(  # noqa: PLR0913  (each option is a parameter)
    ids: Ids = None,
    *,
    why: Why,
    rule: ByRule = None,
    reason: ByReason = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Drop what guardrails held back, one by one or all that match: it never happens, and the record says why.

    \b
    Examples:
      sluice parked void 5be9c1d20a77418f9a3f0e6d2f1b7c44 --why "a reseller, known to us"
      sluice parked void --rule runaway --why "the rule was wrong" --yes
    """
    wanted = _wanted(ids, rule, reason, since, until)
    _settle("void", wanted, why, dry_run=dry_run, yes=yes, stage=stage, local=local)


@dataclass(frozen=True)
class _Wanted:
    """Which of them: by id, or by rule, by words of the reason, and by time."""

    ids: tuple[str, ...]
    rule: str | None
    words: str | None
    since: datetime | None
    until: datetime | None

    @property
    def says_which(self) -> bool:
        return bool(self.ids or self.rule or self.words or self.since or self.until)

    def matches(self, parked: "ParkedAction") -> bool:
        rule_fits = self.rule is None or parked.rule == self.rule
        return rule_fits and (self.words is None or self.words.lower() in parked.why.lower())


def _wanted(
    ids: Sequence[str] | None, rule: str | None, words: str | None, since: str | None, until: str | None
) -> _Wanted:
    """As the options say; ends the command when they make no sense together."""
    now = datetime.now(UTC)
    named = tuple(dict.fromkeys(ids or ()))
    if named and any((rule, words, since, until)):
        refuse("name ids, or say which by --rule, --reason, --since and --until, not both")
    for each in named:
        if not _ID.fullmatch(each):
            refuse(f"{each!r} is no id of something parked; `sluice parked list` has them")
    return _Wanted(named, rule, words, when(since, now) if since else None, when(until, now) if until else None)


def _settle(  # noqa: PLR0913  (what both commands share)
    verdict: Verdict, wanted: _Wanted, why: str, *, dry_run: bool, yes: bool, stage: str, local: bool
) -> None:
    why, now = reason(why), datetime.now(UTC)
    if not wanted.says_which:
        refuse("say which: ids, or --rule, --reason, --since or --until; `sluice parked list` has what there is")
    with cloud_of(stage, local=local) as cloud:
        found = list(_named(cloud, now, wanted.ids) if wanted.ids else _open(cloud, now, wanted))
        if not found:
            found_nothing("nothing such is parked")
        _tell(found, verdict)
        if verdict == "release":
            _tell_void(cloud, found)
        if dry_run:
            note("a dry run: nothing was changed")
            return
        if not yes and not typer.confirm(f"{verdict.capitalize()} {_counted(len(found))}?", err=True):
            refuse("nothing was changed")
        for command in _ordered(cloud, found, verdict, why, now):
            typer.echo(command)
    note(f"{_DONE[verdict]}: {_counted(len(found))}, {WITHIN}; where somebody else was quicker, theirs stands")


def _tell_void(cloud: "Cloud", found: "Sequence[ParkedAction]") -> None:
    """Say which restrictions would limit nothing, as what was passed, released or cleared since is about them, too."""
    from shared.restrictions import Account, applied, heeding

    held = [each for each in found if each.action.kind == "restrict"]
    pages = cloud.ledger().accounts_of(
        (each.action.entity, scope) for each in held for scope in ("", each.action.scope)
    )
    for each in held:
        action = each.action
        whole, own = (pages.get((action.entity, scope)) or Account() for scope in ("", action.scope))
        page = applied(heeding(own, whole), action, each.decision_id)
        if any(cause.action_id == action.action_id and page.is_void(cause) for cause in page.causes):
            note(f"{action.entity}: {action.lane} was released or cleared since: letting this through limits nothing")


def _ordered(
    cloud: "Cloud", found: "Sequence[ParkedAction]", verdict: Verdict, why: str, now: datetime
) -> Iterator[str]:
    """One command an entity, or several where there is much about it; their ids, as each is recorded."""
    from shared.cli.ordering import MOST_ACTIONS, new_command, order

    source = f"person:{cloud.caller()}"
    about = sorted(found, key=lambda each: each.action.entity)
    for _, group in groupby(about, key=lambda each: each.action.entity):
        while some := tuple(islice(group, MOST_ACTIONS)):
            command = new_command()
            order(cloud, command, [_unpark(command, each, verdict, source, why, now) for each in some])
            yield command


def _unpark(command: str, parked: "ParkedAction", verdict: Verdict, source: str, why: str, now: datetime) -> "Action":
    from shared.restrictions import Action, action_id_of

    return Action(
        "unpark",
        action_id_of(command, "unpark", parked.action_id),
        parked.action.entity,
        source,
        now,
        why,
        parked.action.abuse,
        details={"parked": parked.action_id, "verdict": verdict},
    )


def _open(cloud: "Cloud", now: datetime, wanted: _Wanted) -> "Iterator[ParkedAction]":
    """What is open now of what is wanted."""
    from shared.restrictions.parking import WAITS

    found = cloud.parked().open(wanted.since or now - WAITS, min(wanted.until or now, now))
    return (each for each in found if each.ends_at > now and wanted.matches(each))


def _named(cloud: "Cloud", now: datetime, ids: Sequence[str]) -> "Iterator[ParkedAction]":
    """Those with these ids that are open; says of each other one what became of it."""
    parked = cloud.parked()
    for each in ids:
        found = parked.get(each, now)
        if found is None:
            note(f"{each}: nothing was parked under this id within the last weeks")
        elif found.state != "open":
            note(f"{each} ({found.action.entity}) is {found.state} already: nothing to decide any more")
        else:
            yield found


def _tell(found: "Sequence[ParkedAction]", verdict: Verdict) -> None:
    """How many, whom and what, before it is agreed to."""
    from shared.cli.wording import done

    entities = len({each.action.entity for each in found})
    kinds = Counter((each.rule, each.why) for each in found)
    note(f"to {verdict}: {_counted(len(found))}, about {entities:,} {'entities' if entities > 1 else 'entity'}")
    for (rule, why), count in kinds.most_common(SHOWN):
        note(f"  {count:,} of rule {rule}: {why}")
    for each in found[:SHOWN]:
        note(f"  {each.action.entity}: {done(each.action)}")
    if len(found) > SHOWN:
        note(f"  and {len(found) - SHOWN:,} more")


def _list(found: "Sequence[ParkedAction]") -> None:
    from shared.cli.wording import done

    rows = [
        (
            each.action_id,
            seconds(each.at),
            seconds(each.ends_at),
            each.action.entity,
            each.rule,
            f"{done(each.action)}; {each.why}",
        )
        for each in found
    ]
    listing(("parked", "at (UTC)", "waits until (UTC)", "about", "rule", "what, and why not yet"), rows)


def _document(parked: "ParkedAction") -> dict[str, Any]:
    from shared.signals.times import stamp

    return {
        "parked": parked.action_id,
        "at": stamp(parked.at),
        "waits_until": stamp(parked.ends_at),
        "rule": parked.rule,
        "why": parked.why,
        "decision_id": parked.decision_id,
        "state": parked.state,
        "action": parked.action.to_json(),
    }


def _counted(number: int) -> str:
    return f"{number:,} action{'s' * (number != 1)}"
