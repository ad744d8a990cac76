"""`sluice stop` and `start`: the switches by which rules act on nothing, without publishing a policy."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import WITHIN, Why, amending, change_by, loadable
from shared.cli.options import Local, Stage
from shared.cli.policies import no_rule
from shared.cli.telling import found_nothing, note, one_of, refuse

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.stores import Pointer

EVERYTHING = "*"
Rule = Annotated[str | None, typer.Argument(metavar="[RULE]", help="The rule's name.")]
Abuse = Annotated[str | None, typer.Option(help="All rules about this kind of abuse, such as payment_fraud.")]
Capability = Annotated[str | None, typer.Option(help="What limits this capability, such as withdraw.")]
Everything = Annotated[bool, typer.Option("--everything", help="All rules: everything is allowed and recorded.")]


@dataclass(frozen=True)
class _Switch:
    """`name` is under what it stands in the pointer, `option` how the command line names it."""

    name: str
    option: str


def switched(name: str) -> str:
    """What a switch is about, in words: `abuse:phishing` is all rules about phishing."""
    base, _, which = name.partition(":")
    told = {"abuse": f"all rules about {which}", "capability": f"what limits {which}"}
    return "everything" if name == EVERYTHING else told.get(base, name)


def is_broad(name: str) -> bool:
    """Whether it stops more than one rule."""
    return name == EVERYTHING or ":" in name


def stop(  # noqa: PLR0913  (each option is a parameter)
    rule: Rule = None,
    *,
    abuse: Abuse = None,
    capability: Capability = None,
    everything: Everything = False,
    why: Why,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Stop a rule, all rules about a kind of abuse, what limits a capability, or everything.

    What is stopped goes on being judged and recorded, held back as `stopped`, and acts on nothing. In force within a
    minute, for every policy, until `sluice start`. What it did stays done: `sluice undo` takes that back.

    \b
    Examples:
      sluice stop card_testing_buyer --why "denies honest buyers since 10:20" --stage prod
      sluice stop --abuse phishing --why "the model sends 1.0 for everyone"
      sluice stop --capability withdraw --why "the bank asks us to"
      sluice stop --everything --why "half of all payments are denied, nobody knows why"
    """
    switch = _switch(rule, abuse, capability, everything=everything)
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        if switch.name in pointer.stopped:
            stopped = pointer.stopped[switch.name]
            found_nothing(f"{switched(switch.name)} is stopped already, by {stopped['by']}: {stopped['why']}")
        known = _rules(cloud, pointer) if rule else None
        # A policy that does not load here may have any rule, and this is no time to insist.
        if known is not None and switch.name not in known:
            no_rule(switch.name, known, of="the policy in force")
        with amending(cloud):
            cloud.policy_table().stop(switch.name, change_by(cloud, "stop", switch.name, why))
    note(f"stopped {switched(switch.name)}, {WITHIN}; `sluice start {switch.option}` lets it act again")


def start(  # noqa: PLR0913  (each option is a parameter)
    rule: Rule = None,
    *,
    abuse: Abuse = None,
    capability: Capability = None,
    everything: Everything = False,
    why: Why,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Let act again what was stopped, or a rule that its brake has stopped.

    Only that one switch is taken back: a rule that is stopped by its own name stays so when everything starts again.

    \b
    Examples:
      sluice start card_testing_buyer --why "mended in the policy published at 11:05" --stage prod
      sluice start --everything --why "it was the payment service"
    """
    switch = _switch(rule, abuse, capability, everything=everything)
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        change = change_by(cloud, "start", switch.name, why)
        braked = rule is not None and cloud.guards().release_brake(rule)
        if switch.name not in pointer.stopped and not braked:
            others = ", ".join(map(switched, sorted(pointer.stopped)))
            found_nothing(f"{switched(switch.name)} is not stopped; stopped are {others or 'no others'}")
        # Also where only a brake held it: the history of who let it act again is one.
        with amending(cloud):
            cloud.policy_table().start(switch.name, change)
    note(f"{'its brake is released: ' if braked else ''}{switched(switch.name)} acts again, {WITHIN}")
    if still := sorted(pointer.stopped.keys() - {switch.name}):
        note(f"still stopped: {', '.join(map(switched, still))}")


def _switch(rule: str | None, abuse: str | None, capability: str | None, *, everything: bool) -> _Switch:
    """The one that was named; ends the command when it was none, or several."""
    from shared.policy.model import ABUSE_KINDS
    from shared.restrictions import CAPABILITIES

    named = [
        *([_Switch(rule, rule)] if rule is not None else []),
        *([_Switch(f"abuse:{abuse}", f"--abuse {abuse}")] if abuse is not None else []),
        *([_Switch(f"capability:{capability}", f"--capability {capability}")] if capability is not None else []),
        *([_Switch(EVERYTHING, "--everything")] if everything else []),
    ]
    if len(named) != 1:
        refuse("name one thing: a rule, --abuse KIND, --capability CAPABILITY, or --everything")
    if rule is not None and is_broad(rule):
        refuse(f"{rule!r} is no rule's name; write --abuse, --capability or --everything")
    if abuse is not None:
        one_of(abuse, ABUSE_KINDS, "kind of abuse")
    if capability is not None:
        one_of(capability, CAPABILITIES, "capability")
    return named[0]


def _rules(cloud: "Cloud", pointer: "Pointer") -> set[str] | None:
    """The rules of all policies in force; None, with a remark, when not all of them can be read."""
    from shared.stores.failures import INFRASTRUCTURE

    try:
        policies = [loadable(cloud, digest) for digest in (pointer.digest, pointer.staged) if digest]
    except INFRASTRUCTURE as error:
        note(f"whether there is such a rule cannot be told: {error}")
        return None
    return {name for policy in policies if policy for name in policy.rules} if all(policies) else None
