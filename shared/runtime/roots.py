"""The composition roots: each builds what one function needs, once per process."""

import gc
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from shared.decisions import KEPT
from shared.features import GRACE, TILE_CAP
from shared.policy import shipped
from shared.runtime.enforcement import Enforcement
from shared.runtime.evaluation import Evaluation
from shared.runtime.expiry import Expiry
from shared.runtime.guarding import Guarding
from shared.runtime.memory import Memory
from shared.runtime.policies import LivePolicies, PolicyStores
from shared.runtime.settings import EnforcementSettings, EvaluationSettings, ExpirySettings
from shared.signals import Limits, Pseudonyms
from shared.stores import (
    Bus,
    DecisionLog,
    InvalidSignals,
    Ledger,
    PolicySources,
    PolicyTable,
    TableLists,
    TimelineStore,
    identity_key,
)
from shared.stores.agenda import Agenda
from shared.stores.expiries import Expiries
from shared.stores.feedback_queue import FeedbackQueue
from shared.stores.guards import Guards

Root = TypeVar("Root")

SDK = Config(
    # The SDK retries throttles and lost connections; what is left after that goes back to the stream or queue.
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=64,
    # The service checks what it is sent; checking it here as well takes a seventh of a batch's CPU (`make bench`).
    parameter_validation=False,
    # A name of our own is sent as it is; the SDK's is put together anew for every call, a sixth of the call's CPU.
    user_agent="sluice",
)


@cache
def evaluation() -> Evaluation:
    """For the functions that judge signals; raises `SettingsError`, `PolicyError`, or what AWS refused, when they
    cannot start."""
    settings = EvaluationSettings.from_environment(os.environ)
    dynamodb, s3, log = boto3.client("dynamodb", config=SDK), boto3.client("s3", config=SDK), Logger()
    stores = PolicyStores(
        PolicyTable(dynamodb, settings.policy_table),
        PolicySources(s3, settings.policy_bucket),
        TableLists(dynamodb, settings.policy_table),
        Guards(dynamodb, settings.policy_table),
    )
    policies = LivePolicies(stores, shipped, settings.policy_refresh, log.service, log)
    # Compiled here, where Lambda lends a whole processor, and not under the first signal.
    policies.pinned()
    key = identity_key(boto3.client("secretsmanager", config=SDK), settings.identity_secret)
    pseudonyms = Pseudonyms(key)
    timelines = TimelineStore(dynamodb, settings.timelines_table, TILE_CAP, GRACE)
    return Evaluation(
        policies,
        pseudonyms,
        DecisionLog(dynamodb, settings.decisions_table),
        Memory(timelines, Ledger(dynamodb, settings.ledger_table), pseudonyms, log, settings.writers),
        Guarding(stores.guards, log),
        InvalidSignals(
            s3,
            boto3.client("sqs", config=SDK),
            settings.dead_letters_bucket,
            settings.invalid_queue_url,
        ),
        Limits(settings.max_signal_bytes, settings.max_ahead),
        log,
        settings.writers,
    )


@cache
def enforcement() -> Enforcement:
    """For `enforce`."""
    settings = EnforcementSettings.from_environment(os.environ)
    return Enforcement(
        Ledger(boto3.client("dynamodb", config=SDK), settings.ledger_table),
        Bus(boto3.client("events", config=SDK), settings.bus),
        Logger(),
        lambda: datetime.now(UTC),
    )


@cache
def expiry() -> Expiry:
    """For `expire_restrictions`."""
    settings = ExpirySettings.from_environment(os.environ)
    dynamodb = boto3.client("dynamodb", config=SDK)
    return Expiry(
        Agenda(dynamodb, settings.ledger_table),
        Ledger(dynamodb, settings.ledger_table),
        Expiries(dynamodb, settings.decisions_table, KEPT),
        FeedbackQueue(boto3.client("sqs", config=SDK), settings.feedback_queue_url),
        Logger(),
    )


def built_at_start(root: Callable[[], Root]) -> Callable[[], Root]:
    """The root, built already where Lambda starts the process.

    Starting has a whole processor to itself, and a function that cannot work never gets an event. Elsewhere a handler
    can be imported without its environment; it reads it at its first event.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        try:
            root()
            # What stands now stays: going through it for garbage time and again takes a twentieth of judging's CPU.
            gc.freeze()
        finally:
            gc.enable()
    return root
