"""The section `jurisdictions:`: what law asks of restrictions, by country, for counsel to confirm."""

import re
from collections.abc import Mapping
from datetime import timedelta

from shared.policy.conditions.literals import duration, lasting
from shared.policy.conditions.scope import bad_name
from shared.policy.documents.entries import Entries
from shared.policy.documents.reading import Entry, Scalar
from shared.policy.problems import Findings, Span, did_you_mean
from shared.restrictions.jurisdictions import Jurisdiction
from shared.signals.countries import ISO_3166

DEFAULT = "default"
"""Everyone's for whom no other one is."""
KEYS = "countries notice_within appeal_within business_notice longest_hold human basis confirmed_by".split()
LONGEST_TEXT = 500
LONGEST = timedelta(days=3_650)
LONGEST_HOLD = timedelta(days=365)
_SLIPS = {"UK": "GB", "EL": "GR"}


def jurisdictions_of(section: Mapping[str, Entry], findings: Findings) -> dict[str, Jurisdiction]:
    """The jurisdictions that a policy declares, by name; those that are wrong have findings."""
    places: dict[str, Span] = {}
    found = {name: _jurisdiction(name, entry, places, findings) for name, entry in section.items()}
    if section and DEFAULT not in section:
        hint = f"add `{DEFAULT}:`, without countries, for everyone else"
        findings.add(f"the jurisdictions have no `{DEFAULT}`", next(iter(section.values())).key.span, hint)
    return found


def _jurisdiction(name: str, entry: Entry, places: dict[str, Span], findings: Findings) -> Jurisdiction:
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a jurisdiction's name", entry.key.span, why)
    entries = Entries(entry, f"the jurisdiction {name}", KEYS, findings)
    confirmed_by = _short(entries, "confirmed_by")
    return Jurisdiction(
        name=name,
        countries=_countries(name, entries, places),
        notice_within=_span(entries, "notice_within", LONGEST, "how soon the person is told, such as `24h`"),
        appeal_within=_span(entries, "appeal_within", LONGEST, "how long it can be contested, such as `180d`"),
        business_notice=_span(
            entries, "business_notice", LONGEST, "how long before its service ends a business is told, such as `30d`"
        ),
        longest_hold=_span(
            entries, "longest_hold", LONGEST_HOLD, "how long money is held at most without a person, such as `90d`"
        ),
        human=_short(entries, "human", "say how to reach a person, in words that the user may read"),
        basis=_short(entries, "basis"),
        confirmed_by=None if confirmed_by in ("", "none") else confirmed_by,
    )


def _countries(name: str, entries: Entries, places: dict[str, Span]) -> frozenset[str]:
    findings, found = entries.findings, set[str]()
    if name == DEFAULT and "countries" in entries:
        entries.refuse("countries", f"`{DEFAULT}` is for all countries that no other names", "leave `countries` out")
        return frozenset()
    if name != DEFAULT and "countries" not in entries:
        findings.add(f"{entries.what} has no `countries:`", entries.key.span, "write them as `[AT, BE]`")
    for scalar in entries.scalars("countries"):
        if scalar.text not in ISO_3166:
            findings.add(f"`{scalar.text}` is no country's code in ISO 3166", scalar.span, _meant(scalar))
        elif scalar.text in places:
            first = places[scalar.text]
            what = f"`{scalar.text}` has a jurisdiction already, in {first.source.name}, line {first.line}"
            findings.add(what, scalar.span, "let it stand in one of them")
        else:
            places[scalar.text] = scalar.span
            found.add(scalar.text)
    return frozenset(found)


def _meant(scalar: Scalar) -> str:
    text = scalar.text.upper()
    if near := _SLIPS.get(text, text if text in ISO_3166 else ""):
        return did_you_mean(near, [near])
    return "countries have codes such as `AT`; of a union, name each"


def _span(entries: Entries, key: str, longest: timedelta, needed: str) -> timedelta:
    """A span that may be nothing, but for how long money is held."""
    reader = lasting if key == "longest_hold" else duration
    if entries.scalar(key, needed) is None:
        return timedelta(0)
    found = entries.parsed(key, reader, timedelta(0), needed)
    if found > longest:
        what = f"`{entries.text(key)}` is longer than {longest.days:,} days"
        entries.refuse(key, what, f"`{key}` is {longest.days:,} days at most")
    return found


def _short(entries: Entries, key: str, needed: str = "") -> str:
    """A text that stands on statements of reasons."""
    text = entries.text(key, needed)
    if len(text) > LONGEST_TEXT:
        entries.refuse(key, f"`{key}` has {len(text):,} characters", f"at most {LONGEST_TEXT} are taken")
    if re.search(r"[{}]", text):
        entries.refuse(key, "values do not go into what users read", "leave the braces out")
    return text
