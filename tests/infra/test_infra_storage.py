"""What is stored: encrypted, restorable, forgotten in time, and in prod not deleted with its stack."""

import json

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

PRECIOUS = ("DynamoDB::Table", "S3::Bucket", "SecretsManager::Secret", "Kinesis::Stream", "KMS::Key", "Logs::LogGroup")


def keys(schema):
    """A key schema as the names of its attributes, the partition's first."""
    return [one["AttributeName"] for one in sorted(schema, key=lambda one: one["KeyType"])]


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        ("decisions", ["decision_id"]),
        ("timelines", ["entity", "tile"]),
        ("ledger", ["entity", "item"]),
        ("policy", ["part", "item"]),
    ],
)
def test_a_table_is_restorable_encrypted_and_forgets(template, thing, expected):
    """Point-in-time recovery, encryption with a key in KMS, on-demand capacity and an expiry on every table."""
    _, table = template.named("DynamoDB::Table", "TableName", thing)
    assert keys(table["KeySchema"]) == expected
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_only_what_is_rarely_read_again_is_of_the_class_for_that(template):
    """Decisions are written once and kept for months; the other tables are read and written with every signal."""
    classes = {
        table["TableName"]: table.get("TableClass", "STANDARD") for table in template.all("DynamoDB::Table").values()
    }
    assert {name for name, kind in classes.items() if kind == "STANDARD_INFREQUENT_ACCESS"} == {
        f"sluice-{template.stage}-decisions"
    }
    assert set(classes.values()) == {"STANDARD", "STANDARD_INFREQUENT_ACCESS"}


def test_only_the_decisions_have_a_stream(template):
    """The outbox is the decisions' stream; the other tables would pay for one that nobody reads."""
    streams = {
        table["TableName"]: table["StreamSpecification"]
        for table in template.all("DynamoDB::Table").values()
        if "StreamSpecification" in table
    }
    assert streams == {f"sluice-{template.stage}-decisions": {"StreamViewType": "NEW_IMAGE"}}


def test_decisions_are_found_by_subject_and_by_outcome(template):
    """Both indexes sort by time and carry enough for a list."""
    _, table = template.named("DynamoDB::Table", "TableName", "decisions")
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert {name: keys(index["KeySchema"]) for name, index in indexes.items()} == {
        "by_subject": ["subject", "time"],
        "by_outcome": ["outcome_day", "time"],
    }
    for index in indexes.values():
        carried = {*index["Projection"]["NonKeyAttributes"], *keys(index["KeySchema"])}
        assert {"signal_type", "disposition", "subject", "time", "rules"} <= carried


def test_a_bucket_is_private_encrypted_versioned_and_over_tls_only(template):
    """Dead letters hold personal data, and policies say what gets past them."""
    policies = template.all("S3::BucketPolicy").values()
    secured = {template.referred(policy["Bucket"]) for policy in policies if denies_plain_http(policy)}
    for name, bucket in template.all("S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert name in secured


def denies_plain_http(policy):
    return any(
        statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["PolicyDocument"]["Statement"]
    )


def test_dead_letters_are_forgotten_and_policies_are_not(template):
    """Personal data ends; a policy is kept for the decisions that name it."""
    outputs = template.body["Outputs"]
    letters, policies = (
        template.resource(template.referred(outputs[name]["Value"]))["Properties"]["LifecycleConfiguration"]["Rules"]
        for name in ("DeadLettersBucket", "PolicyBucket")
    )
    assert [rule["ExpirationInDays"] <= 90 for rule in letters] == [True]
    assert [set(rule) & {"ExpirationInDays", "NoncurrentVersionExpiration"} for rule in policies] == [set()]


def test_the_stream_is_on_demand_and_encrypted(template):
    """Nobody counts shards."""
    (stream,) = template.all("Kinesis::Stream").values()
    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


def test_the_identity_key_is_made_by_the_service_and_nobody_sees_it(template):
    """A JSON document whose `key` is 64 random characters."""
    (secret,) = template.all("SecretsManager::Secret").values()
    made = secret["GenerateSecretString"]
    assert "SecretString" not in secret
    assert (json.loads(made["SecretStringTemplate"]), made["GenerateStringKey"]) == ({}, "key")
    assert made["PasswordLength"] == 64


def test_prod_keeps_its_data_and_dev_cleans_up(templates):
    """Deleting the stack of prod deletes no data, and a table of prod cannot be deleted by mistake."""
    for stage, policy in (("prod", "Retain"), ("dev", "Delete")):
        resources = [one for one in templates[stage].body["Resources"].values() if one["Type"][5:] in PRECIOUS]
        assert {one["DeletionPolicy"] for one in resources} == {policy}
        assert {one["UpdateReplacePolicy"] for one in resources} == {policy}
    for table in templates["prod"].all("DynamoDB::Table").values():
        assert table["DeletionProtectionEnabled"] is True
