"""Puts the sections of all documents of a policy together, by name."""

from collections.abc import Iterator, Mapping

from shared.policy.documents.list_files import is_list_file
from shared.policy.documents.reading import Entry, Scalar, described, read
from shared.policy.documents.reading import Mapping as Document
from shared.policy.problems import Findings, Source, Span, did_you_mean

KINDS = {
    "parameters": "parameter",
    "let": "let",
    "features": "feature",
    "lists": "list",
    "groups": "group",
    "rules": "rule",
    "ladders": "ladder",
    "known_good": "abuse kind",
    "guardrails": "guardrail",
    "jurisdictions": "jurisdiction",
    "gates": "gate",
}
"""The sections of a document, and what one entry of each is called."""
_SPOKEN = ("parameters", "let", "features")
"""The sections whose names stand in conditions side by side."""
MAX_TEXTS = 1_000
MAX_CHARACTERS = 50_000_000
"""Of a policy as a whole, the files of lists included."""
Sections = Mapping[str, Mapping[str, Entry]]


def gathered(texts: Mapping[str, str], findings: Findings) -> Sections:
    """The entries of each section; a name that stands twice is a finding, and the first one counts."""
    sections: dict[str, dict[str, Entry]] = {name: {} for name in KINDS}
    if _too_much(texts, findings):
        return sections
    for name, text in texts.items():
        if not is_list_file(name) and (document := read(source_of(name, text), findings)):
            for section, entry in _sections(document, findings):
                _add(section, entry, sections, findings)
    if not texts:
        findings.add("there is no policy here", Span(Source("*.yaml", ""), 1, 1), "write `rules:` into a .yaml file")
    return sections


def _too_much(texts: Mapping[str, str], findings: Findings) -> bool:
    """Whether there is more than anyone wrote; then nothing is read."""
    characters = sum(map(len, texts.values()))
    if len(texts) <= MAX_TEXTS and characters <= MAX_CHARACTERS:
        return False
    what = f"the policy has {characters:,} characters, in {len(texts):,} texts"
    place = Span(Source(next(iter(texts)), ""), 1, 1)
    findings.add(what, place, f"at most {MAX_CHARACTERS:,} in {MAX_TEXTS:,} are taken")
    return True


def list_files(texts: Mapping[str, str]) -> dict[str, Source]:
    """The files of lists among the texts."""
    return {name: source_of(name, text) for name, text in texts.items() if is_list_file(name)}


def source_of(name: str, text: str) -> Source:
    """A text with the line ends that everything here counts with."""
    return Source(name, text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))


def _sections(document: Document, findings: Findings) -> Iterator[tuple[str, Document]]:
    for section, entry in document.entries.items():
        if section not in KINDS:
            hint = did_you_mean(section, KINDS, otherwise="the sections are")
            findings.add(f"there is no section `{section}`", entry.key.span, hint)
        elif isinstance(entry.value, Document):
            yield section, entry.value
        elif not (isinstance(entry.value, Scalar) and not entry.value.text):
            what = f"`{section}` is {described(entry.value)}"
            findings.add(what, entry.value.span, "write names, each with its content")


def _add(section: str, entries: Document, sections: dict[str, dict[str, Entry]], findings: Findings) -> None:
    beside = _SPOKEN if section in _SPOKEN else (section,)
    for name, entry in entries.entries.items():
        if earlier := next((other for other in beside if name in sections[other]), None):
            first = sections[earlier][name].key.span
            what = f"the {KINDS[earlier]} `{name}` is already in {first.source.name}, line {first.line}"
            findings.add(what, entry.key.span, "rename or remove one of them")
        else:
            sections[section][name] = entry
