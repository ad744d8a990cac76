"""What is in force, as the policy table keeps it: one item."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.decisions.beginnings import Written
from shared.decisions.shares import PARTS
from shared.signals.times import stamp

SHIPPED = "shipped"
"""Stands where a digest stands, for the policy that ships with the code: in force until somebody publishes one."""
MOST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what, when, why; `kind` is one word such as `publish`, `what` the rest of the sentence."""

    kind: str
    what: str
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is in force, from digest to switches.

    `digest` judges everyone but the `share` (0 to 1) of entities that `staged` judges. `stopped` says of a rule, of
    `abuse:<kind>`, `capability:<name>` or `*`, who stopped it: `{by, why, at}`. `lists` has a version that grows with
    each change of a list that is kept in the table. `before` are the digests that were in force, the newest last.
    `series` names all series (see `Plan`) that functions write, whether or not they can load what reads them: none, as
    long as it is in force, or until when, as others may not have heard that it is in force no more. `also` are those of
    them that no policy in force reads, so that the one before can come back. `published` says of `digest` who made it
    so: `{by, why, at}`. `began` says since when a series is written, where it was not always (see `Written`): it stands
    here, and not in items of its own, so that it changes with what is in force, or not at all, and costs no reading.
    `young` says since when each `rule@version` is at work that is new or edited.
    """

    version: int = 0
    digest: str = SHIPPED
    staged: str | None = None
    share: float = 0.0
    stopped: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    series: Mapping[str, datetime | None] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    published: Mapping[str, str] = field(default_factory=dict)
    began: Mapping[str, datetime] = field(default_factory=dict)
    young: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def written(self) -> Written:
        """Which series are written because of it."""
        return Written({**dict.fromkeys(self.also), **self.series}, self.began)

    def moved_to(self, digest: str, change: Change) -> "Pointer":
        """Another policy in force for everyone; what was in force can come back."""
        before = (*self.before, self.digest)[-MOST_BEFORE:]
        return replace(self, digest=digest, staged=None, share=0.0, before=before, published=who(change))

    def moved_back(self, change: Change) -> "Pointer":
        """The policy that was in force before, which there must be."""
        *before, digest = self.before
        return replace(self, digest=digest, staged=None, share=0.0, before=tuple(before), published=who(change))


def who(change: Change) -> dict[str, str]:
    """Who changed something, why and when, as it stands in the pointer."""
    return {"by": change.by, "why": change.why, "at": stamp(change.at)}


def pointer_item(pointer: Pointer) -> dict[str, Any]:
    """The item that keeps a pointer."""
    item: dict[str, Any] = {
        "part": "pointer",
        "item": "live",
        "version": pointer.version,
        "digest": pointer.digest,
        "stopped": {rule: dict(stop) for rule, stop in pointer.stopped.items()},
        "lists": dict(pointer.lists),
        "before": list(pointer.before),
        "series": {name: stamp(until) if until else "" for name, until in pointer.series.items()},
        "also": list(pointer.also),
        "published": dict(pointer.published),
        "began": _stamped(pointer.began),
        "young": _stamped(pointer.young),
    }
    if pointer.staged:
        item["staged"] = {"digest": pointer.staged, "share": round(pointer.share * PARTS)}
    return item


def pointer_of(item: Mapping[str, Any]) -> Pointer:
    """The pointer that an item keeps."""
    staged = item.get("staged")
    return Pointer(
        item["version"],
        item["digest"],
        staged["digest"] if staged else None,
        staged["share"] / PARTS if staged else 0.0,
        item["stopped"],
        item["lists"],
        tuple(item["before"]),
        {name: datetime.fromisoformat(until) if until else None for name, until in item["series"].items()},
        tuple(item["also"]),
        item["published"],
        _moments(item.get("began", {})),
        _moments(item.get("young", {})),
    )


def _stamped(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {name: stamp(at) for name, at in moments.items()}


def _moments(stamped: Mapping[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in stamped.items()}
