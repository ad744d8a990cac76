"""The section `rules:`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import get_args

from shared.policy.conditions.grading import LEAST_SEVERE, MOST_SEVERE, check_grade
from shared.policy.conditions.literals import lasting, moment, share
from shared.policy.conditions.reasons import check_reason
from shared.policy.conditions.scope import Scope, bad_name
from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.conditions.tree import Constant, Expression
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Scalar
from shared.policy.documents.reading import Mapping as Document
from shared.policy.model import ABUSE_KINDS, MODES, Case, IfUnknown, Mode, Rule
from shared.policy.problems import Findings
from shared.policy.sections.asides import check_recorded
from shared.policy.sections.cases import Tested, cases_of
from shared.policy.sections.definitions import Definitions, Draft
from shared.policy.sections.effects import effects_of, ladders_in
from shared.policy.sections.groups import Group, group_named
from shared.policy.sections.guardrails import expectation_of
from shared.policy.sections.ladders import Ladders
from shared.policy.sections.parameters import overrides_of
from shared.policy.sections.targets import Surroundings, Target
from shared.restrictions.effects import Effect, Review, Score
from shared.signals import CATALOGUE, SignalSpec

STALE_AFTER = timedelta(hours=24)
SEVERITY = 50
LONGEST_REASON = 500
MOST_TAGS = 10
_PLAIN_NUMBER = re.compile(r"[+-]?[\d.,_]+")
KEYS = (
    "group abuse on when with if_unknown then mode rollout expires emergency reason user_reason owner tags severity "
    "stale_after counterparty expect suppress_notice tests"
).split()


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule's entries, with its group's in place of those it has not, and what other rules need of it."""

    name: str
    group: str
    entries: Entries
    draft: Draft


def read_rule(
    name: str,
    entry: Entry,
    findings: Findings,
    groups: Mapping[str, Group],
    parameters: Mapping[str, Constant | None],
) -> ReadRule:
    """The first look at a rule: what other rules may ask of it. `parameters` has None for wrong ones."""
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a rule's name", entry.key.span, why)
    entries = Entries(entry, f"the rule {name}", KEYS, findings)
    named = entries.scalar("group")
    group = group_named(named, groups, findings) if named else None
    if group:
        entries.nodes = {**group.defaults, **entries.nodes}
    on = tuple(spec.name for spec in _signals(entries))
    when = entries.scalar("when", "write a condition, such as `amount > 100.00 USD`")
    draft = Draft(
        on,
        group.gate if group else None,
        parse(when, findings) if when else None,
        overrides_of(entries.nodes.get("with"), parameters, findings),
        when.span if when else entry.key.span,
    )
    return ReadRule(name, group.name if group else "", entries, draft)


def rule_of(read: ReadRule, definitions: Definitions, around: Surroundings, ladders: Ladders) -> Rule | None:
    """The rule; None, with findings, when it is wrong. The conditions of its ladder's rungs join the asides."""
    before = len(definitions.findings.problems)
    rule = _Reader(read, read.entries, definitions, definitions.findings, around, ladders).rule()
    return rule if len(definitions.findings.problems) == before else None


def _signals(entries: Entries) -> tuple[SignalSpec, ...]:
    if "on" not in entries:
        hint = "say which signal, such as `on: payment.attempted`"
        entries.findings.add(f"{entries.what} has no `on:`", entries.key.span, hint)
    words = [word for word in entries.scalars("on") if known_word(word, CATALOGUE, "signal", entries.findings)]
    return tuple(dict.fromkeys(CATALOGUE[word.text] for word in words))


@dataclass(frozen=True)
class _Reader:
    read: ReadRule
    entries: Entries
    definitions: Definitions
    findings: Findings
    around: Surroundings
    ladders: Ladders

    def rule(self) -> Rule:
        entries, draft = self.entries, self.read.draft
        signals = tuple(CATALOGUE[name] for name in draft.on)
        scopes = {name: self.definitions.scope(name, draft.overrides) for name in draft.on}
        counterparty = entries.flag("counterparty")
        effects = self._effects(signals, counterparty=counterparty)
        conditions = self._conditions()
        mode, emergency = self._mode(), entries.flag("emergency")
        reason, shown = self._reason(scopes)
        severity, grades = self._severity()
        rule = Rule(
            name=self.read.name,
            abuse=entries.one_of("abuse", ABUSE_KINDS, f"say which abuse: {', '.join(ABUSE_KINDS)}", what="abuse kind"),
            on=draft.on,
            effects=effects,
            mode=mode,
            rollout=entries.parsed("rollout", share, 1.0, "write a share of entities, such as `25%`"),
            reason=reason,
            user_reason=self._user_reason(effects),
            owner=entries.text("owner", "say which team answers for it"),
            severity=severity,
            stale_after=entries.parsed("stale_after", lasting, STALE_AFTER, "write it like `24h`"),
            counterparty=counterparty,
            tests=(),
            conditions=conditions,
            span=entries.key.span,
            shown=shown,
            group=self.read.group,
            tags=self._tags(),
            expires=entries.parsed(
                "expires", moment, None, "write it like `2026-12-01` or `2026-12-01T18:00:00Z`, UTC"
            ),
            emergency=emergency,
            if_unknown=self._if_unknown(),
            grades=grades,
            expect=expectation_of(entries),
            suppress_notice=self._suppress_notice(),
        )
        self._check_emergency(rule)
        climbed = list(ladders_in(entries.nodes.get("then"), self.findings))
        ladder = self.ladders.climbed(climbed, rule, draft)
        self._check_with()
        return replace(rule, tests=self._tests(scopes, rule, len(ladder)), ladder=ladder)

    def _conditions(self) -> dict[str, Expression]:
        found = {signal: self.definitions.condition(self.read.name, signal) for signal in self.read.draft.on}
        trees = {signal: tree for signal, tree in found.items() if tree}
        for tree in trees.values():
            check_recorded(tree, self.read.draft.span, self.findings)
        return trees

    def _check_with(self) -> None:
        draft, node = self.read.draft, self.entries.nodes.get("with")
        if not isinstance(node, Document) or len(draft.on) == 0:
            return
        for name in draft.overrides.keys() - self.definitions.overrides_used(draft.overrides):
            hint = "remove it, or use the parameter in the condition or in a `let` of it"
            self.findings.add(f"{self.entries.what} does not use `{name}`", node.entries[name].key.span, hint)

    def _check_emergency(self, rule: Rule) -> None:
        if rule.emergency and rule.expires is None and "expires" not in self.entries:
            hint = "emergency rules end by themselves: write `expires: 2026-12-01`"
            self.findings.add(f"{self.entries.what} is for an emergency, and has no `expires:`", rule.span, hint)

    def _if_unknown(self) -> IfUnknown:
        word = self.entries.one_of("if_unknown", get_args(IfUnknown), what="way to take the unknown")
        return "fire" if word == "fire" else "hold"

    def _tags(self) -> tuple[str, ...]:
        scalars = list(self.entries.scalars("tags"))
        for index, scalar in enumerate(scalars):
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", scalar.text):
                hint = "tags are small letters, digits, `_` and `-`, at most 40"
                self.findings.add(f"`{scalar.text}` cannot be a tag", scalar.span, hint)
            elif scalar.text in [earlier.text for earlier in scalars[:index]]:
                self.findings.add(f"the tag `{scalar.text}` stands twice", scalar.span, "remove one")
        if len(scalars) > MOST_TAGS:
            self.entries.refuse("tags", f"{len(scalars)} tags on one rule", f"at most {MOST_TAGS} are taken")
        return tuple(scalar.text for scalar in scalars)

    def _effects(self, signals: tuple[SignalSpec, ...], *, counterparty: bool) -> tuple[Effect, ...]:
        if "then" not in self.entries:
            self.findings.add(
                f"{self.entries.what} has no `then:`", self.entries.key.span, "say what follows, such as `then: [deny]`"
            )
        if not signals:
            return ()
        target = Target(signals, counterparty, self.findings, self.around)
        return effects_of(self.entries.nodes.get("then"), target)

    def _mode(self) -> Mode:
        word = self.entries.one_of("mode", MODES)
        return next((mode for mode in MODES if mode == word), "shadow")

    def _reason(self, scopes: Mapping[str, Scope]) -> tuple[str, dict[str, dict[str, Expression]]]:
        """The template, and what its names stand for on each signal."""
        scalar = self.entries.scalar("reason", "say why, for colleagues: a text with `{names}` of values in it")
        if scalar is None:
            return "", {}
        shown = {signal: check_reason(scalar, scope, self.findings) for signal, scope in scopes.items()}
        return self._short("reason", scalar.text), shown

    def _severity(self) -> tuple[int, dict[str, Expression]]:
        """A number, or the least that it can be and, for each signal, what it is graded by."""
        node = self.entries.nodes.get("severity")
        if isinstance(node, Scalar) and node.text and not _PLAIN_NUMBER.fullmatch(node.text):
            parsed = parse(node, self.findings)
            return LEAST_SEVERE, self._grades(parsed) if parsed else {}
        advice = f"write a whole number from {LEAST_SEVERE} to {MOST_SEVERE}, or an expression that gives one"
        return self.entries.parsed("severity", _whole_severity, SEVERITY, advice), {}

    def _grades(self, parsed: Parsed) -> dict[str, Expression]:
        draft = self.read.draft
        found = {signal: self.definitions.value(parsed, signal, draft.overrides) for signal in draft.on}
        trees = {signal: tree for signal, tree in found.items() if tree}
        for tree in trees.values():
            check_grade(tree, parsed.scalar, self.findings)
        return trees

    def _user_reason(self, effects: tuple[Effect, ...]) -> str:
        climbs = any(True for _ in ladders_in(self.entries.nodes.get("then"), Findings()))
        felt = climbs or any(not isinstance(effect, Review | Score) for effect in effects)
        text = self.entries.text("user_reason", "say why, in words that the user may read" if felt else "")
        if "{" in text or "}" in text:
            self.entries.refuse("user_reason", "values do not go into what users read", "leave the braces out")
        return self._short("user_reason", text)

    def _suppress_notice(self) -> str:
        """Why whom it meets is not told: that stands in records, and may be asked for by a court."""
        text = self.entries.text("suppress_notice")
        if "{" in text or "}" in text:
            self.entries.refuse("suppress_notice", "values do not go into it", "leave the braces out")
        return self._short("suppress_notice", text)

    def _short(self, key: str, text: str) -> str:
        """Reasons stand in every record and event that they explain."""
        if len(text) > LONGEST_REASON:
            self.entries.refuse(key, f"a reason of {len(text):,} characters", f"at most {LONGEST_REASON} are taken")
        return text

    def _tests(self, scopes: Mapping[str, Scope], rule: Rule, rungs: int) -> tuple[Case, ...]:
        node = self.entries.nodes.get("tests")
        cases: tuple[Case, ...] = ()
        if node and scopes:
            cases = cases_of(Entry(self.entries.key, node), Tested(scopes, rule.conditions, self.findings, rungs))
        for word, wanted in (("fires", True), ("holds", False)):
            needed = rule.mode == "live" and (wanted or not rule.emergency)
            if needed and not any(case.fires is wanted for case in cases):
                hint = f"add `tests:` with `{word}: {{…}}`, or leave the mode at shadow"
                self.findings.add(f"{self.entries.what} is live without a test in which it {word}", rule.span, hint)
        return cases


def _whole_severity(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and LEAST_SEVERE <= int(text[:4]) <= MOST_SEVERE else None
