"""What names stand for that a policy defines itself: `let:`, `parameters:`, and other rules' conditions in `fired`.

Each is expanded where it is used, once for each signal, with the values of `with:` of the rule that uses it. What is
wrong with a `let` is told at its own place, once; what goes in a circle is told with its path.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from shared.policy.conditions.checker import check_parsed, check_value
from shared.policy.conditions.scope import Definition, Scope
from shared.policy.conditions.syntax import Parsed
from shared.policy.conditions.tree import Constant, Expression, ListName, Logic, Place, children
from shared.policy.problems import Findings, Span

MAX_PARTS = 2_000
MAX_DEPTH = 48
"""The size of a condition with everything in it that it names."""

Overrides = Mapping[str, Constant]
_Given = frozenset[tuple[str, Constant]]
_Key = tuple[str, str, str, _Given]
"""A let or rule, its name, the signal, and the values of `with:` that it is expanded under."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a rule others need before it is read: its signals, its condition, and its group's gate."""

    on: tuple[str, ...]
    gate: Parsed | None
    when: Parsed | None
    overrides: Overrides
    span: Span


@dataclass
class Definitions:
    """The names that a policy defines. `bare` is what conditions on each signal see without them."""

    bare: Mapping[str, Scope]
    lets: Mapping[str, Parsed | None]
    parameters: Mapping[str, Constant | None]
    drafts: Mapping[str, Draft]
    findings: Findings
    used: set[str] = field(default_factory=set)
    """The lets and parameters that anything uses."""
    _scopes: dict[tuple[str, _Given], Scope] = field(default_factory=dict)
    _on: dict[str, tuple[Mapping[str, Definition], Mapping[str, str]]] = field(default_factory=dict)
    _made: dict[_Key, Expression | None] = field(default_factory=dict)
    _path: list[_Key] = field(default_factory=list)
    _told: set[Span] = field(default_factory=set)
    _overridden: set[tuple[str, _Given]] = field(default_factory=set)

    def scope(self, signal: str, overrides: Overrides) -> Scope:
        """What a condition on the signal can see, with a rule's own values of parameters."""
        key = signal, frozenset(overrides.items())
        if key not in self._scopes:
            defined: dict[str, Definition] = {name: partial(self._let, name, signal, overrides) for name in self.lets}
            defined |= {name: partial(self._parameter, name, overrides) for name in self.parameters}
            rules, elsewhere = self._rules(signal)
            bare = self.bare[signal]
            self._scopes[key] = replace(bare, defined=defined, rules=rules, elsewhere_rules=elsewhere)
        return self._scopes[key]

    def _rules(self, signal: str) -> tuple[Mapping[str, Definition], Mapping[str, str]]:
        """The rules on the signal, and why others are not."""
        if signal not in self._on:
            here = {
                name: partial(self._rule, name, signal) for name, draft in self.drafts.items() if signal in draft.on
            }
            elsewhere = {
                name: f"it is on {', '.join(draft.on)}, not on {signal}"
                for name, draft in self.drafts.items()
                if name not in here
            }
            self._on[signal] = here, elsewhere
        return self._on[signal]

    def condition(self, rule: str, signal: str) -> Expression | None:
        """The rule's whole condition, its group's gate included; None when it is wrong, which is reported by then."""
        key = ("rule", rule, signal, frozenset(self.drafts[rule].overrides.items()))
        if key not in self._made:
            self._expand(key, partial(self._checked, self.drafts[rule], signal))
        return self._made[key]

    def value(self, parsed: Parsed, signal: str, overrides: Overrides) -> Expression | None:
        """What an expression of a rule comes to on the signal; None, with findings, when it is wrong."""
        value = check_value(parsed, self.scope(signal, overrides), self.findings)
        return self.sound(value, parsed.scalar.span) if value else None

    def truth(self, parsed: Parsed, signal: str, overrides: Overrides, findings: Findings) -> Expression | None:
        """What a condition beside the rules' own comes to on the signal; None, with findings, when it is wrong."""
        tree = check_parsed(parsed, self.scope(signal, overrides), findings)
        return self.sound(tree, parsed.scalar.span) if tree else None

    def overrides_used(self, overrides: Overrides) -> set[str]:
        """The parameters that conditions read with these values of `with:`."""
        asked = frozenset(overrides.items())
        return {name for name, given in self._overridden if given == asked}

    # How a name becomes an expression

    def _parameter(self, name: str, overrides: Overrides, place: Place) -> Expression | None:
        self.used.add(name)
        if name in overrides:
            self._overridden.add((name, frozenset(overrides.items())))
        value = overrides.get(name) or self.parameters[name]
        return replace(value, place=place) if value else None

    def _let(self, name: str, signal: str, overrides: Overrides, place: Place) -> Expression | None:
        self.used.add(name)
        key = ("let", name, signal, frozenset(overrides.items()))
        return self._named(key, place, partial(self._checked_let, name, signal, overrides, place.span))

    def _rule(self, name: str, signal: str, place: Place) -> Expression | None:
        draft = self.drafts[name]
        key = ("rule", name, signal, frozenset(draft.overrides.items()))
        return self._named(key, place, partial(self._checked, draft, signal))

    def _named(self, key: _Key, place: Place, make: Callable[[], Expression | None]) -> Expression | None:
        if key in self._path:
            path = [*self._path[self._path.index(key) :], key]
            circle = " → ".join(f'fired("{name}")' if kind == "rule" else name for kind, name, *_ in path)
            self.findings.add(f"`{key[1]}` is made of itself: {circle}", place.span, "break the circle at one of them")
            return None
        if key not in self._made:
            if len(self._path) >= MAX_DEPTH:
                what = f"names stand for names for names, more than {MAX_DEPTH} deep"
                self.findings.add(what, place.span, "write some of them out")
                return None
            self._expand(key, make)
        return self._made[key]

    def _expand(self, key: _Key, make: Callable[[], Expression | None]) -> None:
        self._path.append(key)
        try:
            self._made[key] = make()
        finally:
            self._path.pop()

    # What is made

    def _checked(self, draft: Draft, signal: str) -> Expression | None:
        scope = self.scope(signal, draft.overrides)
        gate = check_parsed(draft.gate, scope, self.findings) if draft.gate else None
        when = check_parsed(draft.when, scope, self.findings) if draft.when else None
        if when is None or (draft.gate and gate is None):
            return None
        whole = Logic("and", (*conjuncts(gate), *conjuncts(when))) if gate else when
        return self.sound(whole, draft.span)

    def _checked_let(self, name: str, signal: str, overrides: Overrides, used_at: Span) -> Expression | None:
        """The `let` on one signal. Its problems are told once for each place in it, with where it is used."""
        parsed, own = self.lets[name], Findings()
        if parsed is None:
            return None
        value = check_value(parsed, self.scope(signal, overrides), own)
        where = f"`{name}` is used on {signal} in {used_at.source.name}, line {used_at.line}"
        for problem in own.problems:
            if problem.span not in self._told:
                hint = f"{problem.hint}; {where}" if signal in problem.what else problem.hint
                self.findings.add(problem.what, problem.span, hint)
        self._told |= {problem.span for problem in own.problems}
        return self.sound(value, parsed.scalar.span) if value else None

    def sound(self, tree: Expression, span: Span) -> Expression | None:
        """The tree, if it is not too large and nothing in it is wrong, which is reported by then."""
        level: list[Expression | ListName] = [tree]
        parts = depth = 0
        while level:
            if any(isinstance(node, Constant) and node.type.kind == "wrong" for node in level):
                return None
            parts, depth = parts + len(level), depth + 1
            if parts > MAX_PARTS or depth > MAX_DEPTH:
                what = (
                    f"more than {MAX_PARTS:,} parts" if parts > MAX_PARTS else f"nested deeper than {MAX_DEPTH} levels"
                )
                hint = "name less within names, or split the rule"
                self.findings.add(f"with everything that it names this is too large: {what}", span, hint)
                return None
            level = [child for node in level for child in children(node)]
        return tree


def conjuncts(tree: Expression) -> Iterator[Expression]:
    """What must hold together for the condition to hold: the condition itself where it is one."""
    if isinstance(tree, Logic) and tree.operator == "and":
        yield from tree.operands
    else:
        yield tree
