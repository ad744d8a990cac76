"""Values on the way to DynamoDB's form and back."""

from datetime import timedelta

import pytest

from shared.stores.attributes import from_item, to_item

pytestmark = pytest.mark.unit


def test_attributes_come_back_as_they_were_given() -> None:
    """Every type that Sluice stores survives the way to DynamoDB's form and back; others are refused by name."""
    record = {"s": "x", "n": -3, "y": True, "b": b"\0", "set": frozenset({b"1", b"2"}), "l": [1, ["x"]], "m": {"k": {}}}

    assert from_item(to_item(record)) == record
    with pytest.raises(TypeError, match="timedelta is not stored"):
        to_item({"t": timedelta(1)})
