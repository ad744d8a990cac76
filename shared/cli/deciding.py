"""What `sluice restrictions place`, `release` and `clear` share: who decides what, why, and against what stands."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.entities import checked, stored
from shared.cli.ordering import new_command, order
from shared.cli.telling import one_of, refuse

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.restrictions import Action, Cause
    from shared.restrictions.actions import ActionKind

LONGEST = timedelta(days=365)
"""What people decide ends by itself, too, and is decided again then."""
Reason = Annotated[str, typer.Option(help="Why, for the record and for those who act on it.")]
Only = Annotated[str | None, typer.Option(metavar="KIND:ID", help="Of this one order or listing only.")]
Abuse = Annotated[str | None, typer.Option(metavar="KIND", help="Because of this kind of abuse.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True)
class Decided:
    """Who decides about whom, and why; made once a command, so that all of it has one time."""

    cloud: "Cloud"
    entity: str
    by: str
    why: str
    at: datetime
    command: str

    @classmethod
    def now(cls, cloud: "Cloud", entity: str, why: str) -> "Decided":
        return cls(
            cloud, stored(cloud, entity), f"person:{cloud.caller()}", why.strip(), datetime.now(UTC), new_command()
        )

    def action(self, kind: "ActionKind", details: dict[str, Any], abuse: str | None = None) -> "Action":
        from shared.restrictions import Action, action_id_of

        action_id = action_id_of(self.command, kind, self.entity)
        return Action(kind, action_id, self.entity, self.by, self.at, self.why, abuse, details=details)

    def standing(self, only: str | None = None) -> "list[tuple[str, Cause]]":
        """The causes in force, each with its scope; of one order or listing only if it is named."""
        return [
            (scope, cause)
            for scope, account in self.cloud.ledger().pages(self.entity).items()
            if only is None or scope == only
            for standing in account.in_force(self.at)
            for cause in standing.causes
        ]

    def ordered(self, action: "Action") -> None:
        """Record it; prints by what id."""
        order(self.cloud, self.command, [action])
        typer.echo(self.command)


def check(reason: str, abuse: str | None, only: str | None = None) -> None:
    """End the command for what none of them can do."""
    from shared.policy.model import ABUSE_KINDS

    if not reason.strip():
        refuse("this needs a reason: whoever reads the record later must understand it")
    if abuse is not None:
        one_of(abuse, ABUSE_KINDS, "kind of abuse")
    if only is not None and checked(only).partition(":")[0] not in ("order", "listing"):
        refuse(f"--only {only} is no order and no listing; write order:… or listing:…")


def confirm(question: str, *, yes: bool) -> None:
    """End the command where nobody agrees."""
    if not yes and not typer.confirm(question, err=True):
        refuse("nothing was changed")
