"""DynamoDB, S3, SQS, Secrets Manager and EventBridge, each behind a small class named for the domain."""

from shared.stores.archive import OUTCOMES, DecisionArchive, Period
from shared.stores.bus import Bus, Event
from shared.stores.dead_letters import DeadLetters, Doors, Places
from shared.stores.decisions import DecisionLog
from shared.stores.erasure import Erasure
from shared.stores.failures import StoreUnavailable
from shared.stores.holds import LegalHolds
from shared.stores.identity import identity_key
from shared.stores.invalid_signals import InvalidSignals, Refused
from shared.stores.ledger import Ledger
from shared.stores.letters import DeadLetter
from shared.stores.letters_about import LettersAbout
from shared.stores.pointer import Change, Pointer
from shared.stores.policies import ChangedMeanwhileError, PolicyTable
from shared.stores.policy_sources import PolicyNotLoadedError, PolicySources
from shared.stores.redrive import CannotRedriveError
from shared.stores.table_lists import ListEntry, TableLists
from shared.stores.timeline_archive import TimelineArchive
from shared.stores.timelines import TimelineStore

__all__ = [
    "OUTCOMES",
    "Bus",
    "CannotRedriveError",
    "Change",
    "ChangedMeanwhileError",
    "DeadLetter",
    "DeadLetters",
    "DecisionArchive",
    "DecisionLog",
    "Doors",
    "Erasure",
    "Event",
    "InvalidSignals",
    "Ledger",
    "LegalHolds",
    "LettersAbout",
    "ListEntry",
    "Period",
    "Places",
    "Pointer",
    "PolicyNotLoadedError",
    "PolicySources",
    "PolicyTable",
    "Refused",
    "StoreUnavailable",
    "TableLists",
    "TimelineArchive",
    "TimelineStore",
    "identity_key",
]
