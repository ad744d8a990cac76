"""What a policy names itself: `let`, `parameters`, `groups`, `fired`, and the sources of lists."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from gc import collect
from pathlib import Path
from weakref import ref

import pytest

from shared.policy import Policy, PolicyError, load, load_documents
from shared.policy.conditions.tree import source_of
from shared.signals.amounts import Amount

pytestmark = pytest.mark.unit

RULE = """
  {name}:
    abuse: policy
    on: {on}
    when: {when}
    then: [review: {{of: {of}}}]
    reason: "{reason}"
    owner: tests
    {more}
"""


def rule(name: str, when: str, *, on: str = "payment.attempted", reason: str = "because", more: str = "") -> str:
    of = "sender" if on == "message.sent" else "buyer"
    return RULE.format(name=name, when=when, on=on, of=of, reason=reason, more=more)


def policy(*rules: str, head: str = "", files: Mapping[str, str] | None = None) -> Policy:
    return load_documents({"a.yaml": f"{head}\nrules:{''.join(rules)}", **(files or {})}, published=True)


def condition(loaded: Policy, name: str, on: str = "payment.attempted") -> str:
    return source_of(loaded.rules[name].conditions[on])


def refusal(*rules: str, head: str = "", files: Mapping[str, str] | None = None) -> str:
    with pytest.raises(PolicyError) as refused:
        policy(*rules, head=head, files=files)
    return str(refused.value)


LETS = """
parameters: {high: 500.00 USD, patience: 72h, part: 25%, start: 2026-11-01, market: books, on_trial: true}
let:
  large: amount >= high
  young: known(category) and amount > 0.00 USD
  both: large and not young
  in_cents: amount * 100
"""


def test_a_let_means_what_stands_there_in_parentheses() -> None:
    """However lets are nested, the condition is the one with their text in place of their names."""
    loaded = policy(rule("first", "both or card_is_new"), head=LETS)
    expected = "amount >= 500.00 USD and not (known(category) and amount > 0.00 USD) or card_is_new"
    assert condition(loaded, "first") == expected


def test_a_let_may_be_a_value() -> None:
    """A let can be an amount as well as a condition, and goes on being one."""
    assert condition(policy(rule("first", "in_cents > 5 * high"), head=LETS), "first") == (
        "amount * 100 > 5 * 500.00 USD"
    )


def test_a_let_serves_every_signal_that_has_its_names() -> None:
    """It is checked where it is used, on each signal for itself."""
    head = "let: {far: country in lists.far}\nlists: {far: {owner: a, values: [DE]}}"
    loaded = policy(
        rule("first", "far", on="[payment.attempted, login.succeeded]").replace("of: buyer", "of: device"), head=head
    )
    assert condition(loaded, "first", "login.succeeded") == condition(loaded, "first") == "country in lists.far"


def test_a_let_says_where_it_does_not_fit() -> None:
    """A let that one of two signals cannot read is shown at its own place, with the use that does not fit."""
    told = refusal(rule("first", "young"), rule("second", "young", on="message.sent"), head=LETS)
    assert "a.yaml:5:16: `category` is not a field of message.sent" in told
    assert "`young` is used on message.sent in a.yaml, line 22" in told
    assert told.startswith("the policy has 2 problems")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("amount > high", "amount > 500.00 USD"),
        ("time - time < patience", "time - time < 3d"),
        ("1 / 2 > part", "1 / 2 > 0.25"),
        ("time > start", 'time > "2026-11-01T00:00:00Z"'),
        ("category == market", 'category == "books"'),
        ("gift_card and on_trial", "gift_card and true"),
    ],
)
def test_a_parameter_is_its_literal(written: str, canonical: str) -> None:
    """A parameter stands for its value, of whatever type that is."""
    assert condition(policy(rule("first", written), head=LETS), "first") == canonical


def test_a_rule_has_its_own_value_in_all_that_it_names() -> None:
    """`with` reaches into lets and leaves the other rules alone, those behind `fired` too."""
    own = rule("own", 'large and fired("other")', more="with: {high: 900 USD}", reason="over {high}")
    loaded = policy(own, rule("other", "large", reason="over {high}"), head=LETS)
    assert condition(loaded, "own") == "amount >= 900.00 USD and amount >= 500.00 USD"
    reasons = [loaded.program("payment.attempted").reason(each, {}) for each in loaded.rules.values()]
    assert reasons == ["over 900.00 USD", "over 500.00 USD"]


def test_a_reason_shows_what_a_let_comes_to() -> None:
    """Lets stand in reasons as values do."""
    loaded = policy(rule("first", "gift_card", reason="{in_cents}, large: {large}"), head=LETS)
    values = {"amount": Amount(700_00, "USD"), "gift_card": True}
    program = loaded.program("payment.attempted")
    assert program.reason(loaded.rules["first"], program.inputs(values, {})) == "70000.00 USD, large: yes"


GROUP = """
groups:
  payments:
    when: not gift_card or card_is_new
    abuse: payment_fraud
    on: payment.attempted
    owner: payments-risk
    mode: shadow
    severity: 70
    tags: [cards, payments]
    stale_after: 1h
    expires: 2027-01-01
    rollout: 25%
    counterparty: true
"""


def test_rules_take_over_what_their_group_has() -> None:
    """The gate comes first, all other keys are defaults, and a rule's own keys win."""
    head = "{name}:\n    group: payments\n    when: {when}\n    then: [review: {{of: buyer}}]\n    reason: because\n"
    first = head.format(
        name="\n  first", when="category == 'a' and large_one or category == 'b'".replace("large_one", "known(card)")
    )
    second = (
        head.format(name="  second", when="known(card) and known(device)") + "    severity: 20\n    tags: [other]\n"
    )
    loaded = load_documents({"a": f"{GROUP}\nrules:{first}{second}"}, published=True)
    one, other = loaded.rules.values()
    assert condition(loaded, "first") == (
        '(not gift_card or card_is_new) and (category == "a" and known(card) or category == "b")'
    )
    assert condition(loaded, "second") == "(not gift_card or card_is_new) and known(card) and known(device)"
    assert (one.abuse, one.owner, one.group, one.severity, one.tags, one.counterparty, one.rollout) == (
        ("payment_fraud", "payments-risk", "payments", 70, ("cards", "payments"), True, 0.25)
    )
    assert (one.stale_after, one.expires) == (timedelta(hours=1), datetime(2027, 1, 1, tzinfo=UTC))
    assert (other.severity, other.tags) == (20, ("other",))


def test_fired_is_the_whole_condition_of_the_other_rule() -> None:
    """Its group's gate is part of it, whatever the rule's mode is."""
    other = rule("other", "card_is_new", more="group: payments").replace("mode", "x") + "    mode: off\n"
    loaded = policy(rule("first", 'fired("other") or gift_card'), other, head=GROUP)
    assert condition(loaded, "first") == "(not gift_card or card_is_new) and card_is_new or gift_card"


def test_what_asks_each_item_stands_alone() -> None:
    """An `any` cannot come into another one by a name either."""
    head = "let: {secure: 'all(links, starts_with(it, \"https\"))'}"
    when = 'any(links, domain(it) == "a.test" and secure)'
    told = refusal(rule("first", f"'{when}'", on="message.sent"), head=head)
    assert "has an `any( )` or `all( )` in it" in told


def test_a_circle_is_told_with_its_path() -> None:
    """Lets and rules that need each other are refused, and it is said how they do."""
    told = refusal(rule("first", "round_it"), head="let: {round_it: 'fired(\"first\")'}")
    assert '`first` is made of itself: fired("first") → round_it → fired("first")' in told


def test_names_do_not_grow_without_bound() -> None:
    """Names within names double the condition each time; it is refused before it is large."""
    lets = "".join(f"  let_{i}: let_{i - 1} == let_{i - 1}\n" for i in range(1, 40))
    told = refusal(rule("first", "let_39"), head=f"let:\n  let_0: gift_card\n{lets}")
    assert "with everything that it names this is too large: more than 2,000 parts" in told


def test_names_do_not_nest_without_bound() -> None:
    """A long chain of names is refused before anything recurses into it."""
    lets = "".join(f"  let_{i}: not let_{i - 1}\n" for i in range(1, 400))
    told = refusal(rule("first", "let_399"), head=f"let:\n  let_0: gift_card\n{lets}")
    assert "names stand for names for names, more than 48 deep" in told


def test_a_rule_says_what_it_has() -> None:
    """Tags, an end, an emergency and what the unknown means are read as written."""
    more = "tags: [cards, new-2026]\n    expires: 2026-12-01T18:00:00+01:00\n    emergency: true\n    if_unknown: fire"
    (read,) = policy(rule("first", "gift_card", more=more)).rules.values()
    assert (read.tags, read.emergency, read.if_unknown) == (("cards", "new-2026"), True, "fire")
    assert read.expires == datetime(2026, 12, 1, 17, tzinfo=UTC)


def test_an_emergency_rule_is_live_with_one_test() -> None:
    """What is urgent needs one test in which it fires, and none in which it holds."""
    more = "mode: live\n    expires: 2026-12-01\n    emergency: true\n    tests: {fires: {gift_card: true}}"
    assert policy(rule("first", "gift_card", more=more)).rules["first"].mode == "live"


LISTED = rule("first", "category in lists.many")
MANY = "lists: {many: {owner: a, file: lists/many.txt, about: what we sell}}"


def test_a_list_in_a_file() -> None:
    """One value a line; blanks around it, empty lines and comments are nothing."""
    text = "\ufeff# our categories\r\n\r\n  books \r\nhome & garden\r\n#toys\r\ncaf\u00e9\n"
    loaded = policy(LISTED, head=MANY, files={"lists/many.txt": text})
    assert loaded.lists["many"] == {"books", "home & garden", "caf\u00e9"}
    assert loaded.value_lists["many"].about == "what we sell"


def test_a_long_list() -> None:
    """A hundred thousand values are fine."""
    text = "\n".join(map(str, range(100_000)))
    assert len(policy(LISTED, head=MANY, files={"lists/many.txt": text}).lists["many"]) == 100_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("books\ntoys\nbooks\n", "lists/many.txt:3:1: `books` already stands in line 1"),
        ("books\n to\u200bys\n", "lists/many.txt:2:4: '\\u200b' cannot be printed"),
        ("books\n" + "x" * 501, "lists/many.txt:2:1: a value of 501 characters"),
        ("# nothing\n", "lists/many.txt:1:1: there is no value in the file"),
        ("\n".join(map(str, range(100_001))), "lists/many.txt:1:1: the file has 100,001 values"),
        ("x" * 5_000_001, "lists/many.txt:1:1: the file has 5,000,001 characters"),
    ],
)
def test_a_list_in_a_file_that_is_wrong(text: str, told: str) -> None:
    """What is wrong with a long list is told with its line."""
    assert told in refusal(LISTED, head=MANY, files={"lists/many.txt": text})


def test_files_that_nobody_names_and_names_without_files() -> None:
    """A slip in a file's name shows on both sides."""
    told = refusal(LISTED, head=MANY.replace("many.txt", "mny.txt"), files={"lists/many.txt": "books"})
    assert "there is no file `lists/mny.txt`" in told
    assert "did you mean `lists/many.txt`?" in told
    assert "lists/many.txt:1:1: no list has this file" in told


def test_a_folder_with_lists(tmp_path: Path) -> None:
    """Files of lists lie in a folder of their own, and what is no UTF-8 is told with its line."""
    (tmp_path / "a.yaml").write_text(f"{MANY}\nrules:{LISTED}")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "many.txt").write_bytes("books\ncaf\u00e9\n".encode())
    assert load(tmp_path).lists["many"] == {"books", "caf\u00e9"}
    (tmp_path / "lists" / "many.txt").write_bytes("books\ncaf\u00e9\n".encode() + "h\u00f4tel\n".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"lists/many\.txt:3:2: the file is not UTF-8: .* \(0xf4\)"):
        load(tmp_path)


def test_the_digest_is_of_the_values() -> None:
    """A file's order, comments and line ends do not change the policy; a value does."""

    def digest(text: str) -> str:
        return policy(LISTED, head=MANY, files={"lists/many.txt": text}).digest

    assert digest("books\ntoys\n") == digest("# two\r\ntoys\r\nbooks")
    assert digest("books\ntoys\n") != digest("books\ntoy\n")


def test_the_digest_tells_a_quoted_value_from_a_plain_one() -> None:
    """`10` is a number, `"10"` a text: quotes of parameters mean something, and what they mean is in the digest."""
    plain, quoted = (
        policy(rule("first", "low == high"), head=f"parameters: {{low: {quote}10{quote}, high: {quote}10.0{quote}}}")
        for quote in ("", '"')
    )
    assert [len(each.program("payment.attempted").judge({}).fired) for each in (plain, quoted)] == [1, 0]
    assert plain.digest != quoted.digest


def test_a_table_is_no_part_of_the_policy() -> None:
    """The values of a table change without a new digest; while a policy is checked there are none."""
    head = "lists: {many: {owner: a, table: true}}"
    loaded = policy(LISTED, head=head)
    assert loaded.lists["many"] == frozenset()
    assert loaded.with_values({"many": frozenset({"books"})}).digest == loaded.digest


def test_a_policy_that_is_gone_leaves_no_lists_behind() -> None:
    """Functions live long and read many policies: their lists, which may have 100,000 values, go with them."""
    gone = policy(rule("first", "card in lists.many"), head="lists: {many: {owner: a, values: [card:a, card:b]}}")
    assert gone.program("payment.attempted").judge({"card": "card:a"}).fired
    values = ref(gone.lists["many"])
    del gone
    collect()
    assert values() is None


@pytest.mark.parametrize("name", ["items", "get", "keys", "values", "pop", "on", "no", "self", "print", "null"])
def test_names_that_mean_something_elsewhere(name: str) -> None:
    """Python's, YAML's and a mapping's own words are good names, and mean what the policy says."""
    feature = policy(
        rule("first", f"{name} > 3"), head=f"features: {{{name}: {{count: payment.declined, by: card, window: 1h}}}}"
    )
    assert [use.feature.name for use in feature.program("payment.attempted").features] == [name]
    assert feature.program("payment.attempted").judge({name: 4}).fired
    assert condition(policy(rule("first", name), head=f"let: {{{name}: gift_card}}"), "first") == "gift_card"
    assert condition(policy(rule("first", f"amount > {name}"), head=f"parameters: {{{name}: 5 USD}}"), "first") == (
        "amount > 5.00 USD"
    )
    assert condition(policy(rule(name, "gift_card"), rule("first", f'fired("{name}")')), "first") == "gift_card"
