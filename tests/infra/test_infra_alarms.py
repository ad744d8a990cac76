"""Who is woken, and when."""

import json
from pathlib import Path

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]
GAPS = (
    "IncompleteFeatures",
    "OverflowedTiles",
    "FullTiles",
    "UnreadableTiles",
    "UnwritableTiles",
    "TooLateToRemember",
)

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("evaluate-stream", "evaluate-queue", "record-feedback", "enforce", "expire-restrictions")
READ_STREAMS = ("evaluate-stream", "enforce")


def metrics_of(template, logical_id):
    """The names of the metrics with an alarm that have this resource as a dimension."""
    return {
        alarm["MetricName"]
        for alarm in template.all("CloudWatch::Alarm").values()
        if logical_id in [one["Value"].get("Ref") for one in alarm["Dimensions"] if isinstance(one["Value"], dict)]
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_alarms_on_errors_and_throttles(template, name):
    """Whatever it reads waits when it fails, or when it is refused to run."""
    function, _ = template.named("Lambda::Function", "FunctionName", name)
    assert {"Errors", "Throttles"} <= metrics_of(template, function)


@pytest.mark.parametrize("name", READ_STREAMS)
def test_every_function_that_reads_a_stream_has_alarms_on_lag_and_on_giving_up(template, name):
    """Lag, records put aside for people, and records that could not even be put aside."""
    function, _ = template.named("Lambda::Function", "FunctionName", name)
    (mapping,) = [
        logical_id
        for logical_id, one in template.all("Lambda::EventSourceMapping").items()
        if template.referred(one["FunctionName"]) == function
    ]
    assert {"IteratorAge", "DestinationDeliveryFailures"} <= metrics_of(template, function)
    assert metrics_of(template, mapping) == {"OnFailureDestinationDeliveredEventCount"}
    # The service counts events of a mapping only when asked to.
    assert template.resource(mapping)["Properties"]["MetricsConfig"] == {"Metrics": ["EventCount"]}


def test_every_rule_has_an_alarm_on_events_that_it_can_neither_deliver_nor_put_aside(template):
    """The one way in which an action could be lost without a trace in a queue."""
    watched = {
        dimension["Value"]
        for alarm in template.all("CloudWatch::Alarm").values()
        if alarm["MetricName"] == "InvocationsFailedToBeSentToDlq"
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "RuleName"
    }
    assert watched == {rule["Name"] for rule in template.all("Events::Rule").values() if "EventPattern" in rule}


def test_every_alarm_tells_the_topic_what_happened_and_is_quiet_without_traffic(template):
    """An alarm says what to do, and a quiet night is no alarm."""
    (topic,) = template.all("SNS::Topic")
    for alarm in template.all("CloudWatch::Alarm").values():
        assert [template.referred(action) for action in alarm["AlarmActions"]] == [topic]
        assert alarm["AlarmDescription"]
        assert alarm["TreatMissingData"] == ("breaching" if alarm["MetricName"] == "Invocations" else "notBreaching")


def test_cloudwatch_may_publish_to_the_encrypted_topic(template):
    """The topic's key is granted to CloudWatch, or no alarm would ever arrive."""
    (topic,) = template.all("SNS::Topic").values()
    key = template.resource(template.referred(topic["KmsMasterKeyId"]))["Properties"]
    principals = [statement["Principal"] for statement in key["KeyPolicy"]["Statement"]]
    assert {"Service": "cloudwatch.amazonaws.com"} in principals


def test_the_dashboard_shows_every_function(template):
    """One page to look at first."""
    (dashboard,) = template.all("CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    for function in template.all("Lambda::Function"):
        assert function in body


def test_the_dashboard_shows_where_memory_has_gaps(template):
    """A flood, another hand and late producers take from it, and nothing else would tell."""
    (dashboard,) = template.all("CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    for name in ("evaluate-stream", "evaluate-queue", "record-feedback"):
        for metric in GAPS:
            shown = ["Sluice", metric, "service", f"sluice-{template.stage}-{name}"]
            assert json.dumps(json.dumps(shown, separators=(",", ":"))[:-1])[1:-1] in body


@pytest.mark.parametrize("name", ["evaluate-stream", "evaluate-queue", "record-feedback"])
def test_every_function_that_judges_has_an_alarm_on_a_policy_that_it_cannot_load(template, name):
    """It goes on with the last good one, so that nothing else would tell."""
    alarms = [one for one in template.all("CloudWatch::Alarm").values() if one["MetricName"] == "PolicyNotLoaded"]
    services = [dimension["Value"] for one in alarms for dimension in one["Dimensions"]]
    assert services.count(f"sluice-{template.stage}-{name}") == 1
    assert {one["Namespace"] for one in alarms} == {"Sluice"}


GUARDED = (
    "BrakesTripped",
    "YoungRulesToShadow",
    "BudgetsExhausted",
    "ActionsParked",
    "GuardsUnreachable",
    "StaleDropped",
)
COUNTED = [
    *((name, metric) for name in FUNCTIONS[:3] for metric in GUARDED),
    ("enforce", "StaleDropped"),
    ("enforce", "OversizeEvents"),
    ("expire-restrictions", "HoldsWaitingForPerson"),
    ("expire-restrictions", "ExpiriesLate"),
]


@pytest.mark.parametrize(("name", "metric"), COUNTED)
def test_somebody_is_told_when_controls_do_harm_are_held_back_or_wait(template, name, metric):
    """One alarm for each function that counts it, under the function's own name."""
    (alarm,) = [
        one
        for one in template.all("CloudWatch::Alarm").values()
        if one["MetricName"] == metric
        and one["Dimensions"] == [{"Name": "service", "Value": f"sluice-{template.stage}-{name}"}]
    ]
    assert alarm["Namespace"] == "Sluice"
    assert alarm["Statistic"] == "Sum"


@pytest.mark.parametrize("metric", ["BrakesTripped", "HoldsWaitingForPerson", "OversizeEvents", "BudgetsExhausted"])
def test_one_is_enough(template, metric):
    """Of what harms somebody, or waits for somebody, the first one tells."""
    alarms = [one for one in template.all("CloudWatch::Alarm").values() if one["MetricName"] == metric]
    assert {one["Threshold"] for one in alarms} == {1}


def test_every_metric_of_ours_that_has_an_alarm_is_counted_somewhere(template):
    """A name that only the alarm knows would be quiet for ever."""
    named = {
        one["MetricName"] for one in template.all("CloudWatch::Alarm").values() if one.get("Namespace") == "Sluice"
    }
    sources = " ".join(path.read_text() for path in (ROOT / "shared").rglob("*.py") if "cli" not in path.parts)
    assert {name for name in named if f'"{name}"' not in sources} == set()
