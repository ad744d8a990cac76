"""The words that capsules are packed with, in the decisions table beside the records that need them.

Each kind of capsule, of one policy about one type of signal, has words of its own: they are an item by the name of
their content, `words#<id>`, so that the table explains itself, also when it is exported or restored.

    words put, unless they are there ─▶ ✗ crash: nobody uses them, and whoever comes next finds them
                                     └─▶ records that name them: put only when the words stand

They are written once, by whichever process needs them first, and never end: they are a few KB a policy that asks
something else. Nobody is in them, so nothing of them is ever erased; they are in no index and not in the outbox.
"""

from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from shared.decisions.words import words_of
from shared.policy import Program
from shared.stores.attributes import from_item, to_item
from shared.stores.packing import Dictionary, UnreadableRecordError, words_id
from shared.stores.writing import put_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KIND = "words"


class CapsuleWords:
    """Dictionaries of capsules. What a process has written or read it knows for as long as it lives."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._of: WeakKeyDictionary[Program, Dictionary] = WeakKeyDictionary()
        self._standing: dict[bytes, Dictionary] = {}
        self._one_at_a_time = Lock()

    def of(self, program: Program) -> Dictionary:
        """The words of the capsules that the program makes; they stand in the table, so a record may name them."""
        known = self._of.get(program)
        if known:
            return known
        # Of the writers of a process that all need them one puts them, and the others wait for it.
        with self._one_at_a_time:
            return self._of.get(program) or self._stored(program)

    def unpack(self, capsule: bytes, beside: str) -> str:
        """What `Dictionary.pack` was given; raises `UnreadableRecordError`."""
        name = words_id(capsule)
        dictionary = self._standing.get(name) or self._read(name)
        return dictionary.unpack(capsule, beside)

    def _stored(self, program: Program) -> Dictionary:
        dictionary = Dictionary(words_of(program).encode())
        if dictionary.id not in self._standing:
            record = {"decision_id": _item(dictionary.id), "kind": KIND, "words": dictionary.words.decode()}
            put_new(self._client, self._table, record, "decision_id")
            self._standing[dictionary.id] = dictionary
        return self._of.setdefault(program, dictionary)

    def _read(self, name: bytes) -> Dictionary:
        key = to_item({"decision_id": _item(name)})
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if not found:
            raise UnreadableRecordError(
                f"its capsule was packed with {_item(name)}, which is not in {self._table}: "
                "restore that item from a backup or an export of the table"
            )
        dictionary = Dictionary(from_item(found)["words"].encode())
        if dictionary.id != name:
            raise UnreadableRecordError(
                f"its capsule was packed with {_item(name)}, which somebody has edited in {self._table}: "
                "restore that item from a backup or an export of the table"
            )
        return self._standing.setdefault(name, dictionary)


def _item(name: bytes) -> str:
    return f"{KIND}#{name.hex()}"
