"""The evidence as a person reads it: measures beside those that were published, bars set beforehand, rules."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from infra.local.payments.intervals import interval
from infra.local.payments.measures import TOP, TOUCHED, Measures, Ranking
from infra.local.payments.protocol import Payment
from infra.local.summary import number, percent, table, told
from shared.feedback import Ratio


@dataclass(frozen=True, slots=True)
class Row:
    """One measure in words, what the Handbook published (logistic regression, random forest), the least to accept."""

    words: str
    value: Callable[[Measures], float]
    published: tuple[float, ...] = ()
    least: float = 0.0


ROWS = (
    Row("AUC", lambda found: found.auc, (0.871, 0.867), 0.85),
    Row("average precision", lambda found: found.average_precision, (0.606, 0.658)),
    Row(f"card precision@{TOP}", lambda found: found.card_precision, (0.291, 0.287), 0.27),
    Row("loss caught at 0.1 %", lambda found: found.caught[0]),
    Row("loss caught at 1 %", lambda found: found.caught[1]),
)


def measured(found: Sequence[Measures], draws: Sequence[Sequence[Measures]]) -> RenderableType:
    """The measures with and without disputes, each with its interval, and what disputes add.

    `found` and each of `draws` have the two in this order.
    """
    made = table(
        "How well scores rank the payments of the test week", "", "with disputes", "without", "disputes add", "LR", "RF"
    )
    for row in ROWS:
        known, unaware = ([row.value(one[run]) for one in (found, *draws)] for run in (0, 1))
        added = [first - second for first, second in zip(known, unaware, strict=True)]
        made.add_row(
            row.words,
            _with_interval(known, row.least),
            _with_interval(unaware),
            _with_interval(added),
            *(_short(value) for value in row.published),
        )
    return told(
        made,
        "LR, RF: logistic regression and random forest, as the Handbook trained and published them for the same "
        f"payments. In brackets the middle 95 % of {len(draws):,} draws of cards, each with all its payments, the same "
        "draws in each column. Loss caught: of the money in frauds, what is above the bar that touches so many of the "
        "honest payments. Red: below what is accepted.",
    )


def _with_interval(values: Sequence[float], least: float = 0.0) -> Text:
    """The first value, and of the others the interval."""
    low, high = interval(values[1:])
    style = "bold" if values[0] >= least else "bold red"
    return Text.assemble((_short(values[0]), style), (f" [{_short(low)} {_short(high)}]", "dim"))


def _short(value: float) -> str:
    """`.871`, as such tables are printed."""
    return f"{value:.3f}".replace("0.", ".", 1)


def barred(before: Ranking, after: Ranking) -> RenderableType:
    """What bars would have done in the test week that were set on the last payments whose truth was known before it."""
    made = table("Bars set beforehand", "meant to touch", "bar", "touched", "loss caught")
    for share in TOUCHED:
        bar = before.bar(share)
        touched, caught = after.at(bar)
        made.add_row(f"{share:.1%} of honest payments", f"{bar:.2f}", f"{touched:.2%}", f"{caught:.1%}")
    return told(made, "A bar is a score, set on the last week whose disputes were all known before the test week.")


def rules(payments: Sequence[Payment]) -> RenderableType:
    """The rules that gave scores, and how often they were right."""
    fired = Counter(rule for each in payments for rule in each.rules)
    right = Counter(rule for each in payments if each.is_fraud for rule in each.rules)
    made = table("Rules in the test week", "rule", "payments", "frauds", "right")
    for rule, count in fired.most_common():
        made.add_row(rule, number(count), number(right[rule]), percent(Ratio(right[rule], count)))
    frauds = sum(each.is_fraud for each in payments)
    return told(made, f"Of {len(payments):,} payments {frauds:,} were frauds; a rule gives a score and need not act.")
