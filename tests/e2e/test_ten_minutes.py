"""An analyst's ten minutes, end to end: from a look at what there is to a rule in force, and back."""

import copy
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.synthesis import synthesised_template
from shared.policy import load, shipped, shipped_folder
from shared.signals import decision_id_of
from shared.stores import DecisionArchive
from tests.support.cli import sluice
from tests.support.signals import NOON, event

pytestmark = pytest.mark.e2e

CONDITION = "buyer_refused_cards_7d >= 2 and buyer_account_age_days < 60"
RULE = f"""
rules:
  refused_twice:
    abuse: payment_fraud
    on: payment.attempted
    when:   {CONDITION}
    then: [challenge]
    reason: "{{buyer_refused_cards_7d}} cards refused, the account is {{buyer_account_age_days}} days old"
    user_reason: "Please confirm that this payment is yours."
    owner: payments-risk
"""
WHY = ("--why", "cards of one buyer are refused again and again")


@dataclass
class Analyst:
    """Whoever sees Sluice for the first time: a marketplace that decides, and a folder with a policy."""

    cloud: LocalCloud
    folder: Path
    number: int = 0

    def does(self, *words: str, fails: bool = False) -> str:
        """A command, and everything that it prints."""
        result = sluice(*words)
        assert (result.exit_code == 1) is fails, result.output
        return result.output

    def reads(self, *words: str) -> Any:
        """The JSON that a command prints, past what it notes beside it."""
        result = sluice(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def writes(self, text: str) -> None:
        (self.folder / "mine.yaml").write_text(text, encoding="utf-8")

    def digest(self) -> str:
        return load(self.folder).digest

    def sees_a_buyer(self, name: str, *, refused: int) -> dict[str, Any]:
        """The record of the decision about a payment by someone of whom so many cards were refused just before."""
        who = {"buyer_id": name, "device_id": f"dev_{name}", "ip": None}
        for card in range(refused):
            fingerprint = f"card_{name[2:]:0>8}{card}"
            refusal = {"card_fingerprint": fingerprint, "decline_code": "do_not_honor"}
            self._put("payment.declined", 30 - card, **who, **refusal)
        paid = self._put("payment.attempted", 1, **who, buyer_account_age_days=40)
        self.cloud.run_until_idle()
        archive = DecisionArchive(self.cloud.client("dynamodb"), self.cloud.outputs["DecisionsTable"])
        record = archive.get(decision_id_of("shop", paid))
        assert record
        return record

    def _put(self, name: str, ago: int, **data: Any) -> str:
        """A signal of so many seconds ago; its id."""
        self.number += 1
        at = (datetime.now(UTC) - NOON).total_seconds() - ago
        signal = event(name, f"s{self.number}", at, **data)
        self.cloud.client("kinesis").put_record(
            StreamName=self.cloud.outputs["SignalsStream"],
            Data=json.dumps(signal).encode(),
            PartitionKey=signal["subject"],
        )
        return str(signal["id"])


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyst]:
    """On a local cloud whose functions ask for the policy with every batch, with the shipped policy copied."""
    folder = tmp_path_factory.mktemp("ten-minutes")
    template = copy.deepcopy(synthesised_template("dev"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Environment"]["Variables"]["SLUICE_POLICY_REFRESH_SECONDS"] = "0"
    shutil.copytree(shipped_folder(), folder / "my-policies")
    with LocalCloud("dev", template=template, state=folder / "state") as up:
        yield Analyst(up, folder / "my-policies")


def test_from_a_first_look_to_a_rule_in_force_and_back(analyst: Analyst) -> None:
    """Tried out, written, checked, tested, published, seen at work, made live, stopped and rolled back."""
    mine, nobody = str(analyst.folder), analyst.sees_a_buyer("u_honest", refused=0)
    seen = analyst.sees_a_buyer("u_thief", refused=2)
    assert (seen["disposition"], seen["policy"]) == ("allow", shipped().digest)

    assert "buyer_refused_cards_7d" in analyst.does("catalogue", "features", "payment.attempted")
    trial = analyst.reads("rule", "try", CONDITION, "--on", "payment.attempted", "--last", "24h")
    assert (trial["looked_at"], trial["hits"], trial["unknown"]) == (2, 1, 0)
    assert [hit["decision_id"] for hit in trial["examples"]] == [seen["decision_id"]]

    analyst.writes(RULE.replace("refused_cards", "refused_card"))
    assert "did you mean `buyer_refused_cards_7d`?" in analyst.does("policy", "check", mine, fails=True)
    analyst.writes(RULE)
    case = analyst.does("rule", "test", "refused_twice", "--from", seen["decision_id"], "--policy", mine)
    held = analyst.does("rule", "test", "refused_twice", "--from", nobody["decision_id"], "--policy", mine)
    tests = "".join(f"      {line}\n" for line in f"{case}{held}".splitlines())
    analyst.writes(f"{RULE}    tests:\n{tests}")
    assert analyst.does("policy", "fmt", mine).startswith(str(analyst.folder / "mine.yaml"))
    assert analyst.does("policy", "check", mine)
    assert "2 of 2 tests" in analyst.does("policy", "test", mine, "--rule", "refused_twice")
    assert "holds: {buyer_refused_cards_7d: 1" in analyst.does("policy", "coverage", mine, "--rule", "refused_twice")
    told = analyst.does("policy", "explain", seen["decision_id"], "--policy", mine, "--rule", "refused_twice")
    assert "It would not fire if buyer_refused_cards_7d were 1 or less." in told
    changed = analyst.reads("policy", "diff", "live", mine, "--decisions", "24h")
    assert [(each["name"], each["how"]) for each in changed["differences"]] == [("refused_twice", "added")]
    assert (changed["judged"] >= 2, changed["changed"]) == (True, 0)

    in_shadow = analyst.digest()
    analyst.does("policy", "publish", mine, *WHY, "--share", "0%")
    assert analyst.sees_a_buyer("u_second", refused=2)["policy"] == shipped().digest
    analyst.does("policy", "promote", *WHY)
    shadowed = analyst.sees_a_buyer("u_third", refused=2)
    assert (shadowed["disposition"], shadowed["policy"]) == ("allow", in_shadow)
    assert shadowed["held_back"] == ["refused_twice: shadow"]

    text = (analyst.folder / "mine.yaml").read_text(encoding="utf-8")
    analyst.writes(text.replace("    reason:", "    mode: live\n    reason:"))
    assert analyst.reads("policy", "diff", "live", mine, "--decisions", "24h")["changed"] == 3
    analyst.does("policy", "publish", mine, *WHY)
    acted = analyst.sees_a_buyer("u_fourth", refused=2)
    assert (acted["disposition"], acted["policy"], acted["rules"]) == (
        "challenge",
        analyst.digest(),
        ["refused_twice"],
    )

    analyst.does("stop", "refused_twice", *WHY)
    stopped = analyst.sees_a_buyer("u_fifth", refused=2)
    assert (stopped["disposition"], stopped["held_back"]) == ("allow", ["refused_twice: stopped"])
    assert analyst.does("policy", "rollback", *WHY).rstrip().endswith(in_shadow)
    assert analyst.sees_a_buyer("u_sixth", refused=2)["policy"] == in_shadow
    history = [line.split()[2] for line in analyst.does("policy", "history").splitlines() if WHY[1] in line]
    assert history == ["rollback", "publish", "promote", "stage"]
    assert "stop refused_twice" in analyst.does("changes", "--last", "2h")
    assert in_shadow in analyst.does("status")
