"""The section `lists:`: named values with an owner and, if they end, a date."""

from datetime import UTC, date, datetime

from shared.policy.conditions.scope import bad_name
from shared.policy.documents.entries import Entries
from shared.policy.documents.reading import Entry
from shared.policy.engine.compiler import ValueList
from shared.policy.problems import Findings

MAX_VALUES = 20_000


def list_of(name: str, entry: Entry, findings: Findings) -> ValueList | None:
    """The list that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    entries = Entries(entry, f"the list {name}", ("values", "owner", "expires"), findings)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a list's name", entry.key.span, why)
    owner = entries.text("owner", "say which team keeps it")
    if "values" not in entries:
        findings.add(f"{entries.what} has no `values:`", entry.key.span, "write `values: [one, two]`")
    values = [scalar.text.strip() for scalar in entries.scalars("values")]
    for scalar in entries.scalars("values") if "" in values else ():
        if not scalar.text.strip():
            findings.add(f"a blank stands in {entries.what}", scalar.span, "every text contains it; remove it")
    if len(values) > MAX_VALUES:
        entries.refuse("values", f"{entries.what} has {len(values):,} values", f"at most {MAX_VALUES:,} are taken")
    for scalar in entries.scalars("values") if len(set(values)) < len(values) else ():
        if values.count(scalar.text.strip()) > 1:
            findings.add(f"`{scalar.text}` stands more than once in {entries.what}", scalar.span, "remove one")
            break
    expires = entries.parsed(
        "expires", _day, None, "write the day as 2027-01-31; the list ends when that day begins, in UTC"
    )
    return ValueList(name, frozenset(values), owner, expires) if len(findings.problems) == before else None


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
