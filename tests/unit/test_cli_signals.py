"""`sluice signals`: the contract, and the check of what producers send."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from shared.signals import CATALOGUE
from tests.support.cli import sluice

pytestmark = pytest.mark.unit


def signals(*words: str, given: str | bytes | None = None) -> Result:
    return sluice("signals", *words, given=given)


def example(name: str = "payment.attempted", **data: Any) -> str:
    """A valid event on one line, with other data where given."""
    event = json.loads(signals("example", name).stdout)
    event["data"] |= data
    return json.dumps(event)


def test_valid_lines_pass(tmp_path: Path) -> None:
    """A file of valid signals, with blank lines between them, passes with a count."""
    path = tmp_path / "events.jsonl"
    path.write_text(f"{example()}\n\n{example('login.failed')}\r\n", encoding="utf-8")
    result = signals("check", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 valid, 0 invalid of 2 signals" in result.stderr


def test_each_problem_names_line_field_and_what_is_allowed() -> None:
    """Each finding says in which line and field it is, what was found, and what could stand there."""
    bad = example(card_funding="kredit", amount={"minor": 1.5, "currency": "EURO"})
    result = signals("check", "-", given=f"{example()}\n{bad}\n{{nope\n")
    assert result.exit_code == 1
    said = result.stdout.splitlines()
    assert any(line.startswith("line 2: data.card_funding: ") and "'debit'" in line for line in said)
    assert any(line.startswith("line 2: data.amount.minor: ") and "integer" in line for line in said)
    assert any(line.startswith("line 2: data.amount.currency: ") and "ISO 4217" in line for line in said)
    assert any(line.startswith("line 3: ") and line.endswith("[not_json]") for line in said)
    assert "1 valid, 2 invalid of 3 signals" in result.stderr


def test_findings_as_json_lines() -> None:
    """For pipes each finding is one JSON object, and nothing else is on standard output."""
    result = signals("check", "-", "--json", given=example(buyer_id=None))
    (finding,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (finding["line"], finding["reason"], finding["where"]) == (1, "invalid_data", "data.buyer_id")


def test_a_gzipped_file_is_checked(tmp_path: Path) -> None:
    """A gzipped file is checked as its lines; one that is cut, or is none, is told in one sentence."""
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(example().encode()))
    assert "1 valid, 0 invalid of 1 signals" in signals("check", str(path)).stderr
    for broken in (path.read_bytes()[:60], b"{}\n"):
        path.write_bytes(broken)
        result = signals("check", str(path))
        assert result.exit_code == 2
        assert f"{path} cannot be read: " in result.stderr


def test_a_signal_over_many_lines_gets_a_hint() -> None:
    """Whoever checks what `example` prints for people learns that a signal stands on one line."""
    result = signals("check", "-", given=signals("example", "payment.attempted").stdout)
    assert result.exit_code == 1
    assert "on a line of its own" in result.stderr


def test_many_findings_are_counted_not_poured() -> None:
    """A person gets the first findings and the number of the others."""
    result = signals("check", "-", given="{nope\n" * 80)
    assert len(result.stdout.splitlines()) == 50
    assert "30 findings more" in result.stderr


def test_bytes_that_are_no_text_are_a_finding() -> None:
    """A line that is no UTF-8 is invalid, not a crash."""
    assert signals("check", "-", given=b"\xff\xfe{}\n").exit_code == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is told in one sentence."""
    result = signals("check", str(tmp_path / "none.jsonl"))
    assert result.exit_code == 2
    assert "cannot be read: No such file" in result.stderr


def test_a_schema_can_be_asked_by_either_name() -> None:
    """A type is known with and without its version."""
    assert json.loads(signals("schema", "payout.requested").stdout)["title"] == "payout.requested.v1"
    assert signals("schema", "payout.requested.v1").stdout == signals("schema", "payout.requested").stdout


def test_all_schemas_can_be_written(tmp_path: Path) -> None:
    """One file is written for each type."""
    assert signals("schema", "--out", str(tmp_path / "schemas")).exit_code == 0
    written = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert written == {f"{spec.type}.schema.json" for spec in CATALOGUE.values()}
    assert set(json.loads(signals("schema").stdout)) == {spec.type for spec in CATALOGUE.values()}


def test_an_unknown_type_gets_a_hint() -> None:
    """A mistyped type is answered with the nearest one."""
    result = signals("example", "payment.attemptd")
    assert result.exit_code == 2
    assert "did you mean 'payment.attempted'?" in result.stderr


def test_types_are_listed() -> None:
    """Every type is listed, and for pipes with its roles."""
    assert all(spec.type in signals("list").stdout for spec in CATALOGUE.values())
    listed = [json.loads(line) for line in signals("list", "--json").stdout.splitlines()]
    assert {each["type"] for each in listed if each["gating"]} == {
        "listing.submitted.v1",
        "payment.attempted.v1",
        "payout.requested.v1",
    }


def test_an_example_on_one_line_is_checked_as_it_is() -> None:
    """What `example --json` prints goes straight into `check`."""
    for name in CATALOGUE:
        assert signals("check", "-", given=signals("example", name, "--json").stdout).exit_code == 0
