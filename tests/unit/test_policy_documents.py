"""How YAML is read: everything is text, everything has a place, and nothing may grow without bound."""

from pathlib import Path

import pytest

from shared.policy import Judgement, Policy, PolicyError, load, load_documents
from shared.policy.documents.reading import MAX_CHARACTERS

pytestmark = pytest.mark.unit

GOOD = """
features:
  declines_1h: {count: payment.declined, where: 'amount < 5.00 USD', by: card, window: 1h}
lists:
  good_cards: {owner: payments-risk, values: ["card:a"]}
rules:
  small_payments:
    abuse: payment_fraud
    on: payment.attempted
    when: declines_1h > 3 and card not in lists.good_cards
    then: [deny, restrict: {of: buyer, capability: buy, to: none, for: 24h}]
    rollout: 25%
    reason: "{declines_1h} small payments were declined"
    user_reason: "We could not confirm this payment method."
    owner: payments-risk
"""


def refusal(**texts: str) -> str:
    with pytest.raises(PolicyError) as refused:
        load_documents({f"{name}.yaml": text for name, text in texts.items()})
    return str(refused.value)


def test_defaults() -> None:
    """A rule that says nothing of it is in shadow, of middling severity, and stale after a day."""
    rule = load_documents({"a": GOOD}).rules["small_payments"]
    assert (rule.mode, rule.severity, rule.stale_after.total_seconds(), rule.rollout) == ("shadow", 50, 86_400, 0.25)


def test_the_cut_into_files_does_not_matter() -> None:
    """Sections, order, comments, quotes and line ends may differ: the digest is of the content."""
    head, rules = GOOD.split("rules:")
    features, lists = head.split("lists:")
    parts = {"r": "# the rules\nrules:" + rules.replace("\n", "\r\n"), "l": "lists:" + lists, "f": features}
    assert load_documents(parts).digest == load_documents({"a": GOOD}).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [("> 3", "> 4"), ("5.00 USD", "6.00 USD"), ("card:a", "card:b"), ("25%", "26%"), ("We could", "I could")],
)
def test_any_change_of_content_changes_the_digest(old: str, new: str) -> None:
    """Whatever could change a decision, or what is said of it, makes another policy."""
    assert load_documents({"a": GOOD.replace(old, new)}).digest != load_documents({"a": GOOD}).digest


def test_every_problem_of_every_file_is_told_at_once() -> None:
    """One pass reports all, in the order of files and lines."""
    told = refusal(b=GOOD.replace("declines_1h > 3", "declnes_1h > 3"), a="rule: {}\n", c="lists: {x y: {values: 1}}\n")
    places = [told.index(place) for place in ("a.yaml:1:1", "b.yaml:10:11", "c.yaml:1:9")]
    assert places == sorted(places)


def test_what_is_wrong_itself_is_told_once() -> None:
    """A rule that names a wrong feature or list is not blamed for it."""
    told = refusal(a=GOOD.replace("window: 1h", "window: 1y").replace("owner: payments-risk, values", "values"))
    assert told.startswith("the policy has 2 problems")


def test_words_of_yaml_and_python_are_words() -> None:
    """`on`, `no` and `yes` are what they say, not true or false."""
    policy = load_documents({"a": GOOD.replace("owner: payments-risk\n", "owner: no\n")})
    assert policy.rules["small_payments"].owner == "no"


def test_the_same_name_in_two_files() -> None:
    """The second definition is refused, and says where the first is."""
    rules = "rules:" + GOOD.split("rules:")[1]
    assert "the rule `small_payments` is already in a.yaml, line 7" in refusal(a=GOOD, b=rules)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x" * (MAX_CHARACTERS + 1), "at most 1,000,000 are taken"),
        ("rules: " + "[" * 5_000, "nested deeper than 12 levels"),
        ("rules: " + "{a: " * 40 + "}" * 40, "nested deeper than 12 levels"),
        ("a: &a [x, x]\nb: [*a, *a]\n", "anchors and aliases are not taken"),
        ("rules: {? [a] : b}", "a list cannot be a key"),
        ("rules: !!set {a}", "is not taken"),
        ("rules: 'unclosed", "this is not YAML"),
        ("rules:\n\t- a", "this is not YAML"),
        ("rules: \x00", "this is not YAML"),
        ("rules: {a: b}\n...\nrules: {}", "this is not YAML"),
        ("rules: {}\u2028lists: {}", "a line ends with '\\u2028'"),
        ("just words", "the document is `just words`"),
        ("rules: 7", "`rules` is `7`"),
        ("rules: {small_rule: [a, b]}", "the rule small_rule is a list"),
        ("features: {some_feature: {}}", "the feature some_feature computes nothing"),
        ("lists: {class: {owner: a, values: [b]}}", "`class` cannot be a list's name"),
        ("lists: {items: {owner: a, values: [b, b]}}", "stands more than once"),
        ("lists: {items: {owner: a, values: [[b]]}}", "has a list in it"),
        ("lists: {items: {owner: a, values: [b], expires: soon}}", "`soon` does not fit `expires`"),
        ("lists: {items: {owner: a}}", "has no `values:`"),
    ],
)
def test_refused(text: str, told: str) -> None:
    """What is too large, too deep or not plain is refused at its place."""
    assert told in refusal(a=text)


def test_empty_documents_are_fine() -> None:
    """A file with comments alone, or an empty section, adds nothing."""
    assert load_documents({"a": "# nothing yet\n", "b": "rules:\n", "c": ""}).rules == {}


def test_a_folder(tmp_path: Path) -> None:
    """A policy is what the folder's YAML files have, whatever else lies there."""
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    (tmp_path / "notes.txt").write_text("{")
    assert list(load(tmp_path).rules) == ["small_payments"]


def test_an_empty_folder_is_no_policy(tmp_path: Path) -> None:
    """Forgetting to ship the policy must not look like a policy without rules."""
    with pytest.raises(PolicyError, match="there is no policy here"):
        load(tmp_path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A file in another encoding is refused by name."""
    (tmp_path / "a.yaml").write_bytes(b"rules: \xff\xfe")
    with pytest.raises(PolicyError, match=r"a\.yaml:1:8: the file is not UTF-8"):
        load(tmp_path)


def rules_of(policy: Policy, signal: str) -> list[str]:
    return [rule.name for rule in policy.program(signal).rules]


def test_rules_that_are_off_are_checked_and_left_out() -> None:
    """A rule that is off judges nothing, and must be right all the same."""
    off = GOOD + "    mode: off\n"
    assert rules_of(load_documents({"a": off}), "payment.attempted") == []
    assert "`declins_1h` is not" in refusal(a=off.replace("declines_1h > 3", "declins_1h > 3"))


def test_signals_without_rules_have_an_empty_program() -> None:
    """No rules on a signal: no features to read, no verdicts."""
    program = load_documents({"a": GOOD}).program("order.shipped")
    assert (program.rules, program.asides, program.features) == ((), (), ())
    assert program.judge({}) == Judgement((), (), {}, {})


def test_a_tab_is_called_one() -> None:
    """YAML's parser says only that a token cannot begin there, and a tab looks like blanks."""
    with pytest.raises(PolicyError) as refused:
        load_documents({"a.yaml": "rules:\n\ta_rule: {}\n"})
    assert "a.yaml:2:1: this is not YAML: a tab stands here" in str(refused.value)
    assert "indent with blanks" in str(refused.value)
