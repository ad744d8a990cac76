"""A small marketplace on the local cloud: it sends signals at their own times, asks the `sluice` command, and reads the
queues on which services are told."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from typer.testing import CliRunner

from infra.local.cloud import LocalCloud
from infra.local.recording import Recording, parcel_of
from infra.local.replay import LANES_APART, replay
from infra.local.synthesis import synthesised_template
from shared.cli.main import app
from shared.restrictions import Account
from shared.signals import CATALOGUE, decision_id_of
from shared.signals.times import stamp
from shared.stores import DecisionArchive, Ledger

SOURCE = "market"
_YEAR = timedelta(days=365)


class CommandFailedError(Exception):
    """A `sluice` command that should have worked did not; the message is what it printed."""


@dataclass(frozen=True)
class Act:
    """One signal to be sent: its type, its own time, and what its payload says other than the golden example's."""

    name: str
    at: datetime
    data: Mapping[str, Any]


@dataclass
class Market:
    """A local cloud of its own, whose functions look at the policy and at switches with every batch."""

    cloud: LocalCloud
    sent: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    """The events that services were told, as they took them from their queues."""

    @classmethod
    @contextmanager
    def open(cls, state: Path) -> Iterator[Self]:
        """Up as long as the context; `state` is a folder for its logs."""
        template = deepcopy(synthesised_template("dev"))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                resource["Properties"]["Environment"]["Variables"]["SLUICE_POLICY_REFRESH_SECONDS"] = "0"
        with LocalCloud("dev", template=template, state=state) as cloud:
            yield cls(cloud)

    def send(self, *acts: Act, together: bool = False) -> list[dict[str, Any]]:
        """Let these happen, in this order, and everything that follows; the records of their decisions.

        `together`, they are judged in whole batches, whatever lies between them.
        """
        signals = [self._signal(act) for act in acts]
        parcels = [parcel_of(json.dumps(signal).encode()) for signal in signals]
        replay(self.cloud, Recording(iter(parcels)), lanes_apart=_YEAR if together else LANES_APART)
        archive = DecisionArchive(self.cloud.client("dynamodb"), self.cloud.outputs["DecisionsTable"])
        found = (archive.get(decision_id_of(SOURCE, signal["id"])) for signal in signals)
        return [record for record in found if record]

    def sluice(self, *words: str, fine: tuple[int, ...] = (0,)) -> str:
        """What a command prints. Raises `CommandFailedError` where its exit code is not `fine`."""
        result = CliRunner().invoke(app, words)
        if result.exit_code not in fine:
            raise CommandFailedError(f"sluice {' '.join(words)}: {result.output or result.exception!r}")
        self.cloud.run_until_idle()
        return result.output

    def account(self, entity: str) -> Account:
        """What the ledger says of an entity."""
        return self._ledger().account(entity)

    def limits(self, entity: str, at: datetime) -> dict[str, dict[str, Any]]:
        """What is limited at a moment, by capability."""
        return {each.capability: each.limit.to_json() for each in self.account(entity).in_force(at)}

    def heard(self) -> list[dict[str, Any]]:
        """The events that lie in the services' queues: each is taken once."""
        sqs, events = self.cloud.client("sqs"), []
        queues = sqs.list_queues(QueueNamePrefix="sluice-dev-").get("QueueUrls", [])
        for url in (url for url in queues if _is_for_services(url)):
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
                "Messages"
            ):
                for message in messages:
                    events.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.told += events
        return events

    def replay_the_archive(self) -> None:
        """What is done for services that lost what they were told: all of it is delivered once more."""
        events = self.cloud.client("events")
        (archive,) = (each["ArchiveName"] for each in events.list_archives()["Archives"])
        source = events.describe_archive(ArchiveName=archive)
        bus = events.describe_event_bus(Name=self.cloud.outputs["BusName"])["Arn"]
        now = datetime.now(UTC)
        events.start_replay(
            ReplayName=f"all-{now:%H%M%S%f}",
            EventSourceArn=source["ArchiveArn"],
            EventStartTime=now - _YEAR,
            EventEndTime=now + _YEAR,
            Destination={"Arn": bus},
        )

    def _ledger(self) -> Ledger:
        return Ledger(self.cloud.client("dynamodb"), self.cloud.outputs["LedgerTable"])

    def _signal(self, act: Act) -> dict[str, Any]:
        """The golden example with another id and time, and this payload; None drops a field."""
        self.sent += 1
        signal: dict[str, Any] = json.loads((files("shared.signals") / "examples" / f"{act.name}.json").read_text())
        given = {**signal["data"], **act.data}
        data = {name: value for name, value in given.items() if value is not None}
        actor = CATALOGUE[act.name].roles[CATALOGUE[act.name].actor]
        kind = actor.role.kind if actor.role else "*"
        subject = data[actor.name] if kind == "*" else f"{kind}:{data[actor.name]}"
        own = {"id": f"m{self.sent}", "source": SOURCE, "time": stamp(act.at), "subject": subject}
        return {**signal, **own, "data": data}


def _is_for_services(url: str) -> bool:
    name = url.rpartition("/")[2].removeprefix("sluice-dev-")
    return not name.endswith("-dlq") and (name.startswith("act-") or name in ("friction", "reviews", "decisions"))
