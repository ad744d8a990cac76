"""What makes causes void: releases by description, verdicts on one action, clearances of an abuse kind.

Nothing is deleted when it is released. Whether a cause is void is worked out when an account is read, so a release that
arrives before what it releases does the same as one that arrives after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.restrictions.causes import Cause, moment
from shared.signals.times import stamp

EVERYONE = "*"


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """Which causes a release is about: those that fit all of it; `*` and the empty text fit any.

    `until` is the condition that came true, `via_action` the action whose linked restrictions are meant.
    """

    source: str = EVERYONE
    capability: str = EVERYONE
    abuse: str = EVERYONE
    until: str = ""
    decision_id: str = ""
    via_action: str = ""

    def matches(self, cause: Cause) -> bool:
        return (
            self.source in (EVERYONE, cause.source)
            and self.capability in (EVERYONE, cause.capability)
            and self.abuse in (EVERYONE, cause.abuse)
            and (not self.until or self.until in cause.until)
            and self.decision_id in ("", cause.decision_id)
            and self.via_action in ("", cause.via.action_id if cause.via else None)
        )

    def to_json(self) -> dict[str, str]:
        """What it names; nothing of what it leaves open."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) not in ("", EVERYONE)}

    @classmethod
    def from_json(cls, document: Mapping[str, str]) -> "Selector":
        """What `to_json` gave; `TypeError` for a name that is none."""
        return cls(**document)


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """Everything that fits is void, if it began up to the moment of the release and the releaser may say so."""

    selector: Selector
    by_person: bool

    def since(self, cause: Cause, times: Iterable[datetime]) -> datetime | None:
        """Since when a cause is void, if this was said at these times, in their order; None if it is not.

        Automation releases a person's cause only by the condition that this cause itself names.
        """
        may = self.by_person or not cause.by_person or bool(self.selector.until)
        if not may or not self.selector.matches(cause):
            return None
        return next((at for at in times if cause.starts_at <= at), None)


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """When a release was said, and by which action: a verdict on that one takes it back."""

    at: datetime
    action_id: str


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """Whether what one action placed, or released, is void. A person's word stands before automation's, then the later
    one counts."""

    by_person: bool
    at: datetime
    command: str
    void: bool

    def voids(self, said: Cause | Release) -> bool:
        return self.void and (self.by_person or not said.by_person)

    def to_json(self, action_id: str) -> dict[str, Any]:
        return {
            "action_id": action_id,
            "at": stamp(self.at),
            "by": self.command,
            "by_person": self.by_person,
            "void": self.void,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Verdict":
        return cls(document["by_person"], moment(document["at"]), document["by"], document["void"])


@dataclass(frozen=True, slots=True, order=True)
class OriginState:
    """Whether that from which a linked restriction follows was void, by the version of its page that said so.

    A verdict says when somebody decided; this says what all decisions came to, so the latest version counts.
    """

    version: int
    void: bool


@dataclass(frozen=True, slots=True)
class Clearance:
    """A person's finding of honesty: until then, automation restricts nothing for this kind of abuse.

    What is placed meanwhile is void for good; a clearance that was taken back, with `until` None, voids nothing.
    """

    given_at: datetime
    action_id: str
    until: datetime | None
    source: str
    reason: str

    def voids(self, cause: Cause) -> bool:
        return self.until is not None and not cause.by_person and cause.starts_at < self.until

    def replaces(self, other: "Clearance") -> bool:
        return (self.given_at, self.action_id) > (other.given_at, other.action_id)

    def to_json(self, abuse: str) -> dict[str, Any]:
        return {
            "abuse": abuse,
            "given_at": stamp(self.given_at),
            "action_id": self.action_id,
            "until": stamp(self.until) if self.until else "",
            "source": self.source,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Clearance":
        return cls(
            moment(document["given_at"]),
            document["action_id"],
            moment(document["until"]) if document["until"] else None,
            document["source"],
            document["reason"],
        )
