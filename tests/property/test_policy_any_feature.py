"""Features of plausible words at random: each is refused at its place, or can be planned, paid for and laid out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import FeatureKind
from shared.policy import PolicyError, load_documents
from shared.policy.authoring import catalogue
from shared.policy.authoring.layout import laid_out
from shared.policy.checks import costs
from shared.policy.conditions.kinds import KINDS
from shared.signals import CATALOGUE, SignalSpec
from tests.support.policies import assert_placed

pytestmark = pytest.mark.property

SIGNALS = st.sampled_from(["login.succeeded", "payment.settled", "account.changed", "dispute.opened", "score.computed"])
FILTERS = {
    "login.succeeded": 'country == "DE"',
    "payment.settled": "amount > 5.00 USD",
    "account.changed": 'change in ("email", "phone")',
    "dispute.opened": 'reason != "duplicate"',
    "score.computed": "score > 0.5",
}
WINDOWS = st.sampled_from(["1m", "1h", "7d", "30d", "83d", "90d", "ever", "91d", "90s", "soon"])
ODD = st.sampled_from(["nobody", "amount", "user", "true", "5", "80%", "[a]", "{a: b}", "~", ""])


def rarely(draw: st.DrawFn, usual: st.SearchStrategy[str], odd: st.SearchStrategy[str] = ODD) -> str:
    """Something that fits, as a rule."""
    return draw(odd if draw(st.integers(0, 19)) == 0 else usual)


@st.composite
def steps(draw: st.DrawFn) -> str:
    """Steps about the users of accounts, some with conditions."""
    signals = draw(st.lists(st.sampled_from(["login.succeeded", "account.changed", "login.failed"]), max_size=5))
    found = [f"{{{each}: '{FILTERS[each]}'}}" if each in FILTERS and draw(st.booleans()) else each for each in signals]
    return rarely(draw, st.just(f"[{', '.join([*found, 'payout.requested by seller'])}]"))


@st.composite
def unless(draw: st.DrawFn) -> str:
    other = draw(SIGNALS)
    same = rarely(draw, st.sampled_from([field.visible_as for field in CATALOGUE[other].remembered]))
    return rarely(draw, st.just(f"{{{other}: '{FILTERS[other]}', same: {same}}}"))


@st.composite
def features(draw: st.DrawFn) -> tuple[FeatureKind, str]:
    """A kind, and a feature of it as it is written."""
    kind = draw(st.sampled_from(list(KINDS)))
    known, name = KINDS[kind], draw(SIGNALS)
    signal: SignalSpec = CATALOGUE[name]
    usable = [field.visible_as for field in signal.remembered if field.type in known.of_types] or ["nothing"]
    subjects: dict[str, Any] = {"signal": st.just(name), "field": st.sampled_from(usable), "steps": steps()}
    words = {kind: rarely(draw, subjects[known.names])}
    if known.names == "field":
        words["of"] = rarely(draw, st.just(name))
    words["by"] = rarely(draw, st.sampled_from(sorted(signal.roles)) if known.names != "steps" else st.just("user"))
    words["window"] = "ever" if kind == "months" else draw(WINDOWS)
    more: dict[str, st.SearchStrategy[str]] = {
        "where": st.just(f"'{FILTERS[name]}'"),
        "delay": WINDOWS,
        "against": st.sampled_from(["30d", "60d", "1h"]),
        "least": st.sampled_from(["1", "500", "501"]),
        "limited": st.sampled_from(["any", "payment_fraud", "spam"]),
        "strength": st.sampled_from(["80%", "150%"]),
        "echoes": st.sampled_from(["true", "false"]),
        "for": st.sampled_from(["seller", "user", "order"]),
        "unless": unless(),
    }
    needed = {"share": {"where"}, "change": {"against"}}.get(kind, set())
    for key, value in more.items():
        if key in needed or (draw(st.integers(0, 3)) == 0 and (key in known.keys or draw(st.integers(0, 9)) == 0)):
            words[key] = rarely(draw, value)
    return kind, f"{{{', '.join(f'{key}: {value}' for key, value in words.items())}}}"


@given(features())
def test_any_feature(written: tuple[FeatureKind, str]) -> None:
    """What is taken is readable, costs something and keeps its layout; what is refused has its place in the file."""
    kind, text = written
    texts = {"a.yaml": f"features: {{it_is: {text}}}\n"}
    try:
        policy = load_documents(texts, published=True)
    except PolicyError as refused:
        for problem in refused.problems:
            assert_placed(problem)
        return
    (row,) = catalogue.features(policy, texts)
    assert policy.features["it_is"].kind == kind
    assert row["readable_on"]
    assert costs(policy).features["it_is"].tiles >= 1
    once = laid_out("a.yaml", texts["a.yaml"])
    assert laid_out("a.yaml", once) == once
    assert load_documents({"a.yaml": once}, published=True).digest == policy.digest
