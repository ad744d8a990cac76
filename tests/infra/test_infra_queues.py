"""Every queue: over TLS, encrypted, with a place for dead letters, and someone who is told."""

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]


def dead_letter_queues(template):
    """Logical ids of the queues where messages end."""
    ends = {template.named("SQS::Queue", "QueueName", "invalid-signals")[0]}
    for queue in template.all("SQS::Queue").values():
        if "RedrivePolicy" in queue:
            ends.add(template.referred(queue["RedrivePolicy"]["deadLetterTargetArn"]))
    for rule in template.all("Events::Rule").values():
        ends.update(template.referred(target["DeadLetterConfig"]["Arn"]) for target in rule["Targets"])
    return ends


def alarms_on(template, queue, metric):
    """The alarms on a metric of the queue."""
    return [
        alarm
        for alarm in template.all("CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric
        and any(
            "GetAtt" in str(one["Value"]) and template.referred(one["Value"]) == queue for one in alarm["Dimensions"]
        )
    ]


def policy_of(template, queue):
    """The statements of the queue's own policy."""
    return [
        statement
        for policy in template.all("SQS::QueuePolicy").values()
        if queue in [template.referred(one) for one in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_every_queue_refuses_requests_without_tls(template):
    """Whoever does not use TLS is denied everything on every queue."""
    for queue in template.all("SQS::Queue"):
        assert any(
            statement["Effect"] == "Deny"
            and statement["Action"] == "sqs:*"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in policy_of(template, queue)
        ), queue


def test_every_queue_is_encrypted(template):
    """Every queue has a key of its own service, or one of ours."""
    for name, queue in template.all("SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") or "KmsMasterKeyId" in queue, name


def test_every_queue_has_a_place_for_dead_letters_or_is_one(template):
    """A message that nobody can handle leaves every queue after a bounded number of tries."""
    ends = dead_letter_queues(template)
    for name, queue in template.all("SQS::Queue").items():
        if name not in ends:
            assert 1 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 20, name


def test_no_two_queues_share_their_dead_letters(template):
    """A dead letter tells by its queue where it comes from."""
    targets = [
        template.referred(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in template.all("SQS::Queue").values()
        if "RedrivePolicy" in queue
    ]
    assert len(targets) == len(set(targets))


def test_dead_letters_are_kept_longer_than_messages(template):
    """A message that dies at the end of its queue's retention is still there when people look."""
    queues = template.all("SQS::Queue")
    for name, queue in queues.items():
        if "RedrivePolicy" in queue:
            end = queues[template.referred(queue["RedrivePolicy"]["deadLetterTargetArn"])]
            assert end["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"], name


def test_every_dead_letter_queue_has_an_alarm_on_its_depth(template):
    """Someone is told of every dead letter; of invalid signals only when there are many."""
    invalid, _ = template.named("SQS::Queue", "QueueName", "invalid-signals")
    for queue in dead_letter_queues(template):
        (alarm,) = alarms_on(template, queue, "ApproximateNumberOfMessagesVisible")
        assert alarm["Threshold"] == 1 or queue == invalid


def test_every_other_queue_has_an_alarm_on_the_age_of_its_oldest_message(template):
    """Someone is told when a queue's consumer is down."""
    for queue in set(template.all("SQS::Queue")) - dead_letter_queues(template):
        assert len(alarms_on(template, queue, "ApproximateAgeOfOldestMessage")) == 1, queue


def test_a_message_is_hidden_for_six_timeouts_of_the_function_that_reads_it(template):
    """A throttled invocation is retried before its messages show again."""
    for mapping in template.all("Lambda::EventSourceMapping").values():
        source = template.resource(template.referred(mapping["EventSourceArn"]))
        if source["Type"] == "AWS::SQS::Queue":
            function = template.resource(template.referred(mapping["FunctionName"]))["Properties"]
            assert source["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_eventbridge_is_granted_the_key_of_every_queue_that_it_writes_to(template):
    """The queues of actions have a customer-managed key, since no other can be granted to EventBridge."""
    queues = template.all("SQS::Queue")
    for name in queues:
        if any(one.get("Principal") == {"Service": "events.amazonaws.com"} for one in policy_of(template, name)):
            key = template.resource(template.referred(queues[name]["KmsMasterKeyId"]))["Properties"]
            assert any(
                statement["Principal"] == {"Service": "events.amazonaws.com"}
                and {"kms:Decrypt", "kms:GenerateDataKey"} <= set(statement["Action"])
                for statement in key["KeyPolicy"]["Statement"]
            )
            assert key["EnableKeyRotation"]
