"""Reads the files of lists, `lists/<name>.txt`: one value a line, `#` begins a comment of its own line."""

from shared.policy.problems import Findings, Problem, Source, Span

FOLDER = "lists/"
MAX_BYTES = 5_000_000
MAX_VALUE = 500
"""The characters of the longest value."""


def is_list_file(name: str) -> bool:
    """Whether a text of a policy is a list's, by its name; all others are documents."""
    return name.startswith(FOLDER) and name.endswith(".txt")


def values_in(source: Source, most: int, findings: Findings) -> frozenset[str]:
    """The values in a list's file; what is wrong is told with its line. Places are looked for only when it is."""
    if len(source.text) > MAX_BYTES:
        found = f"the file has {len(source.text):,} characters"
        findings.add(found, Span(Source(source.name, source.text[:80]), 1, 1), f"at most {MAX_BYTES:,} are taken")
        return frozenset()
    values = [value for line in source.text.split("\n") if (value := line.strip()) and value[0] != "#"]
    distinct = frozenset(values)
    if not values:
        findings.add("there is no value in the file", Span(source, 1, 1), "write one value a line")
    if len(values) > most:
        findings.add(f"the file has {len(values):,} values", Span(source, 1, 1), f"at most {most:,} are taken")
    elif len(distinct) < len(values):
        _tell_twice(source, findings)
    if not "".join(distinct).isprintable() or max(map(len, distinct), default=0) > MAX_VALUE:
        _tell_odd(source, findings)
    return distinct


def decoded(name: str, content: bytes) -> str | Problem:
    """A file's text, or what is wrong with its encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        begin = content.rfind(b"\n", 0, error.start) + 1
        column = len(content[begin : error.start].decode("utf-8", "replace")) + 1
        shown = "\n" * (line - 1) + content[begin : error.start + 20].split(b"\n")[0].decode("utf-8", "replace")
        what = f"the file is not UTF-8: {error.reason} ({content[error.start]:#04x})"
        return Problem(what, Span(Source(name, shown), line, column), "save it as UTF-8")


def _tell_twice(source: Source, findings: Findings) -> None:
    seen: dict[str, int] = {}
    for number, line in enumerate(source.text.split("\n"), 1):
        value = line.strip()
        if value in seen:
            what = f"`{value}` already stands in line {seen[value]}"
            findings.add(what, Span(source, number, line.index(value) + 1, len(value)), "remove one of them")
            return
        if value and value[0] != "#":
            seen[value] = number


def _tell_odd(source: Source, findings: Findings) -> None:
    for number, line in enumerate(source.text.split("\n"), 1):
        value = line.strip()
        if len(value) > MAX_VALUE and value[0] != "#":
            what = f"a value of {len(value):,} characters"
            findings.add(what, Span(source, number, 1, MAX_VALUE), f"at most {MAX_VALUE} are taken: one value a line")
            return
        if not value.isprintable() and value[0] != "#":
            at = next(index for index, sign in enumerate(value) if not sign.isprintable())
            what = f"{value[at]!a} cannot be printed"
            findings.add(what, Span(source, number, line.index(value) + at + 1), "no text has it as people type it")
            return
