"""What must hold of enforcement: the ledger, the bus, those who listen to it, budgets, and what waits for people.

Each expectation yields what is wrong, in sentences that begin with its own name.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.restrictions import CAPABILITIES, NONE, Account, Action, Limit, account_from_json, applied
from shared.stores.entries import ACTION, Entry
from shared.stores.pages import HEAD, scope_of
from tests.faults import plain_ledger
from tests.faults.one_lane import decisions
from tests.faults.people import PERSON, actions_of
from tests.faults.plain_ledger import Page, page_of
from tests.faults.policies import guarded_budget, policy
from tests.faults.replaying import Run
from tests.faults.services import DECISIONS, LEDGER, POLICY
from tests.faults.truth import follows, is_of_answer
from tests.support.consumer import PayoutService
from tests.support.signals import moment

ENDS = ("expires_at", "holds_until", "longest_hold_until")
AGAIN = 0.4
"""The share of events that a consumer gets twice."""


def enforced(run: Run) -> Iterator[str]:
    """Each page of the ledger is what the recorded actions come to, whoever asked for them and in whatever order."""
    accounts: dict[Page, Account] = defaultdict(Account)
    for action, decision_id in _applied(run):
        if action.kind in ("restrict", "release", "clear", "uphold", "answer"):
            accounts[page_of(action)] = applied(accounts[page_of(action)], action, decision_id)
    pages = ledger_pages(run)
    for page, account in accounts.items():
        found = pages.get(page, Account())
        for name in ("causes", "verdicts", "releases", "clearances", "upheld", "placed_by_person", "answers"):
            if page[1] and name in ("releases", "clearances", "upheld"):
                continue  # what was said of the whole entity is there, too
            here = getattr(found, name)
            if page[1] and name == "verdicts":  # those on the whole entity's releases are there, too
                here = {of: each for of, each in here.items() if of not in accounts[page[0], ""].verdicts}
            if here != getattr(account, name):
                yield f"enforced: the {name} of {page} are not what was recorded"
    entries = _entries(run)
    recorded_ids = {action.action_id for action, _ in _applied(run)} | _follows(entries)
    if missing := recorded_ids - entries.keys():
        yield f"enforced: {len(missing)} actions are not in the history: {sorted(missing)[:3]}"
    if extra := entries.keys() - recorded_ids:
        yield f"enforced: {len(extra)} entries of the history follow from nothing: {sorted(extra)[:3]}"


def limited(run: Run) -> Iterator[str]:
    """At every moment the ledger limits what the plain model limits, which knows the laws and none of the code."""
    actions, pages = _plainly_applied(run), ledger_pages(run)
    for page in sorted({page_of(action) for action in actions} | pages.keys()):
        for at in _moments(actions):
            expected = plain_ledger.limits(actions, page, at)
            found = {each.capability: each.limit for each in pages.get(page, Account()).in_force(at)}
            if found != expected:
                yield f"limited: {page} at {at} by {_told(found)}, and the laws say {_told(expected)}"
                break


def numbered(run: Run) -> Iterator[str]:
    """The events of a lane of a page have the sequences from 1 on, one each."""
    lanes: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for entry in _entries(run).values():
        for event in entry.applied:
            lanes[event.action.entity, event.scope, event.lane].append(event.sequence)
    for lane, sequences in lanes.items():
        if sorted(sequences) != list(range(1, len(sequences) + 1)):
            yield f"numbered: {lane} has the sequences {sorted(sequences)}"


def published(run: Run) -> Iterator[str]:
    """What the history says came of an action was published at least once, always with the same content, and nothing
    else was: what changed nothing was not."""
    contents: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for entry in run.services.published:
        detail = json.loads(entry["Detail"])
        contents[detail["metadata"]["action_id"]].add((entry["DetailType"], json.dumps(detail, sort_keys=True)))
    events = {event.event_id: event for entry in _entries(run).values() for event in entry.applied}
    words = {action.action_id: decision_id for action, decision_id in _recorded(run) if action.kind == "decision"}
    expected = events.keys() | words.keys()
    yield from (f"published: {lost} never left" for lost in expected - contents.keys())
    yield from (f"published: {extra} follows from nothing" for extra in contents.keys() - expected)
    for event_id in expected & contents.keys():
        if len(contents[event_id]) > 1:
            yield f"published: {event_id} left with {len(contents[event_id])} contents"
        for detail_type, text in contents[event_id]:
            metadata = json.loads(text)["metadata"]
            said = (detail_type, metadata["decision_id"], metadata["sequence"])
            event = events.get(event_id)
            wanted = ("DecisionMade", words.get(event_id), 1)
            if event:
                wanted = (event.detail_type, event.decision_id, event.sequence)
            if said != wanted:
                yield f"published: {event_id} says {said}, not {wanted}"


def consumed(run: Run) -> Iterator[str]:
    """A consumer that got every event, some twice and in any order, limits what the ledger does, at every moment."""
    service, chance = PayoutService(), Random(run.digest)
    told = [_delivered(entry) for entry in run.services.published]
    told += [each for each in told if chance.random() < AGAIN]
    chance.shuffle(told)
    actions = [action for action, _ in _applied(run)]
    # Before the last of them, something that was not yet known may have been limited.
    last = max((action.occurred_at for action in actions), default=moment(0))
    moments = [at for at in _moments(actions) if at >= last]
    for event in told:
        service.receive(event, last)
    for (entity, scope), account in ledger_pages(run).items():
        for at in moments:
            limits = {each.capability: each.limit for each in account.in_force(at)}
            known = {name: service.step(service.steps.get((entity, scope, name)), at) for name in CAPABILITIES}
            known = {name: limit for name, limit in known.items() if limit.bounds}
            if known != limits:
                yield f"consumed: {entity} {scope} at {at}: a consumer says {_told(known)}, the ledger {_told(limits)}"
                break


def parked(run: Run) -> Iterator[str]:
    """What guardrails held back waits exactly once, until a person settles it; and nothing else waits."""
    expected = {action.action_id for action, _ in _recorded(run) if action.kind == "park"}
    found = {item["item"] for item in _ledger_items(run) if item["entity"].startswith("parked#")}
    if expected != found:
        yield f"parked: {len(expected)} actions were to be parked, {len(found)} are"


def within_budgets(run: Run) -> Iterator[str]:
    """Of what a budget counts, no more was decided in any of its periods than it has, and no more was counted."""
    budget, used = guarded_budget(), Counter[str]()
    for record in decisions(run).values():
        if record["policy"] == policy("after").digest:
            hard = [each for each in actions_of(record) if each.kind in ("restrict", "command") and _is_hard(each)]
            used[record["received_at"][:13]] += max(len(hard), record["disposition"] == "deny")
    for item in run.services.items(POLICY):
        counted = item.get(f"b:{budget.name}", 0)
        if counted > (budget.count or 0):
            yield f"within budgets: {item['part']} has counted {counted} of {budget.count}"
    for hour, most in used.items():
        if most > (budget.count or 0):
            yield f"within budgets: {most} hard effects in {hour}, and the budget has {budget.count}"


def asked(run: Run) -> Iterator[str]:
    """A signal that nobody answered is about a demand that was made, and always the same; it was sent where it is noted
    that there is one."""
    demands = {action.action_id for action, _ in _applied(run) if action.kind == "friction"}
    told: dict[str, set[str]] = defaultdict(set)
    sent = [(text, json.loads(text)) for _, text in run.services.feedback]
    for text, signal in sent:
        told[signal["data"]["action_id"]].add(text)
    seen_to = (item for item in run.services.items(DECISIONS) if item["kind"] == "expiry" and "actions" not in item)
    noted = {(item["subject"], item["time"]) for item in seen_to}
    lost = noted - {(signal["subject"], signal["time"]) for _, signal in sent}
    yield from (f"asked: nothing was sent of what {subject} left at {time}" for subject, time in lost)
    yield from (f"asked: nobody was asked {extra}" for extra in told.keys() - demands)
    yield from (f"asked: {each} was left with {len(texts)} contents" for each, texts in told.items() if len(texts) > 1)


def enforced_of(run: Run) -> dict[str, int]:
    """How much of each kind a run brought about, for whoever counts."""
    counts = Counter(f"actions: {action.kind}" for action, _ in _applied(run))
    unchanged = sum(not entry.applied for entry in _entries(run).values())
    return {**counts, "actions that changed nothing": unchanged, "events published": len(run.services.published)}


def ledger_pages(run: Run) -> dict[Page, Account]:
    """The ledger's pages, by whom and what they are about."""
    heads = (item for item in _ledger_items(run) if item["item"].startswith(HEAD))
    return {(item["entity"], scope_of(item["item"])): account_from_json(json.loads(item["account"])) for item in heads}


def _recorded(run: Run) -> list[tuple[Action, str]]:
    """All actions that any record asks for, whoever wrote it."""
    records = run.services.items(DECISIONS)
    return [(action, record["decision_id"]) for record in records for action in actions_of(record)]


def _applied(run: Run) -> list[tuple[Action, str]]:
    """What the ledger was to apply: the recorded actions, and the parked ones that a person let through."""
    released = {item["item"] for item in _ledger_items(run) if item.get("state") == "released"}
    found = [(action, decision_id) for action, decision_id in _recorded(run) if action.kind != "decision"]
    inner = [
        (Action.from_json(action.details["action"]), decision_id)
        for action, decision_id in found
        if action.kind == "park" and action.action_id in released
    ]
    by_person = [(replace(each, details={**each.details, "unparked_by": PERSON}), of) for each, of in inner]
    return found + by_person


def _plainly_applied(run: Run) -> list[Action]:
    """What the ledger was to apply, where what follows from answers is what plainly follows from them."""
    others = [(action, decision_id) for action, decision_id in _applied(run) if not is_of_answer(action)]
    known = [*others, *follows(run)]
    return [replace(action, details={**action.details, "decision_id": of}) for action, of in known]


def _entries(run: Run) -> dict[str, Entry]:
    entries = (Entry.from_record(item) for item in _ledger_items(run) if item["item"].startswith(ACTION))
    return {entry.action.action_id: entry for entry in entries}


def _follows(entries: Mapping[str, Entry]) -> set[str]:
    return {follow.action_id for entry in entries.values() for follow in entry.follows}


def _ledger_items(run: Run) -> list[dict[str, Any]]:
    return run.services.items(LEDGER)


def _moments(actions: Iterable[Action]) -> Iterator[datetime]:
    """Just before and at each moment at which anything may change, and between."""
    times = {action.occurred_at for action in actions}
    ends = (action.details.get(name) for action in actions for name in ENDS)
    times |= {datetime.fromisoformat(end) for end in ends if end}
    for at in sorted(times):
        yield at - timedelta(milliseconds=1)
        yield at
    yield max(times, default=moment(0)) + timedelta(days=1)


def _delivered(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}


def _is_hard(action: Action) -> bool:
    """Whether the budget counts it: by the effect's tier, which an action no longer says."""
    if action.kind == "command":
        return True
    none = Limit.from_json(action.details["limit"]) == NONE
    return none and action.details["capability"] in ("buy", "list", "message", "log_in", "be_ranked")


def _told(limits: Mapping[str, Limit]) -> str:
    return str({name: limit.to_json() for name, limit in limits.items()})
