"""The tables, bus, bucket and queue of the harness, as `World` knows them, through the clients of one process."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from aws_lambda_powertools import Logger

from shared.policy import Policy
from shared.runtime.policies import PolicyStores
from shared.stores import PolicySources
from tests.faults.policies import POLICIES
from tests.faults.services import FEEDBACK, INVALID, NAME
from tests.faults.wire import Wire
from tests.support.aws import Aws, World
from tests.support.faults import Wire as NoFaults

_LOG = Logger(service="faults", level="CRITICAL")


class CompiledOnce(PolicySources):
    """Reads a published policy as often as it is asked for it, and compiles it once: that is what takes time."""

    def policy(self, digest: str) -> Policy:
        self.documents(digest)
        return POLICIES[digest]


class FaultyWorld(World):
    """A world in which policies are compiled once."""

    def policy_stores(self, clients: dict[str, Any] | None = None) -> PolicyStores:
        stores = super().policy_stores(clients)
        return replace(stores, sources=CompiledOnce((clients or self.aws.struck)["s3"], self.policy_bucket))


def world_of(wire: Wire) -> World:
    """What `wire` leads to."""
    aws = cast("Aws", SimpleNamespace(struck=wire.clients, calm=wire.clients, log=_LOG))
    return FaultyWorld(aws, NAME, NoFaults(), NAME, INVALID, f"{NAME}-dead-letters", "", f"{NAME}-policies", FEEDBACK)
