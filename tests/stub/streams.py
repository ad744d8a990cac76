"""Tables' streams: every change in the form in which Lambda gets it, and the calls that read a stream."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.stub.attributes import Item
from tests.stub.errors import ServiceError
from tests.stub.units import item_size

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/1"
PER_READ = 1000
SHARD = "shardId-00000000000000000001"

Record = dict[str, Any]


class Streams:
    """All streams of an account. Each has one shard, which stays open, and forgets nothing."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._tables: dict[str, str] = {}
        self._operations: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "ListStreams": self._list,
            "DescribeStream": self._describe,
            "GetShardIterator": self._iterator,
            "GetRecords": self._get,
        }

    def of(self, table: str, keys: tuple[str, ...]) -> Callable[[Item | None, Item | None], None]:
        """What a table with these keys tells of each of its changes."""
        arn = ARN.format(table=table)
        self._tables[arn] = table

        def changed(before: Item | None, after: Item | None) -> None:
            number = len(self.records) + 1
            image: Item = after or before or {}
            change = {
                # There is no clock here: a run is the same whenever it is run.
                "ApproximateCreationDateTime": float(number),
                "Keys": {key: image[key] for key in keys},
                **({"NewImage": after} if after else {}),
                "SequenceNumber": f"{number:021d}",
                "SizeBytes": item_size(image),
                "StreamViewType": "NEW_IMAGE",
            }
            self.records.append(
                {
                    "eventID": f"{number:032x}",
                    "eventName": "REMOVE" if after is None else "MODIFY" if before else "INSERT",
                    "eventVersion": "1.1",
                    "eventSource": "aws:dynamodb",
                    "awsRegion": "us-east-1",
                    "eventSourceARN": arn,
                    "dynamodb": change,
                }
            )

        return changed

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked of the service that reads streams; raises `ServiceError`."""
        if operation not in self._operations:
            raise ServiceError("UnknownOperationException", f"the stub has no {operation}")
        return self._operations[operation](request)

    def _list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted = request.get("TableName")
        found = [(arn, table) for arn, table in self._tables.items() if wanted in (None, table)]
        return {"Streams": [{"StreamArn": arn, "TableName": table, "StreamLabel": "1"} for arn, table in found]}

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = request["StreamArn"]
        return {
            "StreamDescription": {
                "StreamArn": arn,
                "StreamStatus": "ENABLED",
                "TableName": self._tables[arn],
                "Shards": [{"ShardId": SHARD, "SequenceNumberRange": {"StartingSequenceNumber": f"{1:021d}"}}],
            }
        }

    def _iterator(self, request: Mapping[str, Any]) -> dict[str, Any]:
        starts = {"TRIM_HORIZON": 0, "LATEST": len(self.records)}
        if request["ShardIteratorType"] not in starts:
            raise ServiceError("ValidationException", f"the stub has no iterator {request['ShardIteratorType']}")
        return {"ShardIterator": f"{starts[request['ShardIteratorType']]}|{request['StreamArn']}"}

    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        start, _, arn = request["ShardIterator"].partition("|")
        found: list[Record] = []
        place = int(start)
        while place < len(self.records) and len(found) < request.get("Limit", PER_READ):
            record = self.records[place]
            place += 1
            if record["eventSourceARN"] == arn:
                found.append({name: each for name, each in record.items() if name != "eventSourceARN"})
        return {"Records": found, "NextShardIterator": f"{place}|{arn}"}
