"""The contract of what comes in: envelope, payloads, roles, what is remembered, what is personal, and errors."""

from shared.signals.catalogue import CATALOGUE, FEEDBACK, FieldSpec, SignalSpec, type_name
from shared.signals.envelope import Limits, Signal, decision_id_of, parse
from shared.signals.errors import InvalidSignal, Problem
from shared.signals.fields import Money
from shared.signals.identity import Pseudonyms, entities_of, subject_of
from shared.signals.schema import json_schema

__all__ = [
    "CATALOGUE",
    "FEEDBACK",
    "FieldSpec",
    "InvalidSignal",
    "Limits",
    "Money",
    "Problem",
    "Pseudonyms",
    "Signal",
    "SignalSpec",
    "decision_id_of",
    "entities_of",
    "json_schema",
    "parse",
    "subject_of",
    "type_name",
]
