"""Rules and signals at random: every kind of node, much that is shared, missing, a bound only, or of the wrong type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shared.features.model import AtLeast, Feature
from shared.policy.conditions.tree import (
    BOOLEAN,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    Known,
    ListName,
    Logic,
    Member,
    Name,
    Quantified,
    Type,
)
from shared.policy.engine.compiler import ValueList
from shared.policy.functions.text import matches
from shared.policy.model import FeatureUse, IfUnknown, Rule
from shared.policy.problems import Source, Span
from shared.policy.program import Program
from shared.signals.amounts import Amount

MONEY, PLACE = Type("money"), Type("choice", ("DE", "FR", "US", "RO"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIGNAL = "message.sent"
WORDS = ("whatsapp", "gift card", "DE", "hello there", "", "bad", "telegram")
PATTERNS = ("whats.?app", "^(gift|bad)", "e.*e", "^$", "(?-i)[A-Z]")
LISTS = {
    "words": ValueList("words", frozenset(WORDS[:3]), "tests"),
    "over": ValueList("over", frozenset(WORDS[3:]), "tests", NOON),
    "places": ValueList("places", frozenset({"RO", "US", "bad"}), "tests"),
}
ORDERS = ("<", "<=", ">", ">=")
SIGNS = ("==", "!=", *ORDERS)
BOUNDED = ("integer", "number", "money", "duration")
"""What timelines may know a lower bound of."""


class FragileError(Exception):
    """What a function of these tests raises when it feels like it."""


def _fragile(text: str, other: str) -> bool:
    if "bad" in text:
        raise FragileError(text)
    return other in text


def _moody(text: str) -> int | None:
    """A number, or none to give."""
    return len(text) if len(text) % 2 == 0 else None


def _name(name: str, kind: Type, origin: Any = "field", *, personal: bool = False) -> Name:
    return Name(name, kind, origin, personal)


INTEGERS = (
    _name("age", INTEGER),
    _name("size", INTEGER),
    _name("counted", INTEGER, "feature"),
    _name("tried", INTEGER, "feature"),
)
NUMBERS = (_name("score", NUMBER), _name("ratio", NUMBER), _name("rated", NUMBER, "feature"))
AMOUNTS = (_name("price", MONEY), _name("fee", MONEY), _name("spent", MONEY, "feature"))
TEXT_NAMES = (_name("category", TEXT), _name("agent", TEXT), _name("last_agent", TEXT, "feature"))
PLACES = (_name("country", PLACE), _name("usual_country", PLACE))
PERSONAL = (_name("body", TEXT, personal=True), _name("title", TEXT, personal=True))
LINKS = (_name("links", TEXTS, personal=True), _name("tags", TEXTS))
FLAGS = (_name("is_new", BOOLEAN), _name("gift", BOOLEAN), _name("last_flag", BOOLEAN, "feature"))
TIMES = (_name("time", TIME), _name("opened", TIME), _name("first_seen_at", TIME, "feature"))
SPANS = (_name("waited", DURATION), _name("aged", DURATION, "feature"))
ALL = (*INTEGERS, *NUMBERS, *AMOUNTS, *TEXT_NAMES, *PLACES, *PERSONAL, *LINKS, *FLAGS, *TIMES, *SPANS)
FEATURES: Mapping[str, FeatureUse] = {
    name.name: FeatureUse(Feature(name.name, "count", SIGNAL, "user", timedelta(hours=1)), "user")
    for name in ALL
    if name.origin == "feature"
}


@dataclass
class Writer:
    """Conditions at random, the same for the same dice."""

    dice: Random

    def condition(self, depth: int = 3) -> Expression:
        dice = self.dice
        if depth and dice.random() < 0.75:
            word = dice.choice(("and", "and", "and", "or", "not"))
            number = 1 if word == "not" else dice.randint(2, 4)
            return Logic(word, tuple(self.condition(depth - 1) for _ in range(number)))  # type: ignore[arg-type]  # (one of the words)
        return self.atom()

    def atom(self) -> Expression:
        return self.dice.choice(_ATOMS)(self)

    def threshold(self) -> Expression:
        number = self.number()
        return self._either_way(number, self.dice.choice(ORDERS), self._constant(number.type))

    def equality(self) -> Expression:
        name = self.dice.choice((*INTEGERS, *TEXT_NAMES, *PLACES, *FLAGS, *NUMBERS, *AMOUNTS, *SPANS, *TIMES))
        return self._either_way(name, self.dice.choice(("==", "==", "!=")), self._constant(name.type))

    def money(self) -> Expression:
        return self._either_way(self.amount(), self.dice.choice(SIGNS), self._constant(MONEY))

    def relation(self) -> Expression:
        dice = self.dice
        kind = dice.choice(("number", "money", "time", "place", "text"))
        if kind == "money":
            return Compare((self.amount(), self.amount()), (dice.choice(SIGNS),))
        if kind == "number":
            return Compare((self.number(), self.number()), (dice.choice(SIGNS),))
        if kind == "time":
            return Compare((self.time(), self.time()), (dice.choice(ORDERS),))
        names = PLACES if kind == "place" else TEXT_NAMES
        return Compare((dice.choice(names), dice.choice(names)), (dice.choice(("==", "!=")),))

    def chain(self) -> Expression:
        operands = (self._constant(INTEGER), self.number(), self._constant(INTEGER))
        return Compare(operands, (self.dice.choice(("<", "<=")), self.dice.choice(("<", "<="))))

    def member(self) -> Expression:
        name = self.dice.choice((*TEXT_NAMES, *PLACES, *INTEGERS, *AMOUNTS))
        among = tuple(self._constant(name.type) for _ in range(self.dice.choice((1, 2, 3, 12))))
        return Member(name, among, negated=self.dice.random() < 0.3)

    def listed(self) -> Expression:
        item = self.dice.choice((*TEXT_NAMES, *PLACES, *PERSONAL))
        return Member(item, ListName(self.dice.choice(sorted(LISTS))), negated=self.dice.random() < 0.3)

    def flag(self) -> Expression:
        return self.dice.choice(FLAGS)

    def known(self) -> Expression:
        return Known(self.dice.choice(ALL))

    def constant(self) -> Expression:
        return Constant(self.dice.random() < 0.5, BOOLEAN)

    def call(self) -> Expression:
        item, word = self.dice.choice((*PERSONAL, *TEXT_NAMES)), Constant(self.dice.choice(WORDS), TEXT)
        if self.dice.random() < 0.4:
            return Call("matches", (item, Constant(self.dice.choice(PATTERNS), TEXT)), matches, BOOLEAN)
        run: Callable[..., Any] = _fragile if self.dice.random() < 0.5 else lambda text, other: other in text
        # Each function has a name of its own: a fact is known by its text.
        return Call("contains" if run is not _fragile else "starts_with", (item, word), run, BOOLEAN)

    def called_with_list(self) -> Expression:
        run: Callable[..., Any] = lambda text, words: any(word in text for word in words)  # noqa: E731
        return Call("contains_any", (self.dice.choice(PERSONAL), ListName("words")), run, BOOLEAN)

    def quantified(self) -> Expression:
        dice, item = self.dice, _name("it", TEXT, "item")
        predicates: tuple[Expression, ...] = (
            Call("starts_with", (item, Constant(dice.choice(WORDS), TEXT)), _fragile, BOOLEAN),
            Member(item, ListName("words"), negated=False),
            Compare((item, Constant(dice.choice(WORDS), TEXT)), ("==",)),
            Compare((Call("length", (item,), _moody, INTEGER), self._constant(INTEGER)), (">",)),
        )
        chosen = dice.choice(predicates)
        if dice.random() < 0.4:
            chosen = Logic("or", (chosen, dice.choice(FLAGS[:2])))  # a feature beside personal data is refused
        return Quantified(dice.choice(("any", "all")), dice.choice(LINKS), chosen)  # type: ignore[arg-type]  # (one of the words)

    def number(self) -> Expression:
        dice = self.dice
        if dice.random() < 0.6:
            return dice.choice((*INTEGERS, *NUMBERS))
        if dice.random() < 0.3:
            return Call("length", (dice.choice((*PERSONAL, TEXT_NAMES[0])),), _moody, INTEGER)
        parts: tuple[Expression, ...] = (self.number(), dice.choice((*INTEGERS, self._constant(NUMBER))))
        return Arithmetic(dice.choice("+-*/"), *dice.sample(parts, 2), NUMBER)

    def amount(self) -> Expression:
        dice = self.dice
        if dice.random() < 0.6:
            return dice.choice(AMOUNTS)
        if dice.random() < 0.5:
            return Arithmetic(dice.choice("+-"), self.amount(), dice.choice((*AMOUNTS, self._constant(MONEY))), MONEY)
        return Arithmetic(
            dice.choice("*/"), dice.choice(AMOUNTS), dice.choice((*INTEGERS, Constant(2, INTEGER))), MONEY
        )

    def time(self) -> Expression:
        dice = self.dice
        if dice.random() < 0.5:
            return dice.choice(TIMES)
        return Arithmetic(dice.choice("+-"), dice.choice(TIMES), dice.choice((*SPANS, self._constant(DURATION))), TIME)

    def since(self) -> Expression:
        waited = Arithmetic("-", *self.dice.sample(TIMES, 2), DURATION)
        return Compare((self.dice.choice((waited, *SPANS)), self._constant(DURATION)), (self.dice.choice(ORDERS),))

    def _either_way(self, left: Expression, sign: str, right: Expression) -> Expression:
        return Compare((left, right) if self.dice.random() < 0.8 else (right, left), (sign,))

    def _constant(self, kind: Type) -> Constant:  # noqa: PLR0911  (one return for each kind)
        dice = self.dice
        match kind.kind:
            case "integer":
                return Constant(dice.choice((-3, -1, 0, 0, 1, 2, 3, 5, 8, 20, 2**70)), kind)
            case "number":
                return Constant(dice.choice((-0.5, 0.0, 0.25, 0.5, 1.0, 3.0)), kind)
            case "money":
                return Constant(Amount(dice.choice((-100, 0, 100, 250, 900)), dice.choice(("USD", "EUR"))), kind)
            case "duration":
                return Constant(timedelta(hours=dice.choice((0, 1, 5, 48))), kind)
            case "time":
                return Constant(NOON - timedelta(hours=dice.choice((0, 1, 5, 48))), kind)
            case "boolean":
                return Constant(dice.random() < 0.5, kind)
            case "choice":
                return Constant(dice.choice(kind.choices), kind)
        return Constant(dice.choice(WORDS), kind)


_ATOMS: tuple[Callable[[Writer], Expression], ...] = (
    *(Writer.threshold,) * 5,
    *(Writer.equality,) * 4,
    *(Writer.money,) * 2,
    Writer.relation,
    Writer.chain,
    *(Writer.member,) * 2,
    *(Writer.listed,) * 2,
    *(Writer.flag,) * 2,
    Writer.known,
    Writer.constant,
    *(Writer.call,) * 2,
    Writer.called_with_list,
    Writer.quantified,
    Writer.since,
)


def conditions(dice: Random, number: int) -> Iterator[Expression]:
    """Conditions of which many share parts, as those of a real policy do."""
    writer = Writer(dice)
    pool = [writer.condition(depth=1) for _ in range(4)] + [writer.atom() for _ in range(8)]
    for _ in range(number):
        if dice.random() < 0.3:
            yield writer.condition()
        else:
            parts = [
                dice.choice(pool) if dice.random() < 0.6 else writer.atom()
                for _ in range(dice.choice((1, 2, 3, 3, 4, 9)))
            ]
            yield Logic("and", tuple(parts)) if len(parts) > 1 else parts[0]


def program(trees: list[Expression], frequencies: Mapping[str, float], if_unknown: IfUnknown = "hold") -> Program:
    """The program of one rule for each condition."""
    return Program(
        SIGNAL, (_rule(f"r{place}", tree, if_unknown) for place, tree in enumerate(trees)), FEATURES, LISTS, frequencies
    )


def _rule(name: str, condition: Expression, if_unknown: IfUnknown) -> Rule:
    return Rule(
        name=name,
        abuse="tests",
        on=(SIGNAL,),
        effects=(),
        mode="live",
        rollout=1,
        reason="",
        user_reason="",
        owner="tests",
        severity=50,
        stale_after=timedelta(days=1),
        counterparty=False,
        tests=(),
        conditions={SIGNAL: condition},
        span=Span(Source("tests", ""), 1, 1),
        shown={SIGNAL: {}},
        if_unknown=if_unknown,
    )


def signal(dice: Random, missing: float, odd: float) -> dict[str, Any]:
    """A signal's values and features; so many are missing, and so many are of a type that they should not be."""
    values: dict[str, Any] = {}
    for name in ALL:
        if dice.random() >= missing:
            value = _value(dice, name.type)
            if name.origin == "feature" and name.type.kind in BOUNDED and dice.random() < 0.15:
                value = AtLeast(value)
            values[name.name] = dice.choice(("one", 7, [])) if name not in FLAGS and dice.random() < odd else value
    return values


def _value(dice: Random, kind: Type) -> Any:  # noqa: PLR0911  (one return for each kind)
    match kind.kind:
        case "integer":
            return dice.choice((-3, -1, 0, 1, 1, 2, 3, 4, 8, 30, 2**65))
        case "number":
            return dice.choice((-0.5, 0.0, 0.25, 0.3, 1.0, 7.5, float("nan"), float("inf")))
        case "money":
            currency = dice.choice(("USD", "USD", "EUR"))
            return dice.choice((Amount(0, ""), Amount(dice.choice((-100, 0, 100, 250, 1000)), currency)))
        case "duration":
            return timedelta(hours=dice.choice((0, 1, 5, 100)))
        case "time":
            return NOON + timedelta(hours=dice.choice((-48, -1, 0, 0, 3)))
        case "boolean":
            return dice.random() < 0.5
        case "choice":
            return dice.choice(kind.choices)
        case "texts":
            return [dice.choice(WORDS) for _ in range(dice.randint(0, 3))]
    return dice.choice(WORDS)
