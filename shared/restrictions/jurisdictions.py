"""What law asks of a restriction, by jurisdiction: plain data from the policy, for counsel to confirm."""

from dataclasses import dataclass
from datetime import timedelta

LONGEST_HOLD = timedelta(days=90)
"""The careful assumption where nothing is stated."""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The duties towards someone who is restricted.

    `countries` are ISO 3166 codes; the jurisdiction named `default` has none and is everyone else's. `notice_within` is
    how soon the person must be told, `appeal_within` how long they can contest, `business_notice` how long before it
    begins a business must be told of an end of service, `longest_hold` the longest that money can be held without a
    person's decision, however many restrictions follow each other (see `stretches`). `human` is how to reach one.
    `confirmed_by` names the counsel who confirmed these figures; until somebody did, it is None and
    `sluice policy check --strict` says so.
    """

    name: str
    countries: frozenset[str]
    notice_within: timedelta
    appeal_within: timedelta
    business_notice: timedelta
    longest_hold: timedelta
    human: str
    basis: str = ""
    confirmed_by: str | None = None
