"""What the commands share that change what is in force: who, why, and what they say when somebody else was quicker."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shared.cli.telling import note, refuse, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.cli.cloud import Cloud
    from shared.policy import Policy
    from shared.stores import Change, Pointer

Why = Annotated[str, typer.Option(help="Why, for whoever reads the history.")]
WITHIN = "in force within a minute"
MOVES = ("publish", "stage", "promote", "rollback")
"""The kinds of change that decide which policy judges whom."""
SHORT = 12
MOST_TOLD = 12
DIGEST = re.compile(r"\b[0-9a-f]{32}\b")


def reason(why: str) -> str:
    """Why, in words; ends the command when it says nothing."""
    if not why.strip():
        refuse("a change needs a reason: whoever looks for what went wrong must understand it")
    return why.strip()


def change_by(cloud: "Cloud", kind: str, what: str, why: str) -> "Change":
    """The change, made now by whoever asks."""
    from shared.stores import Change

    return Change(kind, what, cloud.caller(), reason(why), datetime.now(UTC))


def moved(cloud: "Cloud", read: "Pointer", wanted: "Pointer", change: "Change") -> None:
    """Move the pointer; ends the command when somebody else moved it meanwhile."""
    from shared.stores import ChangedMeanwhileError

    try:
        cloud.policy_table().move(read, wanted, change)
    except ChangedMeanwhileError:
        _refuse_second(cloud)


def beginning(cloud: "Cloud", pointer: "Pointer", live: "Policy | None", policy: "Policy") -> "Pointer":
    """The pointer with since when each series is written if the policy comes in now.

    Tells which of its features will not see their whole past for a while, and until when.
    """
    from shared.decisions import begun, complete_from, series_read
    from shared.features import Plan, series_here
    from shared.stores.policies import SHIPPED

    now = datetime.now(UTC)
    staged = loadable(cloud, pointer.staged) if pointer.staged else None
    if live and pointer.digest == SHIPPED and not is_shipped_with(cloud, live):
        note("no function says that it writes what the policy reads that ships here: all of it begins now")
        live = None
    written = series_read(each for each in (live, staged) if each)
    written |= {series for name in pointer.also if (series := series_here(name))}
    known = {series: at for name, at in pointer.began.items() if (series := series_here(name))}
    foreign = {name: at for name, at in pointer.began.items() if not series_here(name)}
    began = begun(known, written, written | series_read([policy]), now)
    plan = Plan(policy.features.values())
    complete = {name: complete_from(feature, plan, began) for name, feature in policy.features.items()}
    waiting = sorted((at, name) for name, at in complete.items() if at and at > now)
    if waiting:
        told = [f"{name} until {at:%Y-%m-%d %H:%M} UTC" for at, name in waiting[:MOST_TOLD]]
        rest = [f"{len(waiting) - MOST_TOLD:,} more until {waiting[-1][0]:%Y-%m-%d}"] if waiting[MOST_TOLD:] else []
        note(f"do not see their whole past yet, and count at least what they see: {', '.join(told + rest)}")
    return replace(pointer, began=foreign | {str(series): at for series, at in began.items()})


def is_shipped_with(cloud: "Cloud", policy: "Policy") -> bool:
    """Whether all functions, by their newest words, have this very policy with their code, and write what it reads.

    The one that ships with this command may be newer, or edited.
    """
    from shared.stores.policies import shipped_as

    newest = {each.function: each for each in sorted(cloud.policy_table().notes(), key=lambda each: each.at)}
    return bool(newest) and {each.digest for each in newest.values()} == {shipped_as(policy.digest)}


def _refuse_second(cloud: "Cloud") -> NoReturn:
    since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = next(cloud.policy_table().changes(since, datetime.now(UTC)), None)
    told = f"; the newest change is {sentence(newest)}" if newest else ""
    refuse(f"nothing was changed, as somebody else was quicker{told}. Look at what is in force, and decide again")


def sentence(change: "Mapping[str, str]") -> str:
    """Of a change in the history: what, by whom, when."""
    return f"{change['kind']} {change['what']} by {change['by']} at {seconds(change['at'])} UTC ({change['why']})"


def loadable(cloud: "Cloud", digest: str) -> "Policy | None":
    """The policy of a digest; None, with a remark, when it cannot be loaded here."""
    from shared.policy import PolicyError
    from shared.stores import PolicyNotLoadedError

    try:
        return cloud.policy(digest)
    except PolicyNotLoadedError as error:
        note(f"{short(digest)} cannot be loaded here: {error}")
    except PolicyError:
        note("the policy that ships with this version does not load here")
    return None


def short(digest: str) -> str:
    """As much of a digest as people need to tell policies apart."""
    return digest[:SHORT]
