"""From YAML documents to a policy, or to everything that is wrong with them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from shared.features.model import Feature
from shared.policy.conditions.reasons import named_in
from shared.policy.conditions.scope import Scope, kind_of, role_of, signal_scope
from shared.policy.conditions.tree import WRONG, ListName, Name, walk
from shared.policy.documents.reading import Entry, Scalar, described, plain, read
from shared.policy.documents.reading import Mapping as Document
from shared.policy.engine.compiler import ValueList
from shared.policy.model import FeatureUse, Rule
from shared.policy.policy import Policy
from shared.policy.problems import Findings, PolicyError, Problem, Source, Span, did_you_mean
from shared.policy.sections.features import DeclaredFeature, feature_of
from shared.policy.sections.lists import list_of
from shared.policy.sections.rules import rule_of
from shared.signals import CATALOGUE, SignalSpec

LANGUAGE = 1
"""The version of the language: a part of every policy's digest."""
_SECTIONS = ("features", "lists", "rules")
Sections = dict[str, dict[str, Entry]]
T = TypeVar("T")


@cache
def shipped() -> Policy:
    """The policy that ships beside the code; read once per process."""
    return load(Path(__file__).parent.parent / "policies")


def load(directory: Path) -> Policy:
    """The policy in a folder's `*.yaml`. Raises `PolicyError` with every problem, `OSError` if it cannot be read."""
    texts: dict[str, str] = {}
    for path in sorted(directory.glob("*.yaml")):
        try:
            texts[path.name] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            place = Span(Source(path.name, ""), 1, 1)
            raise PolicyError([Problem(f"the file is not UTF-8: {error.reason}", place, "save it as UTF-8")]) from error
    return load_documents(texts)


def load_documents(texts: Mapping[str, str]) -> Policy:
    """The policy in texts by name; raises `PolicyError` with every problem."""
    findings = Findings()
    sections: Sections = {name: {} for name in _SECTIONS}
    for name, text in texts.items():
        document = read(Source(name, _with_plain_line_ends(text)), findings)
        if document:
            _gather(document, sections, findings)
    if not texts:
        findings.add("there is no policy here", Span(Source("*.yaml", ""), 1, 1), "write `rules:` into a .yaml file")
    policy = _policy(sections, findings)
    findings.raise_if_any()
    return policy


def _with_plain_line_ends(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _gather(document: Document, sections: Sections, findings: Findings) -> None:
    for section, entry in document.entries.items():
        if section not in _SECTIONS:
            hint = did_you_mean(section, _SECTIONS, otherwise="the sections are")
            findings.add(f"there is no section `{section}`", entry.key.span, hint)
        elif isinstance(entry.value, Document):
            _add(entry.value, sections[section], section, findings)
        elif not (isinstance(entry.value, Scalar) and not entry.value.text):
            findings.add(
                f"`{section}` is {described(entry.value)}", entry.value.span, "write names, each with its content"
            )


def _add(entries: Document, known: dict[str, Entry], section: str, findings: Findings) -> None:
    for name, entry in entries.entries.items():
        if name in known:
            first = known[name].key.span
            what = f"the {section.removesuffix('s')} `{name}` is already in {first.source.name}, line {first.line}"
            findings.add(what, entry.key.span, "rename or remove one of them")
        else:
            known[name] = entry


def _policy(sections: Sections, findings: Findings) -> Policy:
    features = _made(sections["features"], feature_of, findings)
    lists = _made(sections["lists"], list_of, findings)
    uses = {signal: dict(_uses(signal, features)) for signal in CATALOGUE}
    for name, declared in features.items():
        if not any(name in readable for readable in uses.values()):
            what = f"`for: {declared.read_for}` is no role" if declared.read_for else f"no signal can read `{name}`"
            findings.add(what, declared.span, _way_to_read(declared.feature, None))
    scopes = _scopes(sections, features, lists, uses)
    rules = _made(sections["rules"], partial(rule_of, scopes=scopes), findings)
    if not findings.problems:
        _all_used(rules, sections, findings)
    return Policy(
        digest=_digest(sections),
        rules=rules,
        features={name: declared.feature for name, declared in features.items()},
        value_lists=lists,
        uses=uses,
    )


def _made(
    entries: Mapping[str, Entry], make: Callable[[str, Entry, Findings], T | None], findings: Findings
) -> dict[str, T]:
    """What the entries of a section declare, by name; those that are wrong are left out."""
    return {name: made for name, entry in entries.items() if (made := make(name, entry, findings)) is not None}


def _uses(signal: str, features: Mapping[str, DeclaredFeature]) -> Iterator[tuple[str, FeatureUse]]:
    for name, declared in features.items():
        if role := role_of(declared.feature, CATALOGUE[signal], declared.read_for):
            yield name, FeatureUse(declared.feature, role)


def _scopes(
    sections: Sections,
    features: Mapping[str, DeclaredFeature],
    lists: Mapping[str, ValueList],
    uses: Mapping[str, Mapping[str, FeatureUse]],
) -> dict[str, Scope]:
    """What rules on each signal can see. A feature or list that is wrong itself is reported there and only there."""
    wrong = {name: Name(name, WRONG, "feature") for name in sections["features"].keys() - features.keys()}
    empty = {name: ValueList(name, frozenset(), "") for name in sections["lists"].keys() - lists.keys()}
    scopes = {}
    for signal, spec in CATALOGUE.items():
        unreadable = {
            name: _why_unreadable(declared, spec) for name, declared in features.items() if name not in uses[signal]
        }
        readable = [use.feature for use in uses[signal].values()]
        scope = signal_scope(spec, readable, {**lists, **empty}, unreadable)
        scopes[signal] = replace(scope, names={**scope.names, **wrong})
    return scopes


def _why_unreadable(declared: DeclaredFeature, signal: SignalSpec) -> str:
    feature = declared.feature
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


def _all_used(rules: Mapping[str, Rule], sections: Sections, findings: Findings) -> None:
    trees = [tree for rule in rules.values() for tree in rule.conditions.values()]
    parts = [part for tree in trees for part in walk(tree)]
    used = {
        "features": {part.name for part in parts if isinstance(part, Name)}
        | {name for rule in rules.values() for name in named_in(rule.reason)},
        "lists": {part.name for part in parts if isinstance(part, ListName)},
    }
    for section, names in used.items():
        for name, entry in sections[section].items():
            if name not in names:
                findings.add(
                    f"no rule uses the {section.removesuffix('s')} `{name}`", entry.key.span, "use or remove it"
                )


def _digest(sections: Sections) -> str:
    """32 hex digits over the content alone: comments, blanks, order and the cut into files do not change it."""
    content = {
        section: {name: plain(entry.value) for name, entry in named.items()} for section, named in sections.items()
    }
    canonical = json.dumps([LANGUAGE, content], sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=16).hexdigest()
