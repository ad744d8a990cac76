"""Counts of one invocation, put out as metrics when it ends."""

from collections import Counter

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.decisions import Decision
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

    def put(self, metrics: Metrics) -> None:
        """One metric a name, for the whole batch: a metric per record would cost more than judging it."""
        for name, count in sorted((+self).items()):
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
        if +self:
            metrics.flush_metrics()
