"""What `sluice status` looks at, gathered into plain facts, and the verdict that follows from them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.cli.controls import Controls, controls
from shared.cli.decisions import newest
from shared.cli.in_force import InForce, in_force
from shared.cli.telling import about_time

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud

READERS = ("evaluate-stream", "enforce")
"""The functions that read streams."""
RECENT = timedelta(minutes=15)
LAGGING = timedelta(minutes=5)
MOST_DECISIONS = 20_000
"""Read at most so many entries of the index: enough to know what rules do, not to count a flood."""
TOP_RULES = 5


@dataclass(frozen=True)
class Health:
    """The facts. None is "not measured": there is no metric for it (yet, or here)."""

    stage: str
    place: str
    lag_seconds: Mapping[str, float | None]
    signals_a_day: float | None
    waiting: Mapping[str, int]
    dead: Mapping[str, int]
    outcomes: Mapping[str, int]
    outcomes_complete: bool
    from_time: str | None
    to_time: str | None
    top_rules: Mapping[str, int]
    policies: tuple[str, ...]
    strange_policies: tuple[str, ...]
    in_force: InForce
    controls: Controls
    repo_policy: str | None
    policy_error: str | None

    def concerns(self) -> list[str]:
        """What someone should look at, worst first; nothing when it works."""
        found = [
            f"sluice-{self.stage}-{reader} lags {about_time(timedelta(seconds=lag))} behind its stream"
            for reader, lag in self.lag_seconds.items()
            if lag is not None and lag >= LAGGING.total_seconds()
        ]
        if letters := sum(self.dead.values()):
            found.append(f"{letters:,} dead letter{'s' * (letters > 1)} (sluice deadletters list)")
        found += self.in_force.concerns()
        found += self.controls.concerns()
        if self.policy_error:
            found.append("this version's policy does not load")
        elif self.strange_policies:
            found.append("the newest decisions were made under another policy than the one in force")
        return found

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "concerns": self.concerns()}


def examined(cloud: "Cloud") -> Health:
    """Ask the metrics, the queues, the bucket and the index by outcome."""
    from shared.policy import PolicyError, shipped
    from shared.stores import OUTCOMES

    archive, now = cloud.archive(), datetime.now(UTC)
    decisions = list(islice(newest(archive, OUTCOMES), MOST_DECISIONS))
    asked_for = (archive.get(each["decision_id"]) for each in decisions[:TOP_RULES])
    records, policy = [record for record in asked_for if record], in_force(cloud)
    try:
        repo_policy, policy_error = shipped().digest, None
    except PolicyError as error:
        repo_policy, policy_error = None, str(error)
    dead = {name: count for name, count in cloud.dead_letters().counts().items() if count}
    return Health(
        cloud.stage,
        cloud.place,
        {reader: _lag(cloud, reader) for reader in READERS},
        _judged(cloud),
        _waiting(cloud),
        dead,
        dict(Counter(each["outcome"] for each in decisions).most_common()),
        len(decisions) < MOST_DECISIONS,
        decisions[-1]["time"] if decisions else None,
        decisions[0]["time"] if decisions else None,
        dict(Counter(rule for each in decisions for rule in each["rules"]).most_common(TOP_RULES)),
        tuple(dict.fromkeys(record["policy"] for record in records)),
        tuple(policy.strangers(records, repo_policy)),
        policy,
        controls(cloud, now, _acted(decisions, now)),
        repo_policy,
        policy_error,
    )


def _acted(decisions: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    """The rules of the last 24 hours: where there are no decisions since then, older ones are told apart from them."""
    recent = (each for each in decisions if datetime.fromisoformat(each["time"]) >= now - timedelta(hours=24))
    return (rule for each in recent for rule in each["rules"])


def _lag(cloud: "Cloud", reader: str) -> float | None:
    """The oldest record's age, in seconds, when it was last read."""
    name = f"sluice-{cloud.stage}-{reader}"
    metric = {"Namespace": "AWS/Lambda", "MetricName": "IteratorAge"}
    dimensions = [{"Name": "FunctionName", "Value": name}]
    milliseconds = _metric(cloud, metric, dimensions, "Maximum", RECENT)
    return None if milliseconds is None else milliseconds / 1000


def _judged(cloud: "Cloud") -> float | None:
    """Signals judged within 24 hours, by all functions that judge."""
    functions = [f"sluice-{cloud.stage}-{name}" for name in ("evaluate-stream", "evaluate-queue", "record-feedback")]
    metric = {"Namespace": "Sluice", "MetricName": "SignalsJudged"}
    sums = [
        _metric(cloud, metric, [{"Name": "service", "Value": function}], "Sum", timedelta(hours=24))
        for function in functions
    ]
    measured = [found for found in sums if found is not None]
    return sum(measured) if measured else None


def _metric(
    cloud: "Cloud", metric: Mapping[str, str], dimensions: list[dict[str, str]], statistic: str, within: timedelta
) -> float | None:
    """One number over the whole span; None when nothing was measured."""
    now = datetime.now(UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        **metric,
        Dimensions=dimensions,
        StartTime=now - within,
        EndTime=now,
        Period=int(within.total_seconds()),
        Statistics=[statistic],
    )["Datapoints"]
    values = [float(point[statistic]) for point in points]
    if not values:
        return None
    return max(values) if statistic == "Maximum" else sum(values)


def _waiting(cloud: "Cloud") -> dict[str, int]:
    """Messages that wait in queues that are no dead-letter queues, where there are any."""
    sqs = cloud.client("sqs")
    depths = {}
    for name, url in cloud.queues().items():
        if not name.endswith("-dlq"):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            depths[name] = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
    return {name: depth for name, depth in depths.items() if depth}
