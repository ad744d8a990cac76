"""`sluice policy publish`, `promote`, `rollback` and `history`: what is in force, changed without a deploy."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import (
    DIGEST,
    MOST_TOLD,
    MOVES,
    WITHIN,
    Why,
    beginning,
    change_by,
    coming_back,
    is_unpublished,
    loadable,
    moved,
    reason,
    short,
)
from shared.cli.observing import observed
from shared.cli.options import Json, Local, Stage
from shared.cli.policies import counted, loaded, source_of
from shared.cli.telling import as_lines, found_nothing, harmless, listing, note, percent, refuse, seconds

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.policy import Policy
    from shared.policy.authoring.difference import Difference
    from shared.stores import Change, Pointer

EMERGENCY = timedelta(days=14)
"""An emergency rule ends by then; what is still needed gets the tests of an ordinary rule."""
HISTORY = timedelta(days=400)
WHOLE = 100.0
ROUNDING = 1e-6
"""What floating point makes of a share may be off by so many of its parts."""


def share_of(text: str) -> float:
    """`10%` as 0.1; 0 % is a share, too: nobody is judged, and the memory of the staged policy fills up."""
    from shared.decisions.shares import PARTS

    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not text.endswith("%") or not 0 <= percent < WHOLE:
        raise typer.BadParameter(f"{text!r} is no share; write it like 10%, from 0% to less than 100%")
    parts = percent / WHOLE * PARTS
    if abs(parts - round(parts)) > ROUNDING:
        raise typer.BadParameter(f"{text!r} is finer than shares are drawn: use multiples of {WHOLE / PARTS:g}%")
    return round(parts) / PARTS


Share = Annotated[
    float | None,
    typer.Option(parser=share_of, metavar="PERCENT", help="Let it judge this share of entities first."),
]


def publish(
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="A policy's folder; without it, the one that ships.")
    ] = None,
    *,
    why: Why,
    share: Share = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Publish a policy: checked, tested, kept for good, and in force within a minute without a deploy.

    With --share it judges that stable share of entities, by whoever acts in a signal, and the policy in force judges
    the others until `promote` or `rollback`; with 0% it only fills its memory. Refused, with exit code 1, is what
    fails its check or tests, and live rules that restrict or deny without tests that would notice a slip. Prints the
    digest.

    \b
    Examples:
      sluice policy publish policies --why "card testing from one address range" --share 10%
      sluice policy publish --why "back to what ships with this version" --stage prod
    """
    texts, why = source_of(path), reason(why)
    policy = loaded(texts)
    _refuse_unfit(policy, datetime.now(UTC))
    with cloud_of(stage, local=local) as cloud:
        table = cloud.policy_table()
        pointer = table.pointer()
        if policy.digest == pointer.digest:
            found_nothing(f"{short(policy.digest)} is in force already; nothing was changed")
        live = loadable(cloud, pointer.digest)
        if share is not None and live and policy.digest == live.digest:
            refuse(f"{short(policy.digest)} is in force for everyone: there is nothing to stage")
        _tell(cloud, pointer, live, policy, texts)
        if dry_run:
            beginning(cloud, pointer, policy)
            note("a dry run: nothing was changed")
        else:
            _keep(cloud, policy, texts)
            if share is None:
                _put_in_force(cloud, pointer, policy, live, change_by(cloud, "publish", policy.digest, why))
            else:
                change = change_by(cloud, "stage", f"{policy.digest} for {percent(share)}", why)
                begins = beginning(cloud, pointer, policy, _staying(pointer, live))
                wanted = replace(begins, staged=policy.digest, share=share)
                moved(cloud, pointer, _with_young(wanted, live, policy, change), change)
                note(
                    f"staged: {WITHIN} for {percent(share)} of entities; "
                    "go on with `sluice policy promote`, or roll back"
                )
    typer.echo(policy.digest)


def promote(why: Why, *, share: Share = None, stage: Stage = "dev", local: Local = False) -> None:
    """Let the staged policy judge everyone, or with --share a larger share; whoever it judges already stays.

    \b
    Examples:
      sluice policy promote --why "a day at 10 % without a complaint"
      sluice policy promote --why "nobody honest was touched" --share 50%
    """
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        if not pointer.staged:
            found_nothing("nothing is staged; publish with --share first")
        if share is not None:
            if share <= pointer.share:
                refuse(f"it judges {percent(pointer.share)} already: name more, or roll back")
            change = change_by(cloud, "stage", f"{pointer.staged} for {percent(share)}", why)
            moved(cloud, pointer, replace(pointer, share=share), change)
            note(f"{WITHIN} for {percent(share)} of entities")
        else:
            staged, live = loadable(cloud, pointer.staged), loadable(cloud, pointer.digest)
            if staged is None:
                refuse("what does not load must not be in force for everyone: publish it again, or roll back")
            _put_in_force(cloud, pointer, staged, live, change_by(cloud, "promote", pointer.staged, why))
    typer.echo(pointer.staged)


def rollback(
    digest: Annotated[str | None, typer.Argument(help="Go back to this one, whenever it was in force.")] = None,
    *,
    why: Why,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Go back: take the staged policy from its share, or, when none is staged, put the one before it in force again.

    Once more goes back one more. What was decided stays decided; switches and lists stay as they are. Prints the
    digest that is in force.

    \b
    Examples:
      sluice policy rollback --why "it asks honest buyers to step up"
      sluice policy rollback 9f86d081884c7d659a2feaa0c55ad015 --why "as it was last week"
    """
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        live = loadable(cloud, pointer.digest)
        if digest is None and pointer.staged:
            change = change_by(cloud, "rollback", f"of the staged {pointer.staged}", why)
            begins = beginning(cloud, pointer, None, _staying(pointer, live))
            moved(cloud, pointer, replace(begins, staged=None, share=0.0), change)
            note("within a minute nobody is judged by it any more")
            typer.echo(pointer.digest)
            return
        wanted = digest or (pointer.before[-1] if pointer.before else None)
        if wanted is None:
            found_nothing("there is nothing to go back to: no policy was in force before this one")
        if wanted == pointer.digest:
            found_nothing(f"{short(wanted)} is in force already; nothing was changed")
        policy = loadable(cloud, wanted)
        if policy is None:
            refuse(f"{wanted} cannot come back; `sluice policy history` lists the others")
        change = change_by(cloud, "rollback", f"to {wanted}", why)
        _put_in_force(cloud, pointer, policy, live, change, back=digest is None, name=wanted)
    typer.echo(wanted)


def history(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    *,
    as_json_lines: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """List what was published, staged, promoted and rolled back: when, by whom and why, the newest first.

    \b
    Examples:
      sluice policy history
      sluice policy history --stage prod --json | jq -r .what
    """
    with cloud_of(stage, local=local) as cloud:
        now = datetime.now(UTC)
        changes = cloud.policy_table().changes(now - HISTORY, now)
        found = [change for change in changes if change["kind"] in MOVES][:limit]
    if as_json_lines:
        as_lines(found)
    elif found:
        rows = [(seconds(each["at"]), *_move(each["kind"], each["what"]), each["by"], each["why"]) for each in found]
        listing(("time (UTC)", "what", "policy", "by", "why"), rows)
    if not found:
        found_nothing("nobody has published a policy: the one that ships with the code is in force")


def put_out(
    cloud: "Cloud",
    pointer: "Pointer",
    live: "Policy | None",
    policy: "Policy",
    texts: Mapping[str, str],
    change: "Change",
) -> None:
    """Put a policy in force for everyone, as `publish` does: refused if it is unfit, told, kept, and recorded."""
    _refuse_unfit(policy, change.at)
    _tell(cloud, pointer, live, policy, texts)
    _keep(cloud, policy, texts)
    _put_in_force(cloud, pointer, policy, live, change)


def _keep(cloud: "Cloud", policy: "Policy", texts: Mapping[str, str]) -> None:
    """The policy's source, and how often its conditions hold."""
    sources = cloud.policy_sources()
    sources.keep(policy.digest, texts)
    if known := observed(cloud, policy):
        sources.keep_frequencies(policy.digest, known)


def _move(kind: str, what: str) -> tuple[str, str]:
    """What was done in words, such as `stage for 10 %`, and the digest that it was done to, if it names one."""
    digest = DIGEST.search(what)
    words = what.replace(digest[0], "") if digest else what
    return " ".join([kind, *words.split()]), digest[0] if digest else ""


def _refuse_unfit(policy: "Policy", now: datetime) -> None:
    """End when the policy must not be published, though it is right; everything that keeps it from that is told."""
    from shared.policy.authoring.coverage import missing
    from shared.policy.problems import Problem

    problems = list(missing(policy))
    for rule in policy.rules.values():
        if rule.emergency and rule.expires and rule.expires > now + EMERGENCY:
            what = f"the emergency rule {rule.name} ends in more than {EMERGENCY.days} days"
            problems.append(Problem(what, rule.span, "let it end earlier, or make it an ordinary rule with tests"))
        if rule.expires and rule.expires <= now:
            note(f"the rule {rule.name} has ended on {seconds(rule.expires)} UTC: it acts on nothing any more")
    for problem in problems:
        typer.echo(harmless(f"{problem}\n"), err=True)
    if problems:
        found_nothing(f"nothing was published: {counted(len(problems))}")


def _tell(
    cloud: "Cloud", pointer: "Pointer", live: "Policy | None", policy: "Policy", texts: Mapping[str, str]
) -> None:
    """What whoever publishes should know before it is in force."""
    modes = [rule.mode for rule in policy.rules.values()]
    note(f"{short(policy.digest)}: {', '.join(f'{modes.count(mode)} {mode}' for mode in dict.fromkeys(modes))}")
    if live:
        note(_changed(cloud, live, pointer.digest, policy, texts))
    if pointer.staged and pointer.staged != policy.digest:
        note(f"{short(pointer.staged)}, which is staged, judges nobody any more")
    for rule in sorted(pointer.stopped.keys() & policy.rules.keys()):
        note(f"{rule} stays stopped ({pointer.stopped[rule]['why']}); `sluice start {rule}` lets it act")


def _changed(cloud: "Cloud", live: "Policy", name: str, policy: "Policy", texts: Mapping[str, str]) -> str:
    """What differs from what is in force, a line for each thing."""
    from shared.policy.authoring.difference import Version, differences

    found = differences(Version(live, cloud.policy_texts(name)), Version(policy, texts))
    if not found:
        return "it says the same as what is in force"
    lines = [f"  {each.kind} {each.name} {each.how}{_details(each)}" for each in found[:MOST_TOLD]]
    rest = [f"  and {len(found) - MOST_TOLD:,} more: `sluice policy diff live FOLDER` has them"]
    return "\n".join(["against what is in force:", *lines, *(rest if len(found) > MOST_TOLD else [])])


def _details(difference: "Difference") -> str:
    """What is changed in a thing that was there before; of others the whole would be told."""
    return f": {'; '.join(difference.details)}" if difference.how == "changed" and difference.details else ""


def _put_in_force(  # noqa: PLR0913  (what was read, what comes, and what is told about it)
    cloud: "Cloud",
    pointer: "Pointer",
    policy: "Policy",
    live: "Policy | None",
    change: "Change",
    *,
    back: bool = False,
    name: str = "",
) -> None:
    """For everyone; what the policy before it reads goes on being written, so that it can come back."""
    begins = beginning(cloud, coming_back(cloud, pointer, live, policy), policy)
    wanted = begins.moved_back(change) if back else begins.moved_to(name or policy.digest, change)
    moved(cloud, pointer, _with_young(wanted, live, policy, change), change)
    to = f" {pointer.digest}" if back else ""
    note(f"{WITHIN}; `sluice policy rollback{to}` takes it back")


def _staying(pointer: "Pointer", live: "Policy | None") -> "list[Policy | None]":
    """The policy that stays in force for the others; what the functions shipped with they ask for themselves."""
    return [] if is_unpublished(pointer) else [live]


def _with_young(pointer: "Pointer", live: "Policy | None", policy: "Policy", change: "Change") -> "Pointer":
    """The pointer, with since when rules are at work that are new or edited: they are braked sooner, and to shadow."""
    from shared.decisions import young_after

    return replace(pointer, young=young_after(pointer.young, live, policy, change.at))
