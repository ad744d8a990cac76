"""What must hold of truth that comes later: its labels, and what follows from answers, as plainly as they can be said.

Written from what the signals say and not from the code that reads them: see `plain_ledger`, which is given these
actions in place of those that were recorded.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.restrictions import Action
from shared.restrictions.undoing import let_through
from shared.signals import Signal, entities_of
from shared.signals.times import stamp
from tests.faults.one_lane import decisions
from tests.faults.people import actions_of
from tests.faults.policies import POLICIES
from tests.faults.replaying import Run, sent_signals, valid_of
from tests.faults.services import DECISIONS
from tests.support.aws import PSEUDONYMS

SOURCES = {
    "stepup.completed": "feedback:stepup",
    "review.completed": "person:review",
    "appeal.decided": "person:appeal",
}
"""Where what follows from answers comes from, by the answer's type."""
BELIEVED = {"dispute": 0.8, "review": 0.95, "appeal": 0.95}


def labelled(run: Run) -> Iterator[str]:
    """Every label is recorded exactly once, with the decision about the signal that told it; nothing else has one."""
    expected = {each.decision_id: told for each in judged_signals(run) if (told := _label(each))}
    items = [item for item in run.services.items(DECISIONS) if "label" in item]
    found = {item["decision_id"]: json.loads(item["label"]) for item in items}
    yield from (f"labelled: the label of {lost} is not recorded" for lost in expected.keys() - found.keys())
    yield from (f"labelled: {extra} has a label that nobody told" for extra in found.keys() - expected.keys())
    for name in expected.keys() & found.keys():
        if expected[name] != found[name]:
            yield f"labelled: {name} says {found[name]}, and what came was {expected[name]}"
    images = (change["dynamodb"].get("NewImage", {}) for change in run.services.changes())
    written = Counter(image["decision_id"]["S"] for image in images if "label" in image)
    yield from (f"labelled: {name} was written {count} times" for name, count in written.items() if count > 1)


def answered(run: Run) -> Iterator[str]:
    """What is recorded to follow from an answer is what plainly follows from it, and nothing else does."""
    expected: dict[str, list[Action]] = defaultdict(list)
    for action, decision_id in follows(run):
        expected[decision_id].append(action)
    for decision_id, record in decisions(run).items():
        recorded = Counter(_said(each) for each in actions_of(record) if is_of_answer(each))
        plain = Counter(map(_said, expected[decision_id]))
        if recorded != plain:
            yield f"answered: {decision_id} asks for {[*recorded - plain]} too much, and not for {[*plain - recorded]}"


def is_of_answer(action: Action) -> bool:
    """Whether an action follows from an answer by itself."""
    return action.source in SOURCES.values()


def follows(run: Run) -> list[tuple[Action, str]]:
    """The actions that follow from the answers that were judged, each with the decision about its answer.

    They go by the recorded ids where they were recorded: of two orders of one moment the id says which one counts.
    """
    known, found = decisions(run), []
    places = {
        change["dynamodb"]["Keys"]["decision_id"]["S"]: place
        for place, change in enumerate(run.services.changes())
        if change["eventName"] == "INSERT"
    }
    for signal in judged_signals(run):
        recorded = {_said(each): each for each in actions_of(known[signal.decision_id])}
        clearance = POLICIES[known[signal.decision_id]["policy"]].guardrails.clearance
        plain = _answer(signal, _overturned(run, signal, known, places), clearance)
        found += [(recorded.get(_said(each), each), signal.decision_id) for each in plain]
    return found


def told_of(run: Run) -> dict[str, int]:
    """How much of each kind was said of somebody, for whoever counts."""
    voided = sum("verdict" in action.details for action, _ in follows(run))
    return {
        "labels": sum("label" in item for item in run.services.items(DECISIONS)),
        "answers and findings": sum(signal.name in SOURCES for signal in judged_signals(run)),
        "actions they took back": voided,
        "demands left unanswered": len(run.services.feedback),
    }


def judged_signals(run: Run) -> list[Signal]:
    """What has a decision of all that came: of a signal that came several times, as it was when it was judged."""
    found, known = {}, decisions(run)
    for signal in sent_signals(run):
        record = known.get(signal.decision_id, {})
        if (record.get("digest"), record.get("received_at")) == (signal.digest, stamp(signal.received_at)):
            found[signal.decision_id] = signal
    return list(found.values())


def _label(signal: Signal) -> dict[str, Any] | None:
    """What a signal says of somebody's honesty."""
    data = signal.data.model_dump()
    source = signal.name.partition(".")[0]
    abuse, about = data.get("abuse", "payment_fraud"), data.get("about") or f"user:{data.get('user_id')}"
    match signal.name:
        case "dispute.opened" | "dispute.resolved" if data["reason"] == "fraud":
            about, abusive = f"user:{data['buyer_id']}", data.get("outcome", "lost") == "lost"
        case "review.completed" if data["verdict"] != "unsure":
            abusive = data["verdict"] == "abuse"
        case "appeal.decided":
            abusive = data["outcome"] == "upheld"
        case _:
            return None
    return {
        "entity": about,
        "abuse": abuse,
        "abusive": abusive,
        "source": source,
        "known_at": stamp(signal.time),
        "confidence": BELIEVED[source],
        "decision_id": data.get("decision_id"),
    }


def _answer(signal: Signal, overturned: Sequence[Action], clearance: timedelta) -> Iterator[Action]:
    """What follows from a signal; `overturned` is what the decision that it names did for the same kind of abuse."""
    if signal.observe_only or signal.name not in SOURCES:
        return
    data, act = signal.data.model_dump(), partial(_act, signal)
    if signal.name == "stepup.completed":
        asked = data["method"] if data["method"] in ("captcha", "confirmation") else "step_up"
        entities = entities_of(signal, PSEUDONYMS)
        about = ("user", "device", "ip") if asked == "captcha" else ("user",)
        for entity in (entities[role] for role in about if role in entities):
            yield act("answer", entity, {"ask": asked, "outcome": data["outcome"]})
        passed = asked == "step_up" and data["outcome"] == "passed"
        for until in ("step_up", "documents")[: passed + (passed and data["method"] == "document")]:
            yield act("release", entities["user"], {"selector": {"until": until}})
        return
    found = data.get("verdict", data.get("outcome"))
    abuse, entity = data["abuse"], data.get("about") or f"user:{data.get('user_id')}"
    if found in ("abuse", "upheld"):
        yield replace(act("uphold", entity, {}), abuse=abuse)
    if found not in ("honest", "overturned"):
        return
    for each in overturned:
        if each.kind in ("restrict", "friction"):
            void = {"action_id": each.action_id, "void": True}
            yield act("release", each.entity, {"scope": each.scope, "verdict": void})
    if not overturned and data["decision_id"]:
        yield act("release", entity, {"selector": {"decision_id": data["decision_id"], "abuse": abuse}})
    yield act("release", entity, {"selector": {"until": "review", "abuse": abuse}})
    yield replace(act("clear", entity, {"until": stamp(_known_at(signal) + clearance)}), abuse=abuse)


def _act(signal: Signal, kind: Any, entity: str, details: Mapping[str, Any]) -> Action:
    ours = f"plain/{signal.decision_id}/{kind}/{entity}/{json.dumps(details, sort_keys=True)}"
    return Action(kind, ours, entity, SOURCES[signal.name], _known_at(signal), "", details=dict(details))


def _known_at(signal: Signal) -> datetime:
    return min(signal.time, signal.received_at)


def _overturned(
    run: Run, signal: Signal, known: Mapping[str, Mapping[str, Any]], places: Mapping[str, int]
) -> list[Action]:
    """What the decision that a signal names did for the same kind of abuse, as far as it was there to be read."""
    data = signal.data.model_dump()
    record = known.get(data.get("decision_id") or "")
    if record is None or not _could_see(run, signal, record["decision_id"], known, places):
        return []
    return [each for each in let_through(actions_of(record)) if each.abuse == data["abuse"]]


def _could_see(
    run: Run, signal: Signal, named: str, known: Mapping[str, Mapping[str, Any]], places: Mapping[str, int]
) -> bool:
    """What was recorded before the invocation began was there; of what came while it was at work, or in the same
    batch, the answer's record tells."""
    judging = run.judged[signal.decision_id]
    if places[named] < judging.before:
        return True
    could = places[named] < places[signal.decision_id] or named in {
        each.decision_id for each in valid_of(judging.batch)
    }
    answer = json.loads(known[signal.decision_id]["capsule"]).get("answer") or {}
    return could and bool(answer.get("overturned"))


def _said(action: Action) -> tuple[str, ...]:
    """All that an action says, but for its id and its words."""
    details = {name: value for name, value in action.details.items() if value}
    about = action.abuse if action.kind in ("clear", "uphold") else ""
    said = (action.kind, action.entity, action.source, stamp(action.occurred_at), about or "")
    return (*said, json.dumps(details, sort_keys=True))
