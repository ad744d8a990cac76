"""Whole cases: features, a history, what its tiles suffered, and who asks. One seed is one case."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from shared.features import Feature, FeatureKind, Limit, Plan, TileKey
from tests.support.oracle_engine import Answer, Setting, Tiles, answer
from tests.support.oracle_features import WINDOWS, a_feature, entity_kind
from tests.support.oracle_histories import Happened, Making, a_making

CAPS = (*[500] * 12, 1, 2, 3, 5)
FLOODED = 0.3
"""The share of cases in which many signals about few entities meet a small cap, and windows are as unlike as can be."""
SHORT, LONG = WINDOWS[:4], WINDOWS[5:]


@dataclass(frozen=True)
class Case:
    """`batches` are arrivals in order, some of them twice. `spoilt` says how many tiles get unreadable bytes."""

    features: Sequence[Feature]
    batches: Sequence[Sequence[Happened]]
    askers: Sequence[Happened]
    moments: Sequence[datetime]
    """When askers were received, the last one at first: restrictions and series begin and end around them."""
    cap: int = 500
    seed: int = 0
    spoilt: int = 0
    young: bool = False

    @property
    def history(self) -> Sequence[Happened]:
        return list({each.record.event: each for batch in self.batches for each in batch}.values())


@dataclass(frozen=True)
class Asked:
    """One question of a case, and what came of it."""

    feature: Feature
    entity: str
    asker: Happened
    answer: Answer


def a_case(random: Random, kind: FeatureKind | None = None) -> Case:
    """A case whose first feature is of the kind, if one is given."""
    first = a_feature(random, "f0", kind)
    beside = (first.signal, first.by) if random.random() < 0.5 else None
    features = [
        first,
        *(a_feature(random, f"f{number}", None, beside) for number in range(1, random.choice((1, 2, 3)))),
    ]
    is_flooded = random.random() < FLOODED
    if is_flooded:
        windows = (random.choice(SHORT), random.choice(LONG))
        features += [Feature(f"{each}", "count", first.signal, first.by, each) for each in windows]
    making = a_making(random, features)
    types = [signal for feature in features for signal in signals_of(feature)]
    size = random.choice((25, 40, 60) if is_flooded else (0, 2, 6, 12, 25, 40, 60))
    types += [features[0].signal] * len(types)
    history = [making.happened(random.choice(types), number) for number in range(size)]
    askers = [*random.sample(history, min(2, size)), *_moved(making, history), *_fresh(making, types, size)]
    return Case(
        features,
        _batches(random, history),
        askers,
        [each.signal.received_at for each in reversed(askers)],
        random.choice((2, 3, 5, 8) if is_flooded else CAPS),
        random.randrange(2**32),
        spoilt=random.choice((*[0] * 8, 1, 2)),
        young=random.random() < 0.1,
    )


def signals_of(feature: Feature) -> Sequence[str]:
    undoing = [feature.unless.signal] if feature.unless else []
    return [feature.signal, *(step.signal for step in feature.steps), *undoing]


def _fresh(making: Making, types: Sequence[str], first: int) -> Sequence[Happened]:
    """Askers that are nowhere remembered, at the moment that the history's edges are counted from."""
    return [making.happened(making.random.choice(types), first + number, at=making.now) for number in range(2)]


def _moved(making: Making, history: Sequence[Happened]) -> Sequence[Happened]:
    """A remembered signal that is sent again, and now says that it happened at another time."""
    if not history or making.random.random() < 0.8:
        return []
    again, milliseconds = making.random.choice(history), making.random.choice((1, 60_000, 10**8))
    later = again.signal.time + timedelta(milliseconds=milliseconds)
    late = again.signal.received_at - again.signal.time
    record = replace(again.record, time=again.record.time + milliseconds)
    return [Happened(replace(again.signal, time=later, received_at=later + late), record)]


def _batches(random: Random, history: Sequence[Happened]) -> Sequence[Sequence[Happened]]:
    arrivals = [*history, *random.sample(history, len(history) // 4)]
    random.shuffle(arrivals)
    batches = []
    while arrivals:
        size = random.choice((1, 1, 2, 5, 20))
        batches.append(arrivals[:size])
        arrivals = arrivals[size:]
    return batches


def setting_of(case: Case) -> Setting:
    """The case's tiles, filled. Choices that depend on the plan come from the case's own seed."""
    random, plan = Random(case.seed), Plan(case.features)
    in_force = {}
    if case.young:
        reaches = [timedelta(days=days, milliseconds=ms) for days in (0, 1, 7, 30, 90, 100) for ms in (-1, 0, 1)]
        in_force = {series: case.moments[0] - random.choice(reaches) for series in plan.series if random.random() < 0.7}
    tiles = Tiles(plan, case.cap, in_force)
    for batch in case.batches:
        tiles.add(batch)
    held = sorted(key for key, elements in tiles.held.items() if elements)
    for key in random.sample(held, min(case.spoilt, len(held))):
        tiles.spoil(key, random)
    names = sorted({name for each in case.history for name in each.record.entities.values()})
    return Setting(tiles, case.history, {name: _limits(case, name) for name in names})


def _limits(case: Case, name: str) -> Sequence[Limit]:
    random = Random(f"{case.seed}/{name}")
    received = random.choice(case.moments)
    first = received + random.choice((-1, 0, 1)) * timedelta(milliseconds=random.choice((1, 10**7)))
    last = received + random.choice((0, 1, 10**7)) * timedelta(milliseconds=1)
    abuse = random.choice(("account_takeover", "payment_fraud", None))
    return [Limit(abuse, min(first, last), last)] * random.choice((0, 1))


def ask(case: Case) -> Iterator[Asked]:
    """Every feature of the case, for every asker."""
    setting = setting_of(case)
    past = setting.timelines()
    for feature in case.features:
        for asker in case.askers:
            entity = _entity(case, feature, asker)
            if entity is not None and not (feature.window is None and _has_moved(case, asker)):
                yield Asked(feature, entity, asker, answer(setting, past, feature, entity, asker))


def _has_moved(case: Case, asker: Happened) -> bool:
    """A summary keeps the asker's own fact in place of one it may see, which no signal can tell at its own time."""
    return any(
        each.record.event == asker.record.event and each.record.time != asker.record.time for each in case.history
    )


def _entity(case: Case, feature: Feature, asker: Happened) -> str | None:
    """An entity that the feature can be read for: the asker's own if something is remembered of it, else any."""
    kind = entity_kind(feature.signal, feature.by)
    own = {name for name in asker.record.entities.values() if kind in ("*", name.partition(":")[0])}
    found = [each.record.entities.get(feature.by) for each in case.history if each.record.signal == feature.signal]
    remembered = {name for name in found if name is not None}
    choices = sorted(own & remembered or remembered or own)
    random = Random(f"{case.seed}/{feature.name}/{asker.record.event.hex()}")
    return random.choice(choices) if choices else None


def smallest(case: Case, wrong: Asked) -> Case:
    """The same question, still answered wrongly, over as few signals as possible."""
    case = replace(case, features=_with(case, wrong), askers=[wrong.asker])
    shrunk = True
    while shrunk:
        shrunk = False
        for number, batch in enumerate(case.batches):
            for each in batch:
                rest = [one for one in batch if one is not each]
                less = replace(
                    case, batches=[*case.batches[:number], *[rest] * bool(rest), *case.batches[number + 1 :]]
                )
                if _still_wrong(less, wrong):
                    case, shrunk = less, True
                    break
            if shrunk:
                break
    return case


def _with(case: Case, wrong: Asked) -> Sequence[Feature]:
    alone = replace(case, features=[wrong.feature], askers=[wrong.asker])
    return [wrong.feature] if _still_wrong(alone, wrong) else case.features


def _still_wrong(case: Case, wrong: Asked) -> bool:
    setting = setting_of(case)
    found = answer(setting, setting.timelines(), wrong.feature, wrong.entity, wrong.asker)
    return not found.is_right


def told(case: Case, wrong: Asked) -> str:
    """A wrong answer, in lines that a person can work with."""
    setting = setting_of(case)
    answered = answer(setting, setting.timelines(), wrong.feature, wrong.entity, wrong.asker)
    keys = setting.tiles.plan.tiles(wrong.feature, wrong.entity, wrong.asker.signal.time)
    lines = [
        f"{wrong.feature}",
        f"of {wrong.entity}, asked by {wrong.asker.record}, received at {wrong.asker.signal.received_at}",
        f"found {answered.found!r}, expected {answered.expected!r}, truth {answered.truth!r}; cap {case.cap}",
        *(_tile_line(setting, key) for key in keys),
        *(f"  {each.record}" for each in case.history),
    ]
    return "\n".join(lines)


def _tile_line(setting: Setting, key: TileKey) -> str:
    sources = Counter((key, each) in setting.tiles.source for each in setting.tiles.held.get(key, ()))
    return f"  {key.tile}: {sources[True]} elements, {sources[False]} unreadable"
