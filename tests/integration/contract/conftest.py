"""The stores' contract: each test here runs on every backend that can play DynamoDB.

Where a backend differs from the service's documented behaviour, the test says so with `differs(backend, reason)`: it
must fail there, for as long as the difference is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from infra.local.synthesis import synthesised_template
from tests.support.account import played_account
from tests.support.aws import Aws
from tests.support.backends import backends

BACKENDS = backends()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "differs(backend, reason): fails on this backend, which is not as the service")


@pytest.fixture(scope="module", params=BACKENDS)
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    """An account on each of the backends."""
    with played_account():
        yield BACKENDS[request.param]()


@pytest.fixture(autouse=True)
def known_differences(request: pytest.FixtureRequest) -> None:
    """What a backend is known to do otherwise is expected of it, strictly."""
    backend = request.node.callspec.params.get("aws")
    for mark in request.node.iter_markers("differs"):
        name, reason = mark.args
        if name == backend:
            request.applymarker(pytest.mark.xfail(reason=f"{name} differs: {reason}", strict=True))


@dataclass(frozen=True)
class Rows:
    """One table, called as the service is called."""

    client: Any
    table: str

    def call(self, operation: str, **request: Any) -> Any:
        """An operation on this table, by the method's name."""
        return getattr(self.client, operation)(TableName=self.table, **request)

    def put(self, item: dict[str, Any], **request: Any) -> Any:
        return self.call("put_item", Item=item, **request)

    def get(self, **key: str) -> dict[str, Any]:
        """The item under a key of strings; empty where there is none."""
        found = self.call("get_item", Key={name: {"S": value} for name, value in key.items()}, ConsistentRead=True)
        item: dict[str, Any] = found.get("Item", {})
        return item

    def refusal(self, operation: str, **request: Any) -> str:
        """Code and message of what must be refused."""
        with pytest.raises(ClientError) as refused:
            self.call(operation, **request)
        return "{Code}: {Message}".format(**refused.value.response["Error"])


@pytest.fixture
def rows(aws: Aws) -> Rows:
    """An empty table whose keys are `entity` and `item`."""
    return _created(
        aws,
        KeySchema=[{"AttributeName": "entity", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("entity", "item")],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def decisions(aws: Aws) -> Rows:
    """An empty decisions table with its indexes, as the template has it."""
    resources = synthesised_template("dev")["Resources"].values()
    (found,) = (
        each["Properties"]
        for each in resources
        if each["Type"] == "AWS::DynamoDB::Table" and each["Properties"]["TableName"].endswith("-decisions")
    )
    wanted = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
    return _created(aws, **{name: found[name] for name in wanted})


def _created(aws: Aws, **properties: Any) -> Rows:
    rows = Rows(aws.calm["dynamodb"], f"rows-{uuid4().hex}")
    rows.call("create_table", **properties)
    return rows
