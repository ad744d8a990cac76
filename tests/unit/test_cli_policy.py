"""`sluice policy` and `sluice catalogue`: what they print, write and answer with, without any cloud."""

import json
import re
from pathlib import Path

import pytest
import yaml

from shared.policy import load_documents, shipped
from shared.policy.authoring.coverage import is_required
from shared.signals import CATALOGUE
from tests.support.cli import sluice
from tests.support.signals import event

pytestmark = pytest.mark.unit

GOOD = """\
rules:
  big_payment:
    abuse: payment_fraud
    on: payment.attempted
    when: amount > 500.00 USD and card_is_new
    then: [challenge]
    reason: "{amount} with a new card"
    user_reason: "Please confirm this payment."
    owner: payments-risk
    tests:
      fires: {amount: 900.00 USD, card_is_new: true}
      holds: {amount: 20.00 USD, card_is_new: true}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "payments.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> None:
    assert old in GOOD
    (folder / "payments.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")


def test_the_shipped_policy_is_checked_without_a_path() -> None:
    """Without a path the shipped policy is checked: what it has, its digest, and what it costs."""
    result = sluice("policy", "check")
    assert result.exit_code == 0, result.stdout
    assert f"{len(shipped().rules)} rules" in result.stdout
    assert shipped().digest in result.stdout
    assert "read units" in result.stdout


def test_a_problem_is_shown_with_its_place(folder: Path) -> None:
    """A wrong policy gives every problem with place, line, caret and advice; a file means its folder."""
    rewrite(folder, "card_is_new\n", "card_is_knew\n")
    for path in (folder, folder / "payments.yaml"):
        result = sluice("policy", "check", str(path))
        assert result.exit_code == 1
        assert "payments.yaml:5:35: `card_is_knew` is not a field of payment.attempted" in result.stdout
        assert "^^^^^^^^^^^^" in result.stdout
        assert "did you mean `card_is_new`?" in result.stdout


def test_problems_for_pipes(folder: Path) -> None:
    """With --json each problem is one object with file, line, column, width, what and hint."""
    rewrite(folder, "card_is_new\n", "card_is_knew\n")
    found = [json.loads(line) for line in sluice("policy", "check", str(folder), "--json").stdout.splitlines()]
    where = [(each["file"], each["line"], each["column"], each["width"]) for each in found if "knew" in each["what"]]
    assert where == [("payments.yaml", 5, 35, 12)]
    assert {"what", "hint"} <= found[0].keys()


def test_a_file_that_is_no_text_is_a_problem_like_others(folder: Path) -> None:
    """A document that is no UTF-8 is told with its place, for pipes, too."""
    (folder / "payments.yaml").write_bytes(GOOD.encode() + b"# \xff")
    (found,) = [json.loads(line) for line in sluice("policy", "check", str(folder), "--json").stdout.splitlines()]
    assert (found["file"], found["line"]) == ("payments.yaml", 13)
    assert "not UTF-8" in found["what"]


def test_strict_asks_for_the_tests_that_are_missing(folder: Path) -> None:
    """With --strict a live rule that denies must have the tests that would notice each slip."""
    rewrite(folder, "then: [challenge]", "then: [deny]\n    mode: live")
    assert sluice("policy", "check", str(folder)).exit_code == 0
    result = sluice("policy", "check", str(folder), "--strict")
    assert result.exit_code == 1
    assert "`card_is_new` can be left out and no test notices" in result.stdout
    assert "add the test `holds: {amount: 900.00 USD, card_is_new: false}`" in result.stdout


@pytest.mark.parametrize("words", [("check",), ("test",), ("coverage",), ("fmt",), ("show", "--policy")])
def test_a_folder_that_is_not_there(words: tuple[str, ...], tmp_path: Path) -> None:
    """A path that leads nowhere is exit code 2 and one sentence."""
    result = sluice("policy", *words, str(tmp_path / "none"))
    assert result.exit_code == 2
    assert str(tmp_path / "none") in result.stderr


def test_a_file_that_is_no_part_of_a_policy(tmp_path: Path) -> None:
    """A page beside the documents is not taken for one of them, and hidden files are nobody's policy."""
    page = tmp_path / "README.md"
    page.write_text("a page")
    (tmp_path / ".hooks.yaml").write_text("- a list")
    told = sluice("policy", "check", str(page))
    assert (told.exit_code, "README.md is neither a .yaml document nor a list" in told.stderr) == (2, True)
    assert "there is no .yaml file" in sluice("policy", "check", str(tmp_path)).stderr


def test_neither_a_file_nor_a_decision() -> None:
    """What is no file, and cannot be a decision's id, is said before any cloud is asked."""
    told = sluice("policy", "explain", "signl.json")
    assert (told.exit_code, "there is no file signl.json" in told.stderr) == (2, True)


def test_tests_that_come_out(folder: Path) -> None:
    """Tests that come out are counted, for all rules or one."""
    result = sluice("policy", "test", str(folder), "--rule", "big_payment")
    assert result.exit_code == 0
    assert "2 of 2 tests of 1 rules came out" in result.stderr


def test_a_failing_test_tells_what_each_condition_saw(folder: Path) -> None:
    """A test that does not come out is told with its place, what it gave, and each condition's values."""
    rewrite(folder, "fires: {amount: 900.00 USD", "fires: {amount: 90.00 USD")
    result = sluice("policy", "test", str(folder))
    assert result.exit_code == 1
    assert "payments.yaml:11: big_payment on payment.attempted must fire, it held" in result.stdout
    assert "amount > 500.00 USD: no (amount = 90.00 USD)" in result.stdout
    (failure,) = [json.loads(line) for line in sluice("policy", "test", str(folder), "--json").stdout.splitlines()]
    assert (failure["rule"], failure["line"], failure["wanted"], failure["gave"]) == (
        "big_payment",
        11,
        "fires",
        "held",
    )


def test_an_unknown_rule_gets_a_hint(folder: Path) -> None:
    """A mistyped rule is answered with the nearest one."""
    result = sluice("policy", "coverage", str(folder), "--rule", "big_paymnet")
    assert result.exit_code == 2
    assert "did you mean `big_payment`?" in result.stderr


def test_coverage_proposes_tests(folder: Path) -> None:
    """Coverage of a rule shows what tests saw and the tests to add; for a mild rule it is advice."""
    result = sluice("policy", "coverage", str(folder), "--rule", "big_payment")
    assert result.exit_code == 0
    assert "holds: {amount: 500.00 USD, card_is_new: true}" in result.stdout
    assert "`amount > 500.00 USD` can become `amount >= 500.00 USD`" in result.stdout
    (found,) = json.loads(sluice("policy", "coverage", str(folder), "--json").stdout)
    assert found["required"] is False
    assert {each["text"] for each in found["conditions"]} == {"amount > 500.00 USD", "card_is_new"}


def test_coverage_of_a_rule_that_denies_is_demanded(folder: Path) -> None:
    """Coverage ends with exit code 1 where a live rule that denies lacks tests."""
    rewrite(folder, "then: [challenge]", "then: [deny]\n    mode: live")
    result = sluice("policy", "coverage", str(folder))
    assert result.exit_code == 1
    assert "lack tests: big_payment" in result.stderr


def test_a_policy_is_shown(folder: Path) -> None:
    """Rules are listed in words; one rule is told with everything about it."""
    assert "big_payment" in sluice("policy", "show", "--policy", str(folder)).stdout
    page = sluice("policy", "show", "big_payment", "--policy", str(folder)).stdout
    assert "amount > 500.00 USD and card_is_new" in page
    assert "Please confirm this payment." in page
    told = json.loads(sluice("policy", "show", "big_payment", "--policy", str(folder), "--json").stdout)
    assert (told["effects"], told["mode"], told["line"]) == (["challenge"], "shadow", 2)


def test_every_shipped_rule_can_be_shown() -> None:
    """Each shipped rule is told in words."""
    told = [json.loads(line) for line in sluice("policy", "show", "--json").stdout.splitlines()]
    assert [each["rule"] for each in told] == list(shipped().rules)
    assert all((each["effects"] or each["ladder"]) and each["when"] for each in told)


CONTROLS = """
features:
  paid_90d: {count: payment.settled, by: buyer, window: 90d}
known_good:
  payment_fraud: {on: payment.attempted, of: buyer, when: paid_90d >= 2, continuity: not card_is_new, lapses: 72h}
ladders:
  dear:
    of: buyer
    steps:
      - {friction: {ask: confirmation}}
      - {when: amount > 900.00 USD, restrict: {capability: buy, to: none, for: 24h}}
rules:
  dear_payment:
    abuse: payment_fraud
    on: payment.attempted
    when: amount > 500.00 USD
    then: [{ladder: dear}]
    reason: "{amount}"
    user_reason: "Please confirm this payment."
    owner: payments
"""


@pytest.fixture
def controls(tmp_path: Path) -> Path:
    """A policy with a ladder and who is known good, and a file with a payment of 950 USD on a card that is not new."""
    folder = tmp_path / "controls"
    folder.mkdir()
    (folder / "controls.yaml").write_text(CONTROLS, encoding="utf-8")
    signal = event("payment.attempted", "p", amount={"minor": 95_000, "currency": "USD"}, card_is_new=False)
    (tmp_path / "signal.json").write_text(json.dumps(signal), encoding="utf-8")
    return folder


def test_a_rule_is_shown_with_its_version_and_its_ladder(controls: Path) -> None:
    """The version is what undo goes by; each rung is told with its condition."""
    rule = load_documents({"controls.yaml": CONTROLS}).rules["dear_payment"]
    page = sluice("policy", "show", "dear_payment", "--policy", str(controls)).stdout
    assert f"dear_payment@{rule.version}" in page
    assert "2: when amount > 900.00 USD, restrict buyer: buy to none for 1d" in page
    assert "a ladder of 2 rungs" in sluice("policy", "show", "--policy", str(controls)).stdout


def test_the_rung_that_stands_is_explained(controls: Path) -> None:
    """The ladder stands below the rule's own condition, with what each rung saw."""
    words = ("policy", "explain", str(controls.parent / "signal.json"), "--policy", str(controls))
    page = sluice(*words).stdout
    assert "true  deny: restrict buyer: buy to none for 1d   stands" in page
    assert "known_good" not in page
    (told,) = json.loads(sluice(*words, "--json").stdout)
    assert [(each["tier"], each["reached"], each["stands"]) for each in told["ladder"]] == [
        ("friction", True, False),
        ("deny", True, True),
    ]


def test_who_is_known_good_is_explained_when_asked(controls: Path) -> None:
    """It is asked for by name like a rule, and says what is missing."""
    words = ("policy", "explain", str(controls.parent / "signal.json"), "--policy", str(controls), "--rule")
    page = sluice(*words, "known_good.payment_fraud.buyer").stdout
    assert "known_good.payment_fraud.buyer on payment.attempted: does not hold" in page
    assert "security_changes(buyer, 3d) = 0" in page
    assert "It would fire if paid_90d were 2 or more." not in page
    assert "It would hold if paid_90d were 2 or more." in page
    assert sluice(*words, "known_good.payment_fraud.seller").exit_code == 2


def test_what_known_good_costs_is_shown(controls: Path) -> None:
    """The feature behind the lapse is told with its reads, and the aside with its time."""
    page = sluice("policy", "check", str(controls)).stdout
    assert re.search(r"security_changes\(buyer, 3d\) +4 +4 to \d+ +0 +account.changed!#user#1d", page)
    assert "known_good.payment_fraud.buyer" in page


def test_what_runs_can_be_shown(folder: Path) -> None:
    """The stages of the compiler are printed, down to the source that judges."""
    page = sluice("policy", "show", "big_payment", "--compiled", "--policy", str(folder)).stdout
    assert "Rules on payment.attempted" in page
    assert "def " in page
    told = json.loads(sluice("policy", "show", "--compiled", "--json", "--policy", str(folder)).stdout)
    assert "big_payment" in told["payment.attempted"]["normal form"]


def test_a_signal_in_a_file_is_explained(folder: Path) -> None:
    """The last signal of a file is explained: the branch that decided, and what would have flipped it."""
    path = folder / "signal.json"
    path.write_text(sluice("signals", "example", "payment.attempted").stdout, encoding="utf-8")
    result = sluice("policy", "explain", str(path), "--rule", "big_payment", "--policy", str(folder))
    assert result.exit_code == 0, result.stderr
    assert "big_payment on payment.attempted: cannot tell" in result.stdout  # 349.00 EUR beside USD
    assert "amount = 349.00 EUR" in result.stdout
    told = json.loads(
        sluice("policy", "explain", str(path), "--rule", "big_payment", "--policy", str(folder), "--json").stdout
    )
    (found,) = told
    assert (found["rule"], found["fired"]) == ("big_payment", None)
    assert found["condition"]["parts"][0]["seen"] == {"amount": {"money": [34900, "EUR"]}}


def test_signals_before_the_last_are_remembered(tmp_path: Path) -> None:
    """Features of the explained signal count what stands before it in the file."""
    text = GOOD.replace("amount > 500.00 USD and card_is_new", "cards_1d >= 2").replace("{amount}", "{cards_1d}")
    text = text.partition("    tests:")[0] + (
        "features:\n  cards_1d: {distinct: card, of: payment.attempted, by: buyer, window: 1d}\n"
    )
    (tmp_path / "payments.yaml").write_text(text, encoding="utf-8")
    event = json.loads(sluice("signals", "example", "payment.attempted", "--json").stdout)
    lines = []
    for number in range(4):
        event |= {"id": f"e{number}", "time": f"2026-11-20T10:2{number}:00Z"}
        event["data"]["card_fingerprint"] = f"card_000{number}"
        lines.append(json.dumps(event))
    path = tmp_path / "signals.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    result = sluice("policy", "explain", str(path), "--policy", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "big_payment on payment.attempted: fires" in result.stdout
    assert "cards_1d = 3" in result.stdout
    assert "It would not fire if cards_1d were 1 or less." in result.stdout


def test_a_rule_on_another_signal_is_told(folder: Path) -> None:
    """Whoever asks about a rule on another signal learns which one it is on."""
    path = folder / "signal.json"
    path.write_text(sluice("signals", "example", "login.failed").stdout, encoding="utf-8")
    result = sluice("policy", "explain", str(path), "--rule", "big_payment", "--policy", str(folder))
    assert result.exit_code == 2
    assert "this is about login.failed, and big_payment is on payment.attempted" in result.stderr


def test_two_folders_are_compared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What differs is told in words, and on a file of signals which outcomes change."""
    other = tmp_path_factory.mktemp("other")
    live = GOOD.replace("then: [challenge]", "then: [challenge]\n    mode: live")
    (folder / "payments.yaml").write_text(live, encoding="utf-8")
    (other / "payments.yaml").write_text(
        live.replace("500.00 USD", "100.00 EUR").replace("900.00 USD", "900.00 EUR").replace("20.00 USD", "20.00 EUR"),
        encoding="utf-8",
    )
    path = folder / "signals.jsonl"
    path.write_text(sluice("signals", "example", "payment.attempted", "--json").stdout, encoding="utf-8")
    result = sluice("policy", "diff", str(folder), str(other), "--signals", str(path))
    assert result.exit_code == 0, result.stderr
    assert "rule big_payment changed" in result.stdout
    assert "amount > 500.00 USD → 100.00 EUR" in result.stdout
    assert "1 of 1 outcomes change" in result.stdout
    assert "challenge by big_payment" in result.stdout
    told = json.loads(sluice("policy", "diff", str(folder), str(other), "--signals", str(path), "--json").stdout)
    assert told["ways"] == [{"before": "allow", "after": "challenge by big_payment", "count": 1}]
    assert "Both decide alike" in sluice("policy", "diff", str(folder), str(folder)).stdout


def test_documents_are_laid_out(folder: Path) -> None:
    """`fmt` rewrites what is untidy and names it; --check only shows it, with exit code 1."""
    untidy = GOOD.replace("amount > 500.00 USD and", "amount>500.00 USD   and")
    file = folder / "payments.yaml"
    file.write_text(untidy, encoding="utf-8")
    shown = sluice("policy", "fmt", str(folder), "--check")
    assert shown.exit_code == 1
    assert "+    when: amount > 500.00 USD and card_is_new" in shown.stdout
    assert file.read_text(encoding="utf-8") == untidy
    assert str(file) in sluice("policy", "fmt", str(file)).stdout
    assert file.read_text(encoding="utf-8") == GOOD
    assert sluice("policy", "fmt", str(folder), "--check").exit_code == 0


def test_the_schema_is_printed() -> None:
    """The schema of the documents is one JSON document."""
    assert json.loads(sluice("policy", "schema").stdout)["properties"].keys() >= {"rules", "features", "lists"}


@pytest.mark.parametrize(
    "words",
    [("signals",), ("fields", "payment.attempted.v1"), ("features", "payment.attempted"), ("lists",), ("functions",)],
)
def test_the_catalogue_is_browsed(words: tuple[str, ...]) -> None:
    """Each part of the catalogue is a table for people and JSON lines for pipes."""
    rows = [json.loads(line) for line in sluice("catalogue", *words, "--json").stdout.splitlines()]
    page = sluice("catalogue", *words)
    assert page.exit_code == 0
    assert all(str(next(iter(row.values()))) in page.stdout for row in rows)
    if words[0] == "signals":
        assert [row["signal"] for row in rows] == list(CATALOGUE)


def test_the_catalogue_asks_back() -> None:
    """Fields are asked for with a signal, and a mistyped one gets a hint."""
    assert "Name a signal" in sluice("catalogue", "fields").stderr
    assert "did you mean `payment.attempted`?" in sluice("catalogue", "fields", "payment.atempted").stderr
    assert sluice("catalogue", "fields").exit_code == 2


def test_hooks_call_what_there_is() -> None:
    """Each hook for commits calls a command of ours, for the files that policies are made of."""
    path = Path(__file__).parent.parent.parent / ".pre-commit-hooks.yaml"
    for hook in yaml.safe_load(path.read_text(encoding="utf-8")):
        command, *words = hook["entry"].split()
        assert command == "sluice"
        assert sluice(*words, "--help").exit_code == 0


def test_only_what_harms_is_required() -> None:
    """Among the shipped rules some must be covered, and some need not."""
    required = [is_required(rule) for rule in shipped().rules.values()]
    assert any(required)
    assert not all(required)
