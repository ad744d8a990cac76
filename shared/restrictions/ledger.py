"""The ledger's algebra: an account, what changes it, and what is in force by it.

The state of a capability is the join over the causes that nothing has made void, until the last of them ends (law 5).
An account is the same for every order in which the same actions arrived, and for every repetition: it is a set of what
came to be known (causes, releases, verdicts, clearances), and everything else is worked out from it. Demands alone are
kept by arrival: see `demands`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from shared.restrictions.causes import Cause
from shared.restrictions.demands import Answer, Demand
from shared.restrictions.reaches import Link
from shared.restrictions.releases import Clearance, OriginState, Release, Said, Verdict
from shared.restrictions.standing import Standing, Step, staircase, standings
from shared.restrictions.stretches import Span, beginning, stretches

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    """One page of the ledger: of a whole entity, or of one of its orders or listings."""

    causes: tuple[Cause, ...] = ()
    releases: Mapping[Release, tuple[Said, ...]] = field(default_factory=dict)
    """When each was said, the last times in their order, those included that were taken back."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By the action that they are about."""
    origins: Mapping[str, OriginState] = field(default_factory=dict)
    """Of linked restrictions, by the action that placed them."""
    clearances: Mapping[str, Clearance] = field(default_factory=dict)
    """By abuse kind."""
    demands: tuple[Demand, ...] = ()
    """Those that reached the user."""
    answers: tuple[Answer, ...] = ()
    links: tuple[Link, ...] = ()
    """Restrictions elsewhere that follow from those here."""
    scopes: Mapping[str, datetime] = field(default_factory=dict)
    """The entity's orders and listings with pages of their own, by when the last cause there ends."""
    held: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """When causes that are not kept any more held money, by capability."""
    placed_by_person: Mapping[str, datetime] = field(default_factory=dict)
    """When a person last decided to hold money by causes that are not kept any more, by capability."""
    upheld: Mapping[str, datetime] = field(default_factory=dict)
    """When a person last found that somebody is restricted rightly, by abuse kind."""

    @cached_property
    def effective(self) -> tuple[Cause, ...]:
        """The causes that nothing has made void, whether or not they have ended, each until law ends it."""
        counting = ((cause, self.legal_end(cause)) for cause in self.causes if not self.is_void(cause))
        return tuple(
            cause.ending(end) if end else cause for cause, end in counting if end is None or cause.starts_at < end
        )

    @cached_property
    def released(self) -> Mapping[Release, tuple[datetime, ...]]:
        """When each release was said that no verdict has taken back."""
        return {
            release: tuple(each.at for each in said if not self._is_taken_back(release, each))
            for release, said in self.releases.items()
        }

    def _is_taken_back(self, release: Release, said: Said) -> bool:
        verdict = self.verdicts.get(said.action_id)
        return verdict is not None and verdict.voids(release)

    @cached_property
    def stretches(self) -> Mapping[str, tuple[Span, ...]]:
        """When automation held money without a break, by capability."""
        holds = [cause for cause in self.causes if cause.is_automated_hold]
        return {
            capability: stretches(
                (
                    *self.held.get(capability, ()),
                    *(Span(each.starts_at, self._over_at(each)) for each in holds if each.capability == capability),
                )
            )
            for capability in {*self.held, *(cause.capability for cause in holds)}
        }

    def held_since(self, cause: Cause) -> datetime:
        """From when on law counts an automated hold: when its stretch began, or when a person last decided."""
        return max(
            beginning(self.stretches.get(cause.capability, ()), cause.starts_at),
            self._decided.get(cause.capability, _NEVER),
            self.upheld.get(cause.abuse or "", _NEVER),
        )

    @cached_property
    def _decided(self) -> Mapping[str, datetime]:
        """When a person last decided to hold money, by capability; what was undone decided nothing."""
        decided = dict(self.placed_by_person)
        for cause in self.causes:
            if cause.is_persons_hold and not self.is_undone(cause):
                decided[cause.capability] = max(cause.starts_at, decided.get(cause.capability, _NEVER))
        return decided

    def legal_end(self, cause: Cause) -> datetime | None:
        """When law ends a cause before its own end, as automation has held this money for so long; None if it does
        not."""
        if not cause.is_automated_hold:
            return None
        since = self.held_since(cause)
        return since + cause.longest_hold if cause.ends_at - since > cause.longest_hold else None

    def _over_at(self, cause: Cause) -> datetime:
        """When it ceased to count: at its end, or when somebody first said so."""
        verdict, clearance = self.verdicts.get(cause.action_id), self.clearing(cause)
        released = (release.since(cause, times) for release, times in self.released.items())
        ends = [cause.ends_at, *(at for at in released if at)]
        ends += [verdict.at] if verdict and verdict.voids(cause) else []
        ends += [clearance.given_at] if clearance else []
        return min(ends)

    def is_void(self, cause: Cause) -> bool:
        """Whether a release, a verdict or a clearance keeps it from counting."""
        return (
            self.is_undone(cause)
            or self.clearing(cause) is not None
            or any(release.since(cause, times) for release, times in self.released.items())
        )

    def is_undone(self, cause: Cause) -> bool:
        """Whether a verdict says so of itself, or its page of that from which it follows."""
        verdict, origin = self.verdicts.get(cause.action_id), self.origins.get(cause.action_id)
        return (verdict is not None and verdict.voids(cause)) or (origin is not None and origin.void)

    def clearing(self, cause: Cause) -> Clearance | None:
        """The clearance that keeps it from counting."""
        clearance = self.clearances.get(cause.abuse or "")
        return clearance if clearance and clearance.voids(cause) else None

    def capabilities(self, after: datetime) -> set[str]:
        """What is limited at some time after that moment."""
        return {cause.capability for cause in self.effective if after < cause.ends_at}

    def steps(self, capability: str, after: datetime) -> tuple[Step, ...]:
        """How a capability is limited from that moment on, if nothing else comes: it changes only where causes end."""
        return staircase(cause for cause in self.effective if cause.capability == capability and after < cause.ends_at)

    def in_force(self, at: datetime) -> tuple[Standing, ...]:
        """What is limited at a moment: past its end a cause is not in force, whether or not anything swept it.

        A cause counts as soon as it is known: one whose signal came from a clock that is ahead is no less true.
        """
        return standings(self.effective, at)

    def waiting_for_person(self, at: datetime) -> tuple[Cause, ...]:
        """The causes that have expired and hold on until a person decides, or until the legal maximum."""
        return tuple(cause for cause in self.effective if cause.expires_at <= at < cause.ends_at)

    def open_demands(self, at: datetime) -> tuple[Demand, ...]:
        """What the user is asked for at a moment."""
        return tuple(each for each in self.standing_demands if each.is_open(self.answers, at))

    def abandoned_demands(self, at: datetime) -> tuple[Demand, ...]:
        """The demands whose time has run out by then without an answer, and no other one for the same left open."""
        asked = self.standing_demands
        return tuple(
            each
            for each in asked
            if each.is_abandoned(self.answers, at)
            and not any(
                other.ask == each.ask and other.asked_at <= each.expires_at < other.expires_at for other in asked
            )
        )

    def followed(self) -> dict[Link, bool]:
        """The restrictions elsewhere that follow from those here, and whether these are void."""
        known = {cause.action_id: cause for cause in self.causes}
        return {link: self.is_void(known.get(link.origin, link.likely_origin)) for link in self.links}

    @property
    def standing_demands(self) -> tuple[Demand, ...]:
        """Those that no verdict has withdrawn."""
        withdrawn = {about for about, verdict in self.verdicts.items() if verdict.void}
        return tuple(each for each in self.demands if each.action_id not in withdrawn)


def in_force(pages: Iterable[Account], at: datetime) -> tuple[Standing, ...]:
    """What is limited at a moment by several pages together: the whole entity's, and that of one order or listing."""
    return standings([cause for page in pages for cause in page.effective], at)
