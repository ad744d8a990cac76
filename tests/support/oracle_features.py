"""Random features over the whole catalogue of signals, of every kind, as a policy could declare them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, get_args

from shared.features.model import Feature, FeatureKind, Step, Unless
from shared.signals import CATALOGUE, FieldSpec, SignalSpec
from shared.signals.amounts import Amount
from tests.support.oracle_histories import COUNTRIES, MINORS, SCORES
from tests.support.oracle_sight import LONGEST

KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)
WINDOWS = tuple(
    timedelta(**each)
    for each in (
        {"minutes": 1},
        {"minutes": 10},
        {"hours": 1},
        {"hours": 3},
        {"days": 1},
        {"days": 3},
        {"days": 7},
        {"days": 30},
        {"days": 90},
    )
)
DELAYS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=7))
EVER: tuple[FeatureKind, ...] = ("first_seen", "age", "new", "distinct", "months")
FAVOURITES = (
    "payment.attempted",
    "payment.declined",
    "payment.settled",
    "login.succeeded",
    "login.failed",
    "account.changed",
    "account.changed",
    "dispute.opened",
    "score.computed",
)
VALUE_TYPES: Mapping[FeatureKind, tuple[str, ...]] = {
    **dict.fromkeys(("sum", "mean", "min", "max", "stddev", "zscore"), ("money", "number")),
    **dict.fromkeys(("distinct", "new"), ("entity", "text", "choice", "boolean", "money", "number")),
    "last": ("choice", "boolean", "money", "number", "text"),
    "linked": ("entity",),
}


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on one remembered field as the policy language has them: unknown where the field is absent."""

    field: str
    sign: str
    constant: Any

    def __call__(self, fields: Mapping[str, Any]) -> bool | None:
        found = fields.get(self.field)
        if found is None:
            return None
        if isinstance(self.constant, Amount):
            return found.minor >= self.constant.minor if found.currency == self.constant.currency else None
        return {"==": found == self.constant, "!=": found != self.constant}[self.sign]


def a_feature(
    random: Random, name: str, kind: FeatureKind | None = None, beside: tuple[str, str] | None = None
) -> Feature:
    """A random feature, of the kind if it is given, and of `beside`, a signal and a role, if a field of it fits."""
    kind = kind or random.choice(KINDS)
    if kind == "sequence":
        return _a_sequence(random, name)
    spec, by, value = _subject(random, kind, beside)
    ever = kind == "months" or (kind in EVER and random.random() < 0.5)
    window = None if ever else random.choice(WINDOWS)
    against = random.choice([each for each in WINDOWS if each > (window or LONGEST)] or [None])
    if kind == "change":
        window, against = sorted(random.sample(WINDOWS, 2))
    reach = (against if kind == "change" else window) or LONGEST
    delays = [each for each in DELAYS if each + reach <= LONGEST]
    return Feature(
        name,
        kind,
        spec.name,
        by,
        window,
        value=value,
        where=_where(random, spec, always=kind == "share") if not ever else None,
        delay=random.choice(delays) if delays and not ever and random.random() < 0.25 else timedelta(0),
        least=random.choice((1, 1, 2, 3)),
        against=against if kind == "change" else None,
        unless=_unless(random, spec, by) if not ever and random.random() < 0.25 else None,
        limited=random.choice((None, "any", "account_takeover")) if kind == "linked" else None,
        echoes=random.random() < 0.2,
    )


def entity_kind(signal: str, role: str) -> str:
    """`user`, or `*` for a role that can have any."""
    declared = CATALOGUE[signal].roles[role].role
    return declared.kind if declared else ""


def _subject(random: Random, kind: FeatureKind, beside: tuple[str, str] | None) -> tuple[SignalSpec, str, str | None]:
    """A signal, one of its roles, and a remembered field that the kind can be computed with."""
    wanted = VALUE_TYPES.get(kind)
    while True:
        name = random.choice(FAVOURITES if random.random() < 0.8 else tuple(CATALOGUE))
        name, by = beside or (name, random.choice(tuple(CATALOGUE[name].roles)))
        spec, beside = CATALOGUE[name], None
        if wanted is None:
            return spec, by, None
        fitting = [field.visible_as for field in spec.remembered if field.type in wanted and field.visible_as != by]
        if fitting:
            return spec, by, random.choice(fitting)


def _a_sequence(random: Random, name: str) -> Feature:
    """Two to four steps about an entity of one kind."""
    first = CATALOGUE[random.choice(FAVOURITES)]
    by = random.choice(tuple(first.roles))
    candidates = _with_role_of(entity_kind(first.name, by))
    steps = [(first, by), *(random.choice(candidates) for _ in range(random.randint(1, 3)))]
    window = random.choice(WINDOWS)
    delay = random.choice(DELAYS) if window < timedelta(days=80) and random.random() < 0.2 else timedelta(0)
    return Feature(
        name,
        "sequence",
        first.name,
        by,
        window,
        delay=delay,
        steps=tuple(Step(spec.name, role, _where(random, spec)) for spec, role in steps),
        echoes=random.random() < 0.2,
    )


def _with_role_of(kind: str) -> Sequence[tuple[SignalSpec, str]]:
    specs = [CATALOGUE[name] for name in FAVOURITES]
    return [(spec, role) for spec in specs for role in spec.roles if entity_kind(spec.name, role) == kind]


def _unless(random: Random, spec: SignalSpec, by: str) -> Unless | None:
    """Another signal with the role, and a field that both remember."""
    ours = {field.visible_as for field in spec.remembered}
    others = [
        (other, field.visible_as)
        for other in CATALOGUE.values()
        if other.name != spec.name and by in other.roles
        for field in other.remembered
        if field.visible_as in ours and field.type in ("entity", "choice")
    ]
    if not others:
        return None
    dispute = [each for each in others if spec.name == "dispute.opened" and each[0].name == "dispute.resolved"]
    other, same = random.choice(dispute or others)
    return Unless(other.name, same, _where(random, other))


_CONSTANTS: Mapping[str, Callable[[Random, FieldSpec], Any]] = {
    "choice": lambda random, field: random.choice(field.choices),
    "boolean": lambda random, _: random.random() < 0.5,
    "money": lambda random, _: Amount(random.choice(MINORS), "EUR"),
    "number": lambda random, _: random.choice(SCORES),
    "text": lambda random, field: random.choice(COUNTRIES) if field.short else "books",
}


def _where(random: Random, spec: SignalSpec, *, always: bool = False) -> Where | None:
    usable = [field for field in spec.remembered if field.type in _CONSTANTS and not field.personal]
    if not usable or not (always or random.random() < 0.35):
        return None
    security = [field for field in usable if field.name == "change" and random.random() < 0.7]
    field = random.choice(security or usable)
    return Where(field.visible_as, random.choice(("==", "==", "!=")), _CONSTANTS[field.type](random, field))
