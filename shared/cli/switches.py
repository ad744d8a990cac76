"""`sluice rule stop` and `start`: the switch by which a rule acts on nothing, without publishing a policy."""

from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.cloud import cloud_of
from shared.cli.moving import WITHIN, Why, change_by, loadable
from shared.cli.options import Local, Stage
from shared.cli.policies import no_rule
from shared.cli.telling import found_nothing, note

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.stores import Pointer

Rule = Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.")]


def stop(rule: Rule, *, why: Why, stage: Stage = "dev", local: Local = False) -> None:
    """Stop a rule: it goes on being judged and recorded, held back as `stopped`, and acts on nothing.

    In force within a minute, for every policy that has the rule, until `sluice rule start`. What it did stays done.

    \b
    Examples:
      sluice rule stop card_testing_buyer --why "denies honest buyers since 10:20" --stage prod
    """
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        if rule in pointer.stopped:
            stopped = pointer.stopped[rule]
            found_nothing(f"{rule} is stopped already, by {stopped['by']}: {stopped['why']}")
        known = _rules(cloud, pointer)
        # A policy that does not load here may have any rule, and this is no time to insist.
        if known is not None and rule not in known:
            no_rule(rule, known, of="the policy in force")
        cloud.policy_table().stop(rule, change_by(cloud, "stop", rule, why))
    note(f"stopped, {WITHIN}; `sluice rule start {rule}` lets it act again")


def start(rule: Rule, *, why: Why, stage: Stage = "dev", local: Local = False) -> None:
    """Let a rule act again that was stopped.

    \b
    Examples:
      sluice rule start card_testing_buyer --why "mended in the policy published at 11:05" --stage prod
    """
    with cloud_of(stage, local=local) as cloud:
        pointer = cloud.policy_table().pointer()
        if rule not in pointer.stopped:
            others = f"; stopped are {', '.join(sorted(pointer.stopped))}" if pointer.stopped else "; no rule is"
            found_nothing(f"{rule} is not stopped{others}")
        cloud.policy_table().start(rule, change_by(cloud, "start", rule, why))
    note(f"it acts again, {WITHIN}")


def _rules(cloud: "Cloud", pointer: "Pointer") -> set[str] | None:
    """The rules of all policies in force; None, with a remark, when not all of them can be read."""
    from shared.stores.failures import INFRASTRUCTURE

    try:
        policies = [loadable(cloud, digest) for digest in (pointer.digest, pointer.staged) if digest]
    except INFRASTRUCTURE as error:
        note(f"whether there is such a rule cannot be told: {error}")
        return None
    return {name for policy in policies if policy for name in policy.rules} if all(policies) else None
