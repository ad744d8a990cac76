"""`sluice policy coverage`: what the tests beside the rules have shown, and what no test would notice."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.cli.options import Json
from shared.cli.policies import loaded, source_of
from shared.cli.policy_checking import OneRule, PolicyPath, folder_of, named
from shared.cli.telling import as_json, cell, console, found_nothing, listing, note, row, table

if TYPE_CHECKING:
    from shared.policy.authoring.coverage import Coverage


def coverage(path: PolicyPath = None, *, rule: OneRule = None, as_json_document: Json = False) -> None:
    """Show which conditions the tests have seen true, false and unknown, and which slips none of them would notice.

    A slip is a threshold one step off, `>` for `>=`, `==` for `!=`, `or` for `and`, a `not` or an operand left out,
    or a membership turned round. What cannot make a difference is left out. Of live rules that restrict or deny,
    every slip must be noticed: exit code 1 when one is not. For all others, and in an emergency, it is advice.

    \b
    Examples:
      sluice policy coverage
      sluice policy coverage policies --rule card_testing_buyer
    """
    from shared.policy.authoring.coverage import coverage as covered

    policy = loaded(source_of(folder_of(path)))
    found = [covered(policy, policy.rules[name]) for name in named(policy, rule)]
    lacking = [each for each in found if each.required and (each.open or each.unseen)]
    if as_json_document:
        as_json([_coverage(each) for each in found])
    elif rule:
        _print_coverage(found[0])
    else:
        _print_overview(found)
    if lacking:
        names = ", ".join(each.rule.name for each in lacking)
        found_nothing(f"these restrict or deny, and lack tests: {names}")


def _coverage(found: "Coverage") -> dict[str, Any]:
    return {
        "rule": found.rule.name,
        "required": found.required,
        "tests": len(found.rule.tests),
        "conditions": [
            {"text": atom.text, "true": atom.true, "false": atom.false, "unknown": atom.unknown} for atom in found.atoms
        ],
        "slips": found.tried,
        "unnoticed": [
            {"before": each.before, "after": each.after, "test": each.test, "required": not each.buried}
            for each in found.unnoticed
        ],
    }


def _print_overview(found: Sequence["Coverage"]) -> None:
    rows = [
        (
            each.rule.name,
            len(each.rule.tests),
            f"{each.tried - len(each.unnoticed)} of {each.tried}",
            ("must have more" if each.required else "advice") if each.open or each.unseen else "",
        )
        for each in found
    ]
    listing(("rule", "tests", "slips noticed", "tests to add"), rows)
    note("see the tests to add with --rule")


def _print_coverage(found: "Coverage") -> None:
    page = console()
    seen = table("condition", "true", "false", "unknown", title=f"{found.rule.name}: tests that saw it")
    seen.columns[0].no_wrap = False
    for atom in found.atoms:
        row(seen, atom.text, *(count or "never" for count in (atom.true, atom.false)), atom.unknown or "")
    page.print(seen)
    tests: dict[str, list[str]] = {}
    for each in found.open:
        tests.setdefault(each.test, []).append(str(each))
    if tests:
        page.print("Tests to add, each with the slips that nothing notices without it:", style="bold")
    for test_line, slips in tests.items():
        page.print(cell(f"  {test_line}"), style="green")
        for slip in slips:
            page.print(cell(f"      {slip}"))
    buried = [each for each in found.unnoticed if each.buried]
    if buried:
        page.print("Inside of facts, to be noticed by tests that give the values themselves:", style="bold")
        for each in buried:
            page.print(cell(f"      {each}"))
    if not found.unnoticed:
        page.print(f"All {found.tried} slips would be noticed.")
