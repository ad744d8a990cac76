"""Published policies as they were written: one object a digest in S3, never changed and never deleted.

Beside it may lie how often the policy's conditions hold, as it was observed when the policy was last published. That
makes judging cheaper and changes nothing else: without it, or when it is damaged, the engine guesses.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.policy import Policy, PolicyError, load_documents
from shared.policy.engine.frequencies import Frequencies
from shared.policy.loading import LANGUAGE
from shared.stores.failures import INFRASTRUCTURE, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ABSENT = ("NoSuchKey", "404")
"""What S3 says to those who may list the bucket; others hear that they must not read, which says nothing."""
MOST_FREQUENCIES = 8_000_000
"""Bytes; ten thousand rules have half of it."""


class PolicyNotLoadedError(Exception):
    """A published policy cannot be used here: says why. Trying again helps only after somebody mended it."""


class PolicySources:
    """Keeps and loads published policies."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, digest: str, documents: Mapping[str, str]) -> None:
        """Keep a policy's source under its digest.

        What is there already is the same, and stays; unless it was damaged: then this mends it.
        """
        body = json.dumps(_object(digest, documents), sort_keys=True, separators=(",", ":")).encode()
        request: Any = {
            "Bucket": self._bucket,
            "Key": _key(digest),
            "Body": body,
            "ContentType": "application/json",
        }
        try:
            self._client.put_object(**request, IfNoneMatch="*")
        except ClientError as error:
            if error_code(error) not in ("PreconditionFailed", "412", "ConditionalRequestConflict"):
                raise
            try:
                self.documents(digest)
            except PolicyNotLoadedError:
                self._client.put_object(**request)

    def keep_frequencies(self, digest: str, frequencies: Mapping[str, Frequencies]) -> None:
        """Keep how often the policy's conditions hold, by signal, in place of what was known before."""
        body = json.dumps(frequencies, sort_keys=True, separators=(",", ":")).encode()
        self._client.put_object(
            Bucket=self._bucket, Key=_frequencies_key(digest), Body=body, ContentType="application/json"
        )

    def documents(self, digest: str) -> dict[str, str]:
        """The source as it was published; raises `PolicyNotLoadedError`."""
        documents: dict[str, str] = self._read(digest)["documents"]
        return documents

    def policy(self, digest: str) -> Policy:
        """The policy, as this version of the code reads it, arranged by what is known of its conditions.

        Raises `PolicyNotLoadedError`.
        """
        kept = self._read(digest)
        if kept["language"] > LANGUAGE:
            raise PolicyNotLoadedError(
                f"it is written in version {kept['language']} of the language, and this code knows {LANGUAGE}"
            )
        try:
            policy = load_documents(kept["documents"], published=True)
        except PolicyError as error:
            first = error.problems[0]
            place = f"{first.span.source.name}:{first.span.line}"
            raise PolicyNotLoadedError(
                f"it has {len(error.problems)} problem(s) for this code, the first in {place}: {first.what}"
            ) from error
        # A policy keeps the name that decisions and the pointer know, however this code counts digests.
        return replace(policy, digest=digest, frequencies=self._frequencies(digest), _programs={})

    def _frequencies(self, digest: str) -> dict[str, Frequencies]:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=_frequencies_key(digest))["Body"]
            return _shares(body.read(MOST_FREQUENCIES + 1))
        except INFRASTRUCTURE:
            return {}

    def _read(self, digest: str) -> dict[str, Any]:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=_key(digest))["Body"].read()
        except ClientError as error:
            if error_code(error) not in ABSENT:
                raise
            raise PolicyNotLoadedError(f"there is no {_key(digest)} in the bucket of policies") from error
        return _whole(body, digest)


def _whole(body: bytes, digest: str) -> dict[str, Any]:
    """The object when it is as it was put."""
    kept: Any = None
    with suppress(ValueError, RecursionError):
        kept = json.loads(body)
    match kept:
        case {"digest": named, "language": int(), "sum": str(total), "documents": dict(documents)} if (
            named == digest and all(isinstance(text, str) for text in documents.values()) and total == _sum(documents)
        ):
            return {"language": kept["language"], "documents": documents}
    raise PolicyNotLoadedError(f"{_key(digest)} is damaged: publish the same policy again, or roll back")


def _shares(body: bytes) -> dict[str, Frequencies]:
    """Shares by text by signal; none at all when anything else stands among them."""
    kept: Any = None
    if len(body) <= MOST_FREQUENCIES:
        with suppress(ValueError, RecursionError):
            kept = json.loads(body)
    match kept:
        case dict() if all(
            isinstance(shares, dict) and all(map(_is_share, shares.values())) for shares in kept.values()
        ):
            return kept
    return {}


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1


def _object(digest: str, documents: Mapping[str, str]) -> dict[str, Any]:
    return {"digest": digest, "language": LANGUAGE, "sum": _sum(documents), "documents": dict(documents)}


def _sum(documents: Mapping[str, str]) -> str:
    """A check of the texts as they are: digests are over what they mean to one version of the code."""
    text = json.dumps(documents, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _key(digest: str) -> str:
    return f"policies/{digest}.json"


def _frequencies_key(digest: str) -> str:
    return f"policies/{digest}.frequencies.json"
