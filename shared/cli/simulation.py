"""`sluice simulate`: a seeded marketplace's traffic, with the truth in a file of its own."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.telling import refuse

SIGNALS, TRUTH = "signals.jsonl", "truth.jsonl"


def simulate(  # noqa: PLR0913  (each option is a parameter)
    *,
    out: Annotated[Path, typer.Option(help=f"The folder for {SIGNALS} and {TRUTH}.")] = Path(".sluice/simulation"),
    seed: Annotated[
        int | None, typer.Option(metavar="N", show_default="7", help="Equal seeds give equal bytes.")
    ] = None,
    signals: Annotated[
        int | None, typer.Option(min=1, metavar="N", show_default="5000", help="About how many in all.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(metavar="DAYS", show_default="7", help="How long it lasts; disputes come later.")
    ] = None,
    abuse_share: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="0..1", show_default="0.15", help="The campaigns' share of it."),
    ] = None,
    campaign: Annotated[
        list[str] | None, typer.Option(metavar="CAMPAIGN", help="Once for each; all when left out.")
    ] = None,
    tactics: Annotated[
        str, typer.Option(metavar="[CAMPAIGN=]WORDS", help="slow, distributed, aged …; see above.")
    ] = "",
) -> None:
    """Write simulated signals as JSON lines, and apart from them who was abusive. Labels are never in a signal.

    Tactics are one word of each pair fast|slow, concentrated|distributed, fresh|aged, plain|reworded, hasty|patient,
    joined by commas, for every campaign; or for some, separated by blanks: `card_testing=slow phishing=aged,reworded`.

    \b
    Examples:
      sluice simulate --seed 7 --signals 5000
      sluice simulate --campaign card_testing --tactics slow,distributed --out slow
      sluice local up --replay .sluice/simulation/signals.jsonl
    """
    from infra.local.simulation import CAMPAIGNS, Settings, write

    given: dict[str, Any] = {
        "seed": seed,
        "signals": signals,
        "days": days,
        "abuse_share": abuse_share,
        "campaigns": tuple(campaign) if campaign else None,
    }
    try:
        settings = Settings(
            **{name: value for name, value in given.items() if value is not None},
            tactics=_tactics(tactics, CAMPAIGNS),
        )
    except ValueError as error:
        refuse(str(error))
    try:
        out.mkdir(parents=True, exist_ok=True)
        written, cases = write(settings, out / SIGNALS, out / TRUTH)
    except OSError as error:
        refuse(f"{out} cannot be written to: {error.strerror}")
    counted = Counter(case.campaign for case in cases)
    typer.echo(f"{written:,} signals in {out / SIGNALS}, the truth in {out / TRUTH}")
    typer.echo("cases: " + (", ".join(f"{count} {name}" for name, count in sorted(counted.items())) or "none"))


def _tactics(text: str, campaigns: tuple[str, ...]) -> dict[str, Any]:
    """By campaign; words without a campaign hold for all that are not named."""
    from infra.local.simulation import Tactics

    chosen: dict[str, Any] = {}
    for part in text.split():
        name, given, words = part.rpartition("=")
        named = {name: Tactics.parse(words)} if given else dict.fromkeys(campaigns, Tactics.parse(words))
        chosen = named | chosen if not given else chosen | named
    return chosen
