"""What the ledger says of who did what can be added to and never changed, neither by functions nor by people."""

from itertools import product

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

DELETES = ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"]
CHANGES = ["dynamodb:UpdateItem", "dynamodb:PartiQLUpdate"]
ADDS = ["dynamodb:PutItem", "dynamodb:PartiQLInsert"]
HISTORY = ["user:u_1", "listing:l_1", "agenda#2026-11-22T12", "rule:parked#1"]
ENFORCE, SOMEBODY = "enforce", "anybody else"


def denied(template, statements, action, key, who):
    """Whether one of the Deny statements holds for an action on an item under this partition key, by this principal.

    Knows the operators that the template uses, and refuses to judge by any other.
    """
    return any(
        action in template.listed(statement["Action"])
        and all(
            _holds(operator, name, values, key, who)
            for operator, tests in statement.get("Condition", {}).items()
            for name, values in tests.items()
        )
        for statement in statements
        if statement["Effect"] == "Deny"
    )


def _holds(operator, name, values, key, who):
    match operator, name:
        case "ForAnyValue:StringNotLike", "dynamodb:LeadingKeys":
            assert values == ["parked#*"]
            return not key.startswith("parked#")
        case "ArnNotEquals", "aws:PrincipalArn":
            return who != ENFORCE
        case _:
            raise AssertionError(f"a condition that this test does not know: {operator} {name}")


@pytest.fixture
def ledger(template):
    """The ledger table: its logical id and its properties."""
    return template.named("DynamoDB::Table", "TableName", "ledger")


@pytest.fixture
def of_the_table(ledger):
    """The statements of the table's own policy, which hold for everybody."""
    return ledger[1]["ResourcePolicy"]["PolicyDocument"]["Statement"]


def of_the_role(template, ledger, function):
    """What a function's role says of the ledger."""
    return [
        statement
        for statement in template.statements(template.referred(function["Role"]))
        if ledger[0] in [one["Fn::GetAtt"][0] for one in template.listed(statement["Resource"]) if "Fn::GetAtt" in one]
    ]


@pytest.mark.parametrize(("action", "key"), list(product([*DELETES, *CHANGES], HISTORY)))
def test_nobody_deletes_or_changes_what_is_in_the_ledger(template, of_the_table, action, key):
    """Neither `enforce`, nor another function, nor a person with all permissions."""
    for who in (ENFORCE, SOMEBODY):
        assert denied(template, of_the_table, action, key, who)


@pytest.mark.parametrize(("action", "key"), list(product([*ADDS, *CHANGES], [*HISTORY, "parked#2026-11-22#3"])))
def test_nobody_but_enforce_adds_to_the_ledger(template, of_the_table, action, key):
    """Not even where items may change: what people decide goes through the outbox, like all else."""
    assert denied(template, of_the_table, action, key, SOMEBODY)


def test_enforce_may_do_what_it_does(template, of_the_table, ledger):
    """Put heads, history and agenda; change what is parked; and nothing of that is denied by its own role."""
    _, function = template.named("Lambda::Function", "FunctionName", "enforce")
    for statements in (of_the_table, of_the_role(template, ledger, function)):
        assert not denied(template, statements, "dynamodb:PutItem", "user:u_1", ENFORCE)
        assert not denied(template, statements, "dynamodb:UpdateItem", "parked#2026-11-22#3", ENFORCE)


def test_every_functions_own_role_denies_it_as_well(template, ledger):
    """Should somebody take the table's policy away, or widen a role, the other one still stands."""
    for function in template.all("Lambda::Function").values():
        own = of_the_role(template, ledger, function)
        who = ENFORCE if function["FunctionName"].endswith("-enforce") else SOMEBODY
        for action in (*DELETES, *CHANGES, *([] if who == ENFORCE else ADDS)):
            assert denied(template, own, action, "user:u_1", who), (function["FunctionName"], action)


def test_denying_is_all_that_the_tables_policy_does(of_the_table):
    """It opens the table to nobody."""
    assert {statement["Effect"] for statement in of_the_table} == {"Deny"}
    assert {str(statement["Principal"]) for statement in of_the_table} == {"{'AWS': '*'}"}
