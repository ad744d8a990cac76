"""From a script that fails to a short one that still does: delta debugging over arrivals, steps and faults."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.faults.expecting import Expectation, broken_by
from tests.faults.processes import Builders
from tests.faults.replaying import AS_BUILT, replay
from tests.faults.script import TIME_OUT, Deliver, Script, Sent, Step, Sweep, Together

Part = TypeVar("Part")
Fails = Callable[[Script], bool]


def shrunk(script: Script, fails: Fails) -> Script:
    """The script without all that it can do without: taking any one thing away, or a step and an arrival, mends it."""
    while True:
        before = script
        script = _with_fewer(script, fails)
        script = _with_simpler(script, fails)
        script = _first_that_fails(script, fails, _without_a_pair)
        if script == before:
            return script


def shrunk_like(script: Script, wrong: str, builders: Builders = AS_BUILT, *more: Expectation) -> Script:
    """The shortest that can be had of a script after which the law that `wrong` begins with does not hold."""
    law = wrong.partition(":")[0]

    def fails(each: Script) -> bool:
        return any(said.startswith(law) for said in broken_by(replay(each, builders), law, *more))

    return shrunk(script, fails)


def fewest(parts: Sequence[Part], fails: Callable[[tuple[Part, ...]], bool]) -> tuple[Part, ...]:
    """A part of `parts` that still fails: halves are tried first, then smaller and smaller chunks, down to one."""
    kept, size = tuple(parts), max(1, len(parts) // 2)
    while size:
        start = 0
        while start < len(kept):
            without = (*kept[:start], *kept[start + size :])
            if fails(without):
                kept = without
            else:
                start += size
        size //= 2
    return kept


def _with_fewer(script: Script, fails: Fails) -> Script:
    steps = fewest(script.steps, lambda kept: fails(replace(script, steps=kept)))
    script = replace(script, steps=steps)
    return replace(script, arrivals=fewest(script.arrivals, lambda kept: fails(replace(script, arrivals=kept))))


def _with_simpler(script: Script, fails: Fails) -> Script:
    for simpler in (replace(script, attempts=1), replace(script, cap=500)):
        if simpler != script and fails(simpler):
            script = simpler
    for place in range(len(script.steps)):
        script = _first_that_fails(script, fails, lambda script, place=place: _other_steps(script, place))
    for place in range(len(script.arrivals)):
        script = _first_that_fails(script, fails, lambda script, place=place: _other_arrivals(script, place))
    return script


def _first_that_fails(script: Script, fails: Fails, simpler: Callable[[Script], Iterator[Script]]) -> Script:
    """The simplest that can be had step by step; each that fails is made simpler in its turn."""
    while found := next((each for each in simpler(script) if fails(each)), None):
        script = found
    return script


def _without_a_pair(script: Script) -> Iterator[Script]:
    """Without one step and one arrival, which may be there for each other alone."""
    for at in range(len(script.steps)):
        for place in range(len(script.arrivals)):
            steps, arrivals = _without(script.steps, at), _without(script.arrivals, place)
            yield replace(script, steps=steps, arrivals=arrivals)


def _other_steps(script: Script, place: int) -> Iterator[Script]:
    for step in _simpler(script.steps[place]):
        yield replace(script, steps=(*script.steps[:place], step, *script.steps[place + 1 :]))


def _other_arrivals(script: Script, place: int) -> Iterator[Script]:
    """A signal with less that is its own; what is sent twice loses it twice."""
    arrival = script.arrivals[place]
    if not isinstance(arrival, Sent):
        return
    plainer = [replace(arrival, extensions=None)] if arrival.extensions else []
    plainer += [replace(arrival, data={k: v for k, v in arrival.data.items() if k != name}) for name in arrival.data]
    for other in plainer:
        yield replace(script, arrivals=tuple(other if each == arrival else each for each in script.arrivals))


def _simpler(step: Step) -> Iterator[Step]:
    if isinstance(step, Together):
        yield from _less_together(step)
    if isinstance(step, Deliver | Sweep):
        yield from _less_struck(step)
    if isinstance(step, Deliver):
        yield from _less_delivered(step)


def _less_together(step: Together) -> Iterator[Step]:
    yield from step.invocations
    if len(step.invocations) > 2:
        yield from (replace(step, invocations=_without(step.invocations, at)) for at in range(len(step.invocations)))
    if step.turns:
        yield replace(step, turns=step.turns[: len(step.turns) // 2])
        yield from (replace(step, turns=step.turns[:at] + step.turns[at + 1 :]) for at in range(len(step.turns)))
    for at, one in enumerate(step.invocations):
        for simpler in _simpler(one):
            if isinstance(simpler, Deliver | Sweep):
                yield replace(step, invocations=(*step.invocations[:at], simpler, *step.invocations[at + 1 :]))


def _without(parts: tuple[Part, ...], at: int) -> tuple[Part, ...]:
    return (*parts[:at], *parts[at + 1 :])


def _less_struck(step: Deliver | Sweep) -> Iterator[Step]:
    for place in range(len(step.strikes)):
        yield replace(step, strikes=_without(step.strikes, place))
        if (strike := step.strikes[place]).times > 1:
            fewer = replace(strike, times=strike.times - 1)
            yield replace(step, strikes=(*step.strikes[:place], fewer, *step.strikes[place + 1 :]))


def _less_delivered(step: Deliver) -> Iterator[Step]:
    if step.again:
        yield replace(step, again=False)
    if step.skip:
        yield replace(step, skip=0)
    if step.seconds != TIME_OUT:
        yield replace(step, seconds=TIME_OUT)
    if step.size > 1:
        yield replace(step, size=step.size - 1)
