"""The golden examples: one realistic event per signal type."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import shared.signals
from shared.signals import CATALOGUE, parse

pytestmark = pytest.mark.unit

EXAMPLES = Path(shared.signals.__file__).parent / "examples"
ARRIVAL = datetime(2026, 11, 21, tzinfo=UTC)


def test_there_is_one_example_per_signal_type_and_no_other() -> None:
    """Each type of the catalogue has an example named for it, and each example names a type."""
    assert {path.stem for path in EXAMPLES.iterdir()} == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_example_is_a_valid_signal_of_its_type(name: str) -> None:
    """An example parses, as the type that its file is named for."""
    assert parse((EXAMPLES / f"{name}.json").read_bytes(), ARRIVAL).name == name


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_example_spells_its_fields_as_the_payload_declares_them(name: str) -> None:
    """Unknown fields are kept, so that only this test can tell a misspelt field of an example."""
    data = json.loads((EXAMPLES / f"{name}.json").read_bytes())["data"]

    assert set(data) <= set(CATALOGUE[name].model.model_fields)


def test_the_examples_have_distinct_ids() -> None:
    """All examples can be sent together: no two of them are the same signal."""
    ids = [json.loads(path.read_bytes())["id"] for path in EXAMPLES.iterdir()]

    assert len(set(ids)) == len(CATALOGUE)
