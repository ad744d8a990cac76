"""`sluice catalogue`: what there is to write rules with."""

from typing import Annotated, Any, Literal

import typer

from shared.cli.options import Json
from shared.cli.policies import PolicyFolder, loaded, source_of
from shared.cli.telling import as_lines, found_nothing, listing, note, refuse

READABLE, FEW = "readable_on", 3
Subject = Literal["signals", "fields", "features", "lists", "functions", "capabilities"]


def catalogue(
    subject: Annotated[
        Subject, typer.Argument(metavar="[signals|fields|features|lists|functions|capabilities]")
    ] = "signals",
    signal: Annotated[str | None, typer.Argument(metavar="[SIGNAL]", help="Such as payment.attempted.")] = None,
    *,
    policy: PolicyFolder = None,
    as_json_lines: Json = False,
) -> None:
    """Browse what there is to write rules with: signals, their fields, a policy's features and lists, functions.

    Capabilities are what a rule can restrict, to what, of whom, and for which one thing only.

    Fields are those of a signal; features can be cut down to those that rules on a signal can read. Personal fields can
    be asked about in conditions; what is kept in the record is the answer, never the field.

    \b
    Examples:
      sluice catalogue
      sluice catalogue fields payment.attempted
      sluice catalogue features payment.attempted
      sluice catalogue functions --json | jq -r .example
    """
    from shared.policy.authoring import catalogue as known

    name = _known(signal) if signal else None
    rows: list[dict[str, Any]]
    if subject == "signals":
        rows = [row for row in known.signals() if name in (None, row["signal"])]
    elif subject == "fields":
        rows = known.fields(name or refuse("whose fields? Name a signal, as in `sluice catalogue fields login.failed`"))
    elif subject == "functions":
        rows = known.functions()
    elif subject == "capabilities":
        rows = known.capabilities()
    else:
        texts = source_of(policy)
        found = loaded(texts)
        rows = known.lists(found) if subject == "lists" else known.features(found, texts, name)
    if as_json_lines:
        as_lines(rows)
    elif rows:
        _print(rows, named=name is not None)
        if subject == "signals":
            note("see what rules on a signal can read by `sluice catalogue fields SIGNAL`")
    else:
        found_nothing(f"the policy has no {subject}{f' that rules on {name} can read' if name else ''}")


def _known(signal: str) -> str:
    from shared.policy.problems import did_you_mean
    from shared.signals import CATALOGUE

    name = signal.removesuffix(".v1")
    return name if name in CATALOGUE else refuse(f"{signal!r} is no signal; {did_you_mean(name, CATALOGUE)}")


def _print(rows: list[dict[str, Any]], *, named: bool) -> None:
    """The columns as they are; yes or no as the column's own name, and nothing where there is nothing.

    On which signals a feature can be read is told by their number: most features can be read on most of them, and
    whoever named a signal knows.
    """
    flags = [name for name in rows[0] if isinstance(rows[0][name], bool)]
    columns = [name for name in rows[0] if name not in flags and not (named and name == READABLE)]
    table = [
        [
            *(_count(row[name]) if name == READABLE else _cell(row[name]) for name in columns),
            *([", ".join(flag for flag in flags if row[flag])] if flags else []),
        ]
        for row in rows
    ]
    headings = [name.replace("_", " ") for name in (*columns, *(["notes"] if flags else []))]
    listing(headings, table, labelled="field" not in columns)


def _count(signals: list[str]) -> str:
    return ", ".join(signals) if len(signals) <= FEW else f"{len(signals)} signals"


def _cell(value: Any) -> Any:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value
