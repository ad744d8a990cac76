"""How well a simulated marketplace was kept: tables of campaigns, and of honest people who were touched."""

from datetime import timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from infra.local.simulation.scoring import CampaignScore, HonestScore, Scorecard
from infra.local.summary import UNKNOWN, interval, number, percent, table, told
from shared.feedback import Ratio


def scoreboard(scores: Scorecard) -> RenderableType:
    """Both tables, and the cases that were missed."""
    missed = [
        Text(f"  missed: {case.actor}, {case.campaign.replace('_', ' ')}", style="yellow") for case in scores.missed
    ]
    return Group(_campaigns(scores), *missed, *[Text()] * bool(missed), _honest(scores))


def _campaigns(scores: Scorecard) -> RenderableType:
    made = table(
        "Campaigns",
        "campaign",
        "cases",
        "caught",
        "recall",
        "95 %",
        "precision",
        "stopped",
        "caught after",
    )
    for name, one in sorted(scores.campaigns.items()):
        made.add_row(name.replace("_", " "), *_campaign(one))
    return told(
        made,
        "A case is one adversary's account. Caught: stopped at its first harm or before; where harm has no one moment, "
        "before half of its acts got through. Precision: of the decisions stronger than friction for this kind of "
        "abuse, those that hit abuse alone. Stopped: the share of its acts that were pended, denied, or done under a "
        "restriction. 95 %: the interval of the recall (Wilson); few cases leave it wide.",
    )


def _campaign(one: CampaignScore) -> tuple[str | Text, ...]:
    recall = Ratio(one.caught, one.cases)
    return (
        f"{one.cases:,}",
        f"{one.caught:,}",
        Text(percent(recall), style="green" if one.caught == one.cases else "yellow"),
        interval(recall),
        percent(Ratio(one.right, one.decisions)),
        percent(Ratio(one.stopped, one.signals)),
        _span(one.median_seconds_to_catch),
    )


def _honest(scores: Scorecard) -> RenderableType:
    made = table(
        "Honest people",
        "who",
        "users",
        "touched",
        "share",
        "95 %",
        "asked",
    )
    made.add_row("everyone honest", *_touched(scores.honest), style="bold")
    for name, one in sorted(scores.look_alikes.items()):
        made.add_row(f"  {name.replace('_', ' ')}", *_touched(one))
    return told(
        made,
        "Touched: anything stronger than friction, such as a payment that was held, or a restriction. "
        "Asked: a step-up, CAPTCHA or confirmation. Below everyone: those who look like abuse and are not.",
    )


def _touched(one: HonestScore) -> tuple[str | Text, ...]:
    share = Ratio(one.touched, one.users)
    return f"{one.users:,}", number(one.touched), percent(share), interval(share), number(one.asked)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return UNKNOWN
    span = timedelta(seconds=seconds)
    if span < timedelta(minutes=1):
        return "at once" if seconds < 1 else f"{seconds:.0f} s"
    if span < timedelta(hours=2):
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
