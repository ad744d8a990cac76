"""The ledger once more, as plainly as it can be said: all that was ever recorded of a page, read from the beginning.

Written from the laws and not from the code: no caps, no merging, no order. It says what is limited at a moment.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from shared.restrictions import Action, Limit, join

A_DAY = timedelta(days=1)
Page = tuple[str, str]
"""Of whom, and of which order or listing; empty for the whole of them."""


def page_of(action: Action) -> Page:
    return action.entity, action.scope


def limits(actions: Iterable[Action], page: Page, at: datetime) -> dict[str, Limit]:
    """What is limited on a page at a moment, by capability, if these actions are all that there ever was."""
    known = list(actions)
    placed = (each for each in known if each.kind == "restrict" and page_of(each) == page)
    live = [each for each in placed if not _is_void(each, known) and _begins_before(each, at, known)]
    return {
        name: join(Limit.from_json(each.details["limit"]) for each in live if each.details["capability"] == name)
        for name in sorted({each.details["capability"] for each in live})
    }


def _is_void(cause: Action, known: list[Action]) -> bool:
    """Whether somebody said so; of a linked one, also whether that is void from which it follows."""
    said = list(_about(page_of(cause), known))
    released = any(_releases(each, cause) for each in _standing_releases(said, known))
    if released or _is_undone(cause, said) or _is_cleared(cause, said):
        return True
    return _is_void_with_its_origin(cause, known)


def _is_void_with_its_origin(cause: Action, known: list[Action]) -> bool:
    via = cause.details.get("via")
    origins = [each for each in known if via and each.action_id == via["action_id"] and each.entity == via["entity"]]
    return any(_is_void(each, known) for each in origins)


def _about(page: Page, known: Iterable[Action]) -> Iterator[Action]:
    """What is said of a page: there, or of the whole of whom it is about, unless it is about one action."""
    for each in known:
        if page_of(each) == page or (page_of(each) == (page[0], "") and "verdict" not in each.details):
            yield each


def _begins_before(cause: Action, at: datetime, known: list[Action]) -> bool:
    """Whether it counts at a moment: before its end, and before that of all that law lets automation hold money."""
    if not _is_automated_hold(cause):
        return at < _end(cause)
    over = _legal_end(cause, known)
    return at < min(over, _end(cause)) and cause.occurred_at < over


def _legal_end(cause: Action, known: list[Action]) -> datetime:
    """The longest hold after rules began to hold this money with no day free, or after a person last decided."""
    same = [each for each in known if each.kind == "restrict" and page_of(each) == page_of(cause)]
    same = [each for each in same if each.details["capability"] == cause.details["capability"]]
    holds = [(each.occurred_at, _over(each, known)) for each in same if _is_automated_hold(each)]
    since = cause.occurred_at
    while earlier := [begins for begins, over in holds if begins < min(since, over) and since - over < A_DAY]:
        since = min(earlier)
    said = list(_about(page_of(cause), known))
    stands = [each for each in same if not _is_undone(each, said) and not _is_void_with_its_origin(each, known)]
    by_hand = [each.occurred_at for each in stands if not _is_automated_hold(each) and _holds_money(each)]
    upheld = [each for each in _about(page_of(cause), known) if each.kind == "uphold" and each.abuse == cause.abuse]
    longest = cause.details.get("longest_hold_until")
    lasts = datetime.fromisoformat(longest) - cause.occurred_at if longest else 90 * A_DAY
    return max([since, *by_hand, *(each.occurred_at for each in upheld)]) + lasts


def _over(cause: Action, known: list[Action]) -> datetime:
    """When it ceased to limit: at its end, or when it was said so."""
    said = list(_about(page_of(cause), known))
    released = (each for each in _standing_releases(said, known) if _releases(each, cause))
    ends = [_end(cause), *(each.occurred_at for each in released)]
    if _is_undone(cause, said):
        ends.append(_last_verdict(cause, said).occurred_at)
    if _is_cleared(cause, said):
        ends.append(_last_clearance(cause, said).occurred_at)
    return min(ends)


def _is_automated_hold(cause: Action) -> bool:
    return _holds_money(cause) and not _by_person(cause) and "unparked_by" not in cause.details


def _holds_money(cause: Action) -> bool:
    return cause.details["capability"] in ("receive_payout", "withdraw") and cause.details["limit"] != {"step_up": True}


def _end(action: Action) -> datetime:
    needs_person = action.details.get("on_expiry") == "person" and action.details.get("holds_until")
    return datetime.fromisoformat(action.details["holds_until" if needs_person else "expires_at"])


def _standing_releases(said: Iterable[Action], known: list[Action]) -> list[Action]:
    """Those that nobody has taken back."""
    releases = (each for each in said if each.kind == "release" and "selector" in each.details)
    return [each for each in releases if not _is_undone(each, known)]


def _releases(release: Action, cause: Action) -> bool:
    """A release is about what began up to its own time; automation's spares what people placed, but for conditions."""
    wanted = release.details["selector"]
    said = {"source": cause.source, "capability": cause.details["capability"], "abuse": cause.abuse}
    said |= {"decision_id": cause.details.get("decision_id")}
    fits = all(wanted.get(name, "*") in ("*", value) for name, value in said.items())
    until = wanted.get("until", "")
    fits = fits and (not until or until in cause.details.get("until", ()))
    may = _by_person(release) or not _by_person(cause) or bool(until)
    return fits and may and cause.occurred_at <= release.occurred_at


def _is_undone(cause: Action, known: list[Action]) -> bool:
    """The last verdict counts, and a person's before any other."""
    if not _verdicts(cause, known):
        return False
    last = _last_verdict(cause, known)
    return bool(last.details["verdict"]["void"]) and (_by_person(last) or not _by_person(cause))


def _last_verdict(cause: Action, known: list[Action]) -> Action:
    return max(_verdicts(cause, known), key=lambda each: (_by_person(each), each.occurred_at, each.action_id))


def _verdicts(cause: Action, known: list[Action]) -> list[Action]:
    about = [each for each in known if each.details.get("verdict", {}) and each.kind == "release"]
    return [each for each in about if each.details["verdict"]["action_id"] == cause.action_id]


def _is_cleared(cause: Action, known: list[Action]) -> bool:
    """A person's clearance of that kind of abuse keeps automation off until it ends; the last one counts."""
    if not _clearances(cause, known) or _by_person(cause):
        return False
    until = _last_clearance(cause, known).details["until"]
    return bool(until) and cause.occurred_at < datetime.fromisoformat(until)


def _last_clearance(cause: Action, known: list[Action]) -> Action:
    return max(_clearances(cause, known), key=lambda each: (each.occurred_at, each.action_id))


def _clearances(cause: Action, known: list[Action]) -> list[Action]:
    return [each for each in known if each.kind == "clear" and each.abuse == cause.abuse]


def _by_person(action: Action) -> bool:
    return action.source.startswith("person:")
