"""What the commands share that change what is in force: who, why, and what they say when somebody else was quicker."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shared.cli.telling import note, refuse, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shared.cli.cloud import Cloud
    from shared.decisions import Written
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


@contextmanager
def amending(cloud: "Cloud") -> "Iterator[None]":
    """Ends the command when somebody else changed what is in force in the same instant."""
    from shared.stores import ChangedMeanwhileError

    try:
        yield
    except ChangedMeanwhileError:
        refuse(
            f"somebody else changed what is in force in the same instant{_newest(cloud)}. It was not told what you "
            "changed: give the same command again"
        )


def beginning(
    cloud: "Cloud", pointer: "Pointer", coming: "Policy | None", staying: "Sequence[Policy | None]" = ()
) -> "Pointer":
    """The pointer with what is written, and since when, if a policy comes in now and others stay in force.

    Of those that stay, None is one that does not load here. Tells which features of what comes will not see their whole
    past for a while, and until when. To be called last: what is written begins now.
    """
    from shared.decisions import series_read

    written = written_now(cloud, pointer)
    now = datetime.now(UTC)
    wanted = {*pointer.also, *map(str, series_read(each for each in (coming, *staying) if each))}
    if None in staying:
        wanted |= pointer.written.lasting(now)
    after = written.handed_over(wanted, now)
    if coming:
        _tell_waiting(coming, after.began, now)
    return replace(pointer, series=after.until, began=after.began)


def _tell_waiting(policy: "Policy", began: "Mapping[str, datetime]", now: datetime) -> None:
    from shared.decisions import complete_from
    from shared.features import Plan, series_here

    known = {series: at for name, at in began.items() if (series := series_here(name))}
    plan = Plan(policy.features.values())
    complete = {name: complete_from(feature, plan, known) for name, feature in policy.features.items()}
    waiting = sorted((at, name) for name, at in complete.items() if at and at > now)
    if waiting:
        told = [f"{name} until {at:%Y-%m-%d %H:%M} UTC" for at, name in waiting[:MOST_TOLD]]
        rest = [f"{len(waiting) - MOST_TOLD:,} more until {waiting[-1][0]:%Y-%m-%d}"] if waiting[MOST_TOLD:] else []
        note(f"do not see their whole past yet, and count at least what they see: {', '.join(told + rest)}")


def coming_back(cloud: "Cloud", pointer: "Pointer", live: "Policy | None", policy: "Policy") -> "Pointer":
    """The pointer with what goes on being written so that `live`, which is in force, can come back after `policy`."""
    from shared.decisions import series_read

    if live and not is_unpublished(pointer):
        read = {str(each) for each in series_read([live])}
    else:
        # What the functions shipped with may differ from what lies here, and of what does not load nobody can tell.
        read = written_now(cloud, pointer).lasting(datetime.now(UTC))
    return replace(pointer, also=tuple(sorted(read - {str(each) for each in series_read([policy])})))


def written_now(cloud: "Cloud", pointer: "Pointer") -> "Written":
    """What everybody writes, and since when: by the pointer, and because functions asked for it."""
    return pointer.written | cloud.policy_table().series.told().written(published=bool(pointer.published))


def is_unpublished(pointer: "Pointer") -> bool:
    """Whether the functions judge by what they shipped with because nobody ever published; they ask for its series."""
    return not pointer.published


def is_shipped_with(cloud: "Cloud", policy: "Policy") -> bool:
    """Whether all functions, by their newest words, have this very policy with their code, and write what it reads.

    The one that ships with this command may be newer, or edited.
    """
    from shared.stores.policies import shipped_as

    newest = {each.function: each for each in sorted(cloud.policy_table().notes(), key=lambda each: each.at)}
    return bool(newest) and {each.digest for each in newest.values()} == {shipped_as(policy.digest)}


def _refuse_second(cloud: "Cloud") -> NoReturn:
    refuse(
        f"nothing was changed, as somebody else was quicker{_newest(cloud)}. Look at what is in force, and decide again"
    )


def _newest(cloud: "Cloud") -> str:
    since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = next(cloud.policy_table().changes(since, datetime.now(UTC)), None)
    return f"; the newest change is {sentence(newest)}" if newest else ""


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
