"""The cloud that a command asks: a stage on AWS, or the local one; what is there, and the stores on top of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.cli.telling import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError

    from shared.policy import Policy
    from shared.signals import Pseudonyms
    from shared.stores import (
        DeadLetters,
        DecisionArchive,
        DecisionLog,
        Erasure,
        Ledger,
        LegalHolds,
        LettersAbout,
        PolicySources,
        PolicyTable,
        TableLists,
        TimelineArchive,
        TimelineStore,
    )
    from shared.stores.agenda import Agenda
    from shared.stores.emergencies import Emergencies
    from shared.stores.guards import Guards
    from shared.stores.parked import Parked
    from shared.stores.republishing import Republishing
    from shared.stores.undo_jobs import UndoJobs
    from shared.stores.undoing import Undoing


@dataclass(frozen=True)
class Cloud:
    """`outputs` are the stack's; `client` makes a boto3 client of a service; `place` is a region or an endpoint."""

    stage: str
    place: str
    local: bool
    outputs: Mapping[str, str]
    client: "Callable[[str], Any]"

    def output(self, name: str) -> str:
        """What the stack calls one of its parts."""
        if name not in self.outputs:
            refuse(f"the stack sluice-{self.stage} has no output {name}: deploy this version of it first")
        return self.outputs[name]

    def archive(self) -> "DecisionArchive":
        from shared.stores import DecisionArchive

        return DecisionArchive(self.client("dynamodb"), self.output("DecisionsTable"))

    def decision_log(self) -> "DecisionLog":
        from shared.stores import DecisionLog

        return DecisionLog(self.client("dynamodb"), self.output("DecisionsTable"))

    def ledger(self) -> "Ledger":
        from shared.stores import Ledger

        return Ledger(self.client("dynamodb"), self.output("LedgerTable"))

    def parked(self) -> "Parked":
        from shared.stores.parked import Parked

        return Parked(self.client("dynamodb"), self.output("LedgerTable"))

    def agenda(self) -> "Agenda":
        from shared.stores.agenda import Agenda

        return Agenda(self.client("dynamodb"), self.output("LedgerTable"))

    def guards(self) -> "Guards":
        from shared.stores.guards import Guards

        return Guards(self.client("dynamodb"), self.output("PolicyTable"))

    def undoing(self) -> "Undoing":
        from shared.decisions import KEPT
        from shared.stores.undoing import Undoing

        return Undoing(self.client("dynamodb"), self.output("DecisionsTable"), self.ledger(), KEPT)

    def undo_jobs(self) -> "UndoJobs":
        from shared.stores.undo_jobs import UndoJobs

        return UndoJobs(self.client("dynamodb"), self.output("PolicyTable"))

    def republishing(self) -> "Republishing":
        from shared.decisions import KEPT
        from shared.stores.republishing import Republishing

        decisions, ledger = self.output("DecisionsTable"), self.output("LedgerTable")
        return Republishing(self.client("dynamodb"), decisions, ledger, KEPT)

    def emergencies(self) -> "Emergencies":
        from shared.stores.emergencies import Emergencies

        return Emergencies(self.client("dynamodb"), self.output("PolicyTable"))

    def timeline_store(self) -> "TimelineStore":
        from shared.features import GRACE, TILE_CAP
        from shared.stores import TimelineStore

        return TimelineStore(self.client("dynamodb"), self.output("TimelinesTable"), TILE_CAP, GRACE)

    def timeline_archive(self) -> "TimelineArchive":
        from shared.features import TILE_CAP
        from shared.stores import TimelineArchive

        return TimelineArchive(self.client("dynamodb"), self.output("TimelinesTable"), TILE_CAP)

    def erasure(self) -> "Erasure":
        from shared.stores import Erasure

        return Erasure(self.client("dynamodb"), self.output("DecisionsTable"))

    def holds(self) -> "LegalHolds":
        from shared.stores import LegalHolds

        return LegalHolds(self.client("dynamodb"), self.output("DecisionsTable"))

    def letters_about(self) -> "LettersAbout":
        from shared.stores import LettersAbout

        return LettersAbout(self.client("s3"), self.output("DeadLettersBucket"))

    def pseudonyms(self) -> "Pseudonyms":
        """The names of what is personal, by the stage's own key."""
        from shared.signals import Pseudonyms
        from shared.stores import identity_key

        return Pseudonyms(identity_key(self.client("secretsmanager"), self.output("IdentitySecret")))

    def policy_table(self) -> "PolicyTable":
        from shared.stores import PolicyTable

        return PolicyTable(self.client("dynamodb"), self.output("PolicyTable"))

    def policy_sources(self) -> "PolicySources":
        from shared.stores import PolicySources

        return PolicySources(self.client("s3"), self.output("PolicyBucket"))

    def table_lists(self) -> "TableLists":
        from shared.stores import TableLists

        return TableLists(self.client("dynamodb"), self.output("PolicyTable"))

    def policy(self, digest: str) -> "Policy":
        """The policy of that digest: the one that ships with this version, or a published one.

        Raises `PolicyNotLoadedError`. Of lists that are kept in the table nothing is known in it: see `with_lists`.
        """
        from shared.policy import PolicyError, shipped
        from shared.stores.pointer import SHIPPED

        try:
            if digest in (SHIPPED, shipped().digest):
                return shipped()
        except PolicyError:
            if digest == SHIPPED:
                raise
        return self.policy_sources().policy(digest)

    def with_lists(self, policy: "Policy") -> "Policy":
        """The policy with the values that its lists in the table have in this stage now."""
        lists, now = self.table_lists(), datetime.now(UTC)
        return policy.with_values(
            {
                name: frozenset(value for value, ends in lists.values(name).items() if ends is None or ends > now)
                for name in policy.table_lists
            }
        )

    def policy_texts(self, digest: str) -> dict[str, str]:
        """The source of that policy, by name. Raises `PolicyNotLoadedError`."""
        from shared.policy import PolicyError, shipped, shipped_folder, texts_of
        from shared.stores.pointer import SHIPPED

        try:
            if digest in (SHIPPED, shipped().digest):
                return texts_of(shipped_folder())
        except PolicyError:
            if digest == SHIPPED:
                raise
        return self.policy_sources().documents(digest)

    def dead_letters(self) -> "DeadLetters":
        from shared.stores import DeadLetters, Doors, Places

        queues = self.queues()
        places = Places(
            self.output("DeadLettersBucket"),
            {name: url for name, url in queues.items() if name.endswith("-dlq")},
            frozenset(_queue_name(self.output(name)) for name in ("SignalsQueueUrl", "FeedbackQueueUrl")),
            self.output("InvalidSignalsQueueUrl"),
        )
        functions = None if self.local else self.client("lambda")
        return DeadLetters(self.client("s3"), self.client("sqs"), places, Doors(self.client("kinesis"), functions))

    def queues(self) -> dict[str, str]:
        """The URLs of the stage's queues, by name."""
        prefix = f"sluice-{self.stage}-"
        pages = self.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=prefix)
        return {_queue_name(url): url for page in pages for url in page.get("QueueUrls", [])}

    def caller(self) -> str:
        """Who asks: the last part of the AWS identity, or the local user."""
        from getpass import getuser

        if self.local:
            return getuser()
        arn: str = self.client("sts").get_caller_identity()["Arn"]
        return arn.replace("/", ":").rpartition(":")[2]


@contextmanager
def cloud_of(stage: str, *, local: bool) -> Iterator[Cloud]:
    """The cloud; what goes wrong with it while it is used ends the command with one sentence."""
    from botocore.exceptions import BotoCoreError, ClientError

    from shared.stores.packing import UnreadableRecordError

    try:
        yield _local() if local else _deployed(stage)
    except ClientError as error:
        refuse(_told(error))
    except UnreadableRecordError as error:
        refuse(str(error))
    except BotoCoreError as error:
        refuse(f"AWS cannot be asked: {str(error).rstrip('.')}{_advice(type(error).__name__)}")


def _local() -> Cloud:
    import boto3

    from infra.local.connection import LocalCloudNotUpError, connect

    try:
        connection = connect()
    except LocalCloudNotUpError as error:
        refuse(str(error))
    session = boto3.Session()
    return Cloud(
        connection.stage,
        connection.endpoint,
        local=True,
        outputs=connection.outputs,
        client=cache(lambda service: session.client(service, **connection.client_arguments())),
    )


def _deployed(stage: str) -> Cloud:
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.Session()
    stack = f"sluice-{stage}"
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        refuse(
            f"there is no stack {stack} in {session.region_name} of this account: "
            f"deploy it with `make deploy STAGE={stage}`, name another with --stage, or ask with --local"
        )
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    client: Any = cache(session.client)  # its stubs know each service by name only
    return Cloud(stage, str(session.region_name), local=False, outputs=outputs, client=client)


def _queue_name(url: str) -> str:
    return url.rpartition("/")[2]


def _told(error: "ClientError") -> str:
    said = error.response.get("Error", {})
    return f"AWS refused {error.operation_name}: {said.get('Code')}: {said.get('Message', '').rstrip('.')}"


def _advice(kind: str) -> str:
    advice = {
        "NoCredentialsError": "; sign in, or set AWS_PROFILE, or ask the local cloud with --local",
        "NoRegionError": " in AWS_DEFAULT_REGION, or in a profile, or ask the local cloud with --local",
        "EndpointConnectionError": "; is the network, or the local cloud, up?",
    }
    return advice.get(kind, "")
