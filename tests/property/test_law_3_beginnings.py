"""Law 3, what memory lacks is known: what a series has not is older than its beginning, whatever happens to policies.

Several processes judge by what they have heard. Policies are published, staged, promoted and taken back; each deploy
brings another one that ships; sources and the policy table cannot be read for a while; processes die, and batches hold
on to what was in force when they began.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.decisions import Pinned, series_read
from shared.decisions.beginnings import SETTLED
from shared.runtime.policies import LivePolicies
from tests.support.aws import Aws, Clock, World, a_change
from tests.support.faults import Refused
from tests.support.two_policies import policy

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 2)
POLICIES = [(window, role) for window in ("1h", "7d") for role in ("card", "buyer")]
BATCH = 60.0
"""Seconds that a batch takes at most, by the functions' time-out."""


def text(window: str, role: str) -> str:
    """A policy with one feature."""
    return f"""
features:
  seen: {{count: payment.attempted, by: {role}, window: {window}}}
rules:
  busy:
    abuse: payment_fraud
    on: payment.attempted
    when: seen >= 3
    then: [challenge]
    mode: live
    reason: "{{seen}} attempts"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {{seen: 3}}
      holds: {{seen: 0}}
"""


TEXTS = [text(*each) for each in POLICIES]


class Step(NamedTuple):
    """What happens next: `who` is a process, `which` a policy, `seconds` how long something takes."""

    what: str
    who: int = 0
    which: int = 0
    seconds: float = 0


processes, policies = st.integers(0, 2), st.integers(0, len(POLICIES) - 1)
_FIRST = st.just(0)
waits = st.sampled_from([5.0, 5.0, 31.0, 31.0, 300.0, 599.0, 2_400.0, 7_200.0, 3 * 86_400.0, 8 * 86_400.0])


def some(*what: str, who: Any = _FIRST, which: Any = _FIRST, seconds: Any = _FIRST) -> st.SearchStrategy[Step]:
    return st.tuples(st.sampled_from(what), who, which, seconds).map(lambda values: Step(*values))


steps = st.one_of(
    some("judge", who=processes, seconds=st.sampled_from([0.0, 1.0, 899.0])),
    some("judge", who=processes),
    some("begin a batch", who=processes),
    some("wait", seconds=waits),
    some("publish", "stage", which=policies),
    some("promote", "roll back", "unstage"),
    some("S3 fails", "S3 works", "DynamoDB fails", "DynamoDB works", "die", who=processes),
    some("deploy", who=processes, which=policies),
)


@dataclass
class Process:
    """A function's process, the policy that it ships with, what fails for it, and the batch that it has begun."""

    live: LivePolicies
    failing: set[str] = field(default_factory=set)
    batch: tuple[float, Pinned] | None = None
    unheard: list[Any] = field(default_factory=list)
    """What it judged after it had heard nothing for too long: nobody can know of that before it hears again."""


class Stage:
    """All of it, and the truth."""

    def __init__(self, world: World) -> None:
        self.world, self.clock = world, Clock()
        self.table = world.policy_stores(world.aws.calm).table
        self.shipped = [0, 0, 0]
        self.processes = [self.process(who) for who in range(3)]
        self.judged: list[tuple[datetime, frozenset[Any]]] = []
        """When each signal happened that was judged, and the series that it was remembered in."""
        self.lacking = 0

    def process(self, who: int) -> Process:
        return Process(self.world.live_policies(lambda: policy(TEXTS[self.shipped[who]]), self.clock))

    def play(self, step: Step) -> None:
        match step.what:
            case "wait":
                self.clock.seconds += step.seconds
            case "judge":
                self.judge(self.processes[step.who], step.seconds)
            case "begin a batch":
                if pinned := self.heard(self.processes[step.who]):
                    self.processes[step.who].batch = (self.clock.seconds, pinned)
            case "die":
                self.processes[step.who] = self.process(step.who)
            case "deploy":
                self.shipped[step.who] = step.which
                self.processes[step.who] = self.process(step.who)
            case "S3 fails" | "DynamoDB fails":
                self.processes[step.who].failing.add(step.what.split()[0])
            case "S3 works" | "DynamoDB works":
                self.processes[step.who].failing.discard(step.what.split()[0])
            case _:
                self.move(step)

    def heard(self, process: Process) -> Pinned | None:
        """What it judges by, if it may judge."""
        failing = {operation for each in process.failing for operation in OPERATIONS[each]}
        self.world.wire.strike = lambda call: Refused() if call.operation in failing else None
        try:
            pinned = process.live.pinned()
        except ClientError:
            return None
        if not {"PolicyPointerUnread", "SeriesUntold"} & pinned.troubles.keys():
            self.judged += process.unheard
            process.unheard = []
        return pinned

    def judge(self, process: Process, ahead: float) -> None:
        """Check what it takes for whole, and let it remember one more signal, which may be ahead of its time."""
        began, pinned = process.batch or (0, None)
        process.batch = None
        if pinned is None or self.clock.seconds - began > BATCH:
            pinned = self.heard(process)
        if pinned is None:
            return
        for series in series_read(pinned.policies):
            lacks = [at for at, written in self.judged if series not in written]
            self.lacking += bool(lacks)
            assert not lacks or max(lacks) < pinned.began[series]
        known = process.unheard if self.clock.now() + SETTLED in pinned.began.values() else self.judged
        known.append((self.clock.now() + timedelta(seconds=ahead), pinned.series))

    def move(self, step: Step) -> None:
        """What people's commands do."""
        now, read = self.clock.now(), self.table.pointer()
        written = read.written | self.table.series.told().written(published=bool(read.published))
        coming = policy(TEXTS[step.which])
        texts = {policy(each).digest: each for each in TEXTS}
        shipped = texts | {"shipped": TEXTS[self.shipped[0]]}
        staying = [] if not read.published else [policy(shipped[read.digest])]
        change = a_change(step.what, "it", now)
        match step.what:
            case "publish" | "promote":
                if step.what == "promote":
                    if not read.staged:
                        return
                    coming = policy(texts[read.staged])
                kept = names(staying) if staying else written.lasting(now)
                wanted = replace(read.moved_to(coming.digest, change), also=tuple(kept - names([coming])))
                in_force = [coming]
            case "roll back":
                if not read.before:
                    return
                coming = policy(shipped[read.before[-1]])
                wanted = replace(read.moved_back(change), also=tuple(names(staying) - names([coming])))
                in_force = [coming]
            case "stage":
                wanted, in_force = replace(read, staged=coming.digest, share=0.5), [coming, *staying]
            case _:
                if not read.staged:
                    return
                wanted, in_force = replace(read, staged=None, share=0.0), staying
        self.world.policy_stores(self.world.aws.calm).sources.keep(coming.digest, {"policy.yaml": texts[coming.digest]})
        after = written.handed_over({*wanted.also, *names(in_force)}, now)
        self.table.move(read, replace(wanted, series=after.until, began=after.began), change)


OPERATIONS = {"S3": {"GetObject"}, "DynamoDB": {"GetItem", "UpdateItem"}}


def names(which: Collection[Any]) -> set[str]:
    return set(map(str, series_read(which)))


AHEAD = [
    *(Step("judge"), Step("judge", who=1), Step("publish", which=1), Step("wait", seconds=5)),
    *(Step("judge", who=1, seconds=899), Step("wait", seconds=31), Step("judge")),
]
UNHEARD = [
    *(Step("judge"), Step("judge", who=1), Step("DynamoDB fails", who=1), Step("publish", which=1)),
    *(Step("wait", seconds=7_200), Step("judge", who=1), Step("judge")),
]
LEFT = [
    *(Step("judge"), Step("judge", who=1), Step("publish", which=1), Step("wait", seconds=2_400)),
    *(Step("judge"), Step("judge", who=1), Step("DynamoDB fails", who=1), Step("publish", which=2)),
    *(Step("publish", which=3), Step("wait", seconds=31), Step("judge"), Step("judge", who=1)),
]


@FEW
@example(AHEAD)
@example(UNHEARD)
@example(LEFT)
@given(st.lists(steps, min_size=10, max_size=60))
def test_what_a_series_lacks_is_older_than_its_beginning(aws: Aws, history: Sequence[Step]) -> None:
    """For whoever reads it, whatever that process and the others could not load, read or hear of."""
    stage = Stage(aws.fresh())
    for step in history:
        stage.play(step)


def test_series_do_lack_something(aws: Aws) -> None:
    """Or nothing above would show anything: who has not heard yet leaves out what is published."""
    stage = Stage(aws.fresh())
    for step in [Step("judge"), Step("publish", which=1), Step("judge"), Step("judge", who=1), Step("judge", who=1)]:
        stage.play(step)
    assert stage.lacking
