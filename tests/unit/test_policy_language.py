"""The written specification, LANGUAGE.md: every example in it runs, and every table in it is what the code says.

After a table was changed on purpose, run this file with `UPDATE_GOLDEN=1`: it rewrites those between markers.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from shared.decisions.acting import MOST_LINKED
from shared.policy import Policy, PolicyError, load_documents
from shared.policy.checks.budget import MOST_FAMILIES, MOST_RULE_MS, MOST_SERIES, MOST_SIGNAL_MS, MOST_TILES
from shared.policy.checks.sizes import MOST, MOST_VALUES
from shared.policy.conditions import constants, syntax
from shared.policy.conditions.forms import FORMS
from shared.policy.conditions.kinds import KINDS
from shared.policy.conditions.scope import RESERVED
from shared.policy.conditions.tree import Compare, source_of
from shared.policy.documents import list_files, reading
from shared.policy.functions import text
from shared.policy.functions.table import FUNCTIONS
from shared.policy.model import MODES
from shared.policy.sections import (
    definitions,
    effects,
    features,
    gates,
    gathering,
    groups,
    guardrails,
    jurisdictions,
    ladders,
    limiting,
    lists,
    remembered,
    restricting,
    rules,
    windows,
)
from shared.restrictions.limits import CAPABILITIES, DIMENSIONS
from shared.signals import CATALOGUE
from tests.support.policies import ACTORS

pytestmark = pytest.mark.unit

DOCUMENT = Path(__file__).parents[2] / "shared" / "policy" / "LANGUAGE.md"
WORDS = {"true": True, "false": False, "unknown": None}


@dataclass(frozen=True)
class Fence:
    """A fenced block of the document: what kind it is, its text, and the line it begins in."""

    kind: str
    text: str
    line: int


def fences() -> Iterator[Fence]:
    kind, begun, block = None, 0, list[str]()
    for number, line in enumerate(DOCUMENT.read_text(encoding="utf-8").split("\n"), 1):
        if not line.startswith("```"):
            block.append(line)
        elif kind is None:
            kind, begun, block = line.removeprefix("```"), number, []
        else:
            yield Fence(kind, "\n".join(block) + "\n", begun)
            kind = None


def fences_of(kind: str) -> list[Fence]:
    return [fence for fence in fences() if fence.kind == kind]


def at_line(fence: Fence) -> str:
    return f"line {fence.line}"


@dataclass(frozen=True)
class Example:
    """A condition of the document, the signal it is on, and its lines of `given:`, `gives:` and `means:`."""

    signal: str
    condition: str
    lines: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, fence: Fence) -> "Example":
        head, *rest = re.split(r"^(given|gives|means): ", fence.text, flags=re.MULTILINE)
        lines = tuple((word, value.strip()) for word, value in zip(rest[::2], rest[1::2], strict=True))
        signal, _, condition = head.rpartition("\n\n") if head.startswith("on: ") else ("", "", head)
        return cls(signal.removeprefix("on: ") or "payment.attempted", condition.strip(), lines)

    def policy(self, given: str = "{}") -> Policy:
        (shared,) = fences_of("yaml shared")
        actor = ACTORS.get(self.signal) or CATALOGUE[self.signal].actor
        rule = {
            "abuse": "policy",
            "on": self.signal,
            "when": self.condition,
            "then": [{"review": {"of": actor}}],
            "reason": "because",
            "owner": "tests",
        }
        rule_text = yaml.safe_dump({"rules": {"the_rule": rule}}, allow_unicode=True, width=10_000)
        test_text = f"    tests: {{fires: {given}}}\n"
        return load_documents({"shared": shared.text, "rule": rule_text + test_text}, published=True)


@pytest.mark.parametrize("fence", fences_of("condition"), ids=at_line)
def test_condition(fence: Fence) -> None:
    """Each condition gives what the document says of it, with the values that it says are given."""
    example = Example.of(fence)
    assert any(word in ("gives", "means") for word, _ in example.lines), "say what it gives"
    given = "{}"
    for word, value in example.lines:
        if word == "given":
            given = value
            continue
        policy = example.policy(given)
        rule = policy.rules["the_rule"]
        if word == "means":
            assert source_of(rule.conditions[example.signal]) == value
            continue
        (case,) = rule.tests
        judgement = policy.program(example.signal).judge({**case.values, **case.features, **case.facts})
        mine = rule in judgement.fired, rule in judgement.unknown
        assert not judgement.broken
        assert (None if mine[1] else mine[0]) is WORDS[value], given


@pytest.mark.parametrize("fence", fences_of("condition error"), ids=at_line)
def test_condition_that_is_refused(fence: Fence) -> None:
    """Each condition that the document calls wrong is refused with the message that stands there."""
    example = Example.of(fence)
    with pytest.raises(PolicyError) as refused:
        example.policy()
    assert [problem.what for problem in refused.value.problems] == [value for _, value in example.lines]


@pytest.mark.parametrize("fence", fences_of("yaml"), ids=at_line)
def test_document(fence: Fence) -> None:
    """Each document in it is a whole policy that stands every check, tests included."""
    load_documents(
        {"example.yaml": fence.text, "lists/words.txt": "whatsapp\n"}
        if "words.txt" in fence.text
        else {"a": fence.text}
    )


@pytest.mark.parametrize("fence", fences_of("yaml error"), ids=at_line)
def test_document_that_is_refused(fence: Fence) -> None:
    """Each document that is called wrong is refused with the message in its last line."""
    told = fence.text.rstrip().split("\n")[-1].removeprefix("# ")
    with pytest.raises(PolicyError) as refused:
        load_documents({"example.yaml": fence.text})
    assert [problem.what for problem in refused.value.problems] == [told]


@pytest.mark.parametrize("fence", fences_of("text"), ids=at_line)
def test_message(fence: Fence) -> None:
    """Each message that it shows is a golden one."""
    golden = (DOCUMENT.parents[2] / "tests" / "golden" / "policy").glob("*.txt")
    assert any(fence.text in message.read_text(encoding="utf-8") for message in golden)


def test_every_fence_is_run() -> None:
    """No example stands in it that nothing looks at; the grammar is for the eye."""
    known = {"condition", "condition error", "yaml", "yaml error", "yaml shared", "ebnf", "text"}
    assert {fence.kind for fence in fences()} - known == set()
    assert len(fences_of("condition")) > 20


def table(name: str) -> list[list[str]]:
    """The rows of the table between the markers of that name, cell by cell, without its head."""
    found = re.search(rf"<!-- {name} -->\n\n(.*?)\n\n<!-- end -->", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"there is no table {name}"
    rows = [re.split(r"(?<!\\) *\| *", line.strip("| ")) for line in found[1].split("\n")]
    return rows[2:]


def test_truth_tables() -> None:
    """The truth tables are those of the engine."""
    for word in ("and", "or"):
        ((_, *columns), *rows) = [[cell.strip("`") for cell in row] for row in [table(word)[0], *table(word)[1:]]]
        for left, *cells in rows:
            for right, cell in zip(columns, cells, strict=True):
                given = {"card_is_new": WORDS[left], "gift_card": WORDS[right]}
                policy = Example("payment.attempted", f"card_is_new {word} gift_card", ()).policy()
                judgement = policy.program("payment.attempted").judge(given)
                assert (None if judgement.unknown else bool(judgement.fired)) is WORDS[cell], (left, word, right)


OF_KIND = {
    "integer": "buyer_account_age_days",
    "number": "0.5",
    "money": "amount",
    "time": "time",
    "duration": "1h",
    "text": "category",
    "boolean": "gift_card",
}


def test_arithmetic() -> None:
    """What `+ - * /` take and give is what the table says, and nothing more."""
    told: dict[tuple[str, str, str], str] = {}
    for left, signs, right, gives in table("arithmetic"):
        for other, result in zip(right.split(", "), gives.split(", "), strict=True):
            for sign in re.findall(r"`(.)`", signs):
                told[left, sign, other] = result
    for left, one in OF_KIND.items():
        for right, other in OF_KIND.items():
            for sign in "+-*/":
                loosely = tuple("number" if kind == "integer" else kind for kind in (left, right))
                expected = told.get((left, sign, right)) or told.get((loosely[0], sign, loosely[1]))
                assert kind_of(f"{one} {sign} {other}") == expected, (left, sign, right)


def kind_of(value: str) -> str | None:
    """The type that an expression has, or nothing where it is refused."""
    try:
        policy = Example("payment.attempted", f"({value}) == ({value})", ()).policy()
    except PolicyError:
        return None
    comparison = policy.rules["the_rule"].conditions["payment.attempted"]
    assert isinstance(comparison, Compare)
    return comparison.operands[0].type.kind


LIMITS = {
    "characters of a condition": syntax.MAX_CHARACTERS,
    "parts of a condition": syntax.MAX_NODES,
    "levels of nesting in a condition": syntax.MAX_NESTING,
    "parts of a condition with everything that it names": definitions.MAX_PARTS,
    "levels of nesting with everything that it names": definitions.MAX_DEPTH,
    "days of a duration": constants.LONGEST.days,
    "characters of a regular expression": text.LONGEST_PATTERN,
    "characters of a document": reading.MAX_CHARACTERS,
    "parts of a document": reading.MAX_NODES,
    "levels of nesting in a document": reading.MAX_DEPTH,
    "values of a list, inline": lists.MAX_INLINE,
    "values of a list, in a file": lists.MAX_VALUES,
    "characters of a list's file": list_files.MAX_BYTES,
    "characters of a value in a file": list_files.MAX_VALUE,
    "texts of a policy, files of lists among them": gathering.MAX_TEXTS,
    "characters of a policy": gathering.MAX_CHARACTERS,
    "values of all lists": MOST_VALUES,
    "rules": MOST["rules"],
    "features": MOST["features"],
    "lists": MOST["lists"],
    "lets": MOST["let"],
    "parameters": MOST["parameters"],
    "groups": MOST["groups"],
    "characters of a reason": rules.LONGEST_REASON,
    "tags of a rule": rules.MOST_TAGS,
    "days of a restriction": restricting.LONGEST.days,
    "days of the default restriction": guardrails.LONGEST["default_restriction"].days,
    "hours of a takeover hold": guardrails.LONGEST["takeover_hold"] // timedelta(hours=1),
    "bounds of all budgets per hour, or per day": guardrails.MOST_BOUNDS,
    "hours that a limit delays something": DIMENSIONS["delay_hours"].most,
    "days that a reserve is held back": DIMENSIONS["reserve_days"].most,
    "days of a gate's deadline": gates.LONGEST.days,
    "days that a jurisdiction lets money be held": jurisdictions.LONGEST_HOLD.days,
    "rungs of a ladder": ladders.MOST_RUNGS,
    "people whom a linked restriction meets": MOST_LINKED,
    "days of a feature's window": windows.LONGEST.days,
    "steps of a sequence": remembered.MOST_STEPS,
    "values that a feature may need at least": features.MOST_LEAST,
    "milliseconds that a rule may take": MOST_RULE_MS,
    "milliseconds that all rules on a signal may take": MOST_SIGNAL_MS,
    "tiles that a signal may read": MOST_TILES,
    "series that a signal may be remembered in": MOST_SERIES,
    "kinds of facts that are kept of an entity for ever": MOST_FAMILIES,
}


def test_limits() -> None:
    """Every limit in the document is the one in the code, and none is missing."""
    assert {name: int(number.replace(",", "")) for name, number in table("limits")} == LIMITS


def escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def test_functions() -> None:
    """The table of functions is the one that conditions are checked against."""
    rows = [
        f"| `{escaped(each.example)}` | {escaped(each.about)} | {', '.join(each.result.choices) or each.result} |"
        for each in FUNCTIONS.values()
    ]
    written = "\n".join(["| for example | what it gives | |", "|---|---|---|", *rows])
    document = DOCUMENT.read_text(encoding="utf-8")
    current = re.sub(
        r"(<!-- functions -->\n\n).*?(\n\n<!-- end -->)", lambda m: f"{m[1]}{written}{m[2]}", document, flags=re.DOTALL
    )
    if "UPDATE_GOLDEN" in os.environ:
        DOCUMENT.write_text(current, encoding="utf-8")
    assert current == DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sections", gathering.KINDS),
        ("rule keys", rules.KEYS),
        ("forms", FORMS),
        ("modes", MODES),
        ("effects", effects.WORDS),
        ("feature kinds", KINDS),
        ("feature keys", features.OPTIONS),
        ("restriction keys", restricting.KEYS),
        ("guardrail keys", guardrails.KEYS),
        ("budget keys", guardrails.BUDGET_KEYS),
        ("jurisdiction keys", jurisdictions.KEYS),
        ("capabilities", CAPABILITIES),
    ],
)
def test_words(name: str, words: list[str]) -> None:
    """The tables of words have all of them, and no others."""
    assert sorted(re.findall(r"`\{?(\w+)", " ".join(row[0] for row in table(name)))) == sorted(words)


@pytest.mark.parametrize("row", table("capabilities"), ids=lambda row: row[0].strip("`"))
def test_limits_of_capabilities(row: list[str]) -> None:
    """What the table says of a capability is what can be written, and all of it."""
    capability = row[0].strip("`")
    words = [word for word in limiting.words_of(capability) if word != "days"]
    assert re.findall(r"`([^`]+)`", row[1]) == [limiting.EXAMPLES[word][1] for word in words]


SPOKEN = {"the field's": "field", "money or number": "number"}


@pytest.mark.parametrize(("example", "gives", "nothing"), [(row[0], row[2], row[3]) for row in table("feature kinds")])
def test_feature_kinds(example: str, gives: str, nothing: str) -> None:
    """Each example of a kind is taken, has the type that stands there, and is that where nothing happened."""
    policy = load_documents({"a": f"features: {{it_is: {example.strip('`')}}}"}, published=True)
    feature = policy.features["it_is"]
    known = KINDS[feature.kind]
    assert str(known.gives if isinstance(known.gives, str) else known.gives.kind) == SPOKEN.get(gives, gives)
    assert (known.nothing is None and nothing == "unknown") or str(known.nothing).lower() == nothing
    assert ("ever" in example) <= known.ever


def test_words_in_text() -> None:
    """The words that names cannot be, and the keys that groups can have, are all there."""
    document = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    (reserved,) = re.findall(r"No name can be ((?:`\w+`(?:, | or )?)+)", document)
    assert set(re.findall(r"`(\w+)`", reserved)) == RESERVED - set(FUNCTIONS)
    (defaults,) = re.findall(r"A group can have ((?:`\w+`(?:, | and )?)+)", document)
    assert re.findall(r"`(\w+)`", defaults) == ["when", *groups.DEFAULTS]
