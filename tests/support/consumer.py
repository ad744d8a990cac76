"""An example of a consumer: a payout service's stand-in, idempotent and ordered by the contract of the bus.

It reads its queues, keeps what it was told, and answers two questions: what may an entity do now, and what becomes of a
payout that it holds. Nothing of Sluice but what is on the bus is known to it: it could be anyone's, in any language.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.restrictions import Limit, join

Word = Literal["waiting", "open", "held", "closed"]
_WORDS: Mapping[str, Word] = {"allow": "open", "challenge": "held", "pend": "held", "deny": "closed"}
_RESTRICTIONS = frozenset({"RestrictionPlaced", "RestrictionChanged", "RestrictionReleased"})

Lane = tuple[str, str, str]
"""Entity, scope, capability: what a sequence counts within."""


@dataclass
class HeldPayout:
    """A payout that waits for its word, until a deadline that the service knows from the policy: it counts from the
    time that the service gave the signal, by the service's own clock."""

    deadline: datetime
    at_deadline: Literal["open", "closed"]
    word: Word = "waiting"


@dataclass
class PayoutService:
    """What the service knows. Its methods take the time: by its own clock, which may differ from everyone else's."""

    steps: dict[Lane, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)
    """The sequence and the steps of the last state, by lane."""
    done: list[tuple[str, str]] = field(default_factory=list)
    """The commands carried out and questions asked, each as (what, entity)."""
    dropped: dict[str, int] = field(default_factory=lambda: {"duplicate": 0, "overtaken": 0, "stale": 0})
    payouts: dict[tuple[str, str], HeldPayout] = field(default_factory=dict)
    """By the source and id of the signal that asked for the word."""
    early: dict[tuple[str, str], Word] = field(default_factory=dict)
    """Words that came before the service knew that it holds the payout."""
    seen: set[str] = field(default_factory=set)

    def receive(self, event: Mapping[str, Any], now: datetime) -> None:
        """Act on one event, as EventBridge delivers it; one of a kind that it does not know is left alone."""
        kind, metadata, data = event["detail-type"], event["detail"]["metadata"], event["detail"]["data"]
        if kind in _RESTRICTIONS:
            self._restrict(metadata["sequence"], data)
        elif kind in ("CommandIssued", "FrictionRequired", "DecisionMade"):
            self._act_once(kind, metadata, data, now)

    def hold(
        self, signal: tuple[str, str], asked_at: datetime, deadline: timedelta, then: Literal["open", "closed"]
    ) -> None:
        """Hold a payout back until its word has come, or its deadline."""
        self.payouts[signal] = HeldPayout(asked_at + deadline, then, self.early.pop(signal, "waiting"))

    def tick(self, now: datetime) -> None:
        """Let deadlines pass: who has heard nothing by then answers by itself, and stays with that."""
        for payout in self.payouts.values():
            if payout.word == "waiting" and payout.deadline <= now:
                payout.word = payout.at_deadline

    def limit(self, entity: str, capability: str, now: datetime, scope: str = "") -> Limit:
        """What is left of a capability: the whole entity's limit, joined with that of the one order or listing."""
        pages = {("", capability), (scope, capability)}
        return join(self.step(self.steps.get((entity, page, name)), now) for page, name in pages)

    def _restrict(self, sequence: int, data: Mapping[str, Any]) -> None:
        """Take a state, unless a later one is known. It is applied however late it comes: it says when it ends."""
        lane = (data["entity"], data.get("scope", ""), data["capability"])
        known, _ = self.steps.get(lane, (0, []))
        if sequence <= known:
            self.dropped["duplicate" if sequence == known else "overtaken"] += 1
            return
        self.steps[lane] = (sequence, _steps(data))

    def _act_once(self, kind: str, metadata: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> None:
        if metadata["action_id"] in self.seen:
            self.dropped["duplicate"] += 1
            return
        self.seen.add(metadata["action_id"])
        stale_after = metadata["stale_after"]
        if stale_after and datetime.fromisoformat(stale_after) < now:
            self.dropped["stale"] += 1
        elif kind == "DecisionMade":
            self._hear((data["signal_source"], data["signal_id"]), _WORDS[data["disposition"]])
        else:
            self.done.append((data.get("command") or data["ask"], data["entity"]))

    def _hear(self, signal: tuple[str, str], word: Word) -> None:
        if signal not in self.payouts:
            self.early[signal] = word
        elif self.payouts[signal].word == "waiting":
            self.payouts[signal].word = word

    @staticmethod
    def step(known: tuple[int, list[dict[str, Any]]] | None, now: datetime) -> Limit:
        steps = known[1] if known else []
        standing = (step["limit"] for step in steps if now < datetime.fromisoformat(step["until"]))
        return Limit.from_json(next(standing, {}))


def _steps(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The state; of an event of version 1, which an archive may still hold, what stands for it."""
    if state := data.get("state"):
        return list(state["steps"])
    if "released" in data:
        return []
    limit = {"share": data["allowed"]} if data["allowed"] else {"none": True}
    return [{"limit": limit, "until": data["expires_at"]}]


@dataclass(frozen=True)
class Queues:
    """The SQS end of it: what lies on the service's queues is received, acted on, and only then deleted."""

    sqs: Any
    urls: tuple[str, ...]

    def drain(self, service: PayoutService, now: datetime) -> list[dict[str, Any]]:
        """Hand all messages to the service; gives the events, for whoever wants to play them again."""
        return [event for url in self.urls for event in self._drained(url, service, now)]

    def _drained(self, url: str, service: PayoutService, now: datetime) -> Iterable[dict[str, Any]]:
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(message["Body"])
                service.receive(event, now)
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield event
