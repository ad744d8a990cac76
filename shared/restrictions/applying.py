"""What changes an account: actions about it, and word from other pages. Pure, and in any order to the same account."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, get_args

from shared.restrictions.actions import Action, ActionKind
from shared.restrictions.causes import MALFORMED, Cause, UnfitActionError, cause_of, moment
from shared.restrictions.demands import Answer, Demand
from shared.restrictions.keeping import EACH, kept_causes, kept_entries, kept_last
from shared.restrictions.ledger import Account
from shared.restrictions.reaches import Notice
from shared.restrictions.releases import Clearance, OriginState, Release, Said, Selector, Verdict
from shared.restrictions.stretches import Span, stretches
from shared.signals.times import to_the_millisecond

Key = TypeVar("Key", bound=Hashable)


def applied(account: Account, action: Action, decision_id: str) -> Account:
    """The account after an action; raises `UnfitActionError` for one that the ledger does not understand.

    Only what limits, releases, clears, asks and answers changes it.
    """
    if action.kind not in get_args(ActionKind):
        raise UnfitActionError(action.action_id, f"there is no kind of action {action.kind!r}")
    apply = _CHANGES.get(action.kind)
    if apply is None:
        return account
    try:
        return _kept(apply(account, action, decision_id))
    except UnfitActionError:
        raise
    except MALFORMED as error:
        raise UnfitActionError(action.action_id, f"{type(error).__name__}: {error}") from error


def reached_by(account: Account, notice: Notice) -> Account:
    """The account with word of a restriction on another page."""
    if notice.link:
        account = replace(account, links=tuple(sorted({*account.links, notice.link})))
    if notice.scope and notice.until:
        account = replace(account, scopes=_latest(account.scopes, notice.scope, notice.until))
    return _kept(account)


def heeding(account: Account, whole: Account) -> Account:
    """The account of an order or listing with what was released and cleared for the whole entity."""
    for release, said in whole.releases.items():
        account = replace(account, releases=_said(account.releases, release, said))
    own = {cause.action_id for cause in whole.causes} | {demand.action_id for demand in whole.demands}
    for about, verdict in whole.verdicts.items():
        if about not in own:  # of a release, which may be known here before it is there
            account = _judged(account, about, verdict)
    for abuse, at in whole.upheld.items():
        account = replace(account, upheld=_latest(account.upheld, abuse, at))
    for abuse, clearance in whole.clearances.items():
        account = _cleared(account, abuse, clearance)
    return _kept(account)


def following(account: Account, action_id: str, origin: OriginState) -> Account:
    """The account with word of whether that is void from which one of its restrictions follows by a link."""
    latest = max(origin, account.origins.get(action_id, origin))
    return replace(account, origins={**account.origins, action_id: latest})


def _restrict(account: Account, action: Action, decision_id: str) -> Account:
    return replace(account, causes=(*account.causes, cause_of(action, decision_id)))


def _uphold(account: Account, action: Action, _: str) -> Account:
    if not action.by_person or not action.abuse:
        raise UnfitActionError(action.action_id, "only a person upholds, and what is about one kind of abuse")
    return replace(account, upheld=_latest(account.upheld, action.abuse, to_the_millisecond(action.occurred_at)))


def _release(account: Account, action: Action, _: str) -> Account:
    at, said_by = to_the_millisecond(action.occurred_at), action.details.get("said_by", action.action_id)
    if origin := action.details.get("origin"):
        return following(account, origin["action_id"], OriginState(int(origin["version"]), bool(origin["void"])))
    if "verdict" not in action.details:
        release = Release(Selector.from_json(action.details["selector"]), action.by_person)
        return replace(account, releases=_said(account.releases, release, (Said(at, said_by),)))
    about, void = action.details["verdict"]["action_id"], bool(action.details["verdict"]["void"])
    return _judged(account, about, Verdict(action.by_person, at, said_by, void))


def _judged(account: Account, about: str, verdict: Verdict) -> Account:
    latest = max(verdict, account.verdicts.get(about, verdict))
    return replace(account, verdicts={**account.verdicts, about: latest})


def _clear(account: Account, action: Action, _: str) -> Account:
    if not action.by_person:
        raise UnfitActionError(action.action_id, f"only a person clears, {action.source} is none")
    if not action.abuse:
        raise UnfitActionError(action.action_id, "a clearance is for one kind of abuse")
    at, until = to_the_millisecond(action.occurred_at), action.details["until"]
    clearance = Clearance(at, action.action_id, moment(until) if until else None, action.source, action.reason)
    return _cleared(account, action.abuse, clearance)


def _cleared(account: Account, abuse: str, clearance: Clearance) -> Account:
    known = account.clearances.get(abuse)
    if known and not clearance.replaces(known):
        return account
    return replace(account, clearances={**account.clearances, abuse: clearance})


def _ask(account: Account, action: Action, _: str) -> Account:
    demand = Demand.from_json(
        {**action.details, "asked_at": action.occurred_at.isoformat(), "action_id": action.action_id}
    )
    if demand.is_needless(account.standing_demands, account.answers):
        return account
    return replace(account, demands=(*account.demands, demand))


def _answer(account: Account, action: Action, _: str) -> Account:
    answer = Answer(to_the_millisecond(action.occurred_at), action.details["ask"], action.details["outcome"])
    return replace(account, answers=(*account.answers, answer))


_CHANGES: Mapping[str, Callable[[Account, Action, str], Account]] = {
    "restrict": _restrict,
    "release": _release,
    "clear": _clear,
    "uphold": _uphold,
    "friction": _ask,
    "answer": _answer,
}


def _kept(account: Account) -> Account:
    """As much of an account as a page keeps, in an order of its own."""
    causes, demands = kept_causes({*account.causes}), kept_last({*account.demands})
    dropped = {*account.causes}.difference(causes)
    releases = _kept_releases(account.releases, causes)
    about = {cause.action_id for cause in causes} | {demand.action_id for demand in demands}
    about |= {each.action_id for said in releases.values() for each in said}
    links = kept_entries(dict.fromkeys(account.links), lambda link, _: link)
    placed = account.placed_by_person
    for cause in dropped:
        if cause.is_persons_hold:
            placed = _latest(placed, cause.capability, cause.starts_at)
    return replace(
        account,
        causes=causes,
        demands=demands,
        answers=kept_last({*account.answers}),
        verdicts=kept_entries(
            account.verdicts, lambda action_id, said: (said, action_id), lambda each, _: each in about
        ),
        origins=kept_entries(account.origins, lambda action_id, said: (said, action_id), lambda each, _: each in about),
        releases=releases,
        links=tuple(links),
        scopes=kept_entries(account.scopes, lambda scope, until: (until, scope)),
        held=_held(account.held, (cause for cause in dropped if cause.is_automated_hold)),
        placed_by_person=placed,
    )


def _kept_releases(
    releases: Mapping[Release, tuple[Said, ...]], causes: Iterable[Cause]
) -> dict[Release, tuple[Said, ...]]:
    """What was said counts, not what of: one release that is said on and on takes the room of as many."""
    sayings = kept_entries(
        {(release, each): each for release, said in releases.items() for each in said},
        lambda saying, said: (said, saying[0]),
        lambda saying, said: any(saying[0].since(cause, (said.at,)) for cause in causes),
    )
    kept: dict[Release, tuple[Said, ...]] = {}
    for release, said in sorted(sayings):
        kept[release] = (*kept.get(release, ()), said)
    return kept


def _held(held: Mapping[str, tuple[Span, ...]], dropped: Iterable[Cause]) -> Mapping[str, tuple[Span, ...]]:
    """What is remembered of causes that a page does not keep: that their money was held, as long as they said."""
    spans = {capability: [*each] for capability, each in held.items()}
    for cause in dropped:
        spans.setdefault(cause.capability, []).append(Span(cause.starts_at, cause.ends_at))
    return {capability: found for capability, each in spans.items() if (found := stretches(each))}


def _said(
    releases: Mapping[Release, tuple[Said, ...]], release: Release, said: Iterable[Said]
) -> dict[Release, tuple[Said, ...]]:
    """With one that was said at these times, of all of which the last are kept."""
    return {**releases, release: tuple(sorted({*releases.get(release, ()), *said})[-EACH:])}


def _latest(times: Mapping[Key, datetime], key: Key, at: datetime) -> dict[Key, datetime]:
    return {**times, key: max(at, times.get(key, at))}
