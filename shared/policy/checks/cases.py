"""The tests beside the rules: one that does not come out is a problem at its own place."""

from collections.abc import Iterator

from shared.policy.model import Case, CaseFailure
from shared.policy.policy import Policy
from shared.policy.problems import Problem

_SHOWN = 6
_GAVE = {True: "it fires", False: "it holds", None: "what it needs is unknown"}


def failing(policy: Policy) -> Iterator[Problem]:
    """A finding for each test that does not come out, with what each condition saw."""
    for failure in policy.run_tests():
        wanted = in_words(failure.case)
        what = f"this test says that {failure.rule} {wanted}, but {_gave(failure)}"
        yield Problem(what, failure.case.span, f"it saw {_seen(failure)}")


def _seen(failure: CaseFailure) -> str:
    """What the conditions saw; if the rule should have fired, those that are to blame come first."""
    lines = failure.explanation.splitlines()
    if failure.case.fires:
        lines.sort(key=lambda line: ": yes (" in line)
    return "; ".join(lines[:_SHOWN]) + ("; …" if len(lines) > _SHOWN else "")


def in_words(case: Case) -> str:
    """`fires`, `fires on rung 3`, or `holds`."""
    if case.rung is None:
        return "fires" if case.fires else "holds"
    return f"fires on rung {case.rung}" if case.rung else "fires and reaches no rung"


def _gave(failure: CaseFailure) -> str:
    if failure.fired and failure.case.rung is not None:
        return f"it gets to rung {failure.rung}" if failure.rung else "it reaches no rung"
    return f"it breaks: {failure.error}" if failure.error else _GAVE[failure.fired]
