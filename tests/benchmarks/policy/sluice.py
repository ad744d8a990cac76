"""Sluice itself, as the benchmark asks it: through documents, the real checker and the real engine."""

from collections.abc import Iterator, Sequence

from shared.policy.loading import load_documents
from shared.policy.model import Judgement
from tests.benchmarks.policy.documents import documents
from tests.benchmarks.policy.events import Event, events, values_of
from tests.benchmarks.policy.rules import Rule
from tests.benchmarks.policy.workloads import Answer, Workload
from tests.support.reference import truth

RECORDED = 300
"""How many signals a publisher looked at before: others than those that are measured."""
WALKED = 6_000
"""How many judgements of a workload are made once more by walking the checked trees, which takes 50 µs for each."""


class Sluice:
    """The program of one signal type, arranged by what was recorded of other signals, as a published policy is."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        policy = load_documents(documents(signal, rules))
        plain = policy.program(signal)
        seen = [values_of(signal, event) for event in events(signal, RECORDED, seed=3)]
        recorded = [plain.inputs(values, plain.judge(values).facts) for values in seen]
        self.program = policy.arranged_for({signal: recorded}).program(signal)
        self._lists = policy.value_lists
        self._signal = signal
        self._places = {rule.name: place for place, rule in enumerate(rules)}

    def judge(self, event: Event) -> Judgement:
        """From the parsed event to the judgement, conversions included."""
        return self.program.judge(values_of(self._signal, event))

    def answer(self, judgement: Judgement) -> Answer:
        """The judgement as places of rules; a rule that broke is no answer."""
        if judgement.broken:
            raise RuntimeError(f"a generated rule broke: {judgement.broken}")
        fired, unknown = (
            tuple(sorted(self._places[rule.name] for rule in some)) for some in (judgement.fired, judgement.unknown)
        )
        return Answer(fired, unknown)

    def walked(self, values: Event) -> Answer:
        """What the reference evaluator makes of the checked conditions."""
        truths = [(rule, truth(rule.conditions[self._signal], values, self._lists)) for rule in self.program.rules]
        fired, unknown = (
            tuple(sorted(self._places[rule.name] for rule, found in truths if found is wanted))
            for wanted in (True, None)
        )
        return Answer(fired, unknown)


def programs(workload: Workload) -> dict[str, Sluice]:
    """Sluice for each signal type, once its answers are known to be right."""
    sluices = {signal: Sluice(signal, rules) for signal, rules in workload.rules.items()}
    for who, place, found in _answers(workload, sluices):
        if found != (right := workload.answers[place]):
            rules = workload.rules[workload.asked[place].signal]
            wrong = set(found.fired) ^ set(right.fired) | set(found.unknown) ^ set(right.unknown)
            texts = "\n".join(f"  {rules[place].text}" for place in sorted(wrong)[:5])
            raise RuntimeError(
                f"{who} judges {len(wrong)} rules differently from the plain evaluator, such as\n{texts}"
            )
    return sluices


def _answers(workload: Workload, sluices: dict[str, Sluice]) -> Iterator[tuple[str, int, Answer]]:
    """Who says what about which signal: Sluice about all, the reference evaluator about some."""
    some = max(3, WALKED // workload.number)
    for place, asked in enumerate(workload.asked):
        sluice = sluices[asked.signal]
        yield "Sluice", place, sluice.answer(sluice.program.judge(asked.values))
        if place < some:
            yield "the reference evaluator", place, sluice.walked(asked.values)
