"""What `sluice status` tells of the policy: what is in force since when, by whom, and who could not load it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.cli.moving import MOVES, short
from shared.cli.switches import is_broad, switched
from shared.cli.telling import percent, seconds
from shared.stores import PolicyNotLoadedError
from shared.stores.pointer import SHIPPED

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud

AT_MOST = timedelta(days=400)
SETTLED = timedelta(minutes=2)
"""A change is in force within a minute; what is decided later than this was decided under it."""


@dataclass(frozen=True)
class InForce:
    """What the pointer says, and what the functions say of it.

    `digest` is `shipped` until somebody publishes. `moved_at` is when it last changed who is judged by what.
    `published`, and each of `stopped` by the switch's name, have `by`, `why` and `at`. `not_loaded` says by function
    what keeps it from the live or the staged policy, `not_loaded_here` what keeps this version of the code from it.
    """

    digest: str
    published: Mapping[str, str]
    moved_at: str | None
    staged: str | None
    share: float
    stopped: Mapping[str, Mapping[str, str]]
    not_loaded: Mapping[str, str]
    not_loaded_here: Mapping[str, str]

    def concerns(self) -> list[str]:
        return [
            *(f"{function} cannot load {why}" for function, why in self.not_loaded.items()),
            *(
                f"this version of the code cannot load the policy {digest}, so do not deploy it: {why}"
                for digest, why in self.not_loaded_here.items()
            ),
            *(
                f"{switched(name)} is stopped since {seconds(stop['at'])} UTC"
                for name, stop in self.stopped.items()
                if is_broad(name)
            ),
        ]

    def strangers(self, records: Iterable[Mapping[str, Any]], shipped: str | None) -> list[str]:
        """The policies of decisions that no policy in force can have made."""
        known = {shipped if self.digest == SHIPPED else self.digest, self.staged}
        since = self._settled()
        made = (record for record in records if since is None or datetime.fromisoformat(record["time"]) > since)
        return sorted({record["policy"] for record in made} - known)

    def _settled(self) -> datetime | None:
        """From when on the functions must know; None where nobody has changed anything."""
        return datetime.fromisoformat(self.moved_at) + SETTLED if self.moved_at else None

    def told(self) -> list[str]:
        """In words, a line for each thing."""
        if not self.published:
            lines = ["the one that ships with the deployed code; nobody has published another"]
        else:
            since = f"since {seconds(self.published['at'])} UTC"
            lines = [f"{self.digest}, {since}, by {self.published['by']}: {self.published['why']}"]
        if self.staged:
            lines.append(f"{self.staged} staged for {percent(self.share)} of entities")
        lines += [
            f"{switched(name)} stopped at {seconds(stop['at'])} UTC by {stop['by']}: {stop['why']}"
            for name, stop in self.stopped.items()
        ]
        return lines


def in_force(cloud: "Cloud") -> InForce:
    """Ask the policy table."""
    table = cloud.policy_table()
    pointer = table.pointer()
    asked = [digest for digest in (pointer.digest, pointer.staged) if digest]
    return InForce(
        pointer.digest,
        pointer.published,
        next((change["at"] for change in _changes(cloud) if change["kind"] in MOVES), None),
        pointer.staged,
        pointer.share,
        pointer.stopped,
        {
            f"{each.function} ({short(each.digest)})" if pointer.staged else each.function: (
                f"the policy {short(each.digest)}: {each.why}"
            )
            for each in table.notes()
            if each.why and each.digest in asked
        },
        {short(digest): why for digest in asked if digest != SHIPPED and (why := _why_not(cloud, digest))},
    )


def _changes(cloud: "Cloud") -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    return cloud.policy_table().changes(now - AT_MOST, now)


def _why_not(cloud: "Cloud", digest: str) -> str:
    """What keeps a published policy from being loaded here; empty when it loads."""
    try:
        cloud.policy_sources().policy(digest)
    except PolicyNotLoadedError as error:
        return str(error)
    return ""
