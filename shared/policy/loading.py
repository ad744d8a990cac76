"""From a policy's source to a policy, or to everything that is wrong with it."""

import json
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.conditions.tidying import plainly
from shared.policy.conditions.tree import Constant
from shared.policy.documents.folders import texts_of
from shared.policy.documents.reading import Entry, Scalar, described, plain
from shared.policy.engine.compiler import ValueList
from shared.policy.policy import Policy
from shared.policy.problems import Findings
from shared.policy.sections.asides import Asides
from shared.policy.sections.definitions import Definitions
from shared.policy.sections.features import feature_of
from shared.policy.sections.gates import gate_of
from shared.policy.sections.gathering import Sections, gathered, list_files
from shared.policy.sections.groups import group_of
from shared.policy.sections.guardrails import guardrails_of
from shared.policy.sections.jurisdictions import jurisdictions_of
from shared.policy.sections.known_good import read_known_good
from shared.policy.sections.ladders import Ladders, ladder_of
from shared.policy.sections.lists import ListFiles, list_of
from shared.policy.sections.parameters import check_defined_name, parameter_of
from shared.policy.sections.readable import bare_scopes, feature_uses
from shared.policy.sections.rules import read_rule, rule_of
from shared.policy.sections.targets import Surroundings
from shared.policy.versions import versioned

if TYPE_CHECKING:
    from shared.policy.checks import Beside, Conditions

LANGUAGE = 2
"""The version of the language: a part of every policy's digest."""
_ALWAYS = ("parameters", "let", "features", "lists", "groups", "rules")
"""The sections that digests have always had, empty ones too; policies without the newer ones keep theirs."""
T = TypeVar("T")


@cache
def shipped() -> Policy:
    """The policy that ships beside the code; read once per process."""
    return load_documents(texts_of(shipped_folder()), published=True)


def shipped_folder() -> Path:
    """Where the policy lies that ships beside the code."""
    return Path(__file__).parent.parent / "policies"


def load(directory: Path) -> Policy:
    """The policy in a folder. Raises `PolicyError` with every problem, `OSError` if it cannot be read."""
    return load_documents(texts_of(directory))


def load_documents(texts: Mapping[str, str], *, published: bool = False) -> Policy:
    """The policy in texts by name, documents and `lists/*.txt`; raises `PolicyError` with every problem.

    What is `published` has passed the checks of its day: it is read, and newer checks find no fault with it. Of lists
    whose source is a table nothing is known until `Policy.with_values` gives them what they have now.
    """
    findings = Findings()
    sections = gathered(texts, findings)
    policy, conditions, beside = _policy(sections, ListFiles(list_files(texts)), findings)
    if not published:
        # Functions read what is published, and need not load what checks it when they start.
        from shared.policy.checks import check_all  # noqa: PLC0415

        check_all(policy, conditions, beside, sections, findings)
    findings.raise_if_any()
    return versioned(policy, sections["features"])


def _policy(sections: Sections, files: ListFiles, findings: Findings) -> "tuple[Policy, Conditions, Beside]":
    """The policy of the rules that can be read, the conditions of these and of the others, and the texts of asides."""
    declared = _each(sections["features"], feature_of, findings)
    lists = _each(sections["lists"], partial(list_of, files=files), findings)
    files.tell_unread(findings)
    uses = feature_uses(_sound(declared), findings)
    parameters = _each(sections["parameters"], parameter_of, findings)
    groups = _sound(_each(sections["groups"], group_of, findings))
    read = {name: read_rule(name, entry, findings, groups, parameters) for name, entry in sections["rules"].items()}
    scopes = bare_scopes(declared, lists, uses)
    definitions = Definitions(
        scopes,
        _each(sections["let"], _let, findings),
        parameters,
        {name: rule.draft for name, rule in read.items()},
        findings,
    )
    guardrails = guardrails_of(sections["guardrails"], sections["rules"], findings)
    around = Surroundings(guardrails.default_restriction, uses)
    asides = Asides()
    ladders = Ladders(_each(sections["ladders"], ladder_of, findings), definitions, around, asides)
    rules = _sound({name: rule_of(rule, definitions, around, ladders) for name, rule in read.items()})
    read_known_good(sections["known_good"], definitions, asides)
    conditions: Conditions = {
        name: _sound({signal: definitions.condition(name, signal) for signal in rule.draft.on})
        for name, rule in read.items()
    }
    more = {signal: {**scope.scores, **asides.uses.get(signal, {})} for signal, scope in scopes.items()}
    policy = Policy(
        digest=_digest(sections, _sound(lists), _sound(parameters)),
        rules=rules,
        features={name: feature.feature for name, feature in _sound(declared).items()}
        | {name: use.feature for undeclared in more.values() for name, use in undeclared.items()},
        value_lists=_sound(lists),
        uses={signal: {**readable, **more[signal]} for signal, readable in uses.items()},
        asides=asides.rules,
        guardrails=guardrails,
        jurisdictions=jurisdictions_of(sections["jurisdictions"], findings),
        gates=_sound(_each(sections["gates"], gate_of, findings)),
    )
    return policy, conditions, asides.texts


def _each(
    entries: Mapping[str, Entry], make: Callable[[str, Entry, Findings], T | None], findings: Findings
) -> dict[str, T | None]:
    """What the entries of a section declare, by name; None for those that are wrong."""
    return {name: make(name, entry, findings) for name, entry in entries.items()}


def _sound(made: Mapping[str, T | None]) -> dict[str, T]:
    return {name: thing for name, thing in made.items() if thing is not None}


def _let(name: str, entry: Entry, findings: Findings) -> Parsed | None:
    check_defined_name(name, entry.key, "let", findings)
    if isinstance(entry.value, Scalar) and entry.value.text:
        return parse(entry.value, findings)
    findings.add(f"the let {name} is {described(entry.value)}", entry.value.span, "write one condition or value")
    return None


def _digest(sections: Sections, lists: Mapping[str, ValueList], parameters: Mapping[str, Constant]) -> str:
    """32 hex digits over the content alone: comments, blanks, order and the cut into files do not
    change it, nor the quotes and blanks in conditions. Those of a parameter say that it is a text."""
    content = {
        section: {name: plainly(plain(entry.value), (section, name)) for name, entry in named.items()}
        for section, named in sections.items()
        if named or section in _ALWAYS
    }
    files = {
        name: blake2b("\n".join(sorted(named.values)).encode(), digest_size=16).hexdigest()
        for name, named in lists.items()
        if named.file
    }
    kinds = {name: value.type.kind for name, value in parameters.items()}
    canonical = json.dumps([LANGUAGE, content, files, kinds], sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=16).hexdigest()
