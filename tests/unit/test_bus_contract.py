"""What is on the bus is a contract: golden events and schemas of every published version, and what may change.

`tests/golden/actions/<version>` holds a version as it was published: nothing in there changes but the newest one, until
it is published. `UPDATE_GOLDEN=1` writes that one anew.
"""

import copy
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from shared.restrictions import Action, Applied
from shared.restrictions.details import detail_of
from shared.restrictions.events import DATA, SCHEMA_VERSION, event_model, event_schema
from shared.signals.times import stamp
from tests.support.bus_examples import HELD, examples
from tests.support.compatible import breaks
from tests.support.signals import NOON

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parent.parent / "golden" / "actions"
TODAY = GOLDEN / SCHEMA_VERSION
PUBLISHED = sorted(folder.name for folder in GOLDEN.iterdir() if folder.name != SCHEMA_VERSION)
EARLIER = [
    (version, path.stem.removesuffix(".schema"))
    for version in PUBLISHED
    for path in GOLDEN.glob(f"{version}/*.schema.json")
]
EVENT_FILES = [path for path in sorted(GOLDEN.glob("*/*.json")) if not path.name.endswith(".schema.json")]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def golden(name, made):
    """The golden document of that name; where it may be written anew, it is."""
    path = TODAY / f"{name}.json"
    if "UPDATE_GOLDEN" in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return read(path)


@pytest.mark.parametrize("name", examples())
def test_an_event_is_its_golden_example(name):
    """What would be published today, to the letter."""
    made = examples()[name]

    assert made == golden(name, made)


@pytest.mark.parametrize("detail_type", DATA)
def test_a_schema_is_what_was_published_under_its_version(detail_type):
    """A changed schema needs a new version, so that nobody reads by one that was never told."""
    made = event_schema(detail_type)

    assert made == golden(f"{detail_type}.schema", made)
    Draft202012Validator.check_schema(made)


def test_every_type_has_an_example():
    """Of each detail type that there is, and of none that there is not."""
    assert {each["detail-type"] for each in examples().values()} == DATA.keys()


@pytest.mark.parametrize("path", EVENT_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_today_reads_what_any_version_published(path):
    """An archive can be replayed to whoever reads by today's models or schemas."""
    event = read(path)

    event_model(event["detail-type"]).model_validate(event["detail"])
    Draft202012Validator(event_schema(event["detail-type"])).validate(event["detail"])


@pytest.mark.parametrize(("version", "detail_type"), EARLIER)
def test_who_reads_by_an_earlier_version_reads_todays_events(version, detail_type):
    """Every example of today keeps the earlier schema, and nothing that it may be breaks it."""
    earlier = read(GOLDEN / version / f"{detail_type}.schema.json")

    for event in examples().values():
        if event["detail-type"] == detail_type:
            Draft202012Validator(earlier).validate(event["detail"])
    assert breaks(earlier, event_schema(detail_type)) == []


def _drop(schema):
    schema["$defs"]["Placed"]["required"].remove("capability")


def _widen(schema):
    schema["$defs"]["Placed"]["properties"]["allowed"]["maximum"] = 100


def _retype(schema):
    schema["$defs"]["Placed"]["properties"]["entity"] = {"anyOf": [{"type": "string"}, {"type": "object"}]}


def _loosen(schema):
    schema["required"].remove("metadata")


@pytest.mark.parametrize("change", [_drop, _widen, _retype, _loosen])
def test_a_change_that_breaks_readers_is_found(change):
    """A field that may be missing, a wider bound, another type: each is told by its path."""
    new = copy.deepcopy(event_schema("RestrictionPlaced"))
    new["$defs"]["Placed"] = new["$defs"].pop("RestrictionPlaced")
    new["properties"]["data"] = {"$ref": "#/$defs/Placed"}
    earlier = read(GOLDEN / "1" / "RestrictionPlaced.schema.json")
    assert breaks(earlier, new) == []

    change(new)

    assert len(breaks(earlier, new)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allowed", 100),
        ("allowed", -1),
        ("expires_at", "2026-11-25"),
        ("limit", {"share": 101}),
        ("limit", {"mood": 1}),
    ],
)
def test_what_does_not_keep_the_contract_is_no_event(field, value):
    """A share over 100, a time without its zone, a limit that nobody knows: none of it validates."""
    detail = copy.deepcopy(examples()["RestrictionPlaced"]["detail"])
    detail["data"][field] = value

    with pytest.raises(ValidationError, match=field):
        event_model("RestrictionPlaced").model_validate(detail)


def test_a_statement_is_on_the_bus_whole():
    """What a rule's restriction says to whom it meets, and what is kept, is the action's own."""
    data = examples()["RestrictionPlaced"]["detail"]["data"]

    assert data["statement"]["notice"]["automated"]
    assert data["statement"]["record"]["jurisdiction"] == "eu"
    assert data["source"] == {"kind": "rule", "name": "takeover_asks_for_payout", "version": "4be1c0d2"}


def test_an_earlier_reader_is_told_what_is_left_by_all_causes():
    """A milder restriction on top of a hold says 0 percent until the last ends: the latest event is the state."""
    data = examples()["RestrictionPlaced-joined"]["detail"]["data"]

    assert (data["allowed"], data["expires_at"]) == (0, data["state"]["steps"][-1]["until"])
    assert data["limit"] == {"delay_hours": 24}


@pytest.mark.parametrize(
    ("source", "statement", "told"),
    [
        ("person:ana", {}, ""),
        ("person:ana", {"notice": {"facts": "Some buyers got nothing."}}, "Some buyers got nothing."),
        ("person:appeal", {}, "case 4711: fires on cards of a hotel"),
        ("rule:a", {}, "case 4711: fires on cards of a hotel"),
    ],
)
def test_what_people_write_for_colleagues_is_not_told_to_users(source, statement, told):
    """The reason on the bus may be read by whom it meets: of people's own words it has those of the statement alone."""
    why = "case 4711: fires on cards of a hotel"
    action = Action("review", "a" * 32, "user:u_1", source, NOON, why, details={"statement": statement})

    detail = detail_of(Applied("ReviewRequested", action, action.action_id, "review", 1, "d" * 32), "signal")

    assert detail["data"]["reason"] == told


def test_a_restriction_that_law_ends_before_its_time_tells_its_true_end():
    """In the state, in the legal maximum of one that waits for a person, and in the statement that the user reads."""
    end = stamp(NOON + timedelta(days=2))
    state = {"steps": [{"limit": {"none": True}, "until": end}], "since": stamp(NOON), "legal_end": end}
    details = {**HELD.details, "on_expiry": "person", "holds_until": stamp(NOON + timedelta(days=90))}
    placed = Applied("RestrictionPlaced", replace(HELD, details=details), "a" * 32, "withdraw", 1, "d" * 32, state)

    data = detail_of(placed, "signal")["data"]

    assert data["expires_at"] == data["holds_until"] == data["statement"]["notice"]["ends_at"] == end
    assert "legal_end" not in data["state"]
