"""What there is to write rules with, as data; and the JSON Schema of the documents."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.policy import shipped, shipped_folder, texts_of
from shared.policy.authoring import catalogue
from shared.policy.authoring.schema import schema
from shared.policy.conditions.forms import FORMS
from shared.policy.documents.reading import Node, Scalar, Sequence, read
from shared.policy.functions.table import FUNCTIONS
from shared.policy.problems import Findings, Source
from shared.signals import CATALOGUE
from tests.support.all_kinds import ALL_KINDS

pytestmark = pytest.mark.unit


def test_every_signal_and_function_is_there() -> None:
    """The catalogue has what the language has, functions with an example and a line about each."""
    assert [row["signal"] for row in catalogue.signals()] == list(CATALOGUE)
    functions = {row["function"]: row for row in catalogue.functions()}
    assert functions.keys() == FUNCTIONS.keys() | FORMS.keys()
    assert all(row["example"] and row["about"] for row in functions.values())


@pytest.mark.parametrize("signal", CATALOGUE)
def test_fields_have_types_and_examples(signal: str) -> None:
    """A signal's fields stand by the names that rules know, with types; what it must have has an example."""
    rows = catalogue.fields(signal)
    assert {row["field"] for row in rows} >= {spec.visible_as for spec in CATALOGUE[signal].fields} | {"time"}
    assert all(row["type"] for row in rows)
    assert all(row["example"] is not None for row in rows if not row["optional"]), rows


def test_the_address_behind_a_pseudonym_is_shown_as_one() -> None:
    """`ip_address` has an address for its example, is personal, and may be missing where `ip` may."""
    (row,) = (row for row in catalogue.fields("payment.attempted") if row["field"] == "ip_address")
    assert row == {
        "field": "ip_address",
        "type": "IP address",
        "example": "203.0.113.24",
        "optional": True,
        "remembered": False,
        "personal": True,
    }


def test_features_say_where_they_can_be_read() -> None:
    """A feature is told in words, with the signals it can be read on and the rules that read it."""
    rows = catalogue.features(shipped(), texts_of(shipped_folder()))
    assert {row["feature"] for row in rows} == set(shipped().features)
    assert all(row["rules"] and row["readable_on"] for row in rows)
    some = catalogue.features(shipped(), texts_of(shipped_folder()), "message.sent")
    assert 0 < len(some) < len(rows)


def test_lists_say_who_keeps_them_and_who_uses_them() -> None:
    """A list has its owner, size and the rules that ask it."""
    rows = catalogue.lists(shipped())
    assert {row["list"] for row in rows} == set(shipped().value_lists)
    assert all(row["owner"] and row["size"] and row["rules"] for row in rows)


@pytest.mark.parametrize("name", texts_of(shipped_folder()))
def test_the_shipped_documents_fit_the_schema(name: str) -> None:
    """An editor that validates by the schema finds nothing wrong with the policy that ships."""
    if not name.endswith(".yaml"):
        return
    node = read(Source(name, texts_of(shipped_folder())[name]), Findings())
    assert node is not None
    Draft202012Validator.check_schema(schema())
    errors = [error.message for error in Draft202012Validator(schema()).iter_errors(as_an_editor_reads(node))]
    assert errors == []


def test_every_kind_of_feature_fits_the_schema() -> None:
    """Features of all kinds, graded severities and rules that only score are what an editor takes."""
    node = read(Source("all_kinds.yaml", ALL_KINDS), Findings())
    assert node is not None
    errors = [error.message for error in Draft202012Validator(schema()).iter_errors(as_an_editor_reads(node))]
    assert errors == []


@pytest.mark.parametrize(
    "document",
    [
        {"rule": {}},
        {"rules": {"Bad Name": {"when": "a", "then": "deny"}}},
        {"rules": {"a_rule": {"when": "a", "then": "denied"}}},
        {"rules": {"a_rule": {"when": "a", "then": ["deny"], "sevrity": 5}}},
        {"rules": {"a_rule": {"then": ["deny"]}}},
        {"rules": {"a_rule": {"when": "a", "then": [{"restrict": {"of": "buyer"}}]}}},
        {"rules": {"a_rule": {"when": "a", "then": ["deny"], "on": "payment.atempted"}}},
        {"features": {"cards": {"distinct": "card", "of": "payment.attempted", "by": "buyer", "window": "a day"}}},
        {"lists": {"words": {"owner": "o", "values": ["a"], "file": "lists/words.txt"}}},
        {"features": {"hijack": {"sequence": ["login.failed"], "by": "user", "window": "3d"}}},
        {"features": {"hijack": {"sequence": ["a", {"b": "c", "d": "e"}], "by": "user", "window": "3d"}}},
        {"features": {"paid": {"count": "payment.settled", "by": "buyer", "window": "7d", "least": 1_000}}},
        {"features": {"paid": {"count": "payment.settled", "by": "buyer", "window": "7d", "unless": {"a.b": "c"}}}},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses(document: dict[str, Any]) -> None:
    """A wrong key, word or shape is underlined while it is typed."""
    assert not Draft202012Validator(schema()).is_valid(document)


def as_an_editor_reads(node: Node) -> Any:
    """The document as YAML 1.2 readers have it: numbers and booleans are what they look like."""
    if isinstance(node, Scalar):
        if node.style:
            return node.text
        if node.text in ("", "~"):
            return None
        if re.fullmatch(r"-?\d+(\.\d+)?|true|false", node.text):
            return json.loads(node.text)
        return node.text
    if isinstance(node, Sequence):
        return [as_an_editor_reads(item) for item in node.items]
    return {key: as_an_editor_reads(entry.value) for key, entry in node.entries.items()}
