"""One decision, told well: as a document for pipes, and on a page for people."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.cli.telling import cell, console, facts, percent, row, seconds, table

if TYPE_CHECKING:
    from shared.policy import Policy, Program

Document = dict[str, Any]


def described(
    record: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]],
    followers: Sequence[Mapping[str, Any]] = (),
    policy: "Policy | None" = None,
) -> Document:
    """The record as one JSON document: what it packs unpacked, each fired rule explained, and what is about it.

    `policy` is the one that the record names; None when it cannot be loaded.
    """
    document: Document = {name: value for name, value in record.items() if name not in ("remembered", "outbox")}
    for packed in ("capsule", "actions", "label"):
        if packed in record:
            document[packed] = json.loads(record[packed])
    document["content_changes"] = [{"digest": change["decision_id"].rpartition("/")[2], **change} for change in changes]
    if record["kind"] == "decision":
        listed = ("decision_id", "signal_type", "time", "disposition", "rules")
        document["followed_by"] = [{name: each[name] for name in listed} for each in followers]
        document["remembered"] = len(json.loads(record["remembered"]))
        document |= _explained(record, document["capsule"], policy)
    return document


def _explained(record: Mapping[str, Any], capsule: Mapping[str, Any], policy: "Policy | None") -> Document:
    """`fired`: the rules that fired, with each condition as it was; or why that cannot be told, in `unexplained`."""
    from shared.policy import load_inputs

    held_back = dict(entry.split(": ", maxsplit=1) for entry in record["held_back"])
    fired: list[Document] = [{"rule": rule} for rule in record["rules"]]
    fired += [{"rule": rule, "held_back": why} for rule, why in held_back.items()]
    if policy is None:
        unexplained = f"it was decided under policy {record['policy']}, which cannot be loaded here"
        return {"fired": fired, "unexplained": unexplained}
    program = policy.program(record["signal_type"])
    inputs = load_inputs(capsule["inputs"])
    return {"fired": [_rule(rule, program, inputs) for rule in fired]}


def _rule(fired: Document, program: "Program", inputs: Mapping[str, Any]) -> Document:
    from shared.policy import dump_inputs

    rule = next(rule for rule in program.rules if rule.name == fired["rule"])
    return {
        **fired,
        "abuse": rule.abuse,
        "owner": rule.owner,
        "reason": program.reason(rule, inputs),
        "conditions": [
            {
                "text": condition.text,
                "value": condition.value,
                "seen": dump_inputs({name: value for name, value in condition.seen.items() if value is not None}),
                "unknown": [name for name, value in condition.seen.items() if value is None],
            }
            for condition in program.explain(rule, inputs)
        ],
    }


def printed(document: Document) -> None:
    """The page for people."""
    if document["kind"] != "decision":
        _printed_command(document)
        return
    capsule, page = document["capsule"], console()
    page.print(cell(f"{document['signal_type']} about {document['subject']}"), style="bold", end=": ")
    page.print(cell(document["disposition"]), style="bold")
    page.print(
        facts(
            {
                "decision": document["decision_id"],
                "signal": f"{document['signal_id']} from {document['signal_source']}",
                "happened": f"{seconds(document['time'])} UTC",
                "arrived": f"{seconds(document['received_at'])} UTC",
                "about decision": document.get("about_decision"),
                "followed by": [
                    f"{each['decision_id']} ({each['signal_type']}, {seconds(each['time'])})"
                    for each in document["followed_by"]
                ],
                "entities": [f"{role}={entity}" for role, entity in capsule["entities"].items()],
                "linked": [_told_link(link) for link in capsule.get("links", ())],
                "why": "\n".join(document["reasons"]),
                "scores": [f"{abuse} {score:g}" for abuse, score in document["scores"].items()],
                "acting rules": document["rules"],
                "held back": document["held_back"],
                "guardrails": "\n".join(document.get("guarded", [])),
                "unknown": capsule["unknown"],
                "broken": [f"{rule} ({error})" for rule, error in capsule["broken"].items()],
                "redriven": "to observe: it acts on nothing" if capsule["observe_only"] else "",
                "policy": document["policy"],
                "label": _label(document.get("label")),
            }
        )
    )
    _print_rules(document)
    _print_actions(document.get("actions", []))
    if document["content_changes"]:
        page.print(f"\nThe signal came again with other content ({len(document['content_changes'])}):", style="bold")
        for change in document["content_changes"]:
            page.print(cell(f"  dated {seconds(change['time'])}, content {change['digest']}"))


def _told_link(link: Mapping[str, Any]) -> str:
    """Through what, how much it means, and to whom, the last seen first."""
    return f"{link['feature']} through {link['through']} ({percent(link['strength'])}): {', '.join(link['names'])}"


def _print_rules(document: Document) -> None:
    page = console()
    for fired in document.get("fired", []):
        held_back = f", held back: {fired['held_back']}" if "held_back" in fired else ""
        page.print()
        page.print(cell(f"Rule {fired['rule']}{held_back}"), style="bold")
        if "conditions" not in fired:
            continue
        page.print(cell(fired["reason"]))
        conditions = table("was", "condition", "values seen")
        for condition in fired["conditions"]:
            truth = "unknown" if condition["value"] is None else str(condition["value"]).lower()
            # A fact is named by its own text: its value is the condition's.
            told = {name: value for name, value in condition["seen"].items() if name != condition["text"]}
            seen = [f"{name} = {value}" for name, value in _in_words(told).items()]
            row(conditions, truth, condition["text"], [*seen, *(f"{name} unknown" for name in condition["unknown"])])
        page.print(conditions)
    if document.get("fired") and "unexplained" in document:
        page.print()
        page.print(cell(f"Not explained: {document['unexplained']}. The rules read:"))
        page.print(facts(_in_words(document["capsule"]["inputs"])))


def _print_actions(actions: Sequence[Mapping[str, Any]]) -> None:
    from shared.cli.wording import done, who
    from shared.restrictions import Action

    if not actions:
        return
    asked = table("action", "of", "what", "because of", title="\nActions")
    page, read = console(), [Action.from_json(dict(action)) for action in actions]
    for action in read:
        row(asked, action.kind, action.entity, done(action), who(action.source, action.details.get("version", "")))
    page.print(asked)
    for action in read:
        if told := action.details.get("statement"):
            notice = told["notice"]
            page.print(cell(f"Told to {action.entity}: {notice['restriction']} {notice['facts']}"), style="dim")


def _printed_command(document: Document) -> None:
    """What else stands in the same table: a person's command, a note, a decision that was erased."""
    names = (
        "decision_id",
        "kind",
        "subject",
        "of",
        "time",
        "signal_type",
        "disposition",
        "rules",
        "policy",
        "by",
        "why",
        "erased_at",
    )
    console().print(facts({name: document.get(name) for name in names}))
    _print_actions(document.get("actions", []))


def _label(label: Mapping[str, Any] | None) -> str:
    if not label:
        return ""
    verdict = "is" if label["abusive"] else "is not"
    return f"{label['entity']} {verdict} {label['abuse']}, says {label['source']} (confidence {label['confidence']})"


def _in_words(inputs: Mapping[str, Any]) -> dict[str, str]:
    from shared.policy import load_inputs
    from shared.policy.conditions.reasons import shown

    return {name: shown(value) for name, value in load_inputs(inputs).items()}
