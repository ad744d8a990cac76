"""Whatever is thrown at the language: a policy, or a refusal with places; no crash, no hang, no code run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared.policy
from shared.policy import PolicyError, Problem, load_documents
from shared.policy.functions.lookalike import host_of, imitates
from tests.support.policies import policy_with

pytestmark = pytest.mark.property

SHIPPED = [
    path.read_text() for path in sorted((Path(shared.policy.__file__).parent.parent / "policies").glob("*.yaml"))
]
PIECES = """
amount buyer card card_is_new gift_card category text lists.good lists true false and or not in == != < <= > >= + - * /
( ) [ ] , 5 5.00 USD EUR 0.5 "a" 'b' length contains hour time . @ # : := lambda None is if else for ** // % { } \\
""".split()


def problems_of(load: Callable[[], object]) -> tuple[Problem, ...]:
    """What was refused; nothing for what was read. Any other error is the crash that these tests look for."""
    try:
        load()
    except PolicyError as refused:
        return refused.problems if str(refused) else ()
    return ()


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25), st.sampled_from([" ", "", "\n", "  "]))
def test_pieces_of_the_language(pieces: list[str], between: str) -> None:
    """Any string of its own words is a condition or is refused with a place in it."""
    found = problems_of(lambda: policy_with(between.join(pieces)))
    assert all(problem.span.line >= 1 and problem.span.column >= 1 for problem in found)


@given(st.text(max_size=60))
def test_any_text_as_a_document(text: str) -> None:
    """Any text is a document or is refused within its lines."""
    found = problems_of(lambda: load_documents({"a.yaml": text}))
    assert all(1 <= problem.span.line <= problem.span.source.text.count("\n") + 1 for problem in found)


@given(st.sampled_from(SHIPPED), st.data())
def test_a_real_document_with_a_slip(text: str, data: st.DataObject) -> None:
    """A shipped document that lost, gained or doubled a few characters is read or refused, with places in it."""
    at = data.draw(st.integers(0, len(text) - 1))
    until = data.draw(st.integers(at, min(len(text), at + 40)))
    slip = data.draw(st.one_of(st.text(max_size=5), st.just(text[at:until] * 2), st.sampled_from(PIECES)))
    slipped = text[:at] + slip + text[until:]
    found = problems_of(lambda: load_documents({"a.yaml": slipped}))
    assert all(1 <= problem.span.line <= problem.span.source.text.count("\n") + 1 for problem in found)


@given(st.text(max_size=80))
def test_any_text_as_a_link(text: str) -> None:
    """A link can be any text; the answer is yes or no."""
    host = host_of(text)
    assert host is None or imitates(host, frozenset({"paypal.com"})) in (True, False)
