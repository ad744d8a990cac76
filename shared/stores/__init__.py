"""DynamoDB, S3, SQS, Secrets Manager and EventBridge, each behind a small class named for the domain."""

from shared.stores.bus import Bus, Event
from shared.stores.decisions import DecisionLog
from shared.stores.failures import StoreUnavailable
from shared.stores.identity import identity_key
from shared.stores.invalid_signals import InvalidSignals, Refused
from shared.stores.ledger import Ledger
from shared.stores.timelines import TimelineStore

__all__ = [
    "Bus",
    "DecisionLog",
    "Event",
    "InvalidSignals",
    "Ledger",
    "Refused",
    "StoreUnavailable",
    "TimelineStore",
    "identity_key",
]
