"""`sluice rule try` and `sluice rule test`: a condition on what was decided before, and a test from a decision."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.decisions import AHEAD, others_of
from shared.cli.observing import values_of
from shared.cli.options import Json, Local, Stage
from shared.cli.policies import PolicyFolder, loaded, no_rule, refuse_policy, source_of
from shared.cli.telling import as_json, console, facts, found_nothing, listing, note, refuse, seconds, span

if TYPE_CHECKING:
    from shared.feedback import Ratio
    from shared.policy import Policy, Rule
    from shared.policy.authoring.trial import Seen, Trial
    from shared.stores import DecisionArchive, Period

EXAMPLES = 10
LABELLED = 300
"""Labels are looked up one subject at a time."""
OVERLAPS = 5


def try_(  # noqa: PLR0913  (each option is a parameter)
    condition: Annotated[str, typer.Argument(metavar="EXPR", help="What would stand after `when:`.")],
    *,
    on: Annotated[str, typer.Option(metavar="SIGNAL", help="The signal that it is on, such as payment.attempted.")],
    last: Annotated[str, typer.Option(metavar="SPAN", help="Over the last 90m, 24h, 7d … of event time.")] = "24h",
    limit: Annotated[int, typer.Option(min=1, help="At most so many decisions: a random sample.")] = 20_000,
    policy: PolicyFolder = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Try a condition on recorded decisions: how often it would have fired, on whom, and how many are known good.

    It may use the fields, features, lists and named expressions of the policy. A feature that no rule read, and what
    personal data would say, was not recorded: decisions that lack a value are counted as unknown.

    \b
    Examples:
      sluice rule try "amount > 500.00 USD and card_is_new" --on payment.attempted
      sluice rule try "first_contacts_7d >= 5" --on message.sent --last 7d --local
    """
    from shared.policy import PolicyError
    from shared.policy.authoring.trial import TRIED, with_condition
    from shared.signals import CATALOGUE
    from shared.stores import Period

    if on not in CATALOGUE:
        refuse(f"{on!r} is no signal; `sluice signals list` has them")
    try:
        tested = with_condition(source_of(policy), condition, on)
    except PolicyError as error:
        refuse_policy(error)
    now, back = datetime.now(UTC), kept_span("--last", last)
    with cloud_of(stage, local=local) as cloud:
        tested, archive = cloud.with_lists(tested), cloud.archive()
        trial, good = on_recorded(archive, tested, tested.rules[TRIED], on, Period(now - back, now + AHEAD), limit)
        if not trial.looked_at:
            found_nothing(f"no decisions on {on} within the last {last}{others_of(archive.sampled_days())}")
    examples = sorted(trial.hits, key=lambda hit: hit.time, reverse=True)[:EXAMPLES]
    if as_json_document:
        as_json(_document(trial, good, examples))
        return
    tell_trial(trial, good, tested, on)
    if examples:
        rows = [
            (hit.decision_id, seconds(hit.time), hit.disposition, hit.subject, _values(hit, tested, on))
            for hit in examples
        ]
        listing(("decision", "time (UTC)", "outcome", "about", "saw"), rows)
    if trial.looked_at == limit:
        note(f"a random sample of {limit:,} decisions; look at more with --limit")


def make_test(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule that the test is for.")],
    *,
    from_: Annotated[str, typer.Option("--from", metavar="DECISION", help="The decision's id.")],
    policy: PolicyFolder = None,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Make a test for a rule from a real decision: the values that the rule saw, to be pasted under its `tests:`.

    \b
    Examples:
      sluice rule test card_testing_buyer --from 5f3c0c6bb0a94c0bb5b1f5f0a1f7e1d2
    """
    from shared.policy import load_inputs
    from shared.policy.authoring.case_making import case_from
    from shared.policy.authoring.trial import tried

    tested = loaded(source_of(policy))
    if rule not in tested.rules:
        no_rule(rule, tested.rules)
    with cloud_of(stage, local=local) as cloud:
        record = cloud.archive().get(from_)
    if record is None or record["kind"] != "decision":
        found_nothing(f"there is no decision {from_}")
    signal, found = record["signal_type"], tested.rules[rule]
    if signal not in found.on:
        refuse(f"the decision is about {signal}, and {rule} is on {' and '.join(found.on)}")
    inputs = load_inputs(json.loads(record["capsule"])["inputs"])
    trial = tried(tested, found, signal, [_seen(record)])
    if trial.unknown or trial.broken:
        missing = ", ".join(trial.missing) or ", ".join(trial.broken)
        refuse(f"{rule} could not tell about this decision: {missing} was not known, so it tests nothing")
    case = case_from(found, signal, inputs)
    typer.echo(f"{'fires' if trial.hits else 'holds'}:\n  - {case.text}")
    if case.bounds:
        note(f"only known to be at least so much: {', '.join(case.bounds)}")


def kept_span(option: str, text: str) -> timedelta:
    """A span of which all decisions are kept. Beyond it only what somebody was met by is left: a sample of that would
    say that everything is abuse."""
    from shared.decisions import PLAIN_KEPT

    if (found := span(text)) > PLAIN_KEPT:
        refuse(f"{option} {text} is too long: decisions that let things pass are kept for {PLAIN_KEPT.days} days")
    return found


def on_recorded(
    archive: "DecisionArchive", policy: "Policy", rule: "Rule", signal: str, period: "Period", limit: int
) -> "tuple[Trial, Ratio]":
    """What a rule would have done on recorded decisions, a random sample of `limit`, and how many are known good."""
    from shared.policy.authoring.trial import tried

    trial = tried(policy, rule, signal, map(_seen, islice(archive.whole([signal], period), limit)))
    return trial, _known_good(archive, trial.subjects[:LABELLED])


def _seen(record: Mapping[str, Any]) -> "Seen":
    from shared.policy.authoring.trial import Seen

    held_back = (entry.partition(": ")[0] for entry in record["held_back"])
    return Seen(
        record["decision_id"],
        record["time"],
        record["subject"],
        record["disposition"],
        (*record["rules"], *held_back),
        values_of(record),
    )


def _known_good(archive: "DecisionArchive", subjects: Iterable[str]) -> "Ratio":
    """Of the subjects that anyone has judged, those of whom no one said that they did an abuse."""
    from shared.feedback import Ratio

    verdicts = [{label["abusive"] for label in archive.labels(subject)} for subject in subjects]
    return Ratio(sum(found == {False} for found in verdicts), sum(bool(found) for found in verdicts))


def tell_trial(trial: "Trial", good: "Ratio", policy: "Policy", signal: str) -> None:
    """Print what came of a trial, as names and values."""
    hits, known = len(trial.hits), trial.looked_at - trial.unknown - trial.broken.total()
    told: dict[str, object] = {
        "looked at": f"{trial.looked_at:,} decisions on {signal}",
        "would fire": f"{hits:,}, {hits / max(known, 1):.2%} of those it could tell about",
        "on": f"{len(trial.subjects):,} subjects" if hits else "",
        "known good": _good(good, len(trial.subjects)) if hits else "",
        "fired with": [
            f"{name} on {count / hits:.0%}{_mode(policy, name)}" for name, count in trial.overlap.most_common(OVERLAPS)
        ],
        "by itself": f"on {trial.alone:,} of them no other rule fired" if hits else "",
        "unknown": f"{trial.unknown:,}{_lacking(trial)}" if trial.unknown else "",
        "broke": _most(trial.broken),
    }
    console().print(facts(told))


def _lacking(trial: "Trial") -> str:
    """Why it could not tell: what most of the decisions had not, or what no other amount can be compared with."""
    told = [f"no value of {_most(trial.missing)}"] if trial.missing else []
    if trial.unlike:
        told.append(f"{trial.unlike:,} have all values: an amount in another currency, or a feature at its cap")
    return f": {'; '.join(told)}"


def _good(good: "Ratio", subjects: int) -> str:
    if not good.total:
        return f"nobody has judged any of the {subjects:,} yet"
    low, high = good.interval
    return f"{good.hits} of the {good.total} that were judged ({low:.0%} to {high:.0%})"


def _mode(policy: "Policy", name: str) -> str:
    rule = policy.rules.get(name)
    return f" ({rule.mode})" if rule and rule.mode != "live" else ""


def _most(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counted.items())


def _values(hit: "Seen", policy: "Policy", signal: str) -> list[str]:
    from shared.policy.authoring.trial import TRIED
    from shared.policy.conditions.reasons import shown
    from shared.policy.conditions.tree import names

    read = [name.name for name in names(policy.rules[TRIED].conditions[signal])]
    return [f"{name} = {shown(hit.inputs[name])}" for name in read if name in hit.inputs]


def _document(trial: "Trial", good: "Ratio", examples: Iterable["Seen"]) -> dict[str, Any]:
    from shared.policy import dump_inputs

    return {
        "looked_at": trial.looked_at,
        "hits": len(trial.hits),
        "subjects": len(trial.subjects),
        "known_good": {"good": good.hits, "judged": good.total},
        "overlap": dict(trial.overlap),
        "alone": trial.alone,
        "unknown": trial.unknown,
        "missing": dict(trial.missing),
        "not_comparable": trial.unlike,
        "broken": dict(trial.broken),
        "examples": [{**hit._asdict(), "inputs": dump_inputs(hit.inputs)} for hit in examples],
    }
