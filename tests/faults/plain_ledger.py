"""The ledger once more, as plainly as it can be said: all that was ever recorded of a page, read from the beginning.

Written from the laws and not from the code: no caps, no merging, no order. It says what is limited at a moment.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.restrictions import Action, Limit, join

Page = tuple[str, str]
"""Of whom, and of which order or listing; empty for the whole of them."""


def page_of(action: Action) -> Page:
    return action.entity, action.scope


def limits(actions: Iterable[Action], page: Page, at: datetime) -> dict[str, Limit]:
    """What is limited on a page at a moment, by capability, if these actions are all that there ever was."""
    known = list(actions)
    placed = (each for each in known if each.kind == "restrict" and page_of(each) == page and at < _end(each))
    live = [each for each in placed if not _is_void(each, known)]
    return {
        name: join(Limit.from_json(each.details["limit"]) for each in live if each.details["capability"] == name)
        for name in sorted({each.details["capability"] for each in live})
    }


def _is_void(cause: Action, known: list[Action]) -> bool:
    """Whether somebody said so; of a linked one, also whether that is void from which it follows."""
    said = list(_about(page_of(cause), known))
    released = any(_releases(each, cause) for each in said if each.kind == "release" and "selector" in each.details)
    if released or _is_undone(cause, said) or _is_cleared(cause, said):
        return True
    via = cause.details.get("via")
    origins = [each for each in known if via and each.action_id == via["action_id"] and each.entity == via["entity"]]
    return any(_is_void(each, known) for each in origins)


def _about(page: Page, known: Iterable[Action]) -> Iterator[Action]:
    """What is said of a page: there, or of the whole of whom it is about, unless it is about one action."""
    for each in known:
        if page_of(each) == page or (page_of(each) == (page[0], "") and "verdict" not in each.details):
            yield each


def _end(action: Action) -> datetime:
    needs_person = action.details.get("on_expiry") == "person" and action.details.get("holds_until")
    return datetime.fromisoformat(action.details["holds_until" if needs_person else "expires_at"])


def _releases(release: Action, cause: Action) -> bool:
    """A release is about what began up to its own time; automation's spares what people placed, but for conditions."""
    wanted = release.details["selector"]
    said = {"source": cause.source, "capability": cause.details["capability"], "abuse": cause.abuse}
    fits = all(wanted.get(name, "*") in ("*", value) for name, value in said.items())
    until = wanted.get("until", "")
    fits = fits and (not until or until in cause.details.get("until", ()))
    may = _by_person(release) or not _by_person(cause) or bool(until)
    return fits and may and cause.occurred_at <= release.occurred_at


def _is_undone(cause: Action, known: list[Action]) -> bool:
    """The last verdict counts, and a person's before any other."""
    about = [each for each in known if each.details.get("verdict", {}) and each.kind == "release"]
    about = [each for each in about if each.details["verdict"]["action_id"] == cause.action_id]
    if not about:
        return False
    last = max(about, key=lambda each: (_by_person(each), each.occurred_at, each.action_id))
    return bool(last.details["verdict"]["void"]) and (_by_person(last) or not _by_person(cause))


def _is_cleared(cause: Action, known: list[Action]) -> bool:
    """A person's clearance of that kind of abuse keeps automation off until it ends; the last one counts."""
    given = [each for each in known if each.kind == "clear" and each.abuse == cause.abuse]
    if not given or _by_person(cause):
        return False
    until = max(given, key=lambda each: (each.occurred_at, each.action_id)).details["until"]
    return bool(until) and cause.occurred_at < datetime.fromisoformat(until)


def _by_person(action: Action) -> bool:
    return action.source.startswith("person:")
