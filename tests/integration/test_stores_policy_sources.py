"""The published policies' sources, and what is known of their conditions."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.policy.loading import LANGUAGE
from shared.stores import PolicyNotLoadedError
from shared.stores.policy_sources import MOST_FREQUENCIES
from tests.support.aws import World
from tests.support.faults import Refused
from tests.support.two_policies import FIRST, first

pytestmark = pytest.mark.integration

TEXTS = {"policy.yaml": FIRST}


def published(cloud: World, digest: str) -> dict[str, Any]:
    key = f"policies/{digest}.json"
    body: dict[str, Any] = json.loads(
        cloud.aws.calm["s3"].get_object(Bucket=cloud.policy_bucket, Key=key)["Body"].read()
    )
    return body


def test_a_published_policy_loads_to_the_same_digest(cloud: World) -> None:
    """From its source, as it was written."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    assert sources.policy(first().digest).digest == first().digest
    assert sources.documents(first().digest) == TEXTS


def test_a_source_is_written_once_and_mended_when_damaged(cloud: World) -> None:
    """The same policy published again leaves the object alone, unless it is not what was put."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    sources.keep(first().digest, {"renamed.yaml": FIRST})
    assert list(published(cloud, first().digest)["documents"]) == ["policy.yaml"]
    cloud.damage(first().digest)
    sources.keep(first().digest, TEXTS)
    assert published(cloud, first().digest)["documents"] == TEXTS


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: b"{", "is damaged"),
        (lambda _: b"[]", "is damaged"),
        (lambda _: b"[" * 100_000, "is damaged"),
        (lambda _: b"\xff", "is damaged"),
        (lambda kept: json.dumps({**kept, "documents": {"policy.yaml": "rules: {}"}}).encode(), "is damaged"),
        (lambda kept: json.dumps({**kept, "digest": "0" * 32}).encode(), "is damaged"),
        (lambda kept: json.dumps({**kept, "language": LANGUAGE + 1}).encode(), "version .* of the language"),
    ],
)
def test_what_is_not_as_it_was_published_is_refused(cloud: World, damage: Any, said: str) -> None:
    """Half an object, another content, another name, or a language that this code does not know."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    cloud.damage(first().digest, damage(published(cloud, first().digest)))
    with pytest.raises(PolicyNotLoadedError, match=said):
        sources.policy(first().digest)


FREQUENCIES = {"payment.attempted": {"declines_1h >= 2": 0.125}}


def test_a_policy_is_loaded_with_what_is_known_of_its_conditions(cloud: World) -> None:
    """The newest, under the same digest; its source stays as it was."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    assert sources.policy(first().digest).frequencies == {}
    for frequencies in ({"login.succeeded": {"failures_1h >= 2": 1}}, FREQUENCIES):
        sources.keep_frequencies(first().digest, frequencies)
        loaded = sources.policy(first().digest)
        assert (loaded, loaded.frequencies) == (first(), frequencies)
    assert sources.documents(first().digest) == TEXTS


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        b'{"payment.attempted": []}',
        b'{"payment.attempted": {"declines_1h >= 2": 1.01}}',
        b'{"payment.attempted": {"declines_1h >= 2": -0.01}}',
        b'{"payment.attempted": {"declines_1h >= 2": NaN}}',
        b'{"payment.attempted": {"declines_1h >= 2": "0.5"}}',
        b'{"payment.attempted": {"declines_1h >= 2": 0.5}}' + b" " * MOST_FREQUENCIES,
    ],
    ids=["half", "list", "deep", "bytes", "signal", "above", "below", "nan", "text", "large"],
)
def test_frequencies_that_are_none_leave_the_policy_as_it_is(cloud: World, damage: bytes) -> None:
    """It is loaded and arranged by guesses."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    key = f"policies/{first().digest}.frequencies.json"
    cloud.aws.calm["s3"].put_object(Bucket=cloud.policy_bucket, Key=key, Body=damage)
    loaded = sources.policy(first().digest)
    assert (loaded, loaded.frequencies) == (first(), {})


def test_frequencies_that_cannot_be_read_leave_the_policy_as_it_is(cloud: World) -> None:
    """Whatever S3 says of them."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    sources.keep_frequencies(first().digest, FREQUENCIES)
    cloud.wire.strike = lambda call: (
        Refused("SlowDown", 503) if call.request["url"].endswith("frequencies.json") else None
    )
    loaded = sources.policy(first().digest)
    assert (loaded, loaded.frequencies) == (first(), {})


def test_a_source_that_this_code_refuses_says_where(cloud: World) -> None:
    """A policy that another version of the checker took."""
    sources = cloud.policy_stores().sources
    sources.keep("d1", {"policy.yaml": "rules:\n  x: {when: nonsense}\n"})
    with pytest.raises(PolicyNotLoadedError, match=r"problem\(s\) for this code, the first in policy.yaml:2"):
        sources.policy("d1")


def test_a_policy_that_older_code_named_keeps_its_name(cloud: World) -> None:
    """Deploying code that counts digests in another way moves no policy."""
    sources = cloud.policy_stores().sources
    for language in (LANGUAGE, LANGUAGE - 1):
        sources.keep("named-by-older-code", TEXTS)
        kept = published(cloud, "named-by-older-code") | {"language": language}
        cloud.damage("named-by-older-code", json.dumps(kept).encode())
        assert sources.policy("named-by-older-code").digest == "named-by-older-code"


def test_a_missing_source_is_told_from_a_store_that_refuses(cloud: World) -> None:
    """The first is for people to mend, the second goes away."""
    with pytest.raises(PolicyNotLoadedError, match=r"there is no policies/d1\.json"):
        cloud.policy_stores().sources.policy("d1")
    cloud.wire.strike = lambda _: Refused("SlowDown", 503)
    with pytest.raises(ClientError, match="SlowDown"):
        cloud.policy_stores().sources.policy("d1")
