"""What an account keeps, so that a page has a bound however often a rule fires.

Each rule here is a function `keep` with `keep(keep(A) | B) == keep(A | B)`: what is dropped would be dropped in every
order of arrival, so an account stays the same for all of them. Up to its cap nothing is lost at all.

of the same cause    the 8 that end last and the 8 that began last   what a rule that fires on and on leaves
of a page            the 150 that rank highest                       persons first, then direct ones, then last ends
verdicts, releases   those about causes that are kept, 250 others    which may arrive before what they are about; of a
                                                                     release said again the last 8 count, one by one
links, scopes        250 each                                        what a release of this page also reaches

Stretches alone (see `stretches`) have no cap: one begins after a day of quiet at the earliest, so a page grows by 50 KB
in a year at the very most. All are in the history, whatever the account keeps. An item can have 400 KB; at all caps it
has less.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from heapq import nlargest
from typing import Any, TypeVar

from shared.restrictions.causes import Cause
from shared.restrictions.demands import Answer, Demand

EACH = 8
"""Of causes that differ in time alone: this many, by either measure."""
PAGE = 150
"""The causes of a page, those left out that are kept for when they began."""
OTHERS = 250
"""Verdicts and sayings of releases about nothing that is kept, links to others, and scopes: each."""

Key = TypeVar("Key")
Value = TypeVar("Value")
Asked = TypeVar("Asked", Demand, Answer)


def kept_causes(causes: Collection[Cause]) -> tuple[Cause, ...]:
    """Those that the page keeps, in an order that does not depend on theirs."""
    groups: dict[Any, list[Cause]] = defaultdict(list)
    for cause in causes:
        groups[_group(cause)].append(cause)
    lasting = [cause for group in groups.values() for cause in nlargest(EACH, group, key=_rank)]
    recent = {cause for group in groups.values() if len(group) > EACH for cause in nlargest(EACH, group, key=_start)}
    kept = {*lasting, *recent}
    if len(lasting) >= PAGE:  # at the cap, too: a page that was over it no longer knows
        lowest = _rank(nlargest(PAGE, lasting, key=_rank)[-1])
        kept = {cause for cause in kept if _rank(cause) >= lowest}
    return tuple(sorted(kept, key=_place))


def kept_last(things: Collection[Asked]) -> tuple[Asked, ...]:
    """The last demands, or answers, of each thing that is asked for."""
    by_ask: dict[str, list[Asked]] = defaultdict(list)
    for thing in things:
        by_ask[thing.ask].append(thing)
    return tuple(sorted(thing for group in by_ask.values() for thing in nlargest(EACH, group)))


def kept_entries(
    entries: Mapping[Key, Value],
    rank: Callable[[Key, Value], Any],
    is_needed: Callable[[Key, Value], bool] = lambda _key, _value: False,
) -> dict[Key, Value]:
    """Those that are needed, and of all the highest by rank."""
    if len(entries) <= OTHERS:
        return dict(entries)
    highest = set(nlargest(OTHERS, entries, key=lambda key: rank(key, entries[key])))
    return {key: value for key, value in entries.items() if key in highest or is_needed(key, value)}


def same_but_for_time(causes: Iterable[Cause], cause: Cause) -> list[Cause]:
    """Those that one and the same reason placed at other times."""
    return [other for other in causes if _group(other) == _group(cause) and other.action_id != cause.action_id]


def _group(cause: Cause) -> tuple[Any, ...]:
    return cause.source, cause.capability, cause.abuse, cause.limit, cause.via.entity if cause.via else ""


def _rank(cause: Cause) -> tuple[bool, bool, datetime, datetime, str, str]:
    return cause.by_person, cause.via is None, cause.ends_at, cause.starts_at, cause.action_id, cause.decision_id


def _start(cause: Cause) -> tuple[datetime, str, str]:
    return cause.starts_at, cause.action_id, cause.decision_id


def _place(cause: Cause) -> tuple[Any, ...]:
    return cause.capability, cause.source, cause.starts_at, cause.action_id, cause.decision_id
