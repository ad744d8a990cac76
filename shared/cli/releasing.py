"""`sluice restrictions release` and `clear`: people take back what rules or people decided about an entity."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shared.cli.cloud import cloud_of
from shared.cli.deciding import LONGEST, Abuse, Decided, Only, Reason, Yes, check, confirm
from shared.cli.entities import Entity
from shared.cli.options import Local, Stage
from shared.cli.telling import found_nothing, note, one_of, refuse, seconds, span

if TYPE_CHECKING:
    from shared.restrictions import Cause, Selector
    from shared.stores.entries import Entry

ANY = "*"


def release(  # noqa: PLR0913  (each option is a parameter)
    entity: Entity,
    *,
    reason: Reason,
    capability: Annotated[str, typer.Option(help="What it shall be able to do again, such as withdraw.")] = ANY,
    source: Annotated[str, typer.Option(help="Only what this source placed, such as rule:x or person:ann.")] = ANY,
    cause: Annotated[str | None, typer.Option(metavar="ACTION_ID", help="Only this one cause.")] = None,
    abuse: Abuse = None,
    only: Only = None,
    yes: Yes = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Release restrictions, as a person: the command is recorded, and enforced like any decision's actions.

    What one cause placed on others who are linked ends with it; every other cause stays. Prints the command's id, by
    which `sluice decisions show` finds it.

    \b
    Examples:
      sluice restrictions release user:u_1 --capability withdraw --reason "called back, it was them"
      sluice restrictions release user:u_1 --capability buy --source rule:card_testing --reason "shared card" --yes
      sluice restrictions release user:u_1 --cause 5be9c1d20a77418f9a3f0e6d2f1b7c44 --reason "that order was fine"
    """
    from shared.cli.standing import told_cause
    from shared.restrictions import CAPABILITIES, Selector
    from shared.restrictions.undoing import verdict

    if capability != ANY:
        one_of(capability, CAPABILITIES, "capability")
    check(reason, abuse, only)
    if cause and (capability, source, abuse, only) != (ANY, ANY, None, None):
        refuse("name one --cause, or say which by --capability, --source, --abuse and --only, not both")
    if not cause and (capability, source, abuse, only) == (ANY, ANY, None, None):
        refuse("say which: by --capability, --source, --abuse, --only, or one --cause")
    with cloud_of(stage, local=local) as cloud:
        decided = Decided.now(cloud, entity, reason)
        selector = Selector(source=source, capability=capability, abuse=abuse or ANY)
        standing = decided.standing(only)
        chosen = [
            (scope, each) for scope, each in standing if (each.action_id == cause if cause else selector.matches(each))
        ]
        if not chosen:
            _no_such(decided, cause, selector, [each for _, each in standing])
        for scope, each in chosen:
            note(f"{each.capability}{f' for {scope} only' if scope else ''} {told_cause(each, decided.at)}")
        confirm(f"Release {'this' if len(chosen) == 1 else f'these {len(chosen):,}'} of {entity}?", yes=yes)
        details = (
            verdict(cause, chosen[0][0], void=True)
            if cause
            else {"selector": selector.to_json(), **({"scope": only} if only else {})}
        )
        decided.ordered(decided.action("release", details, abuse))


def clear(  # noqa: PLR0913  (each option is a parameter)
    entity: Entity,
    *,
    abuse: Annotated[str, typer.Option(metavar="KIND", help="Of what it is cleared, such as payment_fraud.")],
    reason: Reason,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="For how long, such as 30d.")] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="It is not cleared any more.")] = False,
    yes: Yes = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Clear an entity of a kind of abuse: what rules placed for it ends, and until then they ask for a review instead.

    What people placed stays. Prints the command's id.

    \b
    Examples:
      sluice restrictions clear user:u_1 --abuse payment_fraud --for 30d --reason "a hotel, pays by guests' cards"
      sluice restrictions clear user:u_1 --abuse payment_fraud --take-back --reason "it was no hotel"
    """
    from shared.cli.standing import told_cause
    from shared.signals.times import stamp

    check(reason, abuse)
    if take_back == (for_ is not None):
        refuse("say for how long with --for, or --take-back")
    lasts = span(for_) if for_ else timedelta(0)
    if lasts > LONGEST:
        refuse(f"--for {for_} is too long: {LONGEST.days}d at most, and clear it again then")
    with cloud_of(stage, local=local) as cloud:
        decided = Decided.now(cloud, entity, reason)
        if take_back:
            _insist_on_clearance(decided, abuse)
            confirm(f"Let rules act on {entity} for {abuse} again?", yes=yes)
        else:
            ends = [each for _, each in decided.standing() if each.abuse == abuse and not each.by_person]
            for each in ends:
                note(f"ends: {each.capability} {told_cause(each, decided.at)}")
            confirm(f"Clear {entity} of {abuse} until {seconds(decided.at + lasts)} UTC?", yes=yes)
        until = "" if take_back else stamp(decided.at + lasts)
        decided.ordered(decided.action("clear", {"until": until}, abuse))


def _no_such(decided: Decided, cause: str | None, selector: "Selector", standing: "list[Cause]") -> NoReturn:
    """End: nothing in force is what shall be released; says what there is, and what became of a named cause."""
    there = "; there is " + ", ".join(
        dict.fromkeys(f"{each.capability} by {each.source} (cause {each.action_id})" for each in standing)
    )
    rest = there if standing else f"; nothing is in force for {decided.entity}"
    if cause is None:
        given = {name: value for name, value in selector.to_json().items() if value not in ("", ANY)}
        named = ", ".join(f"{name} {value}" for name, value in given.items())
        found_nothing(f"nothing in force for {decided.entity} is of {named}{rest}")
    placed = next(
        (entry for entry in decided.cloud.ledger().history(decided.entity) if entry.action.action_id == cause), None
    )
    found_nothing(f"{_was(decided.entity, cause, placed)}{rest}")


def _was(entity: str, cause: str, placed: "Entry | None") -> str:
    if placed is None:
        return f"{entity} never had a cause {cause}"
    if placed.action.kind != "restrict":
        return f"{cause} is no restriction, but a {placed.action.kind} by {placed.action.source}"
    return f"the cause {cause} is not in force any more: `sluice audit {entity}` says what became of it"


def _insist_on_clearance(decided: Decided, abuse: str) -> None:
    pages = decided.cloud.ledger().pages(decided.entity).values()
    given = [clearance.until for page in pages if (clearance := page.clearances.get(abuse))]
    if not any(until and until > decided.at for until in given):
        found_nothing(f"{decided.entity} is not cleared of {abuse}: there is nothing to take back")
