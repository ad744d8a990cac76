"""The section `ladders:`: what rules do to whom they meet again and again, rung by rung, the mildest first.

A rule climbs a ladder with `then: [{ladder: name}]`. Each rung is read with the rule's own signals and values, as if it
stood in the rule. Its condition is an aside: it holds where the rule's condition and its own do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.policy.conditions.literals import lasting
from shared.policy.conditions.scope import bad_name
from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.conditions.tree import Expression, Logic
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Node, Scalar, described
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.model import Rule, Step
from shared.policy.problems import Findings, Span
from shared.policy.sections.asides import Asides, check_recorded
from shared.policy.sections.definitions import Definitions, Draft, conjuncts
from shared.policy.sections.effects import DETAILED, effects_of, ladders_in
from shared.policy.sections.restricting import LONGEST
from shared.policy.sections.targets import Surroundings, Target
from shared.restrictions.effects import TIERS, Effect, Tier, tier_of
from shared.signals import CATALOGUE

KEYS = ("of", "steps")
RUNG_KEYS = ("when", "person", "then", *DETAILED)
LEAST_RUNGS, MOST_RUNGS = 2, 10
_STEPS = "write its rungs, the mildest first: `steps: [{friction: {ask: confirmation}}, {when: …, restrict: {…}}]`"
ROLES = tuple(dict.fromkeys(role for signal in CATALOGUE.values() for role in signal.roles))


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung as it is written: its condition if it has one, what follows, and within what time a person agrees."""

    when: Parsed | None
    then: Items
    person: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder for whoever is in the role `of`."""

    name: str
    of: str
    rungs: tuple[Rung, ...]


def ladder_of(name: str, entry: Entry, findings: Findings) -> Ladder | None:
    """The ladder that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a ladder's name", entry.key.span, why)
    entries = Entries(entry, f"the ladder {name}", KEYS, findings)
    of = entries.one_of("of", ROLES, "say for whom: a role, such as `of: seller`", what="role")
    node = entries.nodes.get("steps")
    items = node.items if isinstance(node, Items) else ()
    if node is None:
        findings.add(f"{entries.what} has no `steps:`", entry.key.span, _STEPS)
    elif not LEAST_RUNGS <= len(items) <= MOST_RUNGS:
        found = f"a ladder of {len(items)} rung{'s' * (len(items) != 1)}" if items else f"`steps` is {described(node)}"
        entries.refuse("steps", found, f"write {LEAST_RUNGS} to {MOST_RUNGS} rungs, the mildest first")
    rungs = [_rung(entry.key, item, findings, first=number == 0) for number, item in enumerate(items)]
    return Ladder(name, of, tuple(rungs)) if len(findings.problems) == before else None


def _rung(key: Scalar, node: Node, findings: Findings, *, first: bool) -> Rung:
    entries = Entries(Entry(key, node), "a rung", RUNG_KEYS, findings)
    when = entries.scalar("when")
    if not first and "when" not in entries and isinstance(node, Document):
        what = "this rung has no `when:`, so that nobody ever stands on the one below"
        findings.add(what, node.span, "write a condition, such as `when: disputes_30d >= 3`; only the first needs none")
    person = entries.parsed("person", lasting, None, "write within what time a person agrees, such as `24h`")
    if person and not timedelta(0) < person <= LONGEST:
        entries.refuse("person", f"`{entries.text('person')}` is no time to decide in", f"at most {LONGEST.days}d")
    if person and first:
        hint = "begin with a milder rung that needs nobody; a review is a person's already, it has `within`"
        entries.refuse("person", "the first rung waits for a person, and nothing holds meanwhile", hint)
    return Rung(parse(when, findings) if when else None, _effects(entries, node), person, node.span)


def _effects(entries: Entries, node: Node) -> Items:
    """What follows: the list under `then`, or the effects that stand in the rung under their words."""
    inline = [entry for word, entry in _entries_of(node) if word in DETAILED]
    then = entries.nodes.get("then")
    if isinstance(node, Document) and (then is None) is not bool(inline):
        hint = "write one effect, such as `restrict: {…}`, or `then:` with a list of them"
        entries.findings.add(f"a rung says {'nothing of' if then is None else 'twice'} what it does", node.span, hint)
    for inner in ladders_in(then, entries.findings):
        hint = "write what the rung does; a rule climbs one ladder, and a ladder none"
        entries.findings.add("a rung climbs no ladder", inner.span, hint)
    if then is not None:
        return then if isinstance(then, Items) else Items((then,), then.span)
    return Items(tuple(Document({entry.key.text: entry}, entry.key.span) for entry in inline), node.span)


def _entries_of(node: Node) -> Iterator[tuple[str, Entry]]:
    yield from node.entries.items() if isinstance(node, Document) else ()


@dataclass
class Ladders:
    """The ladders that rules may climb; None for those that are wrong. `told` are the places of findings."""

    declared: Mapping[str, Ladder | None]
    definitions: Definitions
    surroundings: Surroundings
    asides: Asides
    told: set[Span] = field(default_factory=set)

    def climbed(self, names: list[Scalar], rule: Rule, draft: Draft) -> tuple[Step, ...]:
        """The rungs of the ladder that a rule climbs; the conditions of the rungs join the asides."""
        findings = self.definitions.findings
        for more in names[1:]:
            findings.add("a rule climbs one ladder, this is a second one", more.span, "make one ladder of them")
        if not names or not known_word(names[0], self.declared, "ladder", findings):
            return ()
        ladder = self.declared[names[0].text]
        signals = [CATALOGUE[name] for name in draft.on]
        if ladder is None or not signals:
            return ()
        if lacking := next((signal for signal in signals if ladder.of not in signal.roles), None):
            hint = f"its roles are {', '.join(lacking.roles)}; take a ladder for one of them"
            what = f"`{ladder.name}` is for the {ladder.of}, whom {lacking.name} does not have"
            findings.add(what, names[0].span, hint)
            return ()
        own = Findings()
        target = Target(tuple(signals), rule.counterparty, own, self.surroundings, of=ladder.of)
        steps = tuple(self._steps(ladder, rule, draft, target))
        self._tell(own, ladder, names[0])
        return steps

    def _steps(self, ladder: Ladder, rule: Rule, draft: Draft, target: Target) -> Iterator[Step]:
        below: Tier = TIERS[0]
        for number, rung in enumerate(ladder.rungs, 1):
            effects = effects_of(rung.then, target)
            tier = _hardest(effects)
            if tier is None:
                if effects or not target.findings.problems:
                    hint = "let it do something that is felt, such as `friction: {ask: confirmation}`"
                    target.findings.add("nobody feels this rung", rung.span, hint)
                continue
            if TIERS.index(tier) < TIERS.index(below):
                what = f"this rung is milder ({tier}) than the one below it ({below})"
                target.findings.add(what, rung.span, f"put the mildest first: {', '.join(TIERS)}")
            below = tier
            name = f"{rule.name}.{number}"
            if rung.when:
                self._ask(name, rung.when, rule, draft, target.findings)
            yield Step(tier, effects, name if rung.when else None, rung.person)

    def _ask(self, name: str, when: Parsed, rule: Rule, draft: Draft, findings: Findings) -> None:
        conditions: dict[str, Expression] = {}
        for signal in draft.on:
            tree = self.definitions.truth(when, signal, draft.overrides, findings)
            if tree is None or signal not in rule.conditions:
                continue
            check_recorded(tree, when.scalar.span, findings)
            # A rule that fires when it is unknown would never get up where its own condition had to be true as well.
            before = () if rule.if_unknown == "fire" else conjuncts(rule.conditions[signal])
            if whole := self.definitions.sound(Logic("and", (*before, *conjuncts(tree))), when.scalar.span):
                conditions[signal] = whole
                self.asides.texts.append((when.scalar, signal, whole))
        if conditions:
            self.asides.add(name, "step", rule.abuse, conditions, when.scalar.span)

    def _tell(self, own: Findings, ladder: Ladder, named: Scalar) -> None:
        """What is wrong with a ladder is told once, with who climbs it: for another it may be right."""
        where = f"`{ladder.name}` is climbed in {named.span.source.name}, line {named.span.line}"
        for problem in own.problems:
            if problem.span not in self.told:
                self.definitions.findings.add(problem.what, problem.span, f"{problem.hint}; {where}".lstrip("; "))
        self.told |= {problem.span for problem in own.problems}


def _hardest(effects: tuple[Effect, ...]) -> Tier | None:
    tiers = [tier for tier in map(tier_of, effects) if tier]
    return max(tiers, key=TIERS.index, default=None)
