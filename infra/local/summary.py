"""What a run came to, told to a person: aligned tables, few colours, and what the numbers mean."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.local.outcomes import HELD, Outcomes, under_restriction
from infra.local.replay import Sent
from infra.local.results import Results
from shared.feedback import Ratio
from shared.policy import Policy
from shared.restrictions import DISPOSITIONS

WIDTH = 100
MOST_RULES = 15
UNKNOWN = "-"
NARROW = 0.05
STYLES = {"deny": "red", "pend": "yellow", "challenge": "cyan", "allow": ""}

Right = Callable[[str], bool | None]
"""Whether what a decision (by its id) was about is abuse; None where nobody knows."""


@dataclass(frozen=True)
class Labels:
    """What a file knows of its signals, by decision id; `meaning` says what of."""

    abusive: Mapping[str, bool]
    meaning: str


def show_run(console: Console, sent: Sent, results: Results, policy: Policy, right: Right) -> None:
    """The tables that every run has."""
    console.print(_overview(sent, results))
    console.print(_decisions(results.outcomes))
    console.print(_rules(results.outcomes, policy, right))
    console.print(_actions(results))


def show_labels(console: Console, outcomes: Outcomes, labels: Labels) -> None:
    """How well decisions met a file's labels."""
    console.print(_against_labels(outcomes, labels))


def table(title: str, *columns: str) -> Table:
    """A table in the house's look: the first column is text, the others are numbers."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 3, 0, 0),
        header_style="dim",
    )
    for position, column in enumerate(columns):
        made.add_column(column, justify="left" if position == 0 else "right", no_wrap=position != 0)
    return made


def told(made: Table, note: str = "") -> RenderableType:
    """A table, what its words mean, and an empty line."""
    explained = [Padding(Text(note, style="dim"), (0, 0, 0, 2), expand=False)] if note else []
    return Constrain(Group(made, *explained, Text()), WIDTH)


def percent(ratio: Ratio) -> str:
    """`93.1 %`, or `-` without a sample."""
    return UNKNOWN if ratio.value is None else f"{ratio.value:.1%}".replace("%", " %")


def interval(ratio: Ratio) -> str:
    """The 95 % interval in percent, finer where it is narrow."""
    if not ratio.total:
        return UNKNOWN
    low, high = ratio.interval
    digits = 1 if high - low < NARROW else 0
    return f"{low * 100:.{digits}f} to {high * 100:.{digits}f} %"


def number(count: int) -> Text:
    """A count; nothing is a faint dot, so that what there is stands out."""
    return Text(f"{count:,}") if count else Text("·", style="dim")


def _overview(sent: Sent, results: Results) -> RenderableType:
    outcomes, lost = results.outcomes, results.lost(sent)
    known = [decision_id for decision_id in sent.decision_ids if decision_id]
    refused = sum(results.refused.values())
    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim")
    grid.add_column(justify="right")
    grid.add_column()
    doors = ", ".join(f"{count:,} by the {door}" for door, count in sent.by_door.most_common())
    grid.add_row("signals sent", f"{sent.total:,}", doors)
    grid.add_row("decisions", f"{len(outcomes.decided):,}", "one for each valid signal")
    repeated = len(known) - len(set(known))
    if repeated:
        grid.add_row(
            "sent again", f"{repeated:,}", f"{results.changed:,} of them with changed content; the first stands"
        )
    if refused:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in Counter(results.refused).most_common())
        grid.add_row("refused", f"{refused:,}", f"kept whole, each with its reason: {reasons}")
    if results.given_up:
        places = ", ".join(f"{count:,} in {place}" for place, count in results.given_up.items())
        grid.add_row("given up", f"{sum(results.given_up.values()):,}", Text(places, style="red"))
    grid.add_row("lost", Text(f"{lost:,}", style="bold red" if lost else "green"), "neither decided upon nor refused")
    rate = f"{sent.total / sent.seconds:,.0f} a second, emulated AWS included" if sent.seconds else ""
    grid.add_row("time", f"{sent.seconds:,.0f} s", rate)
    panel = Panel(grid, title="[bold]What came in[/]", title_align="left", border_style="dim", width=WIDTH)
    return Group(Text(), panel, Text())


def _decisions(outcomes: Outcomes) -> RenderableType:
    made = table("Decisions by signal", "signal", *DISPOSITIONS, "all")
    by_type: dict[str, Counter[str]] = {}
    for each in outcomes.decided.values():
        by_type.setdefault(each.signal_type, Counter())[each.disposition] += 1
    whole = sum(by_type.values(), Counter[str]())
    for name, counts in sorted(by_type.items(), key=lambda item: -item[1].total()):
        made.add_row(name, *_by_disposition(counts), f"{counts.total():,}")
    made.add_section()
    made.add_row("all", *_by_disposition(whole), f"{whole.total():,}", style="bold")
    return told(made)


def _by_disposition(counts: Mapping[str, int]) -> list[Text]:
    cells = [number(counts.get(disposition, 0)) for disposition in DISPOSITIONS]
    for cell, disposition in zip(cells, DISPOSITIONS, strict=True):
        if counts.get(disposition):
            cell.stylize(STYLES[disposition])
    return cells


def _rules(outcomes: Outcomes, policy: Policy, right: Right) -> RenderableType:
    fired: Counter[str] = Counter()
    held_back: Counter[str] = Counter()
    judged: dict[str, list[bool]] = {}
    for each in outcomes.decided.values():
        held_back.update(name.partition(":")[0] for name in each.held_back)
        for rule in each.rules:
            fired[rule] += 1
            verdict = right(each.decision_id)
            if verdict is not None:
                judged.setdefault(rule, []).append(verdict)
    made = table(
        f"Rules that fired ({len(fired.keys() | held_back.keys())} of {len(policy.rules)})",
        "rule",
        "abuse kind",
        "acted",
        "held back",
        "right",
    )
    for rule, _ in (fired + held_back).most_common(MOST_RULES):
        verdicts = judged.get(rule, [])
        share = percent(Ratio(sum(verdicts), len(verdicts)))
        made.add_row(rule, policy.rules[rule].abuse, number(fired[rule]), number(held_back[rule]), share)
    hidden = len(fired.keys() | held_back.keys()) - MOST_RULES
    if hidden > 0:
        made.add_row(Text(f"and {hidden} more", style="dim"))
    note = "right: of its signals whose truth is known, the share that belongs to abuse."
    return told(made, note) if fired or held_back else Text("No rule fired.\n", style="dim")


def _actions(results: Results) -> RenderableType:
    enforced = results.outcomes.enforced
    told_of = Counter[str](queue for each in enforced for queue in each.queues)
    waiting = Counter[str]({queue: count for queue, count in results.delivered.items() if count})
    made = table("Actions", "for", "told by the ledger", "on its queue")
    for queue, _ in (told_of | waiting).most_common():
        made.add_row(queue.removeprefix("act-"), number(told_of[queue]), number(waiting[queue]))
    silent = sum(not each.queues for each in enforced)
    note = (
        f"The ledger took {len(enforced):,} actions, {silent:,} of which change nothing, so that nobody is told. "
        "The others go over the bus to the queue of the service that carries them out. "
        "decisions: the word that a service waits for which holds a payment, payout or listing."
    )
    return told(made, note) if waiting or enforced else Text("No action was asked for.\n", style="dim")


def _against_labels(outcomes: Outcomes, labels: Labels) -> RenderableType:
    abusive = {decision_id for decision_id, verdict in labels.abusive.items() if verdict}
    decided = [each for each in outcomes.decided.values() if each.decision_id in labels.abusive]
    held = {each.decision_id for each in decided if each.disposition in HELD}
    restricting = set(outcomes.restricting())
    acted_on = {each.decision_id for each in outcomes.enforced}
    reacted = acted_on | {each.decision_id for each in decided if each.disposition != "allow"}
    population = {each.decision_id for each in decided}
    made = table(
        f"Against the labels: {len(abusive & population):,} of {len(population):,} {labels.meaning}",
        "what counts as caught",
        "flagged",
        "precision",
        "recall",
        "95 %",
    )
    for words, flagged in (
        ("pended or denied", held),
        ("… or a restriction placed", held | restricting),
        ("… or done under a restriction", held | restricting | under_restriction(outcomes)),
        ("any rule acted, friction and review included", reacted),
    ):
        seen = flagged & population
        recall = Ratio(len(seen & abusive), len(abusive & population))
        precision = Ratio(len(seen & abusive), len(seen))
        made.add_row(words, number(len(seen)), percent(precision), percent(recall), interval(recall))
    return told(made, "Counts of single signals. The rules were not written for this file: a smoke test, no proof.")
