"""From a checked tree to a function of the values by name: the careful way, which says everything exactly.

Each node becomes a closure over its children's closures. The result is true, false, unknown (None), or `Broken` where
something failed. A broken part is like an unknown one that is louder: `false and broken` is false, `true or broken` is
true, `unknown and broken` is broken. So neither the order of the parts nor what is looked at first changes a verdict.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.policy.conditions.tree import (
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
)
from shared.policy.conditions.values import arithmetic, compare

Values = Mapping[str, Any]
Computed = dict[str, Any]
"""The facts computed while judging one signal, by their text."""
Evaluation = Callable[[Values], Any]
Closure = Callable[[Values, Computed], Any]


@dataclass(frozen=True, slots=True)
class ValueList:
    """A named set of values. Past `expires`, in the signal's own time, it is empty.

    The values of a `table` list are no part of the policy: they lie in the policy table. Until `Policy.with_values`
    gives them, nothing is known of what is in it.
    """

    name: str
    values: frozenset[str]
    owner: str
    expires: datetime | None = None
    table: bool = False
    file: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """Stands for what failed when it was computed: the rules that need it fail, and no other."""

    error: str


class BrokenFactError(Exception):
    """A rule needs a fact that could not be computed."""


class BrokenConditionError(Exception):
    """A condition needs something that could not be computed."""


def compiled(node: Expression, lists: Mapping[str, ValueList]) -> Evaluation:
    """A function from values by name to the value of the expression; None is unknown.

    The function raises `BrokenConditionError` where something that the value needs fails.
    """
    closure = _sound(guarded(closure_of(node, lists, {})))
    return lambda values: closure(values, {})


def guarded(closure: Closure) -> Closure:
    """The closure with `Broken` for whatever it raises."""

    def evaluated(values: Values, computed: Computed) -> Any:
        try:
            return closure(values, computed)
        except Exception as error:  # noqa: BLE001  (a broken condition is shown and counted; the others still judge)
            return Broken(f"{type(error).__name__}: {error}")

    return evaluated


def fact(name: str, derive: Closure | None) -> Closure:
    """The value of a fact: as recorded among the values, else computed once for the signal."""

    def known(values: Values, computed: Computed) -> Any:
        value = values.get(name)
        if value is None:
            value = computed.get(name)
        if value is None and derive is not None:
            try:
                value = derive(values, computed)
            except Exception as error:  # noqa: BLE001  (whatever breaks in a fact must reach only the rules that need it)
                value = Broken(type(error).__name__)
            if value.__class__ is Broken:
                # The message could repeat the personal data that the fact was made of; the type cannot.
                value = Broken(value.error.partition(":")[0])
            if value is not None:
                computed[name] = value
        return value

    return known


def closure_of(node: Expression, lists: Mapping[str, ValueList], facts: Mapping[str, Closure]) -> Closure:  # noqa: C901, PLR0911  (one case for each kind of node)
    """The node as a closure; `facts` has how the facts that it names are found."""

    def truth(part: Expression) -> Closure:
        return guarded(closure_of(part, lists, facts))

    def inner(part: Expression) -> Closure:
        closure = closure_of(part, lists, facts)
        return _sound(closure) if isinstance(part, Logic | Compare | Member | Quantified) else closure

    match node:
        case Constant(value):
            return lambda _, __: value
        case Name(name, _, origin):
            return _fact(name, facts.get(name) or fact(name, None)) if origin == "fact" else _read(name)
        case Member():
            return _member(node, lists, inner)
        case Compare():
            return _comparison(node, inner)
        case Logic("not", (operand,)):
            return _negation(truth(operand))
        case Logic(operator, operands):
            return _junction([truth(operand) for operand in operands], decisive=operator == "or")
        case Arithmetic(operator, left, right):
            run, first, second = arithmetic(operator), inner(left), inner(right)
            return lambda values, computed: run(first(values, computed), second(values, computed))
        case Call():
            return _call(node, lists, inner)
        case Quantified():
            return _quantified(node, inner(node.source), truth(node.predicate))
        case Known(item):
            return lambda values, _: values.get(item.name) is not None


def _read(name: str) -> Closure:
    return lambda values, _: values.get(name)


def _fact(name: str, known: Closure) -> Closure:
    def read(values: Values, computed: Computed) -> Any:
        value = known(values, computed)
        if value.__class__ is Broken:
            raise BrokenFactError(f"{name}: {value.error}")
        return value

    return read


def _sound(closure: Closure) -> Closure:
    """For truths that are used as values: what is broken in them breaks what they stand in."""

    def sound(values: Values, computed: Computed) -> Any:
        value = closure(values, computed)
        if value.__class__ is Broken:
            raise BrokenConditionError(value.error)
        return value

    return sound


def _negation(operand: Closure) -> Closure:
    def negated(values: Values, computed: Computed) -> Any:
        value = operand(values, computed)
        return value if value is None or value.__class__ is Broken else not value

    return negated


def _junction(operands: Iterable[Closure], *, decisive: bool) -> Closure:
    """`or` when true is decisive, `and` when false is: the first decisive operand ends it, nothing else does."""

    def joined(values: Values, computed: Computed) -> Any:
        result: Any = not decisive
        for operand in operands:
            value = operand(values, computed)
            if value is decisive:
                return decisive
            if value is None:
                result = None if result is not None and result.__class__ is not Broken else result
            elif value.__class__ is Broken and result.__class__ is not Broken:
                result = value
        return result

    return joined


def _comparison(node: Compare, inner: Callable[[Expression], Closure]) -> Closure:
    operands = [inner(operand) for operand in node.operands]
    pairs = [
        _pair(compare(sign), left, right)
        for sign, left, right in zip(node.operators, operands, operands[1:], strict=False)
    ]
    return pairs[0] if len(pairs) == 1 else _junction([guarded(pair) for pair in pairs], decisive=False)


def _pair(sign: Callable[[Any, Any], bool | None], left: Closure, right: Closure) -> Closure:
    return lambda values, computed: sign(left(values, computed), right(values, computed))


def _member(node: Member, lists: Mapping[str, ValueList], inner: Callable[[Expression], Closure]) -> Closure:
    item = inner(node.item)
    if isinstance(node.among, ListName):
        group, negated = _list(lists[node.among.name]), node.negated

        def among(values: Values, computed: Computed) -> bool | None:
            value = item(values, computed)
            members = None if value is None else group(values)
            return None if members is None else (value in members) is not negated

        return among
    equal = compare("==")
    either = _junction([_pair(equal, item, inner(value)) for value in node.among], decisive=True)
    return _negation(either) if node.negated else either


def _list(named: ValueList) -> Callable[[Values], frozenset[str] | None]:
    members, expires, nothing = None if named.table else named.values, named.expires, frozenset[str]()
    if expires is None:
        return lambda _: members

    def current(values: Values) -> frozenset[str] | None:
        time = values.get("time")
        return nothing if time is not None and time >= expires else members

    return current


def _quantified(node: Quantified, source: Closure, predicate: Closure) -> Closure:
    decisive = node.word == "any"

    def quantified(values: Values, computed: Computed) -> Any:
        items = source(values, computed)
        if items is None:
            return None
        each = ((lambda _, __, item=item: predicate({**values, "it": item}, computed)) for item in items)
        return _junction(each, decisive=decisive)(values, computed)

    return quantified


def _call(node: Call, lists: Mapping[str, ValueList], inner: Callable[[Expression], Closure]) -> Closure:
    run = node.run
    arguments = [_argument(part, lists, inner) for part in node.arguments]

    def called(values: Values, computed: Computed) -> Any:
        given = [argument(values, computed) for argument in arguments]
        return None if any(value is None for value in given) else run(*given)

    return called


def _argument(
    part: Expression | ListName, lists: Mapping[str, ValueList], inner: Callable[[Expression], Closure]
) -> Closure:
    if not isinstance(part, ListName):
        return inner(part)
    group = _list(lists[part.name])
    return lambda values, _: group(values)
