"""Policies written in haste, in anger or by a machine: each is refused with its place, or means what it says."""

import tracemalloc
from pathlib import Path

import pytest

from shared.policy import PolicyError, Problem, load, load_documents
from tests.support.policies import RULE, truth

pytestmark = [pytest.mark.unit, pytest.mark.timeout(60)]
"""Nothing here may hang."""

LIST = "lists:\n  good: {owner: tests, values: [one]}\n"


def refused(*texts: str) -> tuple[Problem, ...]:
    """The problems of documents that must be refused; each lies inside its document."""
    with pytest.raises(PolicyError) as error:
        load_documents({f"{number}.yaml": text for number, text in enumerate(texts)})
    for problem in error.value.problems:
        lines = problem.span.source.text.split("\n")
        assert 1 <= problem.span.line <= len(lines)
        assert 1 <= problem.span.column <= len(lines[problem.span.line - 1]) + 1
        assert problem.what
    assert len(str(error.value)) < 20_000
    return error.value.problems


def refused_condition(condition: str, signal: str = "payment.attempted") -> tuple[Problem, ...]:
    """The problems of a condition that must be refused."""
    block = ">-\n      " + condition.replace("\n", "\n      ")
    return refused(RULE.format(signal=signal, condition=block, actor="buyer"))


@pytest.mark.parametrize(
    "condition",
    [
        '__import__("os").system("id")',
        'eval("1")',
        'open("/etc/passwd") == "x"',
        "print(amount)",
        "amount.__class__ == 5",
        "amount.minor > 5",
        "().__class__.__bases__[0].__subclasses__()",
        "lists.__class__ == 5",
        "card in lists.__dict__",
        "[x for x in links]",
        "{x for x in links}",
        "{x: x for x in links}",
        "any(x for x in links)",
        "(lambda: true)()",
        "lambda x: x",
        'f"{amount}" == "5"',
        '"{0.__class__}".format(amount) == "5"',
        "(x := 5) > 4",
        "length(*links) > 4",
        "length(**links) > 4",
        "length(text=links) > 4",
        "amount if card_is_new else gift_card",
        "amount is None",
        "card_country[0] == 5",
        "card_country[0:1] == 5",
        "amount ** 9 > 5.00 USD",
        "buyer_account_age_days << 9 > 4",
        "~buyer_account_age_days > 4",
        "buyer_account_age_days // 2 > 4",
        "buyer_account_age_days % 2 == 0",
        "gift_card & card_is_new",
        "await gift_card",
        "yield gift_card",
        "gift_card; card_is_new",
        "import os",
        'b"x" == card_country',
        "... == gift_card",
        "5j > 4",
        "gift_card = true",
        "*links",
        "'a' 'b' == card_country",
        "not",
        "gift_card and",
        "(gift_card",
        "gift_card)",
        "card_country == 'DE",
        "print",
        "self",
        "__builtins__",
        "__debug__",
        "globals()",
        "gift_card\n\n\nimport os",
    ],
)
def test_what_is_no_condition(condition: str) -> None:
    """What Python has and the language has not is refused by name, in its place."""
    refused_condition(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 10_000 + "gift_card" + ")" * 10_000,
        "(" * 900 + "gift_card" + ")" * 900,
        "not " * 400 + "gift_card",
        " and ".join(["gift_card"] * 150),
        "-" * 500 + "5 > 4",
        "length(" * 150 + "links" + ")" * 150 + " > 4",
        "1" * 1_990 + " > buyer_account_age_days",
        "buyer_account_age_days > " + " + ".join(["1"] * 400),
        "buyer_account_age_days < " * 70 + "5",
    ],
    ids=lambda condition: condition[:12],
)
def test_conditions_without_end(condition: str) -> None:
    """A condition that is nested or strung together beyond reason is refused, before anything recurses into it."""
    refused_condition(condition)


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775808",
        "-9223372036854775809",
        "1e999",
        "-1e999",
        "1e19",
        "99999999999999999999.0",
        "0x10",
        "1_000",
    ],
)
def test_numbers_beyond_64_bits(number: str) -> None:
    """Numbers that 64 bits do not hold, and numbers written as programmers do, are refused."""
    refused_condition(f"buyer_account_age_days < {number}")


@pytest.mark.parametrize("word", ["NaN", "nan", "inf", "Infinity", "-inf", "None", "null", "True", "yes", "on"])
def test_words_that_are_no_numbers(word: str) -> None:
    """NaN and Infinity are names of nothing, and so are other notations' words for true, false and nothing."""
    refused_condition(f"buyer_account_age_days < {word}")


@pytest.mark.parametrize(
    "value", ["NaN", ".nan", ".inf", "1e999", "9223372036854775808", "0x10", "1_000", "5.5", "five", "²"]
)
def test_integers_in_tests(value: str) -> None:
    """A test gives an integer as digits, as signals can: everything else is refused."""
    rule = RULE.format(signal="payment.attempted", condition="buyer_account_age_days > 4", actor="buyer")
    refused(rule + f"    tests: {{fires: {{buyer_account_age_days: {value}}}}}\n")


@pytest.mark.parametrize("value", ["NaN", ".nan", "inf", "-inf", ".inf", "1e999"])
def test_numbers_in_tests(value: str) -> None:
    """NaN and Infinity are no numbers in tests either."""
    rule = RULE.format(signal="score.computed", condition="score > 0.5", actor="scored")
    refused(rule + f"    tests: {{fires: {{score: {value}}}}}\n")


@pytest.mark.parametrize(
    "condition",
    [
        "gift_c\u0430rd",  # Cyrillic a
        "\uff47ift_card",  # full width, which Python takes for a `g`
        "gift\u200b_card",
        "gift_card\u202e and card_is_new",
        "gift_card \u2066and card_is_new\u2069",
        "gift_card \ufeffand card_is_new",
        "buyer_account_age_days > \u0665",  # an Arabic five
        "buyer_account_age_days \u2265 5",
        "card_country == \u201cDE\u201d",
        "gift_card\u037e",
        "gift_card \u2013 card_is_new",
    ],
    ids=ascii,
)
def test_letters_that_look_alike(condition: str) -> None:
    """Letters, digits and signs that only look like those of the language are refused."""
    (problem, *_) = refused_condition(condition)
    assert "\\u" in problem.what or "\\x" in problem.what


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u2028", "\x07", "\x7f"], ids=ascii
)
@pytest.mark.parametrize(
    "place",
    [
        "rules:\n  the{}rule: {{}}\n",
        "ru{}les: {{}}\n",
        'rules: {{}}\nlists: {{x: "one{}two"}}\n',
        "rules: {{}}  # a comment {}\n",
    ],
)
def test_letters_that_hide(hidden: str, place: str) -> None:
    """A document with letters that show nothing, or turn the line round, is refused: people review what they see."""
    refused(place.format(hidden))


def test_hidden_letters_in_quotes() -> None:
    """In a quoted text of a condition, too, what cannot be seen is refused."""
    refused_condition('card_country == "D\u200bE"')
    refused_condition('card_country == "D\u202eE"')


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrules: *c\n",
        "a: &lol lol\nrules: {}\n",
        "rules: *nothing\n",
        "rules: {<<: {a: b}}\n",
        "rules: !!python/object/apply:os.system [id]\n",
        "rules: !!python/name:os.system\n",
        "rules: !!python/object/new:type {}\n",
        "rules: !!binary aGk=\n",
        "rules: !custom {}\n",
        "!!map {rules: {}}\n",
        "%TAG ! tag:yaml.org,2002:python/\n---\nrules: !object/apply:os.system [id]\n",
        "--- {}\n--- {}\n",
        "rules: {}\nrules: {}\n",
        "rules:\n  a: {on: x, on: y}\n",
        "? [a, b]\n: c\n",
        "? {a: b}\n: c\n",
        "rules: [\n",
        "rules: {\n",
        "\trules: {}\n",
        "rules: {}\n\x00\n",
        "rules: 'x\n",
        "[" * 10_000,
        "{a: " * 10_000,
        "- " * 10_000 + "x\n",
        "rules:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 400)),
        "? " * 5_000,
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_yaml_that_bites(text: str) -> None:
    """Anchors, tags, merges, second documents, doubled keys, odd keys and depth are refused, each in its place."""
    tracemalloc.start()
    try:
        refused(text)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("line", ["- x\n", "a: b\n", "# x\n", "x", "[", "\n", "\u20ac"], ids=ascii)
def test_fifty_megabytes(line: str) -> None:
    """A document of 50 MB is refused by its length alone, in next to no memory."""
    text = line * (50_000_000 // len(line.encode()))
    tracemalloc.start()
    try:
        (problem,) = refused(text)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert "characters" in problem.what


def test_fifty_megabytes_on_disk(tmp_path: Path) -> None:
    """A file of 50 MB is refused by its size, before it is read."""
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(PolicyError):
            load(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content", [b"rules: {}\n# caf\xe9\n", b"\xff\xfer\x00u\x00l\x00e\x00s\x00", b"\x80abc", b"rules: \xed\xa0\x80\n"]
)
def test_files_in_other_encodings(tmp_path: Path, content: bytes) -> None:
    """A file that is not UTF-8 is refused with the line in which it stops being so."""
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(PolicyError) as error:
        load(tmp_path)
    (problem,) = error.value.problems
    assert "UTF-8" in str(problem)


def test_the_same_rule_twice() -> None:
    """A rule that two documents define is refused, with the place of the first."""
    rule = RULE.format(signal="payment.attempted", condition="gift_card", actor="buyer")
    (problem,) = refused(rule, rule)
    assert "0.yaml, line 3" in problem.what
    assert problem.span.source.name == "1.yaml"


@pytest.mark.parametrize(
    "name",
    [
        "class",
        "lambda",
        "import",
        "and",
        "lists",
        "true",
        "time",
        "length",
        "if",
        "None",
        "__class__",
        "_x",
        "a",
        "A_rule",
        "on the",
        "x" * 65,
        "é",
        "1st",
        "",
    ],
)
@pytest.mark.parametrize("section", ["rules", "lists", "features", "let", "parameters", "groups"])
def test_names_that_are_words(name: str, section: str) -> None:
    """What is declared cannot be called like a word of the language or of Python, nor like nothing."""
    refused(f'{section}:\n  "{name}": {{owner: tests}}\n')


@pytest.mark.parametrize(
    "name", ["on", "no", "yes", "off", "items", "keys", "values", "get", "pop", "update", "null", "self"]
)
def test_names_that_are_words_elsewhere(name: str) -> None:
    """YAML's and Python's other words are good names: of a list, they mean the list."""
    values = {"card_country": "DE"}
    listed = f"lists:\n  {name}: {{owner: tests, values: [DE]}}\n"
    assert truth(f"card_country in lists.{name}", values, more=listed) is True


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "on", "no", "yes", "self", "result", "facts"])
def test_features_named_like_attributes(name: str) -> None:
    """A feature or `let` may be called like an attribute of what holds the values, and means itself."""
    feature = f"features:\n  {name}: {{count: payment.declined, by: card, window: 1h}}\n"
    assert truth(f"{name} >= 3", features={name: 3}, more=feature) is True
    assert truth(f"{name} >= 3", features={name: 2}, more=feature) is False
    assert truth(f"{name} >= 3", more=feature) is None
    assert truth(name, {"gift_card": True}, more=f"let:\n  {name}: gift_card\n") is True


@pytest.mark.parametrize("pattern", ["(a", "a{1000}{1000}", "(?=a)", r"(a)\\1", "a" * 2_000, "["])
def test_regexes_that_are_refused(pattern: str) -> None:
    """A regular expression that RE2 refuses, or that would need much memory, is refused when it is read."""
    refused_condition(f'matches(category, "{pattern}")')


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_regexes_built_to_run_forever(pattern: str) -> None:
    """A regular expression that takes other engines forever takes time that grows with the text alone."""
    text = "a" * 19_999 + "!"
    truth(f'matches(text, "{pattern}")', {"text": text}, signal="message.sent")


def test_a_policy_of_too_many_texts() -> None:
    """A policy of more texts than anyone wrote, or of more characters, is refused before one of them is read."""
    many = {f"{number}.yaml": "[" for number in range(1_001)}
    large = {f"{number}.yaml": "[" * 1_000_000 for number in range(51)}
    for texts in (many, large):
        with pytest.raises(PolicyError) as error:
            load_documents(texts)
        (problem,) = error.value.problems
        assert "characters, in" in problem.what
