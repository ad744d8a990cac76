"""Whatever is thrown at the language: a policy, or a refusal with places in the file; no crash, no hang, no code run.

Every load in this file runs under an audit hook that fails it when it imports, opens, starts or connects to anything,
or executes code other than the engine's own.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared.policy
from shared.policy import Policy, PolicyError, Problem, load_documents
from shared.policy.functions.lookalike import imitates
from shared.policy.functions.table import FUNCTIONS
from shared.signals import CATALOGUE
from tests.support.all_kinds import ALL_KINDS
from tests.support.policies import RULE, assert_placed

pytestmark = pytest.mark.property

SHIPPED = {
    path.name: path.read_text()
    for path in sorted((Path(shared.policy.__file__).parent.parent / "policies").glob("*.yaml"))
} | {"all_kinds.yaml": ALL_KINDS}
EXPRESSIONS = re.findall(r"(?<=when: )[a-z].*", "\n".join(SHIPPED.values()))


class Watch:
    """Keeps an eye on the interpreter while `on`; an audit hook cannot be taken off again, only told to look away."""

    FORBIDDEN = ("open", "import", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pty.", "urllib.", "marshal.")

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and (event.startswith(self.FORBIDDEN) or (event == "exec" and not self._ours(arguments))):
            self.seen.append(f"{event} {arguments!r:.200}")

    @staticmethod
    def _ours(arguments: tuple[object, ...]) -> bool:
        """Code that the engine made; an analyst's text is parsed, and never executed."""
        (code,) = arguments
        return isinstance(code, CodeType) and code.co_filename == "<policy>"


WATCH = Watch()


@contextmanager
def watched() -> Iterator[None]:
    """Fails when anything but reading the policy happened."""
    WATCH.seen.clear()
    WATCH.on = True
    try:
        yield
    finally:
        WATCH.on = False
    assert not WATCH.seen


def warmed_up() -> None:
    """Loads what is loaded once per process, so that no import is left for the watch to see."""
    whole = load_documents(SHIPPED)
    for signal in CATALOGUE:
        whole.program(signal).judge({})
    for function in FUNCTIONS.values():
        problems_of(one_rule(function.example, "message.sent"))
    for signal in CATALOGUE:
        problems_of(one_rule("hour(time) > 25", signal))


def one_rule(condition: str, signal: str = "payment.attempted") -> dict[str, str]:
    """A document of one rule with the condition."""
    block = ">-\n      " + condition.replace("\n", "\n      ")
    return {"rule.yaml": RULE.format(signal=signal, condition=block, actor=CATALOGUE[signal].actor)}


def problems_of(texts: Mapping[str, str]) -> tuple[Problem, ...]:
    """What was refused, each with a place in its file; nothing for what was read, and can be judged by."""
    try:
        policy = load_documents(texts)
    except PolicyError as refused:
        found = refused.problems
    else:
        assert_judges(policy)
        return ()
    assert found
    for problem in found:
        assert_placed(problem)
    return found


def assert_judges(policy: Policy) -> None:
    """Of a signal without any values, each rule says something or that it does not know."""
    for signal in {signal for rule in policy.rules.values() for signal in rule.on}:
        judgement = policy.program(signal).judge({})
        assert not judgement.broken


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warmed_up()


PIECES = """
amount buyer card card_is_new gift_card category text links lists.good lists lists. true false and or not in == != < <=
> >= + - * / ( ) [ ] { } , . ; : := @ # $ % ^ & | ~ ? ! \\ ` ' " 5 5.00 USD EUR 0.5 25% 72h 30d 12.50 1e999 NaN inf
0x10 1_000 9223372036854775808 "a" 'b' "2026-11-01" length contains hour time any all it known fired score matches
lambda None True False is if else for while import exec eval open __import__ __class__ f"x" b"x" r"x" await yield async
** // << >> -> ... \u0430 \uff21 \u202e \u200b \u00a0 \u0665 \ud800 \U0001f600 \x00 \t
""".split()


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25), st.sampled_from([" ", "", "\n", "  "]))
def test_pieces_of_the_language(pieces: list[str], between: str) -> None:
    """Any string of its own words, and of others', is a condition or is refused."""
    with watched():
        problems_of(one_rule(between.join(pieces)))


WORDS = st.sampled_from(
    """amount buyer_account_age_days card_country card_funding card_is_new gift_card category buyer seller card time ip
    order payment country device""".split()
)
VALUES = st.one_of(
    WORDS,
    st.sampled_from(
        ["5", "-5", "0.5", "5.00 USD", "5.00 EUR", '"DE"', '"credit"', "72h", "25%", '"2026-11-01"', "true"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8).map(repr),
)
TERMS = st.recursive(
    VALUES,
    lambda parts: st.one_of(
        st.builds("({} {} {})".format, parts, st.sampled_from("+-*/"), parts),
        st.builds("{}({})".format, st.sampled_from([*FUNCTIONS, "known", "fired", "score"]), parts),
        st.builds("{}({}, {})".format, st.sampled_from([*FUNCTIONS, "any", "all", "score"]), parts, parts),
    ),
    max_leaves=4,
)
ATOMS = st.one_of(
    WORDS,
    st.builds("{} {} {}".format, TERMS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), TERMS),
    st.builds("{} < {} <= {}".format, TERMS, TERMS, TERMS),
    st.builds("{} in ({}, {})".format, TERMS, TERMS, TERMS),
    st.builds("{} not in {}".format, TERMS, st.sampled_from(["lists.good", "lists.bad", "good", '"x"'])),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda parts: st.one_of(
        st.builds("({}) and ({})".format, parts, parts),
        st.builds("{} or {}".format, parts, parts),
        st.builds("not {}".format, parts),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_conditions_that_nearly_make_sense(condition: str) -> None:
    """Any condition with the grammar of one, of whatever types, is judged by or refused."""
    with watched():
        problems_of(one_rule(condition))


@given(st.text(max_size=60))
def test_any_text_as_a_condition(text: str) -> None:
    """Any text at all is a condition or is refused, quoted as YAML likes."""
    quoted = '"' + "".join(f"\\U{ord(sign):08x}" for sign in text) + '"'
    with watched():
        problems_of({"a.yaml": RULE.format(signal="payment.attempted", condition=quoted, actor="buyer")})


@given(st.text(max_size=60))
def test_any_text_as_a_document(text: str) -> None:
    """Any text is a document or is refused."""
    with watched():
        problems_of({"a.yaml": text})


KEYS = st.sampled_from(
    """features lists rules let parameters groups abuse on when then mode rollout reason user_reason owner severity tags
    stale_after counterparty tests fires holds group with expires emergency if_unknown values file table about default
    count sum distinct last since of by where window for restrict friction command review capability to ask do a b <<
    mean zscore new months share change sequence linked first_seen delay against unless same least limited strength
    echoes score dispute.resolved
    """.split()
)


@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(["a", "b", "#", " ", "\n", "\r", "\x00"])).map("".join))
)
def test_any_text_as_a_list(text: str) -> None:
    """Any text is the file of a list or is refused."""
    lists = {"lists.yaml": "lists:\n  good: {owner: x, file: lists/good.txt}\n", "lists/good.txt": text}
    with watched():
        problems_of({**lists, **one_rule("category in lists.good")})


YAML = st.recursive(
    st.one_of(
        st.sampled_from(
            ["x", "~", "on", "no", "5", "'", '"', "*a", "&a x", "!!python/name:os.system", "|", ">", "{", "]"]
        ),
        st.sampled_from(["deny", "payment.attempted", "live", "amount > 5.00 USD", "payment_fraud", "24h", "25%", ""]),
        st.text(max_size=10),
    ),
    lambda parts: st.one_of(
        st.lists(parts, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(KEYS, parts), max_size=5).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
        ),
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(KEYS, KEYS, YAML), max_size=6))
def test_documents_of_the_right_words(entries: list[tuple[str, str, str]]) -> None:
    """Any document of the language's keys, with anything under them, is a policy or is refused."""
    with watched():
        problems_of({"a.yaml": "".join(f"{section}:\n  {name}x: {value}\n" for section, name, value in entries)})


@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_a_real_document_with_a_slip(name: str, data: st.DataObject) -> None:
    """A shipped document that lost, gained or doubled a few characters is read or refused."""
    text = SHIPPED[name]
    at = data.draw(st.integers(0, len(text) - 1))
    until = data.draw(st.integers(at, min(len(text), at + 40)))
    slip = data.draw(st.one_of(st.text(max_size=5), st.just(text[at:until] * 2), st.sampled_from(PIECES)))
    with watched():
        problems_of({name: text[:at] + slip + text[until:]})


@given(st.sampled_from(sorted(SHIPPED)), st.data())
def test_a_real_document_with_lines_moved(name: str, data: st.DataObject) -> None:
    """A shipped document whose lines were cut, doubled or moved is read or refused."""
    lines = SHIPPED[name].splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    until = data.draw(st.integers(at, min(len(lines), at + 10)))
    to = data.draw(st.integers(0, len(lines)))
    moved = [*lines[:to], *lines[at:until], *lines[to:]] if data.draw(st.booleans()) else [*lines[:at], *lines[until:]]
    with watched():
        problems_of({name: "".join(moved)})


@given(st.sampled_from(EXPRESSIONS), st.data())
def test_a_real_condition_with_a_slip(expression: str, data: st.DataObject) -> None:
    """A shipped condition with a word put in place of another is read or refused, on any signal."""
    words = re.findall(r"\w+|\W+", expression)
    at = data.draw(st.integers(0, len(words) - 1))
    words[at] = data.draw(st.sampled_from(PIECES))
    signal = data.draw(st.sampled_from(sorted(CATALOGUE)))
    with watched():
        problems_of(one_rule("".join(words), signal))


BOMBS = [
    "__import__('os').system('touch /tmp/sluice-was-here')",
    "open('/etc/passwd')",
    "().__class__.__base__.__subclasses__()",
    "[x for x in ().__class__.__bases__]",
    "exec('import os')",
    "getattr(amount, '__class__')",
]


@given(st.sampled_from(BOMBS), st.sampled_from(["when", "reason", "owner", "abuse", "on", "mode", "severity", "then"]))
def test_code_in_every_key(bomb: str, key: str) -> None:
    """Code in any key of a rule is never run, whether it is refused there or stays a text."""
    text = RULE.format(signal="payment.attempted", condition="gift_card", actor="buyer")
    lines = [line for line in text.splitlines() if not line.strip().startswith(f"{key}:")]
    with watched():
        problems_of({"a.yaml": "\n".join([*lines, f'    {key}: "{bomb}"', ""])})


def test_the_watch_sees() -> None:
    """The watch would see code that runs, a file that opens and a process that starts."""

    def caught(act: Callable[[], object]) -> bool:
        WATCH.seen.clear()
        WATCH.on = True
        try:
            act()
        finally:
            WATCH.on = False
        return bool(WATCH.seen)

    assert caught(lambda: exec("1"))
    assert caught(lambda: Path(__file__).read_bytes())
    assert not caught(lambda: load_documents(one_rule("gift_card")))


@given(st.text(max_size=80))
def test_any_text_as_a_link(text: str) -> None:
    """A link can be any text; the answer is yes or no."""
    assert imitates(text, frozenset({"paypal.com"})) in (True, False)
