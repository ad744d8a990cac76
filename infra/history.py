"""The ledger's history only grows: what it says of who did what holds against its own functions, and against people.

Nothing here is needed for the functions to work, as none is allowed what is denied here. It is so that no later Allow,
of ours or of an administrator, can give it away unnoticed: whoever must, changes these policies first, in the open.
"""

from collections.abc import Iterable

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam

from infra.functions import SluiceFunction

PARKED = "parked#*"
"""The partitions of the ledger table whose items change: what a person made of what was held back."""

# Besides taking items away, the ways of writing that would get around what is said of single writes.
_DELETES = ("dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete")
_CHANGES = ("dynamodb:UpdateItem", "dynamodb:PartiQLUpdate")
_WRITES = ("dynamodb:PutItem", "dynamodb:PartiQLInsert")
_OUTSIDE_PARKED = {"ForAnyValue:StringNotLike": {"dynamodb:LeadingKeys": [PARKED]}}


def keep_history(ledger: dynamodb.Table, writer: SluiceFunction, functions: Iterable[SluiceFunction]) -> None:
    """Deny deletes and changes to everyone, and every write to all but the `writer`.

    What IAM cannot tell apart is a put that replaces an item from one that adds it: that the writer replaces heads
    alone is for its own conditions to see to.
    """
    for function in functions:
        function.deny(_DELETES, ledger.table_arn)
        if function is writer:
            function.deny(_CHANGES, ledger.table_arn, under=_OUTSIDE_PARKED)
        else:
            function.deny((*_CHANGES, *_WRITES), ledger.table_arn)
    anyone_else = {"ArnNotEquals": {"aws:PrincipalArn": writer.role.role_arn}}
    for actions, conditions in (
        (_DELETES, None),
        (_CHANGES, _OUTSIDE_PARKED),
        ((*_CHANGES, *_WRITES), anyone_else),
    ):
        ledger.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=list(actions),
                # In a table's own policy this means the table, which cannot name itself while it is made.
                resources=["*"],
                conditions=conditions,
            )
        )
