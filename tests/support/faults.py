"""Faults in the calls to AWS: caused where botocore sends a call and where it hands over the answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

Answer = tuple[AWSResponse, dict[str, Any]]


class Crash(BaseException):
    """The process dies here: nothing of ours may catch it, and nothing is sent after it."""


@dataclass(frozen=True)
class Call:
    """One call to AWS: its place among all calls, its operation, and its request as botocore is about to send it."""

    number: int
    operation: str
    request: dict[str, Any]

    @property
    def body(self) -> Any:
        """What the request says, where it is JSON."""
        return json.loads(self.request["body"])

    def says(self, text: str) -> bool:
        """Whether the request's body has this text in it."""
        body = self.request["body"]
        return text in (body.decode(errors="replace") if isinstance(body, bytes) else str(body))


class Fault:
    """Something that happens to one call, before it is sent or before its answer is seen."""

    def before(self, call: Call) -> Answer | None:
        """Raise, answer in the service's place, or change the request."""

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        """Raise, or change the answer; the call has been carried out."""


class CrashBefore(Fault):
    """The process dies before the call is sent."""

    def before(self, call: Call) -> Answer | None:
        raise Crash(f"before {call.operation}, call {call.number}")


class CrashAfter(Fault):
    """The process dies when the call has been carried out, before it sees the answer."""

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        raise Crash(f"after {call.operation}, call {call.number}")


class Lost(Fault):
    """The call is carried out, and its answer is lost on the way."""

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        raise ReadTimeoutError(endpoint_url=call.request["url"])


class Unreachable(Fault):
    """The connection breaks before the call arrives."""

    def before(self, call: Call) -> Answer | None:
        raise ReadTimeoutError(endpoint_url=call.request["url"])


@dataclass
class Refused(Fault):
    """The service answers with an error and does nothing."""

    code: str = "ProvisionedThroughputExceededException"
    status: int = 400

    def before(self, call: Call) -> Answer | None:
        answer = {"Error": {"Code": self.code, "Message": "caused by a test"}, "ResponseMetadata": {}}
        return AWSResponse(call.request["url"], self.status, {}, None), answer


@dataclass
class Unprocessed(Fault):
    """A BatchGetItem reads all but the last `left` of its keys."""

    left: int

    def before(self, call: Call) -> Answer | None:
        body = call.body
        ((self._table, request),) = body["RequestItems"].items()
        self._keys = request["Keys"][-self.left :]
        request["Keys"] = request["Keys"][: -self.left]
        if not request["Keys"]:
            answer = {"Responses": {}, "ResponseMetadata": {}}
            return AWSResponse(call.request["url"], 200, {}, None), answer
        call.request["body"] = json.dumps(body).encode()
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        answer["UnprocessedKeys"] = {self._table: {"Keys": self._keys, "ConsistentRead": True}}


@dataclass
class EntryRefused(Fault):
    """PutEvents takes all entries but one."""

    place: int

    def before(self, call: Call) -> Answer | None:
        body = call.body
        del body["Entries"][self.place]
        call.request["body"] = json.dumps(body).encode()
        return None

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        refusal = {"ErrorCode": "InternalException", "ErrorMessage": "caused by a test"}
        answer["Entries"].insert(self.place, refusal)
        answer["FailedEntryCount"] = 1


@dataclass
class Meanwhile(Fault):
    """Someone else does something while the call is on its way, or while its answer is."""

    act: Callable[[Call], None]

    def before(self, call: Call) -> Answer | None:
        self.act(call)
        return None


class Wire:
    """All calls of a session, counted; `strike` says what happens to each."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.published: list[dict[str, Any]] = []
        """The entries that EventBridge took."""
        self.strike: Callable[[Call], Fault | None] = lambda _: None
        self._dead: str | None = None

    def calm(self) -> None:
        """No faults, nothing counted or published so far; a process that died lives again."""
        self.calls, self.published = [], []
        self.strike = lambda _: None
        self._dead = None

    def revive(self) -> None:
        """A new process: the count goes on."""
        self._dead = None

    def before_call(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> Answer | None:
        if self._dead:
            raise Crash(f"dead since {self._dead}")
        call = Call(len(self.calls) + 1, model.name, params)
        self.calls.append(call)
        fault = self.strike(call)
        context["fault"] = (fault, call)
        return self._survived(fault.before, call) if fault else None

    def after_call(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        fault, call = context["fault"]
        if call.operation == "PutEvents" and "Entries" in parsed:
            self.published += call.body["Entries"]
        if fault:
            self._survived(fault.after, call, parsed)

    def _survived(self, act: Callable[..., Answer | None], *arguments: Any) -> Answer | None:
        try:
            return act(*arguments)
        except Crash as crash:
            self._dead = str(crash)
            raise


def at(faults: dict[int, Fault]) -> Callable[[Call], Fault | None]:
    """Strike calls by their number."""
    return lambda call: faults.get(call.number)


def on(operation: str, fault: Fault, text: str = "", *, first: int = 1, times: int = 10**9) -> Any:
    """Strike the calls of one operation whose request has `text` in it: from the `first` of them on, some `times`."""
    count = 0

    def strike(call: Call) -> Fault | None:
        nonlocal count
        if call.operation != operation or not call.says(text):
            return None
        count += 1
        return fault if first <= count < first + times else None

    return strike
