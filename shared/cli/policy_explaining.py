"""`sluice policy explain`: what a rule saw of one signal, what decided, and what would have flipped it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.policies import PolicyFolder, loaded, refuse_policy, source_of
from shared.cli.telling import as_json, cell, console, found_nothing, refuse

if TYPE_CHECKING:
    from rich.tree import Tree

    from shared.policy import Policy, Rule
    from shared.policy.authoring.explaining import Explanation, Part, Rung

_ID = re.compile(r"[0-9a-f]{32}")


def explain(
    what: Annotated[str, typer.Argument(metavar="DECISION|FILE", help="A decision's id, or a file of signals.")],
    *,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="This rule; without it, those that fired.")] = None,
    policy: PolicyFolder = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Show what a rule saw: each condition with its values, which branch decided, and what would have flipped it.

    Of a rule with a ladder it says which rung stands. Who is known good is asked like a rule: known_good.ABUSE.ROLE.

    A decision is explained by the policy that made it, from what its record kept: what no rule had to read is unknown.
    A file is JSON, or JSON lines: its last signal is explained, after the others have been remembered.

    \b
    Examples:
      sluice policy explain 5f3c0c6bb0a94c0bb5b1f5f0a1f7e1d2 --rule card_testing_buyer
      sluice policy explain signal.json --rule card_testing_buyer
      sluice policy explain signal.json --rule known_good.payment_fraud.buyer
    """
    from shared.policy.authoring.explaining import explained

    if Path(what).is_file():
        found = loaded(source_of(policy))
        signal, values = _of_file(Path(what), found)
    elif not _ID.fullmatch(what):
        refuse(f"there is no file {what}, and a decision's id has 32 hex digits")
    else:
        signal, values, found = _of_decision(what, policy, stage, local=local)
    asked = [_asked(found, rule)] if rule else [each for each in found.rules.values() if signal in each.on]
    if rule and signal not in asked[0].on:
        refuse(f"this is about {signal}, and {rule} is on {' and '.join(asked[0].on)}")
    told = [explained(found, each, signal, values) for each in asked]
    if not rule:
        told = [each for each in told if each.fired]
    if not told:
        found_nothing(f"none of the {len(asked)} rules on {signal} fires on it; see why not with --rule")
    if as_json_document:
        as_json([_explained(each) for each in told])
        return
    for each in told:
        _print_explanation(each)


def _asked(policy: "Policy", name: str) -> "Rule":
    """The rule, or the aside, of that name."""
    from shared.cli.policy_checking import named

    if name not in policy.asides:
        named(policy, name)
    return policy.asides.get(name) or policy.rules[name]


def _of_decision(
    decision_id: str, folder: Path | None, stage: str, *, local: bool
) -> tuple[str, dict[str, Any], "Policy"]:
    """The signal's type, the values that the record kept, and the policy: the record's own, unless one is named."""
    import json

    from shared.policy import PolicyError, load_inputs
    from shared.stores import PolicyNotLoadedError

    with cloud_of(stage, local=local) as cloud:
        record = cloud.archive().get(decision_id)
        if record is None or record["kind"] != "decision":
            found_nothing(f"there is no decision {decision_id}, and no such file")
        try:
            policy = loaded(source_of(folder)) if folder else cloud.policy(record["policy"])
        except PolicyError as error:
            refuse_policy(error)
        except PolicyNotLoadedError as error:
            refuse(f"its policy {record['policy']} cannot be read: {error}; explain it by another with --policy")
    return record["signal_type"], load_inputs(json.loads(record["capsule"])["inputs"]), policy


def _of_file(path: Path, policy: "Policy") -> tuple[str, dict[str, Any]]:
    """The type of the file's last signal, and everything that rules on it can see after the signals before it."""
    from datetime import UTC, datetime

    from shared.decisions.values import signal_values
    from shared.features import Plan, Timelines, asking
    from shared.signals import InvalidSignal, Pseudonyms, entities_of, parse

    try:
        parsed = [parse(line, datetime.now(UTC)) for line in _signals_in(path)]
        parsed = [replace(signal, received_at=signal.time) for signal in parsed]  # as if each had come in time
    except InvalidSignal as verdict:
        refuse(f"{path} has an invalid signal: {verdict}; `sluice signals check {path}` says more")
    if not parsed:
        refuse(f"{path} is empty; write a signal into it, such as `sluice signals example payment.attempted`")
    *before, last = parsed
    pseudonyms, plan = Pseudonyms(b"\0" * 32), Plan(policy.features.values())
    past = Timelines(plan, {}, cap=10_000)
    for signal in before:
        past.add(plan.entries(signal, entities_of(signal, pseudonyms), pseudonyms))
    entities = entities_of(last, pseudonyms)
    asks = asking(last, entities, pseudonyms)
    measured = {
        name: past.measure(use.feature, entities[use.role], asks)
        for name, use in policy.uses[last.name].items()
        if use.role in entities
    }
    return last.name, {**signal_values(last, entities), **measured}


def _signals_in(path: Path) -> list[bytes]:
    """One JSON document over many lines, or one a line."""
    import json

    try:
        content = path.read_bytes().strip()
    except OSError as error:
        refuse(f"{path} cannot be read: {error.strerror}")
    try:
        json.loads(content)
    except ValueError:
        return [line for line in content.splitlines() if line.strip()]
    return [content]


def _explained(told: "Explanation") -> dict[str, Any]:
    return {
        "rule": told.rule.name,
        "signal": told.signal,
        "fired": told.fired,
        "condition": _part(told.whole),
        "flips": [
            [{"name": each.name, "value": _plain(each.value), "words": str(each)} for each in flip]
            for flip in told.flips
        ],
        "told": list(told.sentences),
        "severity": told.severity,
        "graded_by": {name: _plain(value) for name, value in told.graded_by.items()},
        **({"ladder": [_rung(each) for each in told.rungs]} if told.rungs else {}),
    }


def _rung(rung: "Rung") -> dict[str, Any]:
    return {
        "tier": rung.step.tier,
        "reached": rung.reached,
        "stands": rung.stands,
        "waits_for_person": rung.asked,
        "condition": [_part(each) for each in rung.parts],
    }


def _part(part: "Part") -> dict[str, Any]:
    joined = {"parts": [_part(each) for each in part.parts]} if part.parts else {"seen": _seen(part)}
    return {"text": part.text, "value": part.value, "decided": part.decided, **joined}


def _seen(part: "Part") -> dict[str, Any]:
    return {name: _plain(value) for name, value in part.seen.items()}


def _plain(value: Any) -> Any:
    from shared.policy import dump_inputs

    return dump_inputs({"it": value})["it"]


def _print_explanation(told: "Explanation") -> None:
    from rich.tree import Tree

    page = console()
    unknown = "cannot tell, and fires then" if told.rule.if_unknown == "fire" else "cannot tell"
    verdict = unknown if told.fired is None else "fires" if told.fired else "does not fire"
    if told.rule.serves != "rule":
        verdict = {True: "holds", False: "does not hold", None: "cannot tell, and does not hold then"}[told.fired]
    page.print(cell(f"{told.rule.name} on {told.signal}: {verdict}"), style="bold")
    tree = Tree(_line(told.whole), guide_style="dim")
    _grow(tree, told.whole)
    page.print(tree)
    for sentence in told.sentences:
        page.print(cell(sentence))
    if told.rungs:
        page.print(_ladder(told))
    if told.graded_by:
        text = f"Its severity is {told.severity:.4g}: {told.rule.told_severity}"
        page.print(cell(text).append(f"   {_values(told.graded_by)}", style="dim"))
    page.print()


def _ladder(told: "Explanation") -> "Tree":
    """The rungs of its ladder from the top down, as they stand one on the other."""
    from rich.tree import Tree

    from shared.policy.authoring.words import effect_in_words

    ladder = Tree("ladder, the highest rung first", guide_style="dim")
    for rung in reversed(told.rungs):
        truth = "unknown" if rung.reached is None else str(rung.reached).lower()
        line = cell(f"{truth}  {rung.step.tier}: {', '.join(map(effect_in_words, rung.step.effects))}")
        if rung.stands or rung.asked:
            line.append("   stands" if rung.stands else "   a person is asked", style="bold")
        branch = ladder.add(line)
        for part in rung.parts:
            _grow(branch.add(_line(part)), part)
    return ladder


def _grow(tree: "Tree", part: "Part") -> None:
    for each in part.parts:
        _grow(tree.add(_line(each)), each)


def _line(part: "Part") -> Any:
    truth = "unknown" if part.value is None else str(part.value).lower()
    words = {"and": "all of", "or": "any of", "not": "not"}.get(part.text, part.text) if part.parts else part.text
    seen = _values(part.seen)
    line = cell(truth).append(f"  {words}", style="" if part.decided else "dim")
    if seen:
        line.append(f"   {seen}", style="dim")
    if part.decided and not part.parts:
        line.append("   decided", style="bold")
    return line


def _values(seen: Mapping[str, Any]) -> str:
    from shared.policy.conditions.reasons import shown

    return ", ".join(f"{name} {'unknown' if value is None else f'= {shown(value)}'}" for name, value in seen.items())
