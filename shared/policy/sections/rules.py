"""The section `rules:`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from shared.policy.conditions.checker import check
from shared.policy.conditions.facts import hoisted, left_over, spelled_out
from shared.policy.conditions.literals import duration, share
from shared.policy.conditions.reasons import check_reason
from shared.policy.conditions.scope import Scope, bad_name
from shared.policy.conditions.tree import Expression
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry
from shared.policy.model import MODES, Case, Mode, Rule
from shared.policy.problems import Findings
from shared.policy.sections.cases import Tested, cases_of
from shared.policy.sections.effects import effects_of
from shared.restrictions.effects import Effect, Review
from shared.signals import CATALOGUE, SignalSpec
from shared.signals.truth import AbuseKind

ABUSE_KINDS: tuple[str, ...] = get_args(AbuseKind)
STALE_AFTER = timedelta(hours=24)
SEVERITY = 50
LONGEST_REASON = 500
_KEYS = "abuse on when then mode rollout reason user_reason owner severity stale_after counterparty tests".split()


def rule_of(name: str, entry: Entry, findings: Findings, scopes: Mapping[str, Scope]) -> Rule | None:
    """The rule that an entry declares; None, with findings, when it is wrong. `scopes` is what rules see."""
    before = len(findings.problems)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a rule's name", entry.key.span, why)
    rule = _Reader(Entries(entry, f"the rule {name}", _KEYS, findings), scopes, findings).rule(name)
    return rule if len(findings.problems) == before else None


@dataclass(frozen=True)
class _Reader:
    entries: Entries
    scopes: Mapping[str, Scope]
    findings: Findings

    def rule(self, name: str) -> Rule:
        entries = self.entries
        signals = self._signals()
        counterparty = entries.flag("counterparty")
        effects = self._effects(signals, counterparty=counterparty)
        conditions = self._conditions(signals)
        mode = self._mode()
        return Rule(
            name=name,
            abuse=entries.one_of("abuse", ABUSE_KINDS, f"say which abuse: {', '.join(ABUSE_KINDS)}", what="abuse kind"),
            on=tuple(signal.name for signal in signals),
            effects=effects,
            mode=mode,
            rollout=entries.parsed("rollout", share, 1.0, "write a share of entities, such as `25%`"),
            reason=self._reason(signals),
            user_reason=self._user_reason(effects),
            owner=entries.text("owner", "say which team answers for it"),
            severity=entries.parsed("severity", _severity, SEVERITY, "write a whole number from 1 to 100"),
            stale_after=entries.parsed("stale_after", duration, STALE_AFTER, "write it like `24h`"),
            counterparty=counterparty,
            tests=self._tests(signals, conditions, live=mode == "live"),
            conditions=conditions,
            span=entries.key.span,
        )

    def _signals(self) -> tuple[SignalSpec, ...]:
        if "on" not in self.entries:
            self.findings.add(
                f"{self.entries.what} has no `on:`",
                self.entries.key.span,
                "say which signal, such as `on: payment.attempted`",
            )
        words = [word for word in self.entries.scalars("on") if known_word(word, CATALOGUE, "signal", self.findings)]
        return tuple(dict.fromkeys(CATALOGUE[word.text] for word in words))

    def _conditions(self, signals: tuple[SignalSpec, ...]) -> dict[str, Expression]:
        scalar = self.entries.scalar("when", "write a condition, such as `amount > 100.00 USD`")
        if scalar is None:
            return {}
        checked = {signal.name: check(scalar, self.scopes[signal.name], self.findings) for signal in signals}
        for tree in checked.values():
            for name in left_over(hoisted(tree, {})) if tree else ():
                hint = "compare it apart from features, so that only the answer is stored"
                self.findings.add(f"`{name.name}` is personal data and would stand in the record", scalar.span, hint)
            for name in spelled_out(tree) if tree else ():
                what = f"a value of `{name.name}`, which is personal data, would stand in every record"
                self.findings.add(what, scalar.span, f"put the values into a list and write `{name.name} in lists.…`")
        return {name: tree for name, tree in checked.items() if tree}

    def _effects(self, signals: tuple[SignalSpec, ...], *, counterparty: bool) -> tuple[Effect, ...]:
        if "then" not in self.entries:
            self.findings.add(
                f"{self.entries.what} has no `then:`", self.entries.key.span, "say what follows, such as `then: [deny]`"
            )
        if not signals:
            return ()
        return effects_of(self.entries.nodes.get("then"), signals, self.findings, counterparty=counterparty)

    def _mode(self) -> Mode:
        word = self.entries.one_of("mode", MODES)
        return next((mode for mode in MODES if mode == word), "shadow")

    def _reason(self, signals: tuple[SignalSpec, ...]) -> str:
        scalar = self.entries.scalar("reason", "say why, for colleagues: a text with `{names}` of values in it")
        for signal in signals if scalar else ():
            check_reason(scalar, self.scopes[signal.name], self.findings)  # type: ignore[arg-type]  # the loop is empty without a scalar
        return self._short("reason", scalar.text) if scalar else ""

    def _user_reason(self, effects: tuple[Effect, ...]) -> str:
        felt = any(not isinstance(effect, Review) for effect in effects)
        text = self.entries.text("user_reason", "say why, in words that the user may read" if felt else "")
        if "{" in text or "}" in text:
            self.entries.refuse("user_reason", "values do not go into what users read", "leave the braces out")
        return self._short("user_reason", text)

    def _short(self, key: str, text: str) -> str:
        """Reasons stand in every record and event that they explain."""
        if len(text) > LONGEST_REASON:
            self.entries.refuse(key, f"a reason of {len(text):,} characters", f"at most {LONGEST_REASON} are taken")
        return text

    def _tests(
        self,
        signals: tuple[SignalSpec, ...],
        conditions: Mapping[str, Expression],
        *,
        live: bool,
    ) -> tuple[Case, ...]:
        node = self.entries.nodes.get("tests")
        cases: tuple[Case, ...] = ()
        if node and signals:
            tested = Tested({signal.name: self.scopes[signal.name] for signal in signals}, conditions, self.findings)
            cases = cases_of(Entry(self.entries.key, node), tested)
        for word, wanted in (("fires", True), ("holds", False)):
            if live and not any(case.fires is wanted for case in cases):
                hint = f"add `tests:` with `{word}: {{…}}`, or leave the mode at shadow"
                self.findings.add(
                    f"{self.entries.what} is live without a test in which it {word}", self.entries.key.span, hint
                )
        return cases


def _severity(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 100 else None  # noqa: PLR2004  (a scale of a hundred)
