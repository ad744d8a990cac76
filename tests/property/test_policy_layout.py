"""`sluice policy fmt` on whatever people write: the same policy, the same comments, and the same again."""

from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.policy import PolicyError, load_documents, shipped_folder, texts_of
from shared.policy.authoring.layout import LayoutError, laid_out
from shared.policy.conditions.tidying import tidied
from shared.policy.documents.reading import Mapping, plain, read
from shared.policy.problems import Findings, Source

pytestmark = pytest.mark.property

NAMES = st.from_regex(r"[a-z][a-z0-9_]{1,8}", fullmatch=True)
WORDS = st.one_of(
    st.sampled_from(
        ["deny", "72h", "25%", "4.00 USD", "true", "~", "a: b", "x # y", "[a", "it's", 'say "no"', "", "-", "é"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=40),
    st.lists(NAMES, min_size=15, max_size=30).map(" ".join),
    st.lists(NAMES, min_size=1, max_size=3).map("\n".join),
)
CONDITIONS = st.lists(
    st.sampled_from(
        [
            "a>=5",
            "and",
            "or",
            "not",
            "(",
            ")",
            "text",
            "in",
            "lists.words",
            "'x'",
            '"y z"',
            "5.00",
            "USD",
            ",",
            "-",
            "<",
        ]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)
VALUES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
RULES = st.fixed_dictionaries(
    {"when": CONDITIONS}, optional=dict.fromkeys(("then", "tests", "reason", "owner", "on", "abuse", "odd"), VALUES)
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "rules": st.dictionaries(NAMES, RULES, min_size=1, max_size=3),
        "features": st.dictionaries(NAMES, VALUES, max_size=3),
        "lists": st.dictionaries(NAMES, VALUES, max_size=3),
        "let": st.dictionaries(NAMES, CONDITIONS, max_size=3),
        "parameters": st.dictionaries(NAMES, WORDS, max_size=3),
    },
)


class AsText(yaml.SafeDumper):
    """Writes numbers and such without quotes, as people do: everything is text to the policy language."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


TEXTS = texts_of(shipped_folder())
SHIPPED = [name for name in TEXTS if name.endswith(".yaml")]


def commented(text: str, every: int) -> str:
    """The document with comments between its lines and behind some."""

    def lines() -> Iterator[str]:
        for number, line in enumerate(text.split("\n")):
            if every and number % every == 0:
                yield f"# comment {number}"
            yield line

    return "\n".join(lines())


def parsed(text: str) -> Mapping | None:
    return read(Source("a.yaml", text), Findings())


def said(node: Mapping) -> object:
    """What a document says, in plain values, its conditions tidied."""
    content = plain(node)
    assert isinstance(content, dict)
    for rule in (content.get("rules") or {}).values():
        rule["when"] = tidied(rule["when"])
    for name, text in (content.get("let") or {}).items():
        content["let"][name] = tidied(text)
    for feature in (content.get("features") or {}).values():
        if isinstance(feature, dict) and isinstance(feature.get("where"), str):
            feature["where"] = tidied(feature["where"])
    return content


@given(DOCUMENTS, st.booleans(), st.integers(20, 200), st.integers(0, 5))
def test_layout_keeps_what_is_said(document: dict[str, object], flow: bool, width: int, comments: int) -> None:
    """Whatever the document, its layout says the same, has the same comments, and is its own layout."""
    text = yaml.dump(document, Dumper=AsText, default_flow_style=flow, width=width, allow_unicode=True, sort_keys=False)
    if not flow and "|" not in text and ">" not in text and '"' not in text and "'" not in text:
        text = commented(text, comments)
    before = parsed(text)
    if before is None or "&" in text:
        return
    try:
        once = laid_out("a.yaml", text)
    except (LayoutError, PolicyError):
        return
    after = parsed(once)
    assert after is not None or not before.entries
    if after is not None:
        assert said(after) == said(before)
    assert laid_out("a.yaml", once) == once


@settings(max_examples=settings().max_examples // 10, phases=[Phase.generate])
@given(st.sampled_from(SHIPPED), st.booleans(), st.integers(20, 200), st.randoms(use_true_random=False))
def test_layout_never_moves_the_digest(name: str, flow: bool, width: int, random: Random) -> None:
    """However a document that ships is wrapped, blanked and ordered, its layout is the same policy."""
    content = plain(parsed(TEXTS[name]))  # type: ignore[arg-type]  # it is a document
    assert isinstance(content, dict)
    sections = list(content.items())
    random.shuffle(sections)
    text = yaml.dump(
        dict(sections),
        Dumper=AsText,
        default_flow_style=flow,
        width=width,
        allow_unicode=True,
        sort_keys=random.random() < 0.5,
    )
    after = laid_out(name, text)
    digests = [load_documents({**TEXTS, name: each}, published=True).digest for each in (text, after)]
    assert digests[0] == digests[1]


@given(CONDITIONS)
def test_tidying_keeps_every_token(condition: str) -> None:
    """A tidy condition is its own tidy form, and differs in blanks and quotes alone."""
    tidy = tidied(condition)
    assert tidied(tidy) == tidy
    flat = [text.replace(" ", "").replace("'", '"') for text in (tidy, condition)]
    assert flat[0] == flat[1]
