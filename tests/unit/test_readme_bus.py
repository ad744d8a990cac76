"""What the README says of the bus is so: its event, and the letter that someone gets."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.decisions import Particulars
from shared.decisions.acting import Occasion, actions_of
from shared.policy import shipped
from shared.restrictions import CAPABILITIES, COMMANDS
from shared.restrictions.events import DATA
from shared.restrictions.statements import letter
from tests.support.bus_examples import examples

pytestmark = pytest.mark.unit

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("**Acting on controls.**") : README.index("## For analysts and ops")]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_event_is_the_golden_one():
    """All of it but the statement, which stands below."""
    golden = examples()["RestrictionPlaced"]
    golden["detail"]["data"].pop("statement")

    assert json.loads(SECTION.split("```json")[1].split("```")[0]) == golden


def test_the_letter_is_what_the_shipped_policy_writes():
    """To a seller in Germany whose account asks for a payout that looks like a thief's."""
    policy = shipped()
    rule, seller = policy.rules["takeover_asks_for_payout"], {"seller": "user:u_1042"}
    about = Particulars(
        "d" * 32, "payout.requested", "payouts", "po_2204", "user:u_1042", NOON, NOON, "", False, True, "seller", seller
    )
    first = next(actions_of(rule, rule.effects, Occasion(about, {"country": "DE"}, (), policy)))
    quoted = re.sub(r"^>[ ]?", "", "\n".join(re.findall(r"^>.*$", SECTION, re.MULTILINE)), flags=re.MULTILINE)

    written = [" ".join(paragraph.split()) for paragraph in quoted.split("\n\n")]
    assert written == letter(first.details["statement"]["notice"]).split("\n\n")


def test_every_event_and_each_of_its_fields_has_its_place():
    """No detail type, no field of its data, no capability and no command is left unsaid."""
    common = {"entity", "abuse", "reason"}
    fields = {field for data in DATA.values() for field in data.model_fields} - common

    for name in {*DATA, *fields}:
        assert f"`{name}`" in SECTION or f"`{name}." in SECTION, name
    assert all(word in SECTION for word in (*CAPABILITIES, *COMMANDS))
