"""Event source mappings as the template states them, with Lambda's own defaults."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

_DEFAULT_BATCH_SIZE = {"kinesis": 100, "dynamodb": 100, "sqs": 10}
_FOR_EVER = -1


class MappingError(Exception):
    """A mapping that the local cloud cannot honour; the message says why, and what to change."""


@dataclass(frozen=True)
class EventSourceMapping:
    """What connects one source to one function. Ages are in seconds; no retry quota or age is given to queues."""

    id: str
    function: str
    source_arn: str
    batch_size: int
    reports_item_failures: bool = False
    bisects: bool = False
    max_retries: int = 0
    max_age: float = float("inf")
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = "TRIM_HORIZON"
    on_failure_arn: str | None = None
    filters: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def service(self) -> str:
        """`kinesis`, `dynamodb` or `sqs`."""
        return self.source_arn.split(":")[2]

    @classmethod
    def from_template(cls, logical_id: str, properties: Mapping[str, Any]) -> Self:
        """From the CloudFormation properties, their references resolved."""
        source_arn = properties["EventSourceArn"]
        service = source_arn.split(":")[2]
        if service not in _DEFAULT_BATCH_SIZE:
            raise MappingError(f"{logical_id} reads from {source_arn}: the local cloud polls kinesis, dynamodb and sqs")
        retries = int(properties.get("MaximumRetryAttempts", _FOR_EVER))
        if service != "sqs" and retries == _FOR_EVER:
            raise MappingError(
                f"{logical_id} retries a failing batch for ever, and would block its shard: set MaximumRetryAttempts"
            )
        age = float(properties.get("MaximumRecordAgeInSeconds", _FOR_EVER))
        return cls(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, logical_id)),
            function=properties["FunctionName"].split(":")[-1],
            source_arn=source_arn,
            batch_size=int(properties.get("BatchSize", _DEFAULT_BATCH_SIZE[service])),
            reports_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            bisects=_is_true(properties.get("BisectBatchOnFunctionError", False)),
            max_retries=retries,
            max_age=float("inf") if age == _FOR_EVER else age,
            starting_position=properties.get("StartingPosition", "TRIM_HORIZON"),
            on_failure_arn=properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
            filters=tuple(
                json.loads(each["Pattern"]) for each in properties.get("FilterCriteria", {}).get("Filters", [])
            ),
        )


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"  # moto gives some booleans back as strings
