"""How large a decision's record can get: DynamoDB takes 400 KB, and bills by the kilobyte."""

import random
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from string import ascii_letters, digits
from typing import Any

import pytest

from shared.decisions import Linked, Particulars, conclude, signal_values, to_record
from shared.decisions.words import words_of
from shared.features import MOST_LINKED, Plan
from shared.policy import Judgement, shipped
from shared.signals import CATALOGUE, InvalidSignal, entities_of, parse
from shared.stores.packing import Dictionary
from shared.stores.records import record_to_item
from tests.stub.units import item_size
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, moment, payload

pytestmark = pytest.mark.unit

LONGEST_ID, LONGEST_TEXT, LONGEST_NAME = 128, 300, 160


def noise(chance: random.Random, length: int) -> str:
    """What deflate makes nothing of."""
    return "".join(chance.choices(ascii_letters + digits, k=length))


def largest(name: str) -> Any:
    """A valid signal whose every text is as long as it may be, and says nothing twice."""
    chance, document = random.Random(name), event(name, "s1")
    for field in CATALOGUE[name].fields:
        given = document["data"].get(field.name)
        if field.type not in ("text", "texts") or field.role or given is None:
            continue
        for longest in (LONGEST_TEXT, LONGEST_ID):
            long = [noise(chance, 20)] * 100 if field.type == "texts" else noise(chance, longest)
            tried = {**document, "data": {**document["data"], field.name: long}}
            if is_valid(tried):
                document = tried
                break
    return {**document, "id": noise(chance, 256)}


def is_valid(document: Any) -> bool:
    try:
        parse(payload(document), moment(60))
    except InvalidSignal:
        return False
    return True


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_no_valid_signal_makes_a_record_that_does_not_fit(name: str) -> None:
    """Not when every rule that ships fires at once, and every linked feature has found all that it tells."""
    policy, signal = shipped(), parse(payload(largest(name)), moment(60))
    program, entities = policy.program(name), entities_of(signal, PSEUDONYMS)
    chance = random.Random(name)
    links = tuple(
        Linked(use.feature.name, "user:u_1", 1.0, tuple(noise(chance, LONGEST_NAME) for _ in range(MOST_LINKED)))
        for use in program.features
        if use.feature.kind == "linked"
    )
    values = {
        **signal_values(signal, entities),
        **dict.fromkeys((use.feature.name for use in program.features), 10**15),
    }
    inputs = program.inputs(values, dict.fromkeys(program.facts, False))
    about = Particulars.of(signal, entities)
    decision = conclude(about, Judgement(program.rules, program.rules, {}, {}), inputs, policy, links=links)
    entries = tuple(Plan(policy.features.values()).entries(signal, entities, PSEUDONYMS))
    record = to_record(replace(decision, entries=entries))
    item = record_to_item(record, Dictionary(words_of(program).encode()))
    assert item_size(on_the_wire(item)) < 32 * 1024


def on_the_wire(item: Mapping[str, Any]) -> Any:
    return {name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in item.items()}
