"""What a feature sees of the past, as CONTRACT.md of `shared/features` says it: the first half of the oracle.

It walks over whole lists of plain records, again for every question. What stands in quotes is the contract's own text.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.features.model import Feature, Limit, Step

LONGEST, GRACE, AHEAD = timedelta(days=90), timedelta(days=7), timedelta(minutes=15)
MOST_ASKED_ABOUT = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """A signal as it is remembered, in plain values: entities as names, texts whole, money as `Amount`.

    `event` are the first 8 bytes of its decision id, `time` is in milliseconds since 1970. Absent fields are left out.
    """

    signal: str
    event: bytes
    time: int
    entities: Mapping[str, str]
    fields: Mapping[str, Any]
    caused: bool = False
    challenger: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A tile that is full or has unreadable bytes: others may be missing in `first <= time < end`."""

    first: float
    end: float


@dataclass(frozen=True, slots=True)
class Past:
    """One series of one entity: what is kept of it, where there may be more, and since when it is complete."""

    records: Sequence[Record]
    gaps: Sequence[Gap] = ()
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """The signal that asks, and when it was received."""

    record: Record
    received_at: datetime

    @property
    def lateness(self) -> timedelta:
        return self.received_at - moment(self.record.time)


LookUp = Callable[[str, str], Past]
"""From a signal's type and the entity's role in it to the series of the entity that the feature is about."""


@dataclass(frozen=True, slots=True)
class Window:
    """`first <= time < end`, in milliseconds; `ever` begins at minus infinity."""

    first: float
    end: int

    def has(self, record: Record) -> bool:
        return self.first <= record.time < self.end


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a series: the elements of which `where` holds, is false, is unknown, each by `(time, event)`.

    `gaps` are those that overlap the window; `began` is when the series did, in milliseconds; `short` says that it is
    too young, or the asking signal too late.
    """

    seen: Sequence[Record]
    others: Sequence[Record]
    unclear: Sequence[Record]
    gaps: Sequence[Gap]
    began: float
    short: bool

    @property
    def incomplete(self) -> bool:
        return bool(self.unclear or self.gaps or self.short)

    def without(self, gone: Callable[[Record], bool]) -> "Sight":
        seen, others, unclear = (
            [each for each in records if not gone(each)] for records in (self.seen, self.others, self.unclear)
        )
        return replace(self, seen=seen, others=others, unclear=unclear)


@dataclass(frozen=True, slots=True)
class Question:
    """A feature that a signal asks for, with all that there is to answer it."""

    feature: Feature
    asker: Asker
    look_up: LookUp
    limits: Mapping[str, Collection[Limit]]
    most_asked_about: int = MOST_ASKED_ABOUT

    @property
    def own(self) -> Any:
        """The asking signal's own value of the field, or None."""
        return self.asker.record.fields.get(self.feature.value or "")

    @property
    def window(self) -> Window:
        """`t - d - w <= time < t - d`; of `change`, the longer window stands for `w`; `ever` is all before `t`."""
        end = self.asker.record.time - milliseconds(self.feature.delay)
        reach = self.feature.against or self.feature.window
        return Window(float("-inf") if reach is None else end - milliseconds(reach), end)

    def sight(self, step: Step, window: Window, *, echoes: bool) -> Sight:
        """What is seen of one series in the window: no challengers, nor the asking signal itself."""
        past, where = self.look_up(step.signal, step.by), step.where
        visible = sorted(
            (
                each
                for each in past.records
                if window.has(each)
                and each.event != self.asker.record.event
                and (echoes or not each.caused)
                and not each.challenger
            ),
            key=lambda each: (each.time, each.event),
        )
        answers = [(each, True if where is None else where(each.fields)) for each in visible]
        gaps = [gap for gap in past.gaps if gap.first < window.end and window.first < gap.end]
        # "It is complete once it is 90 days old."
        first = self.asker.record.time - milliseconds(LONGEST) if window.first == float("-inf") else window.first
        began = (past.began - EPOCH) / timedelta(milliseconds=1) if past.began else float("-inf")
        return Sight(
            [each for each, answer in answers if answer is True],
            [each for each, answer in answers if answer is False],
            [each for each, answer in answers if answer is None],
            gaps,
            began,
            began > first or self.asker.lateness > GRACE,
        )


def feature_sight(question: Question) -> Sight | None:
    """What the feature sees, less what `unless` takes away; None if nobody knows what that is."""
    feature, window = question.feature, question.window
    sight = question.sight(Step(feature.signal, feature.by, feature.where), window, echoes=feature.echoes)
    if feature.kind == "linked":
        sight = sight.without(lambda each: feature.value not in each.fields)  # "elements without the field are none"
    unless = feature.unless
    if unless is None:
        return sight
    until_now = Window(window.first, question.asker.record.time)
    undoing = question.sight(Step(unless.signal, feature.by, unless.where), until_now, echoes=False)
    if undoing.incomplete:
        return None
    undone = {each.fields[unless.same] for each in undoing.seen if unless.same in each.fields}
    return sight.without(lambda each: each.fields.get(unless.same) in undone)


def moment(time: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time)


def milliseconds(span: timedelta | None) -> int:
    assert span is not None
    return span // timedelta(milliseconds=1)
