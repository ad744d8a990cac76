"""How far back a feature looks: its `window`, a `delay`, and the longer window that a `change` is held `against`."""

from datetime import timedelta
from typing import NamedTuple

from shared.features.model import NO_TIME, FeatureKind
from shared.features.series import LONGEST
from shared.policy.conditions.kinds import KINDS
from shared.policy.conditions.literals import duration, written_duration
from shared.policy.documents.entries import Entries

SHORTEST = timedelta(minutes=1)
EVER = "ever"
_ADVICE = "windows are 1m to 90d, such as `30m`, `24h` or `7d`"
_NEVER_EVER = ("where", "unless", "delay")


class Reach(NamedTuple):
    """`window` is None for ever."""

    window: timedelta | None
    delay: timedelta
    against: timedelta | None


def reach_of(entries: Entries, kind: FeatureKind) -> Reach:
    """How far back the feature of these entries looks."""
    if (written := entries.scalar("window", _advice(kind))) and written.text == EVER:
        _check_ever(entries, kind)
        return Reach(None, NO_TIME, None)
    if written and kind == "months":
        hint = "it counts the calendar months of all that was: write `window: ever`"
        entries.refuse("window", f"`months` has no window of `{written.text}`", hint)
    window = window_of(entries, "window", _advice(kind)) if written else SHORTEST
    delay = window_of(entries, "delay", "write how long to wait, such as `7d`") if "delay" in entries else NO_TIME
    against = _against(entries, window) if kind == "change" else None
    if delay and (against or window) + delay > LONGEST:
        longer = "against" if against else "window"
        reach = written_duration((against or window) + delay)
        what = f"with a delay of `{entries.text('delay')}`, `{longer}` goes back {reach}"
        entries.refuse("delay", what, f"timelines go back {written_duration(LONGEST)}: shorten one of the two")
    return Reach(window, delay, against)


def _advice(kind: FeatureKind) -> str:
    return f"{_ADVICE}, or `{EVER}`" if KINDS[kind].ever else _ADVICE


def _check_ever(entries: Entries, kind: FeatureKind) -> None:
    if not KINDS[kind].ever:
        able = ", ".join(f"`{name}`" for name, known in KINDS.items() if known.ever)
        hint = f"only {able} look at all that was; {_ADVICE}"
        entries.refuse("window", f"`{kind}` has no window `{EVER}`", hint)
        return
    for key in _NEVER_EVER:
        if key in entries and key in KINDS[kind].keys:
            hint = "of all that was, one summary is kept, which holds no single signals: remove it, or write a window"
            entries.refuse(key, f"`{key}` does not go with `window: {EVER}`", hint)


def _against(entries: Entries, window: timedelta) -> timedelta | None:
    advice = "say which longer window it is held against, such as `against: 30d`"
    if entries.scalar("against", advice) is None:
        return None
    against = window_of(entries, "against", advice)
    if against <= window:
        what = f"`against: {entries.text('against')}` is not longer than the window"
        entries.refuse("against", what, "a change is that of the window against the longer one before it")
    return against


def window_of(entries: Entries, key: str, advice: str) -> timedelta:
    """The span under a key, as far back as timelines go; a minute, with a finding, where it is none."""
    window = entries.parsed(key, duration, SHORTEST, advice)
    if not SHORTEST <= window <= LONGEST:
        entries.refuse(key, f"`{entries.text(key)}` is too {'long' if window > LONGEST else 'short'}", advice)
        return SHORTEST
    if window % SHORTEST:
        entries.refuse(key, f"`{entries.text(key)}` is not whole minutes", advice)
    return window
