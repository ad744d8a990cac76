"""Files of lists written in haste or by a machine: each is refused with its place, or is a list."""

import tracemalloc
from pathlib import Path

import pytest

from shared.policy import PolicyError, Problem, load, load_documents
from tests.support.policies import RULE

pytestmark = [pytest.mark.unit, pytest.mark.timeout(60)]
"""Nothing here may hang."""

LISTED = "lists:\n  bad: {owner: tests, file: lists/bad.txt}\n"


def with_list(content: str, condition: str = "card_country in lists.bad") -> dict[str, str]:
    """A policy whose only rule reads a list from a file."""
    rule = RULE.format(signal="payment.attempted", condition=condition, actor="buyer")
    return {"a.yaml": LISTED + rule, "lists/bad.txt": content}


def refused_list(content: str) -> Problem:
    """The problem of a list's file."""
    with pytest.raises(PolicyError) as error:
        load_documents(with_list(content))
    (problem,) = error.value.problems
    assert problem.span.source.name == "lists/bad.txt"
    assert len(str(problem)) < 1_000
    return problem


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("\n" * 1_000, 1),
        ("DE\nFR\nDE\n", 3),
        ("DE\nF\u200bR\n", 2),
        ("DE\nF\u202eR\n", 2),
        ("DE\nF\x00R\n", 2),
        ("DE\n" + "x" * 501 + "\n", 2),
        ("x" * 5_000_001, 1),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_list_files_that_are_none(content: str, line: int) -> None:
    """A list's file with nothing in it, something twice, or something that nobody sees is refused in its line."""
    assert refused_list(content).span.line == line


def test_a_million_lines() -> None:
    """A list of a million lines is refused, in seconds and in memory that does not multiply it."""
    content = "".join(f"v{number}\n" for number in range(600_000)) + "x\n" * 400_000
    tracemalloc.start()
    try:
        refused_list(content)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_lines() -> None:
    """A list of a hundred thousand lines is a list, with any line ends."""
    content = "\r\n".join(["# comment", *(f"value {number}" for number in range(99_999)), "DE"])
    policy = load_documents(with_list(content))
    assert len(policy.lists["bad"]) == 100_000
    judgement = policy.program("payment.attempted").judge({"card_country": "DE"})
    assert [rule.name for rule in judgement.fired] == ["the_rule"]


def test_a_list_of_mixed_encodings(tmp_path: Path) -> None:
    """A list's file that stops being UTF-8 is refused in the line and column where it does."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "bad.txt").write_bytes("Köln\nMünchen\n".encode() + "Zürich\n".encode("latin-1"))
    with pytest.raises(PolicyError) as error:
        load(tmp_path)
    (problem,) = error.value.problems
    assert (problem.span.source.name, problem.span.line, problem.span.column) == ("lists/bad.txt", 3, 2)
