"""The stages between conditions and code, in words: for `sluice policy show --compiled` and whoever wonders."""

from collections.abc import Iterator, Sequence

from shared.policy.engine.frequencies import Estimates
from shared.policy.engine.index import Block, Case, Check, Fire, Path, Step
from shared.policy.engine.predicates import Predicate


def normal_form(rules: Sequence[str], predicates: Sequence[Predicate], estimates: Estimates) -> str:
    """Each rule as the engine understands it, with how often it is thought to fire and what all of it costs."""
    told = zip(rules, predicates, map(estimates.share, predicates), map(estimates.cost, predicates), strict=True)
    return "".join(
        f"{rule}: {predicate}  # {share:.1%} of signals, {cost / 100:.2f} µs\n" for rule, predicate, share, cost in told
    )


def index(rules: Sequence[str], block: Block) -> str:
    """The index: what is asked, in which order, and which rules hang on it."""
    return "".join(f"{'  ' * depth}{line}\n" for depth, line in _lines(rules, block, 0))


def _lines(rules: Sequence[str], block: Block, depth: int) -> Iterator[tuple[int, str]]:
    for node in block:
        if isinstance(node, Fire):
            yield depth, f"fire {', '.join(rules[number] for number in node.rules)}"
        elif isinstance(node, Check):
            yield depth, f"{node.test}"
            yield from _lines(rules, node.then, depth + 1)
        else:
            for step in (*node.ups, *node.downs):
                yield depth, f"{node.operand.text} {_step(step)}"
                yield from _lines(rules, step.then, depth + 1)
            for case in node.cases:
                yield depth, f"{node.operand.text} == {case.value!r}"
                yield from _case(rules, case, depth + 1)


def _step(step: Step) -> str:
    return f"{step.sign} {step.bound}"


def _case(rules: Sequence[str], case: Case, depth: int) -> Iterator[tuple[int, str]]:
    if case.then is None:
        yield depth, f"a function of its own for {', '.join(_names(rules, case.paths))}"
    else:
        yield from _lines(rules, case.then, depth)


def _names(rules: Sequence[str], paths: Sequence[Path]) -> Iterator[str]:
    return (rules[path.rule] for path in paths)
