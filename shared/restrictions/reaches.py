"""What a release reaches beyond its own page: what followed from it by a link, and pages of orders and listings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.restrictions.actions import Action
from shared.restrictions.causes import Cause, cause_of, moment
from shared.restrictions.limits import NONE
from shared.signals.times import stamp


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """A restriction elsewhere that follows from one on this page, which the action `origin` placed.

    It has what is needed of its origin, so that a release finds it also where the origin is not known (yet). Both are
    effects of one rule in one decision.
    """

    placed_at: datetime
    origin: str
    entity: str
    scope: str
    action_id: str
    decision_id: str
    source: str
    capability: str
    abuse: str | None

    @classmethod
    def of(cls, cause: Cause, entity: str, scope: str) -> "Link":
        """The link by which a cause came to be; `ValueError` for one that came by none."""
        if cause.via is None:
            raise ValueError(f"the action {cause.action_id} follows from no other")
        about = cause.decision_id, cause.source, cause.capability, cause.abuse
        return cls(cause.starts_at, cause.via.action_id, entity, scope, cause.action_id, *about)

    @property
    def likely_origin(self) -> Cause:
        """As much of the origin as can be told from here."""
        times = self.placed_at, self.placed_at
        return Cause(self.origin, self.decision_id, self.source, self.capability, NONE, self.abuse, *times)

    def to_json(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in self.__slots__}, "placed_at": stamp(self.placed_at)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Link":
        return cls(**{**document, "placed_at": moment(document["placed_at"])})


@dataclass(frozen=True, slots=True)
class Notice:
    """What another page, of the whole of `entity`, must know of a restriction before it is placed."""

    entity: str
    link: Link | None = None
    scope: str = ""
    until: datetime | None = None


def notices_of(action: Action, decision_id: str) -> tuple[Notice, ...]:
    """For which pages a `restrict` action has word, beside its own; `UnfitActionError` for one that is none."""
    cause = cause_of(action, decision_id)
    notices = []
    if cause.via:
        notices.append(Notice(cause.via.entity, link=Link.of(cause, action.entity, action.scope)))
    if action.scope:
        notices.append(Notice(action.entity, scope=action.scope, until=cause.ends_at))
    return tuple(notices)
