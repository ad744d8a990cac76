"""`sluice policy show`: what a rule says, in words, and what it becomes."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.options import Json
from shared.cli.policies import PolicyFolder, loaded, source_of
from shared.cli.telling import as_json, as_lines, cell, console, facts, listing, percent

if TYPE_CHECKING:
    from shared.policy import Policy, Rule


def show(
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="One rule; a list of all without it.")] = None,
    *,
    compiled: Annotated[bool, typer.Option(help="The stages of the compiler, down to what runs.")] = False,
    policy: PolicyFolder = None,
    as_json_document: Json = False,
) -> None:
    """Tell a policy in words: its rules, or everything about one of them.

    With --compiled: what the rule, or each signal's rules together, become on their way to what runs.

    \b
    Examples:
      sluice policy show
      sluice policy show card_testing_buyer
      sluice policy show card_testing_buyer --compiled
    """
    from shared.cli.policy_checking import named

    texts = source_of(policy)
    found = loaded(texts)
    names = named(found, rule)
    if compiled:
        stages = _stages(found, [found.rules[name] for name in names if rule or found.rules[name].mode != "off"])
        as_json(stages) if as_json_document else _print_stages(stages)
        return
    documents = _documents(found, texts, names)
    if as_json_document:
        as_json(documents[0]) if rule else as_lines(documents)
    elif rule:
        _print_rule(documents[0])
    else:
        rows = [
            (each["rule"], each["mode"], each["on"], each["abuse"], each["owner"], _told_effects(each))
            for each in documents
        ]
        listing(("rule", "mode", "on", "against", "owner", "effects"), rows)


def _documents(policy: "Policy", texts: Mapping[str, str], names: Iterable[str]) -> list[dict[str, Any]]:
    from shared.policy.authoring.catalogue import features, lists
    from shared.policy.authoring.declared import written

    used, asked, conditions = features(policy, texts), lists(policy), written(texts, "rules", "when")
    return [
        {
            **_document(policy.rules[name], policy),
            "when": conditions[name],
            "features": {row["feature"]: row["computes"] for row in used if name in row["rules"]},
            "lists": {row["list"]: row["size"] for row in asked if name in row["rules"]},
        }
        for name in names
    ]


def _document(rule: "Rule", policy: "Policy") -> dict[str, Any]:
    from shared.policy.authoring.ladders import rungs_in_words
    from shared.policy.authoring.words import effect_in_words
    from shared.policy.conditions.tree import source_of as text_of

    return {
        "rule": rule.name,
        "version": rule.version,
        "abuse": rule.abuse,
        "on": list(rule.on),
        "group": rule.group,
        "in_full": list(dict.fromkeys(text_of(tree) for tree in rule.conditions.values())),
        "effects": [effect_in_words(effect) for effect in rule.effects],
        "ladder": list(rungs_in_words(rule, policy)),
        "mode": rule.mode,
        "rollout": rule.rollout,
        "severity": rule.told_severity if rule.grades else rule.severity,
        "owner": rule.owner,
        "reason": rule.reason,
        "user_reason": rule.user_reason,
        "tags": list(rule.tags),
        "expires": rule.expires and rule.expires.isoformat(),
        "tests": len(rule.tests),
        "file": rule.span.source.name,
        "line": rule.span.line,
    }


def _told_effects(told: dict[str, Any]) -> list[str]:
    return [*told["effects"], *([f"a ladder of {len(told['ladder'])} rungs"] if told["ladder"] else [])]


def _print_rule(told: dict[str, Any]) -> None:
    page = console()
    page.print(cell(f"{told['rule']}@{told['version']} ({told['file']}:{told['line']})"), style="bold")
    rollout = f" on {percent(told['rollout'])} of entities" if told["rollout"] < 1 else ""
    page.print(
        facts(
            {
                "against": told["abuse"],
                "on": told["on"],
                "group": told["group"],
                "when": told["when"],
                "in full": "\n".join(text for text in told["in_full"] if text != told["when"]),
                "then": "\n".join(told["effects"]),
                "ladder": "\n".join(f"{number}: {rung}" for number, rung in enumerate(told["ladder"], 1)),
                "mode": f"{told['mode']}{rollout}",
                "severity": told["severity"],
                "reason": told["reason"],
                "user reads": told["user_reason"],
                "features": "\n".join(f"{name}: {words}" for name, words in told["features"].items()),
                "lists": [f"{name} ({size:,} values)" for name, size in told["lists"].items()],
                "owner": told["owner"],
                "tags": told["tags"],
                "expires": told["expires"],
                "tests": told["tests"],
            }
        )
    )


def _stages(policy: "Policy", rules: "list[Rule]") -> dict[str, dict[str, str]]:
    """By signal, what the rules become on their way to what runs."""
    from shared.policy import Program

    signals = dict.fromkeys(name for rule in rules for name in rule.on)
    programs: list[Program] = []
    for signal in signals:
        asked = [rule for rule in rules if signal in rule.on]
        uses, asides = policy.uses.get(signal, {}), policy.asides_of(signal, asked)
        programs.append(Program(signal, asked, uses, policy.value_lists, asides=asides))
    return {program.signal: dict(program.stages()) for program in programs}


def _print_stages(told: dict[str, dict[str, str]]) -> None:
    page = console()
    for signal, stages in told.items():
        page.print(cell(f"Rules on {signal}"), style="bold")
        for stage, text in stages.items():
            page.print(cell(f"\n{stage}"), style="bold")
            page.print(cell(text.rstrip()), soft_wrap=True)
        page.print()
