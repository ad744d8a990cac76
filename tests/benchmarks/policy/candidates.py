"""What can be asked of each signal type: every literal that generated rules are drawn from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from tests.benchmarks.policy.events import CATEGORIES, COUNTRIES, FEATURES, LOGIN, MESSAGE, PAYMENT, SUMS, WORDS, lists
from tests.benchmarks.policy.literals import (
    Contains,
    Flag,
    Listed,
    Literal,
    Matches,
    OneOf,
    Pair,
    Source,
    Threshold,
    Unlike,
    Values,
    Weighted,
)

_NUMBERS = {
    PAYMENT: (Source("buyer_account_age_days"), Source("time", "hour({})")),
    LOGIN: (Source("time", "hour({})"), Source("logins_1d"), Source("ips_7d")),
    MESSAGE: (Source("sender_account_age_days"), Source("text", "length({})"), Source("time", "hour({})")),
}
_AMOUNTS = {PAYMENT: ("amount",), LOGIN: (), MESSAGE: ()}
_CHOICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    PAYMENT: {
        "country": COUNTRIES,
        "card_country": COUNTRIES,
        "shipping_country": COUNTRIES,
        "card_funding": ("credit", "debit", "prepaid", "unknown"),
        "address_check": ("match", "no_match", "not_checked"),
        "code_check": ("match", "no_match", "not_checked"),
        "category": CATEGORIES,
    },
    LOGIN: {
        "country": COUNTRIES,
        "usual_country": COUNTRIES,
        "method": ("password", "passkey", "social", "magic_link"),
    },
    MESSAGE: {"recipient": [f"user:x{number}" for number in range(300)]},
}
_FLAGS = {PAYMENT: ("card_is_new", "gift_card"), LOGIN: ("two_factor", "device_is_new"), MESSAGE: ("first_contact",)}
_LISTED = {
    PAYMENT: {
        "buyer": "watched_users",
        "seller": "watched_sellers",
        "device": "bad_devices",
        "card": "bad_cards",
        "category": "used_goods",
    },
    LOGIN: {"user": "watched_users", "device": "bad_devices", "user_agent": "bad_agents"},
    MESSAGE: {"sender": "watched_users", "recipient": "watched_sellers", "device": "bad_devices"},
}
_UNLIKE = {
    PAYMENT: (("card_country", "country"), ("shipping_country", "card_country"), ("shipping_country", "country")),
    LOGIN: (("country", "usual_country"),),
    MESSAGE: (),
}
_PAIRS = tuple(
    Pair(Source(left), ">", Source(right))
    for left, right in (
        ("fails_1h", "logins_1d"),
        ("declines_1d", "pays_1d"),
        ("cards_1d", "pays_1h"),
        ("device_users_7d", "devices_7d"),
        ("ip_fails_1h", "ip_users_1d"),
        ("readers_1d", "texts_1h"),
    )
)
_SCORES = tuple(
    tuple((weight, Source(name)) for weight, name in terms)
    for terms in (
        ((3, "declines_1d"), (2, "cards_1d"), (1, "fails_1d")),
        ((5, "disputes_90d"), (2, "refunds_30d"), (1, "reports_7d")),
        ((2, "device_users_7d"), (3, "device_cards_7d"), (1, "device_fails_1d")),
        ((1, "ip_users_1d"), (2, "ip_fails_1h")),
        ((4, "new_devices_7d"), (3, "changes_7d"), (1, "countries_30d")),
        ((1, "texts_1h"), (2, "readers_1h"), (4, "reports_7d")),
    )
)
_WRITTEN = {
    PAYMENT: {"category": ("gift", "tick", "used", "bulk", "cards/new", "ELECTRONICS", "toys", "vint", "hand", "made")},
    LOGIN: {"user_agent": ("headless", "curl", "python", "okhttp", "iphone", "android", "windows nt", "linux", "x86")},
    MESSAGE: {"text": WORDS},
}
_PATTERNS = {
    PAYMENT: {
        "category": ("^(gift|tick)", "(used|vintage)$", "s/(new|bulk)", "^[c-f].*/[b-n]", "[aeiou]{2}", "cards?/")
    },
    LOGIN: {
        "user_agent": ("Headless|bot", "^(curl|okhttp|python)", "Chrome/1[0-3][0-9]", "Android [0-9] ", "iPhone|iPad")
    },
    MESSAGE: {
        "text": (
            "[+][0-9]{7,}",
            "wire (transfer|only)",
            "(western|crypto) (union|invest)",
            "pay.*(outside|fee)",
            "whatsapp|telegram",
            "[a-z]{9,} [a-z]{9,}",
            "urgent.*deposit",
        )
    },
}


@dataclass(frozen=True)
class Past:
    """What can be asked of the past: features by name, those that are sums of money, and what is made of several."""

    features: Sequence[str]
    sums: Sequence[str]
    pairs: Sequence[Pair]
    scores: Sequence[tuple[tuple[int, Source], ...]]


PAST = Past(tuple(FEATURES), SUMS, _PAIRS, _SCORES)
_QUANTILES = [place / 40 for place in range(1, 40)] + [0.98, 0.985, 0.99, 0.995]


def literals(signal: str, sample: Sequence[Values], past: Past = PAST) -> Iterator[tuple[str, Literal]]:
    """Literals of every kind, with thresholds at the sample's own quantiles."""
    listed = {name: frozenset(members) for name, members in lists().items()}
    for source in _NUMBERS[signal]:
        yield from (("numeric", literal) for literal in _thresholds(source, sample))
    for name in (*_AMOUNTS[signal], *past.sums):
        yield from (("numeric", literal) for literal in _thresholds(Source(name), sample, money=True))
    for name in past.features:
        if name not in past.sums:
            yield from (("velocity", literal) for literal in _thresholds(Source(name), sample))
    for name, values in _CHOICES[signal].items():
        yield from (("categorical", OneOf(name, (value,))) for value in values)
        some = Random(name)
        groups = {tuple(sorted(some.sample(values, size))) for size in (2, 2, 3, 3, 4, 6, 8) if 2 * size < len(values)}
        yield from (("categorical", OneOf(name, group)) for group in sorted(groups))
    yield from (("boolean", Flag(name)) for name in _FLAGS[signal])
    yield from (("field against field", Unlike(*names)) for names in _UNLIKE[signal])
    yield from (("field against field", pair) for pair in past.pairs)
    yield from (("list", Listed(name, group, listed[group])) for name, group in _LISTED[signal].items())
    for terms in past.scores:
        bounds = _steps([sum(weight * values[source.name] for weight, source in terms) for values in sample])
        yield from (("weighted", Weighted(terms, bound)) for bound in bounds)
    for name, parts in _WRITTEN[signal].items():
        yield from (("substring", Contains(name, part)) for part in parts)
    for name, patterns in _PATTERNS[signal].items():
        yield from (("regex", Matches(name, re.compile(pattern, re.IGNORECASE))) for pattern in patterns)


def _thresholds(source: Source, sample: Sequence[Values], *, money: bool = False) -> Iterator[Threshold]:
    """From both sides: high values more finely than low ones, as people who hunt for outliers write them."""
    steps = _steps([number for values in sample if (number := source.number(values)) is not None])
    for bound in steps:
        yield Threshold(source, ">=", bound, money)
        if bound > steps[0]:
            yield Threshold(source, "<", bound, money)


def _steps(numbers: Sequence[float]) -> list[int]:
    ordered = sorted(numbers)
    return sorted({int(ordered[int(share * len(ordered))]) for share in _QUANTILES} - {0})
