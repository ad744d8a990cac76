"""Which features can be read on which signals, and why the others cannot."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shared.features.model import Feature
from shared.policy.conditions.kinds import COMPARED_WITH_OWN, own_field
from shared.policy.conditions.scope import Scope, kind_of, role_of, signal_scope
from shared.policy.conditions.tree import WRONG, Name
from shared.policy.engine.compiler import ValueList
from shared.policy.model import FeatureUse
from shared.policy.problems import Findings, Span
from shared.policy.sections.features import DeclaredFeature
from shared.signals import CATALOGUE, SignalSpec

Uses = Mapping[str, Mapping[str, FeatureUse]]


def feature_uses(features: Mapping[str, DeclaredFeature], findings: Findings) -> Uses:
    """For each signal, the use of each feature that can be read on it; a finding for those that no signal can read."""
    uses = {signal: dict(_uses(signal, features)) for signal in CATALOGUE}
    for name, declared in features.items():
        if not any(name in readable for readable in uses.values()):
            findings.add(*_nowhere_readable(name, declared))
    return uses


def bare_scopes(
    features: Mapping[str, DeclaredFeature | None], lists: Mapping[str, ValueList | None], uses: Uses
) -> dict[str, Scope]:
    """What rules on each signal can see. A feature or list that is wrong (None) is reported there and only there."""
    wrong = {name: Name(name, WRONG, "feature") for name, declared in features.items() if declared is None}
    known = {name: named or ValueList(name, frozenset(), "") for name, named in lists.items()}
    scopes = {}
    for signal, spec in CATALOGUE.items():
        unreadable = {
            name: _why_unreadable(declared, spec)
            for name, declared in features.items()
            if declared and name not in uses[signal]
        }
        scope = signal_scope(spec, [use.feature for use in uses[signal].values()], known, unreadable)
        scopes[signal] = replace(scope, names={**scope.names, **wrong})
    return scopes


def _uses(signal: str, features: Mapping[str, DeclaredFeature]) -> Iterator[tuple[str, FeatureUse]]:
    for name, declared in features.items():
        role = role_of(declared.feature, CATALOGUE[signal], declared.read_for)
        if role and _has_own(declared.feature, CATALOGUE[signal]):
            yield name, FeatureUse(declared.feature, role)


def _has_own(feature: Feature, signal: SignalSpec) -> bool:
    """Whether the signal has the field that the feature compares with what is remembered, if it does so."""
    return feature.kind not in COMPARED_WITH_OWN or own_field(feature, signal) is not None


def _nowhere_readable(name: str, declared: DeclaredFeature) -> tuple[str, Span, str]:
    feature = declared.feature
    if any(role_of(feature, signal, declared.read_for) for signal in CATALOGUE.values()):
        hint = f"read it for a role of a signal that has a `{feature.value}` like that of {feature.signal}"
        return f"no signal with a `{feature.value}` of its own can read `{name}`", declared.span, hint
    what = f"`for: {declared.read_for}` is no role" if declared.read_for else f"no signal can read `{name}`"
    return what, declared.span, _way_to_read(feature, None)


def _why_unreadable(declared: DeclaredFeature, signal: SignalSpec) -> str:
    feature = declared.feature
    if not _has_own(feature, signal):
        return (
            f"it looks at the signal's own `{feature.value}`, and {signal.name} has none like that of {feature.signal}"
        )
    if declared.read_for:
        return f"it is read for the {declared.read_for}, which {signal.name} does not have"
    return f"it is by {feature.by} of {feature.signal}, and {signal.name} does not say which role that is; " + (
        _way_to_read(feature, signal)
    )


def _way_to_read(feature: Feature, signal: SignalSpec | None) -> str:
    kind = kind_of(CATALOGUE[feature.signal], feature.by)
    specs = [signal] if signal else list(CATALOGUE.values())
    roles = dict.fromkeys(role for spec in specs for role in spec.roles if kind_of(spec, role) == kind)
    return f"declare it with `for: {' | '.join(roles)}`" if roles else f"it has no {kind}"
