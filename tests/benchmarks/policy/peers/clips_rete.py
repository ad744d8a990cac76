"""clipspy (CLIPS, Rete): a signal is one fact, each rule matches on its slots and tells its number when it fires."""

from collections.abc import Iterator, Sequence
from typing import Any

import clips

from tests.benchmarks.policy.literals import Flag, Literal, Not, OneOf, Pair, Threshold, Unlike, Weighted
from tests.benchmarks.policy.peers.host import Event, Host
from tests.benchmarks.policy.rules import Rule

NAME = "clipspy"
_YES, _NO = clips.Symbol("TRUE"), clips.Symbol("FALSE")


class Clips:
    """One environment: assert, run, retract."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        self._host = Host(signal, rules)
        self._environment = clips.Environment()
        self._environment.build("(defglobal ?*fired* = (create$))")
        self._fired = self._environment.find_global("fired")
        slots = "".join(f" (slot {name})" for name in self._host.names)
        self._environment.build(f"(deftemplate signal{slots})")
        self._template = self._environment.find_template("signal")
        for place, rule in enumerate(rules):
            self._environment.build(self._rule(place, rule))

    def judge(self, event: Event) -> list[int]:
        """The places of the rules that fire."""
        context: dict[str, Any] = {
            name: (_YES if value else _NO) if value.__class__ is bool else value
            for name, value in self._host.context(event).items()
        }
        fact = self._template.assert_fact(**context)
        self._environment.run()
        fact.retract()
        fired = sorted(self._fired.value)
        self._fired.value = ()
        return fired

    def _rule(self, place: int, rule: Rule) -> str:
        """Slots with their constraints where one slot decides, so that rules share nodes; the rest as tests.

        The tests stand in the last slot's constraint: a `test` beside the pattern would need a join. A constant in
        that slot becomes a test too, as CLIPS forgets constants that are joined with tests of other slots.
        """
        slots: dict[str, list[str]] = {}
        tests: list[str] = []
        for part in rule.parts:
            found = self._constraint(part[0]) if len(part) == 1 else None
            if found:
                slots.setdefault(found[0], []).append(found[1])
                continue
            for literal in part:
                slots |= {name: slots.get(name, []) for name in self._read(literal)}
            ways = [self._test(literal) for literal in part]
            tests.append(f":(or {' '.join(ways)})" if len(ways) > 1 else f":{ways[0]}")
        if tests:
            last = max(slots)
            equal = (c if c.startswith(":") else f":(eq ?{last} {c})" for c in slots[last])
            slots[last] = [*equal, *tests]
        patterns = (f"({name} {'&'.join([f'?{name}', *slots[name]])})" for name in sorted(slots))
        return f"(defrule rule_{place} (signal {' '.join(patterns)}) => (bind ?*fired* ?*fired* {place}))"

    def _constraint(self, literal: Literal) -> tuple[str, str] | None:  # noqa: PLR0911  (one return for each kind of literal)
        """The slot and its constraint, for a literal about one slot."""
        name = self._host.name_of
        match literal:
            case Not(inner):
                found = self._constraint(inner)
                return (found[0], f":(not {self._test(inner)})") if found else None
            case Threshold(source, sign, bound):
                return name(source), f":({sign} ?{name(source)} {bound})"
            case OneOf(field, (value,)):
                return field, f'"{value}"'
            case OneOf(field):  # `|` would bind less than the `&` of further constraints
                return field, f":{self._test(literal)}"
            case Flag(field):
                return field, "TRUE"
            case Pair() | Unlike() | Weighted():
                return None
            case _:
                return self._host.fact(literal), "TRUE"

    def _test(self, literal: Literal) -> str:  # noqa: PLR0911  (one return for each kind of literal)
        name = self._host.name_of
        match literal:
            case Not(inner):
                return f"(not {self._test(inner)})"
            case Threshold(source, sign, bound):
                return f"({sign} ?{name(source)} {bound})"
            case Pair(left, sign, right):
                return f"({sign} ?{name(left)} ?{name(right)})"
            case Weighted(terms, bound):
                products = " ".join(f"(* {weight} ?{name(source)})" for weight, source in terms)
                return f"(>= (+ {products}) {bound})"
            case Unlike(left, right):
                return f"(neq ?{left} ?{right})"
            case OneOf(field, among):
                ways = " ".join(f'(eq ?{field} "{value}")' for value in among)
                return f"(or {ways})" if len(among) > 1 else ways
            case Flag(field):
                return f"(eq ?{field} TRUE)"
            case _:
                return f"(eq ?{self._host.fact(literal)} TRUE)"

    def _read(self, literal: Literal) -> Iterator[str]:
        """The slots that a literal's test needs to be bound."""
        name = self._host.name_of
        match literal:
            case Not(inner):
                yield from self._read(inner)
            case Threshold(source):
                yield name(source)
            case Pair(left, _, right):
                yield from (name(left), name(right))
            case Weighted(terms):
                yield from (name(source) for _, source in terms)
            case Unlike(left, right):
                yield from (left, right)
            case OneOf(field) | Flag(field):
                yield field
            case _:
                yield self._host.fact(literal)
