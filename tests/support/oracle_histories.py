"""Random histories of real signals, and the plain records that the oracle knows them by.

A history is small and crowded: two or three of everything, so that entities meet, and times at the edges of the
windows that are asked about, a millisecond before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from shared.features.model import Feature
from shared.signals import CATALOGUE, FieldSpec, Pseudonyms, Signal, SignalSpec, entities_of
from shared.signals.amounts import Amount
from tests.support.oracle_sight import AHEAD, EPOCH, GRACE, LONGEST, Record, milliseconds
from tests.support.signals import NOON, event, moment, signal

PSEUDONYMS = Pseudonyms(b"0123456789abcdef")
CHALLENGER = "challenger"
MILLISECOND = timedelta(milliseconds=1)
NAMES = {
    "user": ("u_1", "u_2", "u_3"),
    "device": ("dev_11111111", "dev_22222222", "dev_33333333"),
    "card": ("card_11111111", "card_22222222"),
    "ip": ("192.0.2.1", "2001:db8::2"),
    "payout_account": ("bank_11111111", "bank_22222222"),
    "listing": ("l_1", "l_2"),
    "order": ("o_1", "o_2", "o_3"),
    "email_domain": ("ann@one.test", "bob@Two.test"),
    "*": ("user:u_1", "listing:l_1", "ip:192.0.2.1"),
}
MORE_USERS = tuple(f"u_{number}" for number in range(60))
TEXTS = ("books", "sixteen bytes ok", "longer than the sixteen bytes", "Ünïcödé, länger als das", "")
COUNTRIES = ("DE", "FR")
MINORS = (0, 1, 2, 3, 5, 100, 101, 12_345, 10**15 - 1, 10**15)
SCORES = (0.0, 0.1, 0.2, 0.7, 1.0, 1e-9)
LATENESSES = (
    -AHEAD,
    -timedelta(seconds=5),
    GRACE,
    GRACE + MILLISECOND,
    GRACE * 2,
    LONGEST,
    LONGEST + MILLISECOND,
    LONGEST + GRACE * 2,
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One signal, and how the oracle remembers it."""

    signal: Signal
    record: Record

    @property
    def is_remembered(self) -> bool:
        """ "More than 90 days" late: "it is not remembered"."""
        return self.signal.received_at - self.signal.time <= LONGEST


def record_of(happened: Signal) -> Record:
    """A signal in plain values, from its model alone."""
    entities = entities_of(happened, PSEUDONYMS)
    found = {field.visible_as: _plain(field, happened, entities) for field in happened.spec.fields} | entities
    return Record(
        happened.name,
        bytes.fromhex(happened.decision_id)[:8],
        (happened.time - EPOCH) // MILLISECOND,
        entities,
        {name: value for name, value in found.items() if value is not None},
        caused=happened.cause is not None,
        challenger=bool(found.get(CHALLENGER)),
    )


def _plain(field: FieldSpec, happened: Signal, entities: Any) -> Any:
    value = getattr(happened.data, field.name)
    if value is None or field.type not in ("entity", "money"):
        return value
    return entities[field.role.name] if field.role and field.type == "entity" else Amount(value.minor, value.currency)


@dataclass(frozen=True, slots=True)
class Making:
    """How signals of one history are made: around which moment, at which distances from it, with how many users."""

    random: Random
    now: datetime
    edges: Sequence[timedelta]
    within: Sequence[timedelta]
    users: Sequence[str]
    currencies: Sequence[str]

    def happened(self, name: str, number: int, *, at: datetime | None = None) -> Happened:
        """A signal of that type with random content; at a random time, unless it is given."""
        spec = CATALOGUE[name]
        time = self._time() if at is None else at
        extensions = {"sluicecause": "a1"} if self.random.random() < 0.12 else None
        data = {field.name: self._value(spec, field) for field in spec.fields if self._is_drawn(field)}
        document = event(name, f"s{number}", (time - NOON).total_seconds(), extensions, **data)
        received = (time + self._lateness() - NOON).total_seconds()
        parsed = signal(document, received)
        return Happened(parsed, record_of(parsed))

    def _time(self) -> datetime:
        """At an edge of a window, or a millisecond or a little more to its side; or anywhere in the last 100 days."""
        choice = self.random.random()
        if choice < 0.35:
            jitter = self.random.choice((-1, 0, 0, 1, self.random.randint(-60_000, 60_000)))
            return self.now - self.random.choice(self.edges) + timedelta(milliseconds=jitter)
        if choice < 0.95:
            reach = milliseconds(self.random.choice(self.within))
            return self.now - timedelta(milliseconds=self.random.randint(-1_000, max(reach, 1)))
        return self.now - timedelta(milliseconds=self.random.randint(0, milliseconds(timedelta(days=100))))

    def _lateness(self) -> timedelta:
        if self.random.random() < 0.9:
            return timedelta(milliseconds=self.random.randint(0, 60_000))
        return self.random.choice(LATENESSES)

    @staticmethod
    def _is_drawn(field: FieldSpec) -> bool:
        return field.remembered or field.role is not None

    def _value(self, spec: SignalSpec, field: FieldSpec) -> Any:
        random = self.random
        if field.optional and random.random() < 0.2:
            return None
        if field.role:
            return random.choice(self.users if field.role.kind == "user" else NAMES[field.role.kind])
        if field.type == "money":
            return {"minor": random.choice(MINORS), "currency": random.choice(self.currencies)}
        if field.type == "boolean":
            return random.random() < (0.2 if field.name == CHALLENGER else 0.5)
        texts = COUNTRIES if field.short else TEXTS
        return random.choice({"choice": field.choices, "number": SCORES, "text": texts}[field.type])


def a_making(random: Random, features: Sequence[Feature]) -> Making:
    """A history for these features: now and then in several currencies, or with many users."""
    now = moment(random.randint(-(10**7), 10**7)) + timedelta(milliseconds=random.randint(0, 999))
    main, *_ = features
    reaches = [feature.delay + window for feature in features for window in (feature.window, feature.against) if window]
    most = [main.delay + window for window in (main.window, main.against) if window]
    delays = [feature.delay for feature in features]
    edges = [*reaches, *most * 2, *delays, timedelta(0), AHEAD, LONGEST]
    ever = [LONGEST, 10 * LONGEST] if any(feature.window is None for feature in features) else []
    within = [*reaches, *most * 2, *ever]
    users = MORE_USERS if random.random() < 0.1 else NAMES["user"]
    currencies = ("EUR", "USD", "JPY") if random.random() < 0.15 else ("EUR",)
    return Making(random, now, edges, within, users, currencies)
