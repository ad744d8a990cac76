"""Dead letters that name an entity: refused signals lie in the bucket whole, with everything that is personal."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.stores.dead_letters import GIVEN_UP, REDRIVEN
from shared.stores.invalid_signals import PREFIX as INVALID
from shared.stores.letters import DeadLetter, object_deliveries, payload_of, read_object
from shared.stores.redrive import CannotRedriveError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LettersAbout:
    """Finds them by reading every object, and deletes them with all their versions."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def refused(self, entity: str) -> Iterator[str]:
        """The keys of refused signals that name the entity, by its id alone or as `kind:id`."""
        return self._naming(entity, (INVALID, REDRIVEN + INVALID))

    def given_up(self, entity: str) -> Iterator[str]:
        """The keys of batches that name it, which hold other entities' signals, too."""
        return self._naming(entity, (GIVEN_UP, REDRIVEN + GIVEN_UP))

    def delete(self, key: str) -> None:
        """Every version of the object: the bucket keeps deleted ones."""
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key)
        for page in pages:
            for version in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                if version["Key"] == key:
                    self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version["VersionId"])

    def _naming(self, entity: str, prefixes: tuple[str, ...]) -> Iterator[str]:
        names = _naming(entity)
        for prefix in prefixes:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    if any(names.search(text) for text in self._texts(found["Key"])):
                        yield found["Key"]

    def _texts(self, key: str) -> list[str]:
        response = self._s3.get_object(Bucket=self._bucket, Key=key)
        letter = read_object(key.removeprefix(REDRIVEN), response["LastModified"], response["Body"].read())
        return [text for payload in _payloads(letter) for text in _readings(payload)]


def _naming(entity: str) -> re.Pattern[str]:
    """What finds a text that is the entity's name or its id; an id of digits may stand there as a number."""
    identifier = entity.partition(":")[2]
    names = [re.escape(json.dumps(name, ensure_ascii=False)) for name in (entity, identifier)]
    if identifier.isdecimal():
        names.append(rf"[:\[,]\s*{identifier}\s*[,}}\]]")
    return re.compile("|".join(names))


def _payloads(letter: DeadLetter) -> list[bytes]:
    """The signals in a letter, one or a batch of them, as they came; of a letter that is none of ours, all of it."""
    try:
        if letter.kind == "invalid":
            return [payload_of(letter)]
        return [delivery.payload for delivery in object_deliveries(letter)]
    except (CannotRedriveError, LookupError, TypeError, ValueError):
        return [json.dumps(letter.content).encode()]


def _readings(payload: bytes) -> Iterator[str]:
    """The text as it came, where a key may stand twice; and, if it is JSON, with `"müller"` and not escapes in it."""
    yield payload.decode(errors="replace")
    try:
        yield json.dumps(json.loads(payload), ensure_ascii=False)
    except (ValueError, RecursionError):
        return
