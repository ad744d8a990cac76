"""Dead letters where they lie, in the bucket and in dead-letter queues: to list, look at, and give another chance.

A letter leaves its place only after everything in it was taken by where it came from. A crash in between leaves it to
be redriven again, which is harmless: a signal is decided once, however often it comes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.stores.failures import error_code
from shared.stores.invalid_signals import PREFIX as INVALID
from shared.stores.letters import DeadLetter, Kind, message_delivery, object_deliveries, read_message, read_object
from shared.stores.redrive import CannotRedriveError, Delivery, Destination, Mark, ToFunction, ToQueue, ToStream

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

GIVEN_UP = "aws/lambda/"
REDRIVEN = "redriven/"
QUEUED = "sqs/"
MESSAGES_PER_CALL = 10
HOLD_SECONDS = 120
"""How long a message that someone looks at is hidden from others who look."""


@dataclass(frozen=True)
class Doors:
    """Where payloads go back to. `functions` is a Lambda client; None where functions cannot be called (locally)."""

    kinesis: Any
    functions: Any = None


@dataclass(frozen=True)
class Places:
    """The bucket, the dead-letter queues by name, the queues of signals, and the queue of pointers to refused ones."""

    bucket: str
    queues: Mapping[str, str]
    signal_queues: frozenset[str]
    pointers: str


class DeadLetters:
    """Reads and redrives dead letters."""

    def __init__(self, s3: "S3Client", sqs: "SQSClient", places: Places, doors: Doors) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._places = places
        self._doors = doors

    @contextmanager
    def held(self, kinds: Iterable[Kind], limit: int) -> Iterator[list[DeadLetter]]:
        """The letters of these kinds, newest first, `limit` of each kind; messages are held until the context ends."""
        prefixes = {"invalid": INVALID, "given_up": GIVEN_UP}
        with ExitStack() as holding:
            letters: list[DeadLetter] = []
            for kind in kinds:
                if kind == "queue":
                    letters += self._messages(self._places.queues, limit, holding)
                else:
                    letters += [self._object(key) for key in self._newest_keys(prefixes[kind], limit)]
            yield sorted(letters, key=lambda letter: letter.kept_at, reverse=True)

    @contextmanager
    def opened(self, letter_id: str) -> Iterator[DeadLetter | None]:
        """One letter by its id, None if there is none; a message is held until the context ends."""
        with ExitStack() as holding:
            yield self._found(letter_id, holding)

    def counts(self) -> dict[str, int]:
        """How many there are: by kind in the bucket, and by name of dead-letter queue (about, as SQS counts)."""
        objects = {"invalid": INVALID, "given_up": GIVEN_UP}
        return {kind: sum(1 for _ in self._keys(prefix)) for kind, prefix in objects.items()} | {
            name: self._depth(url) for name, url in self._places.queues.items()
        }

    def would_redrive(self, letter: DeadLetter, mark: Mark) -> list[Delivery]:
        """What `redrive` would give back, and where; raises `CannotRedriveError` as it would."""
        deliveries = self._deliveries(letter)
        called = next((each.to for each in deliveries if isinstance(each.to, ToFunction)), None)
        if called and self._doors.functions is None:
            raise CannotRedriveError(f"only calling the {called} redrives it, which the local cloud cannot")
        return [Delivery(each.marked(mark), each.to, each.content) for each in deliveries]

    def redrive(self, letter: DeadLetter, mark: Mark) -> list[Delivery]:
        """Give all of it back where it came from, then take it away; what went where.

        Raises `CannotRedriveError`, and then the letter stays where it is.
        """
        deliveries = self.would_redrive(letter, mark)
        for delivery in deliveries:
            self._put(delivery.payload, delivery.to)
        self._take_away(letter)
        return deliveries

    def forget_pointers(self, letters: Iterable[DeadLetter]) -> None:
        """Delete the pointers to letters that were redriven: their queue's depth pages people."""
        keys = {letter.letter_id for letter in letters if letter.kind == "invalid"}
        if not keys:
            return
        with ExitStack() as holding:
            for message in self._held_messages(self._places.pointers, holding):
                if _pointed_at(message["Body"]) in keys:
                    self._sqs.delete_message(QueueUrl=self._places.pointers, ReceiptHandle=message["ReceiptHandle"])

    def _deliveries(self, letter: DeadLetter) -> list[Delivery]:
        """What would go back where; raises `CannotRedriveError` when nothing can."""
        if letter.kind != "queue":
            return list(object_deliveries(letter))
        sources = self._sqs.list_dead_letter_source_queues(QueueUrl=self._places.queues[letter.origin])["queueUrls"]
        if not sources:
            raise CannotRedriveError(f"no queue gives its dead letters to {letter.origin}: replay the bus's archive")
        source = sources[0].rpartition("/")[2]
        return [message_delivery(letter, source, signals=source in self._places.signal_queues)]

    def _put(self, payload: bytes, to: Destination) -> None:
        match to:
            case ToStream(name, key):
                self._doors.kinesis.put_record(StreamName=name, PartitionKey=key, Data=payload)
            case ToQueue(name):
                url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
                self._sqs.send_message(QueueUrl=url, MessageBody=payload.decode(errors="surrogatepass"))
            case ToFunction():
                self._call(to, payload)

    def _call(self, to: ToFunction, payload: bytes) -> None:
        """The records of a table's stream cannot be written again; what read them can be called with them."""
        response = self._doors.functions.invoke(FunctionName=to.name, Payload=payload)
        answer = json.loads(response["Payload"].read() or b"null")
        if "FunctionError" in response or (answer or {}).get("batchItemFailures"):
            raise CannotRedriveError(f"the {to} failed again: {json.dumps(answer)[:300]}")

    def _take_away(self, letter: DeadLetter) -> None:
        bucket = self._places.bucket
        if letter.kind == "queue":
            self._sqs.delete_message(QueueUrl=self._places.queues[letter.origin], ReceiptHandle=letter.receipt)
            return
        key = letter.letter_id
        self._s3.copy_object(Bucket=bucket, Key=REDRIVEN + key, CopySource={"Bucket": bucket, "Key": key})
        self._s3.delete_object(Bucket=bucket, Key=key)

    def _found(self, letter_id: str, holding: ExitStack) -> DeadLetter | None:
        if letter_id.startswith(QUEUED):
            queue = letter_id.removeprefix(QUEUED).partition("/")[0]
            queues = {name: url for name, url in self._places.queues.items() if name == queue}
            found = self._messages(queues, None, holding)
            return next((letter for letter in found if letter.letter_id == letter_id), None)
        if not letter_id.startswith((INVALID, GIVEN_UP)):
            return None
        try:
            return self._object(letter_id)
        except ClientError as error:
            if error_code(error) != "NoSuchKey":
                raise
            return None

    def _object(self, key: str) -> DeadLetter:
        response = self._s3.get_object(Bucket=self._places.bucket, Key=key)
        return read_object(key, response["LastModified"], response["Body"].read())

    def _newest_keys(self, prefix: str, limit: int) -> list[str]:
        found = sorted(self._keys(prefix), key=lambda entry: entry["LastModified"], reverse=True)
        return [entry["Key"] for entry in found[:limit]]

    def _keys(self, prefix: str) -> Iterator[Any]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._places.bucket, Prefix=prefix)
        return (entry for page in pages for entry in page.get("Contents", []))

    def _messages(self, queues: Mapping[str, str], limit: int | None, holding: ExitStack) -> list[DeadLetter]:
        letters: list[DeadLetter] = []
        for name, url in queues.items():
            if self._depth(url):
                for message in self._held_messages(url, holding):
                    letters.append(read_message(name, message))
                    if len(letters) == limit:
                        return letters
        return letters

    def _held_messages(self, url: str, holding: ExitStack) -> Iterator[Any]:
        """Every message of a queue, hidden from others until `holding` closes: else each call might show the same."""
        held: list[str] = []
        holding.callback(self._release, url, held)
        while messages := self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=MESSAGES_PER_CALL,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", []):
            held += [message["ReceiptHandle"] for message in messages]
            yield from messages

    def _release(self, url: str, receipts: list[str]) -> None:
        """Show the messages again; of those that were deleted meanwhile the service says so, which is fine."""
        for start in range(0, len(receipts), MESSAGES_PER_CALL):
            entries: Any = [
                {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for place, receipt in enumerate(receipts[start : start + MESSAGES_PER_CALL])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)

    def _depth(self, url: str) -> int:
        names: Any = ["ApproximateNumberOfMessages"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])


def _pointed_at(body: str) -> str:
    return str((json.loads(body) if body.startswith("{") else {}).get("key", ""))
