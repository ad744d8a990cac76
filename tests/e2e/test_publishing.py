"""Policies published, damaged, rolled back, staged, stopped and listed while the deployed functions judge."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.synthesis import synthesised_template
from shared.decisions import recomputed, to_record
from shared.policy import load_documents, shipped
from shared.signals import decision_id_of
from shared.stores import DecisionArchive, PolicySources
from tests.support.cli import sluice
from tests.support.signals import event

pytestmark = pytest.mark.e2e

POLICY = """
features:
  attempts_1h: {count: payment.attempted, by: card, window: 1h}
lists:
  watched: {table: true, owner: payments-risk, about: cards that somebody named}
rules:
  busy_card:
    abuse: payment_fraud
    on: payment.attempted
    when: attempts_1h >= LIMIT or card in lists.watched
    then: [challenge]
    mode: live
    reason: "{attempts_1h} attempts on this card"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {attempts_1h: 99, card in lists.watched: false}
      holds: {attempts_1h: 0, card in lists.watched: false}
"""
WHY = ("--why", "a test asks for it")
LIMITS = count(1)
"""Each test publishes policies of its own: two are the same policy when they say the same."""


@dataclass
class Shop:
    """Payments through the local cloud, whose functions ask for the pointer with every batch."""

    cloud: LocalCloud
    folder: Path
    number: int = 0

    def paid(self, card: str = "card_00000009") -> dict[str, Any]:
        """The record of the decision about one more payment."""
        (record,) = self.all_paid([("u_1", card)])
        return record

    def all_paid(self, payments: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """The same of payments by buyer and card, at once."""
        wanted, stream = [], self.cloud.outputs["SignalsStream"]
        with self.cloud.replaying_history():
            for buyer, card in payments:
                self.number += 1
                signal = event(
                    "payment.attempted", f"p{self.number}", self.number, buyer_id=buyer, card_fingerprint=card
                )
                data = json.dumps(signal).encode()
                self.cloud.client("kinesis").put_record(StreamName=stream, Data=data, PartitionKey=signal["subject"])
                wanted.append(decision_id_of("shop", signal["id"]))
            self.cloud.run_until_idle()
        archive = DecisionArchive(self.cloud.client("dynamodb"), self.cloud.outputs["DecisionsTable"])
        return [record for decision_id in wanted if (record := archive.get(decision_id))]

    def write(self, limit: int) -> str:
        """A policy in the folder; its digest."""
        text = POLICY.replace("LIMIT", str(limit))
        (self.folder / "rules.yaml").write_text(text, encoding="utf-8")
        return load_documents({"rules.yaml": text}).digest

    def publish(self, limit: int, *options: str) -> str:
        """Such a policy, published; its digest."""
        digest = self.write(limit)
        result = sluice("policy", "publish", str(self.folder), *WHY, *options)
        assert (result.exit_code, result.stdout.strip()) == (0, digest), result.stderr
        return digest

    def damage(self, digest: str) -> None:
        key, bucket = f"policies/{digest}.json", self.cloud.outputs["PolicyBucket"]
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b'{"documents": {}}')

    def counted(self, metric: str) -> int:
        """What the stream's function has put out of a metric so far."""
        log = (self.cloud.logs / "sluice-dev-evaluate-stream.log").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        return int(sum(sum(line[metric]) for line in lines if metric in line))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    template = copy.deepcopy(synthesised_template("dev"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Environment"]["Variables"]["SLUICE_POLICY_REFRESH_SECONDS"] = "0"
    with LocalCloud("dev", template=template, state=folder / "state") as up:
        yield Shop(up, folder)


@pytest.fixture
def limit() -> int:
    """Above what any card of these tests reaches, so that only lists make the rule fire; its tests still come out."""
    return 50 + next(LIMITS)


def test_a_new_stage_decides_by_what_ships_and_then_by_what_was_published(shop: Shop, limit: int) -> None:
    """Without a deploy; what was decided stays, and each decision follows again from the source that it names."""
    before = shop.paid()
    digest = shop.publish(limit)
    after = shop.paid()
    assert (before["policy"], after["policy"]) == (shipped().digest, digest)
    sources = PolicySources(shop.cloud.client("s3"), shop.cloud.outputs["PolicyBucket"])
    again = to_record(recomputed(after, sources.policy(digest)))
    assert again == {name: after[name] for name in again}


def test_a_policy_is_arranged_by_what_was_decided(shop: Shop, limit: int) -> None:
    """Conditions' shares come from the records of earlier decisions, and decisions follow again from theirs."""
    shop.all_paid([("u_1", f"card_{number:08}") for number in range(100, 130)])
    digest = shop.publish(limit)
    record = shop.paid()
    sources = PolicySources(shop.cloud.client("s3"), shop.cloud.outputs["PolicyBucket"])
    arranged = sources.policy(digest)
    assert arranged.frequencies["payment.attempted"]["card in lists.watched"] == 0
    assert record["policy"] == digest
    again = to_record(recomputed(record, arranged))
    assert again == {name: record[name] for name in again}


def test_a_bad_policy_is_refused_and_nothing_changes(shop: Shop, limit: int) -> None:
    """What fails its check never reaches a function."""
    digest = shop.publish(limit)
    (shop.folder / "rules.yaml").write_text(POLICY.replace("LIMIT", "100"), encoding="utf-8")
    refused = sluice("policy", "publish", str(shop.folder), *WHY)
    assert refused.exit_code == 1
    assert "busy_card fires, but it holds" in refused.stderr
    assert shop.paid()["policy"] == digest
    assert sluice("policy", "history", "--limit", "1", "--json").stdout.count(digest) == 1


def test_a_damaged_source_is_survived_told_and_taken_back(shop: Shop, limit: int) -> None:
    """The last good policy decides on, a metric counts, `status` says who cannot load what; rollback ends it."""
    good = shop.publish(limit)
    shop.paid()
    counted = shop.counted("PolicyNotLoaded")
    bad = shop.publish(limit - 25)
    shop.damage(bad)
    assert shop.paid()["policy"] == good
    assert shop.counted("PolicyNotLoaded") == counted + 1
    told = sluice("status")
    assert told.exit_code == 1
    assert f"sluice-dev-evaluate-stream cannot load the policy {bad[:12]}" in told.stdout

    assert sluice("policy", "rollback", *WHY).stdout.strip() == good
    assert shop.paid()["policy"] == good
    assert shop.counted("PolicyNotLoaded") == counted + 1
    assert "cannot load" not in sluice("status").stdout


def test_a_damaged_source_is_mended_by_publishing_it_again(shop: Shop, limit: int) -> None:
    """The same content, the same name: functions come upon it by themselves."""
    good = shop.publish(limit)
    shop.paid()
    bad = shop.publish(limit - 25)
    shop.damage(bad)
    assert shop.paid()["policy"] == good
    sluice("policy", "rollback", *WHY)
    assert shop.publish(limit - 25) == bad
    assert shop.paid()["policy"] == bad


def test_a_staged_policy_judges_a_stable_share_that_only_grows(shop: Shop, limit: int) -> None:
    """The same buyers again and again, more when the share is raised, everyone when it is promoted."""
    live, buyers = shop.publish(limit), [f"u_{number}" for number in range(40)]
    staged = shop.publish(limit - 25, "--share", "30%")

    def judged_by_it() -> set[str]:
        records = shop.all_paid([(buyer, f"card_{buyer:0>8}") for buyer in buyers])
        assert [record["policy"] in (live, staged) for record in records] == [True] * len(buyers)
        return {buyer for buyer, record in zip(buyers, records, strict=True) if record["policy"] == staged}

    few = judged_by_it()
    assert 0 < len(few) < len(buyers)
    assert judged_by_it() == few
    sluice("policy", "promote", *WHY, "--share", "80%")
    many = judged_by_it()
    assert few < many
    sluice("policy", "promote", *WHY)
    assert judged_by_it() == set(buyers)


def test_a_stopped_rule_acts_on_nothing_until_it_is_started(shop: Shop, limit: int) -> None:
    """It is judged and recorded as held back, and a decision made so follows again from its record."""
    digest = shop.publish(limit)
    sluice("lists", "add", "watched", "card:card_00000001", *WHY)
    assert shop.paid(card="card_00000001")["disposition"] == "challenge"
    assert sluice("stop", "busy_card", *WHY).exit_code == 0
    record = shop.paid(card="card_00000001")
    assert (record["disposition"], record["held_back"]) == ("allow", ["busy_card: stopped"])
    sources = PolicySources(shop.cloud.client("s3"), shop.cloud.outputs["PolicyBucket"])
    again = to_record(recomputed(record, sources.policy(digest)))
    assert again == {name: record[name] for name in again}
    assert sluice("start", "busy_card", *WHY).exit_code == 0
    assert shop.paid(card="card_00000001")["disposition"] == "challenge"


def test_a_value_added_to_a_list_counts_without_publishing(shop: Shop, limit: int) -> None:
    """And a removed one no more; the digest stays, and the older decisions still follow from their records."""
    digest = shop.publish(limit)
    assert shop.paid(card="card_00000002")["disposition"] == "allow"
    sluice("lists", "add", "watched", "card:card_00000002", *WHY)
    listed = shop.paid(card="card_00000002")
    sluice("lists", "remove", "watched", "card:card_00000002", *WHY)
    cleared = shop.paid(card="card_00000002")
    assert (listed["disposition"], cleared["disposition"]) == ("challenge", "allow")
    assert {listed["policy"], cleared["policy"]} == {digest}
    sources = PolicySources(shop.cloud.client("s3"), shop.cloud.outputs["PolicyBucket"])
    assert recomputed(listed, sources.policy(digest)).disposition == "challenge"
