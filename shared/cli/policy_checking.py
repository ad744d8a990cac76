"""`sluice policy check` and `test`: is it right, and do its tests come out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.options import Json
from shared.cli.policies import counted, no_rule, refuse_policy, source_of, texts_at
from shared.cli.telling import (
    as_lines,
    cell,
    console,
    harmless,
    listing,
    note,
    refuse,
)

if TYPE_CHECKING:
    from rich.text import Text

    from shared.policy import CaseFailure, Policy, Problem
    from shared.policy.checks import Units

PolicyPath = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A policy's folder; without it, the one that ships.")
]
DEAREST = 5
OneRule = Annotated[str | None, typer.Option(metavar="RULE", help="This rule alone.")]


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Folders of policies, or files in them.")
    ] = None,
    *,
    strict: Annotated[
        bool,
        typer.Option(help="Ask for the tests, too, without which a rule that restricts or denies is not published."),
    ] = False,
    as_json_lines: Json = False,
) -> None:
    """Report everything that is wrong with a policy: the place, what was found, and what to do.

    A file is checked with its whole folder, as rules may use what stands beside them. Without a path it is the policy
    that ships with this version. Exit code 1 when there is a problem. With --json: one JSON object for each problem.
    What is no fault of the policy, such as figures that no counsel has confirmed, is remarked on with --strict.

    \b
    Examples:
      sluice policy check
      sluice policy check policies/payment_fraud.yaml --strict
      sluice policy check --json | jq -r '"\\(.file):\\(.line)"'
    """
    from shared.policy import PolicyError, load_documents

    failed = False
    for folder in _folders(paths):
        try:
            policy = load_documents(texts_at(folder))
            problems = tuple(_untested(policy)) if strict else ()
        except PolicyError as error:
            policy, problems = None, error.problems
        failed = failed or bool(problems)
        if policy and strict:
            _print_remarks(policy)
        if as_json_lines:
            as_lines(map(document_of, problems))
            continue
        print_problems(problems)
        if policy and not problems:
            _print_fine(policy)
            _print_costs(policy)
    if failed:
        raise typer.Exit(1)


def run_tests(path: PolicyPath = None, *, rule: OneRule = None, as_json_lines: Json = False) -> None:
    """Run the tests beside the rules: which did not come out, and what each condition saw.

    A rule holds when it is false: one that is merely unknown has not been tested. Exit code 1 when a test failed.
    With --json: one JSON object for each test that failed.

    \b
    Examples:
      sluice policy test
      sluice policy test policies --rule card_testing_buyer
    """
    policy = _readable(source_of(folder_of(path)))
    wanted = named(policy, rule)
    failures = [failure for failure in policy.run_tests() if failure.rule in wanted]
    total = sum(len(policy.rules[name].tests) for name in wanted)
    if as_json_lines:
        as_lines(_failure(each) for each in failures)
    else:
        for each in failures:
            _print_failure(each)
    note(f"{total - len(failures):,} of {total:,} tests of {len(wanted):,} rules came out")
    if failures:
        raise typer.Exit(1)


def print_problems(problems: Sequence["Problem"]) -> None:
    """Each problem with its place in the file, a caret below it, and what to do."""
    page = console()
    for problem in problems:
        page.print(_picture(problem), soft_wrap=True)
        page.print()
    if problems:
        note(counted(len(problems)))


def document_of(problem: "Problem") -> dict[str, Any]:
    """A problem for pipes."""
    span = problem.span
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "width": span.width,
        "what": problem.what,
        "hint": problem.hint,
    }


def _picture(problem: "Problem") -> "Text":
    """The place, the line with a caret below it, and the advice, each in its colour."""
    from rich.text import Text

    head, *rest = harmless(str(problem)).split("\n")
    text = Text(head, style="bold")
    for line in rest:
        marks = line.strip()
        text.append(f"\n{line}", style="red" if set(marks) == {"|", " ", "^"} else "cyan" if marks[:2] == "= " else "")
    return text


def _folders(paths: Sequence[Path] | None) -> list[Path | None]:
    return list(dict.fromkeys(folder_of(path) for path in paths)) if paths else [None]


def folder_of(path: Path | None) -> Path | None:
    """The folder of the policy that a path belongs to: its own, that of a document, or of a list beside them."""
    if path is None or path.is_dir():
        return path
    if not path.exists():
        refuse(f"there is no {path}; name the folder of a policy, or a file in it")
    if path.suffix != ".yaml" and path.parent.name != "lists":
        refuse(f"{path} is neither a .yaml document nor a list; name the folder of a policy, or a file in it")
    return path.parent.parent if path.parent.name == "lists" else path.parent


def _readable(texts: Mapping[str, str]) -> "Policy":
    """The policy, if it can be read at all: a failing test is what is looked for here, not a reason to stop."""
    from shared.policy import PolicyError, load_documents

    try:
        return load_documents(texts, published=True)
    except PolicyError as error:
        refuse_policy(error)


def named(policy: "Policy", rule: str | None) -> tuple[str, ...]:
    """The rule, if the policy has it; the names of all rules when none is asked for."""
    if rule is None:
        return tuple(policy.rules)
    if rule not in policy.rules:
        no_rule(rule, policy.rules)
    return (rule,)


def _untested(policy: "Policy") -> list["Problem"]:
    from shared.policy.authoring.coverage import missing

    return missing(policy)


def _print_fine(policy: "Policy") -> None:
    modes = [rule.mode for rule in policy.rules.values()]
    told = ", ".join(f"{modes.count(mode):,} {mode}" for mode in ("live", "shadow", "off") if mode in modes)
    tests = sum(len(rule.tests) for rule in policy.rules.values())
    named = f"{len(policy.features):,} features, {len(policy.value_lists):,} lists and {tests:,} tests"
    typer.echo(f"{rules_in_words(len(modes))} ({told}), {named}: fine. Digest {policy.digest}")


def _print_remarks(policy: "Policy") -> None:
    from shared.policy.checks import remarks

    for remark in remarks(policy):
        note(remark)


def _print_costs(policy: "Policy") -> None:
    """The dearest rules, what each feature reads, and what each signal costs: time at most, reads and writes."""
    from shared.policy.checks import costs

    found = costs(policy)
    dearest = sorted(found.rules.items(), key=lambda each: each[1].microseconds, reverse=True)[:DEAREST]
    listing(
        ("dearest rules", "µs at most", "most of it"),
        [(name, f"{cost.microseconds:,.1f}", cost.dearest) for name, cost in dearest],
    )
    if found.features:
        listing(
            ("feature", "tiles read", "read units", "ledger reads", "from"),
            [(name, each.tiles, _units(each.reads), each.ledger, each.series) for name, each in found.features.items()],
        )
    rows = [
        (
            name,
            f"{cost.microseconds:,.0f}",
            cost.tiles,
            _units(cost.reads),
            cost.ledger,
            cost.series,
            _units(cost.writes),
        )
        for name, cost in found.signals.items()
    ]
    listing(("signal", "µs at most", "tiles read", "read units", "ledger reads", "series", "write units"), rows)


def _units(units: "Units") -> str:
    return f"{units.usual:,}" if units.usual == units.full else f"{units.usual:,} to {units.full:,}"


def rules_in_words(count: int) -> str:
    """`1 rule`, `34 rules`."""
    return f"{count:,} rule{'s' * (count != 1)}"


def _failure(failure: "CaseFailure") -> dict[str, Any]:
    from shared.policy.checks.cases import in_words

    span = failure.case.span
    return {
        "rule": failure.rule,
        "file": span.source.name,
        "line": span.line,
        "wanted": in_words(failure.case),
        "gave": _gave(failure),
        "conditions": failure.explanation.split("\n"),
    }


def _gave(failure: "CaseFailure") -> str:
    if failure.error:
        return f"broke: {failure.error}"
    if failure.fired and failure.case.rung is not None:
        return f"got to rung {failure.rung}" if failure.rung else "reached no rung"
    return "unknown" if failure.fired is None else "fired" if failure.fired else "held"


def _print_failure(failure: "CaseFailure") -> None:
    span, page = failure.case.span, console()
    rung = f" on rung {failure.case.rung}" if failure.case.rung is not None else ""
    wanted = f"must fire{rung}" if failure.case.fires else "must hold"
    head = f"{span.source.name}:{span.line}: {failure.rule} on {failure.case.signal} {wanted}, it {_gave(failure)}"
    page.print(cell(head if failure.fired is not None else head.replace("it unknown", "it is unknown")), style="bold")
    for line in failure.explanation.split("\n"):
        page.print(cell(f"    {line}"))
