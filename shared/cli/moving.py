"""What the commands share that change what is in force: who, why, and what they say when somebody else was quicker."""

import re
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
