"""Limits as people write them on the command line: just as after `to:` in a policy."""

from typing import TYPE_CHECKING

from shared.cli.telling import refuse

if TYPE_CHECKING:
    from shared.restrictions import Limit

RESTRICTION = "restriction"


def limit_written(capability: str, text: str) -> "Limit":
    """`none`, `25%`, `{delay: 24h}` …; ends the command when it is no limit of that capability."""
    from shared.policy.documents.entries import Entries
    from shared.policy.documents.reading import read
    from shared.policy.problems import Findings, Source
    from shared.policy.sections.limiting import limit_of

    findings = Findings()
    document = read(Source("--to", f"{RESTRICTION}:\n  to: {text}"), findings)
    if document is None:
        refuse(f"--to {text}: {findings.problems[0].what}")
    limit = limit_of(Entries(document.entries[RESTRICTION], "a restriction", ("to",), findings), capability)
    if findings.problems:
        problem = findings.problems[0]
        refuse(f"--to {text}: {problem.what}; {problem.hint}")
    return limit
