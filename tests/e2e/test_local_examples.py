"""The example of each signal type, through the template's own functions on the local cloud."""

import json
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.synthesis import ROOT

pytestmark = pytest.mark.e2e

EXAMPLES = ROOT / "shared" / "signals" / "examples"
FEEDBACK = ("dispute.", "review.", "appeal.", "stepup.")


def test_every_example_signal_is_recorded_by_the_real_functions(tmp_path: Path) -> None:
    """Under the shipped policy, one decision is recorded for each example, and none is refused."""
    examples = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.json"))]
    assert examples
    with LocalCloud("dev", state=tmp_path) as cloud:
        for example in examples:
            body = json.dumps(example)
            if example["type"].startswith(FEEDBACK):
                cloud.client("sqs").send_message(QueueUrl=cloud.outputs["FeedbackQueueUrl"], MessageBody=body)
            else:
                cloud.client("kinesis").put_record(
                    StreamName=cloud.outputs["SignalsStream"], Data=body.encode(), PartitionKey=example["subject"]
                )
        cloud.run_until_idle()
        assert {name: counted.last_error for name, counted in cloud.stats.items() if counted.last_error} == {}
        items = cloud.client("dynamodb").scan(TableName=cloud.outputs["DecisionsTable"])["Items"]
        dead = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["DeadLettersBucket"])
    recorded = [item for item in items if item["kind"]["S"] == "decision"]
    assert sorted(item["signal_type"]["S"] for item in recorded) == sorted(
        example["type"].removesuffix(".v1") for example in examples
    )
    assert dead["KeyCount"] == 0
