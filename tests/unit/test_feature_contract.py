"""CONTRACT.md of the features, held equal to the code: its kinds, their types, its numbers."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

import shared.features
from shared.features import GRACE, LONGEST, MOST_LINKED, TILE_CAP, Feature, FeatureKind
from shared.policy.conditions.scope import feature_type
from shared.runtime.settings import EvaluationSettings
from shared.signals import CATALOGUE, Limits
from tests.support import oracle_sight

pytestmark = pytest.mark.unit

TEXT = (Path(shared.features.__file__).parent / "CONTRACT.md").read_text(encoding="utf-8")
AMOUNT, SCORE, CHOICE = ("payment.attempted", "amount"), ("score.computed", "score"), ("login.failed", "reason")


def rows(title: str) -> Sequence[Sequence[str]]:
    """The cells of the table whose first column has this title."""
    lines = TEXT[TEXT.index(f"| {title} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]


def kinds_in(cell: str) -> Sequence[str]:
    """`min`, `max: field` are two kinds, with what they name."""
    return [name.partition(":")[0] for name in re.findall(r"`([^`]+)`", cell)]


KINDS: Mapping[str, Sequence[str]] = {kind: row for row in rows("kind | value") for kind in kinds_in(row[0])}


def test_the_contract_has_the_kinds_of_the_code() -> None:
    """Each once, and in its order."""
    assert list(KINDS) == list(get_args(FeatureKind))


def test_every_kind_says_what_an_incomplete_past_makes_of_it() -> None:
    """The second table names kinds of the first, and has a word for everything else."""
    *named, rest = rows("kind | of an incomplete past")
    assert {kind for row in named for kind in kinds_in(row[0])} < set(KINDS)
    assert rest == ["everything else", "unknown"]


@pytest.mark.parametrize("kind", get_args(FeatureKind))
def test_a_kind_has_the_type_that_the_contract_says(kind: FeatureKind) -> None:
    """For amounts, numbers and choices: what conditions take it for is what it comes out as."""
    said = KINDS[kind][2].partition(",")[0]
    for (signal, value), own in ((AMOUNT, "money"), (SCORE, "number"), (CHOICE, "choice")):
        feature = Feature("it", kind, signal, CATALOGUE[signal].actor, timedelta(days=1), value)
        if said == "number; money" and own == "choice":
            continue
        expected = own if said in ("the field's", "number; money") else said
        assert feature_type(feature).kind == expected


def test_no_remembered_field_can_be_negative() -> None:
    """Else a sum over a full tile would have to be unknown: the oracle takes every one for a lower bound."""
    numbers = [
        (spec.name, field.name)
        for spec in CATALOGUE.values()
        for field in spec.remembered
        if field.type in ("integer", "number")
    ]
    assert numbers
    for signal, name in numbers:
        limits = CATALOGUE[signal].model.model_fields[name].metadata
        assert any(getattr(limit, "ge", -1) >= 0 for limit in limits)


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        (r"up to (\d+) days \(`GRACE`\)", GRACE.days),
        (r"more than (\d+) days, the longest window", LONGEST.days),
        (r"minus (\d+) minutes \(`max_ahead_seconds`\)", Limits().max_ahead // timedelta(minutes=1)),
        (r"minus (\d+) minutes \(`max_", EvaluationSettings.model_fields["max_ahead_seconds"].default / 60),
        (r"`cap` elements \((\d+), `TILE_CAP`\)", TILE_CAP),
        (r"no more than (\d+) \(`TILE_CAP`\)", TILE_CAP),
        (r"at most (\d+) entities", MOST_LINKED),
        (r"complete once it is (\d+) days old", LONGEST.days),
        (r"up to (\d+) days", oracle_sight.GRACE.days),
        (r"more than (\d+) days, the longest window", oracle_sight.LONGEST.days),
        (r"at most (\d+) entities", oracle_sight.MOST_ASKED_ABOUT),
    ],
)
def test_the_contract_has_the_numbers_of_the_code(said: str, is_so: float) -> None:
    """A setting, a limit or a constant of the oracle that changes changes in the text, too."""
    (number,) = set(re.findall(said, re.sub(r"\s+", " ", TEXT)))
    assert int(number) == is_so
