"""Counts of one invocation, put out as metrics when it ends."""

from collections import Counter

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.decisions import BRAKE, BUDGET, KNOWN_GOOD, UNREACHABLE, Decision
from shared.features import AtLeast


class Tally(Counter[str]):
    """Name to count; names are CloudWatch metric names, such as `SignalsJudged`."""

    def count(self, decision: Decision) -> None:
        """Count a decision by its disposition, and what went unknown or wrong on the way to it."""
        self["SignalsJudged"] += 1
        self[f"Decisions{decision.disposition.capitalize()}"] += 1
        self["UnknownRules"] += len(decision.unknown)
        self["BrokenRules"] += len(decision.broken)
        self["IncompleteFeatures"] += sum(isinstance(value, AtLeast) for value in decision.inputs.values())
        self["HeldBack"] += sum(rule.held_back is not None for rule in decision.fired)
        self["StaleDropped"] += sum(rule.held_back == "stale" for rule in decision.fired)
        if decision.guarded:
            self._count_guarded(decision)

    def _count_guarded(self, decision: Decision) -> None:
        """Count the verdicts of guardrails, by guardrail; those of switches and of ladders' rungs are none."""
        kinds = Counter(verdict.guardrail.partition(":")[0] for verdict in decision.guarded)
        self["GuardrailsTripped"] += kinds[BRAKE] + kinds[BUDGET] + kinds[KNOWN_GOOD] + kinds[UNREACHABLE]
        self["RulesBraked"] += kinds[BRAKE]
        self["BudgetsExhausted"] += kinds[BUDGET]
        self["KnownGoodSpared"] += kinds[KNOWN_GOOD]
        self["ActionsParked"] += sum(action.kind == "park" for action in decision.actions)

    def put(self, metrics: Metrics) -> None:
        """One metric a name, for the whole batch: a metric per record would cost more than judging it."""
        for name, count in sorted((+self).items()):
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        if +self:
            metrics.flush_metrics()
