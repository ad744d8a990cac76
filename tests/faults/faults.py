"""What can happen to one call on its way: each fault stands around the transport, where the network does.

    ours ─▶ botocore ─▶ [ fault ] ─▶ service      before: nothing was done
    ours ◀─ botocore ◀─ [ fault ] ◀─ service      after (`done`): it was done, and nobody hears of it

What AWS answers is real botocore's business: our stores see what they would see of the service.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.faults.calls import Call, Reply, in_order, refusal, throttled
from tests.faults.readable import Readable

Send = Callable[[Call], Reply]
READ_TIMEOUT = 5.0
"""Seconds for which our clients wait for an answer: see `shared.runtime.roots.SDK`."""


class Death(BaseException):
    """The process ends here: nothing of ours may catch it, and nothing is sent after it."""


_WORDS = {
    "Throttled": "throttled",
    "Broken": "error of the service",
    "TimedOut": "no answer",
    "Reset": "connection reset",
    "Crash": "our process crashed",
    "Slow": "slow answer",
    "Partial": "partial result",
}


class Elapses(Protocol):
    """The time of one invocation; raises `Death` where Lambda would cut it."""

    def elapse(self, seconds: float) -> None: ...


@dataclass(frozen=True, repr=False)
class Fault(Readable):
    """What happens to one call; by itself nothing."""

    @property
    def kind(self) -> str:
        """The word under which it is counted."""
        when = {True: ", done", False: ", not done", None: ""}[getattr(self, "done", None)]
        return f"{_WORDS[type(self).__name__]}{when}"

    def applies(self, call: Call) -> bool:
        """Whether a call can be struck so."""
        return bool(call.operation)

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        """Send it or not, answer or raise."""
        return send(call)


@dataclass(frozen=True, repr=False)
class Throttled(Fault):
    """The service is asked too much, and does nothing. DynamoDB has two ways to say so: the table's, and its own."""

    by_the_table: bool = True

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        if call.service == "dynamodb" and self.by_the_table:
            return refusal(call.service, "ProvisionedThroughputExceededException", 400)
        return refusal(call.service, *throttled(call.service))


@dataclass(frozen=True, repr=False)
class Broken(Fault):
    """The service has an error of its own. `done`: after it did what was asked."""

    done: bool = False

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        if self.done:
            send(call)
        return refusal(call.service, "InternalServerError", 500)


@dataclass(frozen=True, repr=False)
class TimedOut(Fault):
    """No answer comes. `done`: the service did what was asked."""

    done: bool = False

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        if self.done:
            send(call)
        time.elapse(READ_TIMEOUT)
        raise ReadTimeoutError(endpoint_url=call.url)


@dataclass(frozen=True, repr=False)
class Reset(Fault):
    """The connection breaks. `done`: the service did what was asked."""

    done: bool = False

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        if self.done:
            send(call)
        raise ConnectionClosedError(endpoint_url=call.url)


@dataclass(frozen=True, repr=False)
class Crash(Fault):
    """Our process dies. `done`: after the service did what was asked."""

    done: bool = False

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        if self.done:
            send(call)
        raise Death(f"{'after' if self.done else 'before'} {call.operation}")


@dataclass(frozen=True, repr=False)
class Slow(Fault):
    """The answer takes so many seconds: too many for the client are a time-out, too many for Lambda a death."""

    seconds: float

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        reply = send(call)
        time.elapse(min(self.seconds, READ_TIMEOUT))
        if self.seconds > READ_TIMEOUT:
            raise ReadTimeoutError(endpoint_url=call.url)
        return reply


@dataclass(frozen=True, repr=False)
class Partial(Fault):
    """The service does all but some of what one call asks for: at most `left` are left, one at least."""

    left: int = 1

    def applies(self, call: Call) -> bool:
        return call.operation in PARTS

    def around(self, call: Call, send: Send, time: Elapses) -> Reply:
        return PARTS[call.operation](call, send, self.left)


def _keys_left(call: Call, send: Send, left: int) -> Reply:
    """`UnprocessedKeys`: the last ones in an order of their own."""
    body = call.json
    ((table, asked),) = body["RequestItems"].items()
    keys = in_order(asked["Keys"])
    unread = {table: {**asked, "Keys": keys[-left:]}}
    if not keys[:-left]:
        return Reply.of({"Responses": {table: []}, "UnprocessedKeys": unread})
    reply = send(_asking(call, {"RequestItems": {table: {**asked, "Keys": keys[:-left]}}})).json
    return Reply.of({**reply, "UnprocessedKeys": unread})


def _items_left(call: Call, send: Send, left: int) -> Reply:
    """`UnprocessedItems`."""
    ((table, writes),) = call.json["RequestItems"].items()
    unwritten = {table: writes[-left:]}
    if writes[:-left]:
        send(_asking(call, {"RequestItems": {table: writes[:-left]}}))
    return Reply.of({"UnprocessedItems": unwritten})


def _entries_left(call: Call, send: Send, left: int) -> Reply:
    """Entries that `PutEvents` did not take, each with its own error in its own place."""
    entries = call.json["Entries"]
    taken = entries[:-left]
    answers = send(_asking(call, {"Entries": taken})).json["Entries"] if taken else []
    refused: list[Any] = [{"ErrorCode": "InternalException", "ErrorMessage": "caused by a test"}] * len(entries[-left:])
    return Reply.of({"FailedEntryCount": len(refused), "Entries": [*answers, *refused]})


def _asking(call: Call, body: Any) -> Call:
    return replace(call, body=json.dumps(body).encode())


PARTS: dict[str, Callable[[Call, Send, int], Reply]] = {
    "BatchGetItem": _keys_left,
    "BatchWriteItem": _items_left,
    "PutEvents": _entries_left,
}
"""Operations that can be done in part, and how."""
