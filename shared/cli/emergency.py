"""`sluice emergency`: a rule in one line, shown on the last hour, agreed to by two people, gone after four hours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.decisions import AHEAD
from shared.cli.moving import Why, change_by, loadable, reason, short
from shared.cli.options import Json, Local, Stage
from shared.cli.policies import counted, refuse_policy
from shared.cli.publishing import put_out
from shared.cli.telling import as_lines, found_nothing, harmless, listing, moment, note, refuse, seconds
from shared.cli.trying import on_recorded, tell_trial

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.policy import Policy
    from shared.policy.authoring.emergency import Line
    from shared.stores import Pointer
    from shared.stores.emergencies import Proposal

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="A rule in one line for an emergency: a second person agrees, and it ends after four hours.",
)
HOUR = timedelta(hours=1)
ON_CALL = "on call: "
"""Begins the owner of an emergency rule; its author's name follows."""
SAMPLE = 20_000


@app.command("propose", short_help="Propose a rule, and see the last hour's hits.")
def propose(  # noqa: PLR0913  (each option is a parameter)
    name: Annotated[str, typer.Argument(metavar="NAME", help="The rule's name.")],
    *,
    abuse: Annotated[str, typer.Option(metavar="KIND", help="The abuse that it is about, such as payment_fraud.")],
    on: Annotated[str, typer.Option(metavar="SIGNAL", help="The signal that it is on, such as payment.attempted.")],
    when: Annotated[str, typer.Option(metavar="CONDITION", help="What would stand after `when:` in a policy.")],
    then: Annotated[list[str], typer.Option(metavar="EFFECT", help="What would stand after `then:`; can be repeated.")],
    fires: Annotated[str, typer.Option(metavar="VALUES", help="Its one test: values on which it must fire.")],
    why: Why,
    user_reason: Annotated[
        str, typer.Option(help="What those whom it meets may read.")
    ] = "We need to look at this before it goes on.",
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Propose a rule, in the policy's own language: type-checked, and shown on the last hour's decisions.

    Effects must be reversible: `pend`, `challenge`, friction, reviews, and restrictions for 24 h at most. A second
    person has an hour to agree, with `sluice emergency approve`; the rule is then in force within a minute, and ends
    by itself after four hours. Prints the proposal's id.

    \b
    Examples:
      sluice emergency propose gift_card_wave --abuse payment_fraud --on payment.attempted \\
        --when "amount > 200.00 USD and gift_card" --fires "amount: 250.00 USD, gift_card: true" \\
        --then pend --then "friction: {of: buyer, ask: step_up}" --why "a wave of gift cards since 10:20"
    """
    from shared.policy.authoring.emergency import Line
    from shared.stores.emergencies import LASTS, OPEN_FOR, Proposal

    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        who = cloud.caller()
        line = Line(name, abuse, on, when, tuple(then), fires, reason(why), user_reason, f"{ON_CALL}{who}")
        if given := line.on_many_lines():
            refuse(f"{given} is not one line")
        pointer = cloud.policy_table().pointer()
        _, policy, _ = _with(cloud, pointer, line, now + LASTS, now)
        _tell_last_hour(cloud, policy, line, now)
        proposal = Proposal(line, who, now)
        cloud.emergencies().propose(proposal)
    note(
        f"proposed: a second person puts it in force with `sluice emergency approve {proposal.proposal_id}` "
        f"until {seconds(now + OPEN_FOR)} UTC"
    )
    typer.echo(proposal.proposal_id)


@app.command("approve", short_help="Agree to a proposed rule: it is put in force.")
def approve(
    proposal_id: Annotated[str, typer.Argument(metavar="ID", help="What `propose` printed.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Agree to a rule that somebody else proposed: checked again against what is in force now, then published.

    It ends four hours later. If publishing fails half way, anyone but its author may do this again. Prints the digest.

    \b
    Examples:
      sluice emergency approve 1f2e3d4c --stage prod
    """
    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        emergencies, who = cloud.emergencies(), cloud.caller()
        proposal = emergencies.get(proposal_id)
        if proposal is None:
            found_nothing(f"there is no proposal {proposal_id}; `sluice emergency list` has them")
        if who.casefold() == proposal.by.casefold():
            refuse(f"you proposed {proposal.line.name} yourself: it needs a second person")
        _refuse_late(proposal, now)
        agreed = replace(proposal, approved_at=proposal.approved_at or now)
        typer.echo(harmless(agreed.line.text(agreed.expires)), err=True)
        if not yes and not typer.confirm(f"Put it in force, as {proposal.by} proposed?", err=True):
            refuse("nothing was changed")
        pointer = cloud.policy_table().pointer()
        _with(cloud, pointer, agreed.line, agreed.expires, now)
        # Somebody else may have agreed while the question stood: the four hours count from the first.
        proposal = emergencies.approve(proposal, who, now)
        live, policy, texts = _with(cloud, pointer, proposal.line, proposal.expires, now)
        if policy.digest == pointer.digest:
            found_nothing(f"{proposal.line.name} is in force already; nothing was changed")
        what = f"{policy.digest} with the emergency rule {proposal.line.name}, proposed by {proposal.by}"
        put_out(cloud, pointer, live, policy, texts, change_by(cloud, "publish", what, proposal.line.why))
    note(f"{proposal.line.name} ends {seconds(proposal.expires)} UTC, unless `sluice emergency keep` prolongs it")
    typer.echo(policy.digest)


@app.command("list", short_help="List proposals, and the emergency rules in force.")
def list_(as_json_lines: Json = False, stage: Stage = "dev", local: Local = False) -> None:
    """List the proposals of the last weeks, and the emergency rules of the policy in force, with their ends.

    \b
    Examples:
      sluice emergency list
    """
    now = datetime.now(UTC)
    with cloud_of(stage, local=local) as cloud:
        proposals = cloud.emergencies().all()
        live = loadable(cloud, cloud.policy_table().pointer().digest)
    ends = {name: rule.expires for name, rule in live.rules.items() if rule.emergency and rule.expires} if live else {}
    found = [
        {
            "rule": each.line.name,
            "proposal": each.proposal_id,
            "state": _state(each, live, now),
            "proposed_by": each.by,
            "approved_by": each.approved_by,
            "why": each.line.why,
        }
        for each in proposals
    ]
    known = {each.line.name for each in proposals if each.approved_by}
    found += [
        {"rule": name, "proposal": "", "state": _ending(end, now), "proposed_by": "", "approved_by": "", "why": ""}
        for name, end in ends.items()
        if name not in known
    ]
    if not found:
        found_nothing("there is no emergency rule, and none is proposed")
    if as_json_lines:
        as_lines(found)
        return
    columns = ("rule", "proposal", "state", "proposed by", "approved by", "why")
    listing(columns, [tuple(each.values()) for each in found])


@app.command("keep", short_help="Let an emergency rule go on.")
def keep(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.")],
    *,
    until: Annotated[str, typer.Option(metavar="TIME", help="Until when, such as 2026-11-23T12:00:00Z.")],
    why: Why,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Let an emergency rule of the policy in force go on, for 14 days from now at most; its author cannot. Prints the
    digest.

    \b
    Examples:
      sluice emergency keep gift_card_wave --until 2026-11-23T12:00:00Z --why "still going on"
    """
    from shared.policy.authoring.emergency import document_of, prolonged, with_rule

    now, end = datetime.now(UTC), moment(until)
    if end <= now:
        refuse(f"{until} is past: to end a rule now, `sluice stop {rule}`")
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        live, texts = _in_force(cloud, pointer)
        document = document_of(rule)
        if document not in texts:
            found_nothing(f"{rule} is no emergency rule of the policy in force; `sluice emergency list` has them")
        if live.rules[rule].owner.casefold() == f"{ON_CALL}{cloud.caller()}".casefold():
            refuse(f"you proposed {rule} yourself: somebody else must say that it goes on")
        policy, texts = with_rule(texts, document, prolonged(texts[document], end))
        what = f"{policy.digest} with the emergency rule {rule} kept until {seconds(end)} UTC"
        put_out(cloud, pointer, live, policy, texts, change_by(cloud, "publish", what, why))
    typer.echo(policy.digest)


def _with(
    cloud: "Cloud", pointer: "Pointer", line: "Line", expires: datetime, now: datetime
) -> "tuple[Policy, Policy, dict[str, str]]":
    """What is in force, and it with the rule: the policy and its documents. Ends the command when that must not be."""
    from shared.policy import PolicyError
    from shared.policy.authoring.emergency import irreversible, with_rule

    live, texts = _in_force(cloud, pointer)
    there = live.rules.get(line.name)
    ended = there is not None and there.expires is not None and there.expires <= now and line.document in texts
    if there and not ended and texts.get(line.document) != line.text(expires):
        refuse(f"there is a rule {line.name} in force already: give it another name")
    try:
        policy, together = with_rule(texts, line.document, line.text(expires))
    except PolicyError as error:
        refuse_policy(error)
    if against := list(irreversible(policy.rules[line.name])):
        for each in against:
            typer.echo(harmless(each), err=True)
        found_nothing(f"nothing was proposed: {counted(len(against))}")
    return live, policy, together


def _in_force(cloud: "Cloud", pointer: "Pointer") -> "tuple[Policy, dict[str, str]]":
    """The policy that judges everyone, and its documents. Ends the command when they are not at hand here."""
    from shared.cli.moving import is_shipped_with
    from shared.stores.pointer import SHIPPED

    live = loadable(cloud, pointer.digest)
    if live is None:
        refuse(f"{short(pointer.digest)}, which is in force, cannot be loaded here: use the version that published it")
    if pointer.digest == SHIPPED and not is_shipped_with(cloud, live):
        refuse(
            "the functions judge by the policy that shipped with them, which may differ from the one here: publish it"
        )
    return live, cloud.policy_texts(pointer.digest)


def _tell_last_hour(cloud: "Cloud", policy: "Policy", line: "Line", now: datetime) -> None:
    """The blast radius: what the rule would have done within the last hour."""
    from shared.stores import Period
    from shared.stores.packing import UnreadableRecordError

    policy, archive = cloud.with_lists(policy), cloud.archive()
    period = Period(now - HOUR, now + AHEAD)
    try:
        trial, good = on_recorded(archive, policy, policy.rules[line.name], line.on, period, SAMPLE)
    except UnreadableRecordError as error:
        note(f"what it would do cannot be told: {error}")
        return
    if not trial.looked_at:
        note(f"no decisions on {line.on} within the last hour: what it would do cannot be told")
        return
    note("on the last hour:")
    tell_trial(trial, good, policy, line.on)


def _refuse_late(proposal: "Proposal", now: datetime) -> None:
    from shared.stores.emergencies import OPEN_FOR

    if not proposal.approved_by and not proposal.is_open(now):
        end = seconds(proposal.at + OPEN_FOR)
        refuse(f"the proposal was open until {end} UTC, and much may have changed: propose it again")
    if proposal.approved_by and now >= proposal.expires:
        refuse(f"the rule ended {seconds(proposal.expires)} UTC: propose it again")


def _state(proposal: "Proposal", live: "Policy | None", now: datetime) -> str:
    if not proposal.approved_by:
        return "waits for a second person" if proposal.is_open(now) else "nobody agreed in time"
    rule = live.rules.get(proposal.line.name) if live else None
    if live and rule is None and now < proposal.expires:
        return "agreed to, and not in force: `sluice emergency approve` publishes it"
    return _ending((rule.expires if rule else None) or proposal.expires, now)


def _ending(end: datetime, now: datetime) -> str:
    return f"in force until {seconds(end)} UTC" if now < end else f"ended {seconds(end)} UTC"
