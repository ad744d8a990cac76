"""What the tests beside a rule have shown of it: which conditions they saw both ways, which slips they would notice.

A slip (`>= 5` for `> 5`, `and` for `or`, an operand left out) that no test notices is either a place that no test
touches, or no slip at all: `> 4` is `>= 5` of whole numbers. The two are told apart by looking for values on which the
condition with the slip decides otherwise; where none are found nothing is asked, where some are found they are the
test to add.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.policy.authoring.bench import Atom, Bench, Unnoticed
from shared.policy.authoring.rung_bench import rung_benches
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.problems import Problem
from shared.restrictions.effects import Dispose, Restrict


@dataclass(frozen=True, slots=True)
class Coverage:
    """One rule's. `required`: it is live and restricts or denies, so that nothing of it may be untested."""

    rule: Rule
    atoms: tuple[Atom, ...]
    tried: int
    unnoticed: tuple[Unnoticed, ...]
    required: bool

    @property
    def open(self) -> tuple[Unnoticed, ...]:
        """What a rule that restricts or denies must have a test for."""
        return tuple(each for each in self.unnoticed if not each.buried)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The conditions that no test saw true, or none false."""
        ways = ((atom.text, atom.true, atom.false) for atom in self.atoms)
        return tuple(
            f"`{text}` {'true' if not true else 'false'}" for text, true, false in ways if not (true and false)
        )


def coverage(policy: Policy, rule: Rule) -> Coverage:
    """What the rule's tests have shown, of its condition and of each rung that it climbs.

    On several signals either is one condition: a test on any of them counts.
    """
    conditions = [[Bench(rule, signal, policy) for signal in rule.on], *rung_benches(policy, rule)]
    found = [slip for benches in conditions for slip in _slips(benches)]
    atoms: dict[str, list[Atom]] = {}
    for bench in (bench for benches in conditions for bench in benches):
        for atom in bench.atoms():
            atoms.setdefault(atom.text, []).append(atom)
    return Coverage(
        rule,
        tuple(
            Atom(text, *(sum(counts) for counts in zip(*((a.true, a.false, a.unknown) for a in each), strict=True)))
            for text, each in atoms.items()
        ),
        len(found),
        tuple(each for each in found if each),
        is_required(rule),
    )


def _slips(benches: Sequence[Bench]) -> list[Unnoticed | None]:
    """What became of each slip in one condition; None where some test notices it, or where there is nothing to see."""
    found: dict[tuple[str, str], Unnoticed | None] = {}
    for bench in benches:
        for mutant in bench.mutants:
            key = (mutant.before, mutant.after)
            if key in found and found[key] is None:
                continue
            found[key] = None if bench.notices(mutant) else bench.unnoticed(mutant) or found.get(key)
    return list(found.values())


def is_required(rule: Rule) -> bool:
    """Whether every slip in the rule must be noticed by a test: it is live, restricts or denies, and is here to stay.

    An emergency rule must be in force within minutes, and ends by itself.
    """
    harms = (isinstance(each, Restrict) or each == Dispose("deny") for each in rule.every_effect)
    return rule.mode == "live" and not rule.emergency and any(harms)


def missing(policy: Policy) -> list[Problem]:
    """What must be tested before the policy may be in force: a problem for each slip that nothing would notice."""
    required = (coverage(policy, rule) for rule in policy.rules.values() if is_required(rule))
    return [problem for found in required for problem in problems_of(found)]


def problems_of(found: Coverage) -> Iterator[Problem]:
    """What a rule lacks in tests, each with the test to add."""
    name = found.rule.name
    for each in found.open:
        yield Problem(f"in the rule {name}, {each} and no test notices", each.span, f"add the test `{each.test}`")
    for way in () if found.open else found.unseen:
        yield Problem(f"no test of the rule {name} sees {way}", found.rule.span, "add a test that does")
