"""`sluice policy diff`: what changed between two policies, and what that changes."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.cloud import cloud_of
from shared.cli.options import Json, Local, Stage
from shared.cli.policies import loaded, source_of
from shared.cli.telling import as_json, cell, console, listing, note, refuse, seconds
from shared.cli.trying import kept_span

if TYPE_CHECKING:
    from shared.decisions import Decision
    from shared.policy import Policy
    from shared.policy.authoring.difference import Difference, Version

EXAMPLES = 10
MOST_DECISIONS = 20_000
SHIPPED, LIVE = "shipped", "live"
_DIGEST = re.compile(r"[0-9a-f]{32}")
A_POLICY = "A policy's folder, `shipped`, `live`, or the digest of a published one."


@dataclass(frozen=True, slots=True)
class Turned:
    """A signal about which the two policies decide otherwise; outcomes are the disposition and the rules that act."""

    decision: str
    time: str
    signal: str
    subject: str
    before: str
    after: str


@dataclass(slots=True)
class Seen:
    """What two policies make of the same signals.

    `unknown` counts the signals that the second one cannot tell about; `held_back` those that its rules fire on without
    acting, where the first one's do not fire at all: what a rule in shadow would do.
    """

    judged: int = 0
    unknown: int = 0
    turned: list[Turned] = field(default_factory=list)
    held_back: Counter[str] = field(default_factory=Counter)


def diff(  # noqa: PLR0913  (each option is a parameter)
    before: Annotated[str, typer.Argument(metavar="A", help=A_POLICY)],
    after: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    *,
    signals: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Judge these signals by both, each with its own memory.")
    ] = None,
    decisions: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Judge the decisions of the last 90m, 24h, 7d … by both.")
    ] = None,
    as_json_document: Json = False,
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Say in words what changed between two policies, and which outcomes change.

    Signals are judged in the order of the file by each policy, as if nothing had been before. Decisions are judged
    again from what their records kept: a rule that reads what was not recorded is unknown, and that is counted.

    \b
    Examples:
      sluice policy diff live policies
      sluice policy diff shipped policies --signals .sluice/demo/signals.jsonl
      sluice policy diff live policies --decisions 24h
    """
    from shared.policy.authoring.difference import differences

    if signals and decisions:
        refuse("--signals and --decisions exclude each other")
    versions = _version(before, stage, local=local), _version(after, stage, local=local)
    found = differences(*versions)
    seen: Seen | None = None
    if signals:
        seen = _on_signals(signals, versions[0].policy, versions[1].policy)
    elif decisions:
        seen = _on_decisions(decisions, versions, stage, local=local)
    if as_json_document:
        as_json(
            {
                "before": versions[0].policy.digest,
                "after": versions[1].policy.digest,
                "differences": [
                    {"kind": each.kind, "name": each.name, "how": each.how, "details": each.details} for each in found
                ],
                **(_outcomes(seen) if seen else {}),
            }
        )
        return
    _print(found)
    if seen:
        _print_seen(seen)


def _version(named: str, stage: str, *, local: bool) -> "Version":
    """A folder's policy, the one that ships, or a published one."""
    from shared.policy import load_documents
    from shared.policy.authoring.difference import Version
    from shared.stores import PolicyNotLoadedError

    if named == SHIPPED or Path(named).exists():
        texts = source_of(None if named == SHIPPED else Path(named))
        return Version(loaded(texts), texts)
    if named != LIVE and not _DIGEST.fullmatch(named):
        refuse(f"there is no {named}; name a policy's folder, `{SHIPPED}`, `{LIVE}` or a published digest")
    with cloud_of(stage, local=local) as cloud:
        digest = cloud.policy_table().pointer().digest if named == LIVE else named
        try:
            texts = cloud.policy_texts(digest)
        except PolicyNotLoadedError as error:
            refuse(f"the policy {named} cannot be read: {error}")
    return Version(load_documents(texts, published=True), texts)


def _on_signals(path: Path, before: "Policy", after: "Policy") -> Seen:
    from infra.local.fast import Bench
    from infra.local.recording import RecordingError, open_recording

    try:
        one, other = (Bench(policy).run(open_recording(path).parcels).decided for policy in (before, after))
    except RecordingError as error:
        refuse(str(error))
    seen = Seen(len(one))
    for key, each in one.items():
        then = other[key]
        outcomes = _outcome(each.disposition, each.rules), _outcome(then.disposition, then.rules)
        if outcomes[0] != outcomes[1]:
            seen.turned.append(Turned(key, seconds(each.time), each.signal_type, each.subject, *outcomes))
        fired = {*each.rules, *map(_name, each.held_back)}
        seen.held_back.update(name for name in map(_name, then.held_back) if name not in fired)
    return seen


def _on_decisions(last: str, versions: "tuple[Version, Version]", stage: str, *, local: bool) -> Seen:
    from shared.cli.decisions import AHEAD, others_of
    from shared.decisions import rejudged
    from shared.stores import Period

    now, back = datetime.now(UTC), kept_span("--decisions", last)
    signals = dict.fromkeys(name for each in versions for rule in each.policy.rules.values() for name in rule.on)
    seen = Seen()
    with cloud_of(stage, local=local) as cloud:
        policies, archive = [cloud.with_lists(each.policy) for each in versions], cloud.archive()
        for record in islice(archive.whole(signals, Period(now - back, now + AHEAD)), MOST_DECISIONS):
            one, other = (rejudged(record, policy) for policy in policies)
            seen.judged += 1
            seen.unknown += any(policies[1].rules[name].mode == "live" for name in other.unknown)
            outcomes = [_outcome(each.disposition, _acting(each)) for each in (one, other)]
            if outcomes[0] != outcomes[1]:
                at = record["decision_id"], seconds(record["time"]), record["signal_type"], record["subject"]
                seen.turned.append(Turned(*at, *outcomes))
            fired = {rule.name for rule in one.fired}
            seen.held_back.update(rule.name for rule in other.fired if rule.held_back and rule.name not in fired)
        days = () if seen.judged else archive.sampled_days()
    if seen.judged == MOST_DECISIONS:
        note(f"a random sample of {MOST_DECISIONS:,} decisions; ask for a shorter span to see all of it")
    elif not seen.judged:
        note(f"no decisions within the last {last}{others_of(days)}")
    return seen


def _name(held_back: str) -> str:
    """The rule in `card_testing: shadow`."""
    return held_back.partition(":")[0]


def _acting(decision: "Decision") -> list[str]:
    return [rule.name for rule in decision.fired if not rule.held_back]


def _outcome(disposition: str, rules: Iterable[str]) -> str:
    named = ", ".join(sorted(rules))
    return f"{disposition} by {named}" if named else disposition


def _outcomes(seen: Seen) -> dict[str, Any]:
    return {
        "judged": seen.judged,
        "unknown": seen.unknown,
        "changed": len(seen.turned),
        "held_back": dict(seen.held_back.most_common()),
        "examples": [asdict(each) for each in seen.turned[:EXAMPLES]],
        "ways": [
            {"before": one, "after": other, "count": count} for (one, other), count in _ways(seen.turned).most_common()
        ],
    }


def _ways(turned: list[Turned]) -> Counter[tuple[str, str]]:
    return Counter((each.before, each.after) for each in turned)


def _print(found: "list[Difference]") -> None:
    page = console()
    if not found:
        page.print("Both decide alike: nothing in their rules, features or lists differs.")
    for each in found:
        to = f" {each.details[0]}" if each.how == "renamed" else ""
        page.print(cell(f"{each.kind} {each.name} {each.how}{to}"), style="bold")
        for detail in each.details[bool(to) :]:
            page.print(cell(f"    {detail}"))


def _print_seen(seen: Seen) -> None:
    page, turned = console(), sorted(seen.turned, key=_is_small)
    words = sum(not _is_small(each) for each in turned)
    told = f", {words:,} of them in what is answered" if words < len(turned) else ""
    page.print(f"\n{len(turned):,} of {seen.judged:,} outcomes change{told}", style="bold")
    for name, count in seen.held_back.most_common():
        page.print(cell(f"    {name} fires on {count:,} more, and is held back: it acts on nothing"))
    if seen.unknown:
        page.print(f"    about {seen.unknown:,} the new policy cannot tell for sure: it reads what was not recorded")
    if not turned:
        return
    # Those that are answered otherwise come first, as a sort keeps the order of equals.
    ways = sorted(Counter((each.before, _after(each), _is_small(each)) for each in turned).items(), key=_first)
    listing(
        ("how often", "before", "after"),
        [(f"{count:,} times", *way[:2]) for way, count in ways[:EXAMPLES]],
        labelled=True,
    )
    rows = [
        (each.decision, each.time, each.signal, each.subject, each.before, _after(each)) for each in turned[:EXAMPLES]
    ]
    listing(("decision", "time (UTC)", "signal", "about", "before", "after"), rows, labelled=True)


def _first(way: tuple[tuple[str, str, bool], int]) -> tuple[bool, int]:
    return way[0][2], -way[1]


def _is_small(turned: Turned) -> bool:
    """Whether the disposition stays as it was."""
    return turned.before.partition(" by ")[0] == turned.after.partition(" by ")[0]


def _after(turned: Turned) -> str:
    """The outcome, or where only rules came and went, those: `deny, + refused_twice`."""
    disposition, _, before = turned.before.partition(" by ")
    if not _is_small(turned):
        return turned.after
    old, new = ({*filter(None, rules.split(", "))} for rules in (before, turned.after.partition(" by ")[2]))
    return ", ".join(
        [disposition, *(f"+ {name}" for name in sorted(new - old)), *(f"- {name}" for name in sorted(old - new))]
    )
