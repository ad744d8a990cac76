"""The section `lists:`: named values with an owner and, if they end, a date; inline, in a file, or in a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.policy.conditions.literals import moment
from shared.policy.conditions.scope import bad_name
from shared.policy.documents.entries import Entries
from shared.policy.documents.list_files import FOLDER, values_in
from shared.policy.documents.reading import Entry
from shared.policy.engine.compiler import ValueList
from shared.policy.problems import Findings, Source, Span, did_you_mean

MAX_INLINE = 20_000
MAX_VALUES = 100_000
_SOURCES = ("values", "file", "table")


@dataclass
class ListFiles:
    """The files that lists can have their values in, by name; `read` are those that a list names."""

    sources: Mapping[str, Source]
    read: set[str] = field(default_factory=set)

    def tell_unread(self, findings: Findings) -> None:
        """A finding for each file that no list names."""
        for name in self.sources.keys() - self.read:
            hint = "name it in one, `lists: {a_name: {file: " + name + ", owner: …}}`, or remove it"
            findings.add("no list has this file", Span(self.sources[name], 1, 1), hint)


def list_of(name: str, entry: Entry, findings: Findings, files: ListFiles) -> ValueList | None:
    """The list that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    entries = Entries(entry, f"the list {name}", (*_SOURCES, "owner", "expires", "about"), findings)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a list's name", entry.key.span, why)
    owner = entries.text("owner", "say which team keeps it")
    about = entries.text("about")
    given = [source for source in _SOURCES if source in entries]
    if len(given) != 1:
        found = "no `values:`" if not given else f"both `{given[0]}` and `{given[1]}`"
        hint = f"write one of `values: [one, two]`, `file: {FOLDER}{name}.txt`, `table: true`"
        findings.add(f"{entries.what} has {found}", entry.key.span, hint)
    values: frozenset[str] = frozenset()
    if given == ["values"]:
        values = _inline(entries)
    elif given == ["file"]:
        values = _in_file(entries, files)
    elif given == ["table"] and not entries.flag("table"):
        entries.refuse("table", "a list without a source", "write `table: true`, or give it values")
    expires = entries.parsed("expires", moment, None, "write the day as 2027-01-31; it ends when that begins, in UTC")
    if len(findings.problems) > before:
        return None
    file = entries.text("file")
    return ValueList(name, values, owner, expires, table=given == ["table"], file=file, about=about)


def _inline(entries: Entries) -> frozenset[str]:
    findings = entries.findings
    scalars = list(entries.scalars("values"))
    values = [scalar.text.strip() for scalar in scalars]
    if len(values) > MAX_INLINE:
        hint = f"at most {MAX_INLINE:,} are taken here; `file:` takes {MAX_VALUES:,}"
        entries.refuse("values", f"{entries.what} has {len(values):,} values", hint)
        return frozenset()
    seen: set[str] = set()
    for scalar, value in zip(scalars, values, strict=True):
        if not value:
            findings.add(f"a blank stands in {entries.what}", scalar.span, "every text contains it; remove it")
        elif value in seen:
            findings.add(f"`{scalar.text}` stands more than once in {entries.what}", scalar.span, "remove one")
        seen.add(value)
    return frozenset(values)


def _in_file(entries: Entries, files: ListFiles) -> frozenset[str]:
    name = entries.text("file", f"write the file's place, such as `{FOLDER}words.txt`")
    if name in files.sources:
        files.read.add(name)
        return values_in(files.sources[name], MAX_VALUES, entries.findings)
    if name:
        hint = did_you_mean(name, files.sources, otherwise="the files are")
        entries.refuse("file", f"there is no file `{name}`", hint or f"put it into the folder {FOLDER}, as `.txt`")
    return frozenset()
