"""`sluice restrictions place`: people restrict an entity, and no rule can do anything about it."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.deciding import LONGEST, Abuse, Decided, Only, Reason, Yes, check, confirm
from shared.cli.entities import Entity, checked
from shared.cli.limits import limit_written
from shared.cli.moving import loadable
from shared.cli.options import Local, Stage
from shared.cli.telling import note, one_of, refuse, seconds, span

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.restrictions import Action, Limit

TOLD = "Our team looked at this, and decided so."
"""What whom it meets reads where nobody wrote anything better."""


def place(  # noqa: PLR0913  (each option is a parameter)
    entity: Entity,
    *,
    capability: Annotated[str, typer.Option(help="What is limited, such as withdraw.")],
    to: Annotated[str, typer.Option(metavar="LIMIT", help="What is left, as in a policy: none, 25%, '{delay: 24h}' …")],
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="For how long: 90m, 24h, 7d …")],
    reason: Reason,
    tell: Annotated[str, typer.Option(metavar="WORDS", help="What the statement of reasons says of why.")] = TOLD,
    abuse: Abuse = None,
    only: Only = None,
    until: Annotated[
        str | None, typer.Option(metavar="CONDITION,…", help="What releases it before: step_up, review …")
    ] = None,
    yes: Yes = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Restrict an entity, as a person: no rule weakens, outlives or releases it before its time.

    The limit is written as after `to:` in a policy. Whom it meets reads what --tell says, never the reason.
    Prints the command's id.

    \b
    Examples:
      sluice restrictions place user:u_1 --capability withdraw --to none --for 72h --reason "they called: hijacked"
      sluice restrictions place user:u_2 --capability receive_payout --to "{reserve: 30%, days: 30}" --for 30d \\
        --abuse seller_fraud --until documents --reason "case 4711" --tell "Some buyers did not get what they paid for."
    """
    from shared.cli.standing import told_cause
    from shared.restrictions import CAPABILITIES, CONDITIONS

    one_of(capability, CAPABILITIES, "capability")
    limit, lasts = limit_written(capability, to), span(for_)
    if lasts > LONGEST:
        refuse(f"--for {for_} is too long: {LONGEST.days}d at most, and place it again then")
    conditions = [one_of(each.strip(), CONDITIONS, "condition") for each in until.split(",")] if until else []
    check(reason, abuse, only)
    _insist_on_possible(entity, capability, only)
    with cloud_of(stage, local=local) as cloud:
        decided = Decided.now(cloud, entity, reason)
        ends = decided.at + lasts
        there = [cause for scope, cause in decided.standing() if cause.capability == capability and scope in ("", only)]
        for cause in there:
            note(f"{capability} already {told_cause(cause, decided.at)}")
        if any(cause.limit.covers(limit) and cause.ends_at >= ends for cause in there):
            note("this changes nothing as long as that stands")
        confirm(f"Limit {capability} of {entity}{f', {only} only' if only else ''} until {seconds(ends)} UTC?", yes=yes)
        action = decided.action("restrict", _restriction(capability, limit, ends, only, conditions), abuse)
        decided.ordered(_with_statement(cloud, action, tell))


def _insist_on_possible(entity: str, capability: str, only: str | None) -> None:
    """End the command where no service could keep such an entity from it, as in a policy."""
    from shared.policy.sections.restricting import LIMITED, WITHIN

    kind = checked(entity).partition(":")[0]
    if kind not in LIMITED:
        refuse(f"{entity} cannot be restricted, as honest people share it: restrict the user, the device or the card")
    if capability not in LIMITED[kind]:
        refuse(f"{entity} has no capability {capability}; it has {', '.join(LIMITED[kind])}")
    if only and capability not in (within := WITHIN[only.partition(":")[0]]):
        refuse(f"{capability} cannot be limited for {only} only; what can is {', '.join(within)}")


def _restriction(
    capability: str, limit: "Limit", ends: datetime, only: str | None, conditions: list[str]
) -> dict[str, Any]:
    from shared.signals.times import stamp

    details: dict[str, Any] = {"capability": capability, "limit": limit.to_json(), "expires_at": stamp(ends)}
    if only:
        details["scope"] = only
    if conditions:
        details["until"] = conditions
    return details


def _with_statement(cloud: "Cloud", action: "Action", told: str) -> "Action":
    """The restriction with its statement of reasons, by the default jurisdiction of the policy in force."""
    from shared.restrictions.statements import Facts, jurisdiction_in, statement_of

    policy = loadable(cloud, cloud.policy_table().pointer().digest)
    law = jurisdiction_in(policy.jurisdictions if policy else {}, None)
    return replace(action, details={**action.details, "statement": statement_of(action, Facts(told), law)})
