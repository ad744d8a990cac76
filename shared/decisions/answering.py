"""What follows by itself from an answer: a step-up that was passed, a review or an appeal that came to a finding.

An answer ends what waited for it and proves no more than it says: who passes a step-up is the account's owner, and may
still be a fraudster. Failing and ignoring have no consequence here: the policy's rules on `stepup.completed` have.

- `stepup.completed`: the demand is answered. If it was passed, what a step-up releases is released; a captcha and a
  confirmation release nothing, and a document what documents release, too.
- `review.completed` honest, and `appeal.decided` overturned: what the decision at hand did for that abuse kind is taken
  back, whomever it met; what a review releases is released; and a clearance keeps automation of that kind off.
- `review.completed` abuse, and `appeal.decided` upheld: a person has found that rules restrict somebody rightly for
  that abuse kind, so law counts anew how long they may hold money. Nothing else follows: what to do is the rules'.
- Everything else is a label at most.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from shared.restrictions import Action, Selector, action_id_of
from shared.restrictions.actions import ActionKind
from shared.restrictions.undoing import Order, compensating, let_through, verdict
from shared.signals import Signal
from shared.signals.times import stamp

if TYPE_CHECKING:
    from shared.decisions.model import Particulars

_FACTS = ("method", "outcome", "verdict", "abuse", "action_id")
_HONEST = {"review.completed": ("verdict", "honest"), "appeal.decided": ("outcome", "overturned")}
_GUILTY = {"review.completed": ("verdict", "abuse"), "appeal.decided": ("outcome", "upheld")}
_SOURCES = {"review.completed": "person:review", "appeal.decided": "person:appeal"}
"""Who comes to a finding is a person; which one stays out of the record."""
_STEPUP = "feedback:stepup"
_REASONS = {
    "review.completed": "A person reviewed this and found nothing wrong.",
    "appeal.decided": "An appeal was decided in favour of the account.",
    "stepup.completed": "The confirmation that was asked for was given.",
}
_UPHELD = "A person reviewed this and found it right."
_TAKES_BACK = ("scope", "verdict", "until")
"""As much of an action's details as taking it back needs."""


class Overturned(NamedTuple):
    """An action that is to be taken back."""

    kind: ActionKind
    action_id: str
    entity: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says, kept on its decision's record, so that what follows from it can be computed again.

    `facts` are the fields of its payload that matter here; none of them is personal. `overturned` is what the decision
    that it names had done for the same abuse kind, as that decision's record told it.
    """

    facts: Mapping[str, str]
    overturned: tuple[Overturned, ...] = ()

    @classmethod
    def of(cls, signal: Signal, actions_of: Mapping[str, Sequence[Action]]) -> Self | None:
        """The answer that a signal is; None where nothing follows from it. `actions_of` are the decisions' actions."""
        if signal.name != "stepup.completed" and not _finds(signal, _HONEST) and not _finds(signal, _GUILTY):
            return None
        known = ((name, getattr(signal.data, name)) for name in _FACTS if name in signal.spec.model.model_fields)
        facts = {name: str(value) for name, value in known if value is not None}
        named = let_through(actions_of.get(overturns(signal) or "", ()))
        return cls(facts, tuple(_overturned(action) for action in named if action.abuse == facts.get("abuse")))

    def to_json(self) -> dict[str, Any]:
        return {"facts": dict(self.facts), "overturned": [list(each) for each in self.overturned]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Self | None:
        """What `to_json` gave; None for a record that has no answer."""
        return cls(data["facts"], tuple(Overturned(*each) for each in data["overturned"])) if data else None


def overturns(signal: Signal) -> str | None:
    """The decision that the signal says was wrong about somebody."""
    return getattr(signal.data, "decision_id", None) if _finds(signal, _HONEST) else None


def consequences(particulars: "Particulars", clearance: timedelta) -> Iterator[Action]:
    """The actions that follow from the answer that a decision is about; a `clearance` is how long somebody who was
    found honest is left alone by automation."""
    answer = particulars.answer
    if answer is None:
        return
    if particulars.signal_type == "stepup.completed":
        yield from _answered(particulars, answer.facts)
    elif _says(answer.facts, _GUILTY[particulars.signal_type]):
        yield replace(_action(particulars, "uphold", _whom(particulars), {}, answer.facts["abuse"]), reason=_UPHELD)
    else:
        yield from _found_honest(particulars, answer, clearance)


def _answered(particulars: "Particulars", facts: Mapping[str, str]) -> Iterator[Action]:
    method, outcome = facts["method"], facts["outcome"]
    ask = method if method in ("captcha", "confirmation") else "step_up"
    asked = ("user", "device", "ip") if ask == "captcha" else ("user",)
    for entity in (particulars.entities[role] for role in asked if role in particulars.entities):
        yield _action(particulars, "answer", entity, {"ask": ask, "outcome": outcome})
    if ask == "step_up" and outcome == "passed":
        yield _release(particulars, Selector(until="step_up"))
        if method == "document":
            yield _release(particulars, Selector(until="documents"))


def _found_honest(particulars: "Particulars", answer: Answer, clearance: timedelta) -> Iterator[Action]:
    signal, abuse, at = particulars.signal_type, answer.facts["abuse"], particulars.known_at
    order = Order(particulars.decision_id, _SOURCES[signal], at, _REASONS[signal])
    for each in answer.overturned:
        did = Action(each.kind, each.action_id, each.entity, "", at, "", abuse, details=dict(each.details))
        if taken_back := compensating(did, order):
            yield taken_back
    if not answer.overturned:
        yield from _without_record(particulars, answer.facts)
    yield _release(particulars, Selector(until="review", abuse=abuse))
    yield _action(particulars, "clear", _whom(particulars), {"until": stamp(at + clearance)}, abuse)


def _without_record(particulars: "Particulars", facts: Mapping[str, str]) -> Iterator[Action]:
    """Where the record of the decision at hand is gone, or none is named: what can be told by ids alone."""
    if particulars.about_decision:
        yield _release(particulars, Selector(decision_id=particulars.about_decision, abuse=facts["abuse"]))
    if "action_id" in facts:
        yield _action(particulars, "release", _whom(particulars), verdict(facts["action_id"], "", void=True))


def _release(particulars: "Particulars", selector: Selector) -> Action:
    return _action(particulars, "release", _whom(particulars), {"scope": "", "selector": selector.to_json()})


def _action(
    particulars: "Particulars",
    kind: Literal["answer", "release", "clear", "uphold"],
    entity: str,
    details: dict[str, Any],
    abuse: str | None = None,
) -> Action:
    what = json.dumps(details, sort_keys=True)
    return Action(
        kind,
        action_id_of(particulars.decision_id, kind, entity, what),
        entity,
        _SOURCES.get(particulars.signal_type, _STEPUP),
        particulars.known_at,
        _REASONS[particulars.signal_type],
        abuse,
        details=details,
    )


def _whom(particulars: "Particulars") -> str:
    return particulars.entities.get(particulars.actor, particulars.subject)


def _finds(signal: Signal, finding: Mapping[str, tuple[str, str]]) -> bool:
    field, word = finding.get(signal.name, ("", ""))
    return bool(field) and getattr(signal.data, field) == word


def _says(facts: Mapping[str, str], finding: tuple[str, str]) -> bool:
    field, word = finding
    return facts.get(field) == word


def _overturned(action: Action) -> Overturned:
    kept = {name: action.details[name] for name in _TAKES_BACK if name in action.details}
    return Overturned(action.kind, action.action_id, action.entity, kept)
