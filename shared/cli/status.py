"""`sluice status`: is it working?"""

from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.telling import about_time, as_json, cell, console, facts, seconds

if TYPE_CHECKING:
    from shared.cli.health import Health


def status(as_json_document: Json = False, stage: Stage = "dev", local: Local = False) -> None:
    """Say whether Sluice works: lag, rate, queues, dead letters, decisions, rules, guardrails, the policy, a verdict.

    Decisions are counted by event time, plain allows apart: these are in no index. Top movers are the rules whose
    pace changed most against the same 24 hours of last week. Exit code 1 when there is something to look at.

    \b
    Examples:
      sluice status
      sluice status --stage prod --json | jq .concerns
    """
    from shared.cli.health import examined

    with cloud_of(stage, local=local) as cloud:
        health = examined(cloud)
    if as_json_document:
        as_json(health.document())
    else:
        _print(health)
    if health.concerns():
        raise typer.Exit(1)


def _print(health: "Health") -> None:
    page = console()
    page.print(cell(f"sluice-{health.stage} in {health.place}"), style="bold")
    lags = [f"{reader} {_lag(lag)}" for reader, lag in health.lag_seconds.items()]
    page.print(
        facts(
            {
                "lag": lags,
                "signals judged in 24 h": _number(health.signals_a_day),
                "waiting in queues": _counted(health.waiting),
                "dead letters": _counted(health.dead),
                "decisions": _decisions(health),
                "top rules": _counted(health.top_rules),
                **health.controls.told(),
                "policy": "\n".join(health.in_force.told()),
                "policy of the newest": ", ".join(health.policies) or "no decisions",
                "policy of this version": health.repo_policy or f"does not load: {health.policy_error}",
            }
        )
    )
    concerns = health.concerns()
    page.print()
    page.print(cell(f"Look at: {'; '.join(concerns)}." if concerns else _fine(health)), style="bold")


def _fine(health: "Health") -> str:
    """Says no more than what was seen."""
    if all(lag is None for lag in health.lag_seconds.values()):
        return "Nothing is wrong that can be seen from here; lag is not measured."
    return "It works: no lag, no dead letters."


def _decisions(health: "Health") -> str:
    if not health.outcomes or not health.from_time or not health.to_time:
        return "none but plain allows"
    counted = _counted(health.outcomes) if health.outcomes_complete else f"of the newest, {_counted(health.outcomes)}"
    return f"{counted}; from {seconds(health.from_time)} to {seconds(health.to_time)} UTC"


def _counted(counts: object) -> str:
    pairs = counts.items() if isinstance(counts, dict) else ()
    return ", ".join(f"{name} {count:,}" for name, count in pairs) or "none"


def _lag(lag: float | None) -> str:
    return "not measured" if lag is None else about_time(timedelta(seconds=lag))


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.0f}"
