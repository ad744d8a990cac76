"""The functions that conditions may call: one table, with types.

Each is total: for every argument of the right type, however odd a text, it gives a value, or None where there is none
to give (how fast is a journey that took no time?), which is unknown. An unknown argument makes the result unknown.
"""

from collections.abc import Iterable, Mapping

from shared.policy.conditions.tree import (
    BOOLEAN,
    DURATION,
    INTEGER,
    NUMBER,
    TEXT,
    TIME,
    Call,
    Constant,
    Expression,
    ListName,
    Name,
    Type,
    walk,
)
from shared.policy.functions import geo, links, lookalike, mail, network, quantities, skeleton, text, times, words
from shared.policy.functions.model import Function, Parameter

_TEXT: Parameter = ("text",)
_LINKS: Parameter = ("texts",)
_TIME: Parameter = ("time",)
_NUMBER: Parameter = ("integer", "number")
_IN_UTC = Constant(times.UTC, TEXT)

_TEXTS = {
    "length": Function(
        (("text", "texts"),), INTEGER, len, "length(text) > 500", "how many characters a text has, or values a list"
    ),
    "contains": Function(
        (_TEXT, _TEXT),
        BOOLEAN,
        text.contains,
        'contains(text, "whatsapp")',
        "whether the text has the other in it, whatever the case",
        "text",
    ),
    "starts_with": Function(
        (_TEXT, _TEXT),
        BOOLEAN,
        text.starts_with,
        'starts_with(title, "urgent")',
        "whether the text begins with the other, whatever the case",
        "text",
    ),
    "ends_with": Function(
        (_TEXT, _TEXT),
        BOOLEAN,
        text.ends_with,
        'ends_with(email, ".ru")',
        "whether the text ends with the other, whatever the case",
        "text",
    ),
    "equals": Function(
        (_TEXT, _TEXT),
        BOOLEAN,
        text.equals,
        'equals(display_name, "support")',
        "whether the two are the same text, whatever the case (`==` minds it)",
        "text",
    ),
    "matches": Function(
        (_TEXT, _TEXT),
        BOOLEAN,
        text.matches,
        'matches(text, "whats ?app|t[.]me/[a-z]")',
        "whether the regular expression is found in the text, whatever the case (`(?-i)` minds it)",
        "text",
        checks={1: text.no_pattern},
        library="google-re2",
    ),
    "contains_any": Function(
        (_TEXT, "list"),
        BOOLEAN,
        text.contains_any,
        "contains_any(text, lists.words)",
        "whether the text has one of the list's values in it, inside of words too, whatever the case",
        "list",
        prepare=text.parts_of,
    ),
    "mentions_any": Function(
        (_TEXT, "list"),
        BOOLEAN,
        words.mentions_any,
        "mentions_any(title, lists.words)",
        "whether one of the list's values is a word of the text, disguised or not (`c0caine`, `c-o-c-a-i-n-e`)",
        "list",
        checks={1: words.no_word},
        prepare=words.terms_of,
    ),
    "edits": Function(
        (_TEXT, _TEXT),
        INTEGER,
        text.edits,
        'edits(display_name, "brightmarket") <= 2',
        "how many letters to add, drop, change or swap to make one text the other",
        "text",
        library="rapidfuzz",
        prepare=text.load_distances,
    ),
    "similarity": Function(
        (_TEXT, _TEXT),
        NUMBER,
        text.similarity,
        'similarity(display_name, "brightmarket") > 80%',
        "how alike two texts are, from 0 to 1: the share of letters that need no edit",
        "text",
        library="rapidfuzz",
        prepare=text.load_distances,
    ),
    "homoglyphs": Function(
        (_TEXT,),
        BOOLEAN,
        skeleton.homoglyphs,
        "homoglyphs(display_name)",
        "whether a word mixes Latin letters with letters of other scripts that look like them",
        "text",
    ),
}
_ADDRESSES = {
    "domain": Function(
        (_TEXT,),
        TEXT,
        links.domain,
        'domain(email) == "example.com"',
        "the host of a link, or what follows the @ of an e-mail address; empty if there is none",
    ),
    "registrable_domain": Function(
        (_TEXT,),
        TEXT,
        links.registrable_domain,
        "registrable_domain(email) in lists.common_mail_domains",
        "the domain that somebody registered (`paypal.co.uk` of `www.paypal.co.uk`); empty if there is none",
        library="publicsuffixlist",
        prepare=links.suffixes,
    ),
    "path": Function(
        (_TEXT,),
        TEXT,
        links.path,
        'any(links, starts_with(path(it), "/login"))',
        "what follows the host of a link, up to `?` or `#`",
    ),
    "any_in": Function(
        (_LINKS, "list"),
        BOOLEAN,
        links.any_in,
        "any_in(links, lists.bad_domains)",
        "whether a link leads to one of the list's domains, or to a host below one",
        "list",
        checks={1: links.not_a_domain},
        prepare=links.listed_domains,
    ),
    "lookalike": Function(
        (_LINKS, "list"),
        BOOLEAN,
        lookalike.lookalike,
        "lookalike(links, lists.protected_domains)",
        "whether a link leads to a host that imitates one of the list's domains and is none of them",
        "heavy",
        checks={1: links.not_a_domain},
        library="publicsuffixlist, rapidfuzz",
        prepare=lookalike.get_ready,
    ),
    "disposable": Function(
        (_TEXT,),
        BOOLEAN,
        mail.disposable,
        "disposable(email)",
        "whether an e-mail address is of a service that gives anyone an inbox for ten minutes",
        library="disposable-email-domains",
        prepare=mail.blocklist,
    ),
    "ip_in": Function(
        (("ip",), ("text", "list")),
        BOOLEAN,
        network.ip_in,
        'ip_in(ip_address, "10.0.0.0/8")',
        "whether an IP address lies in a network, or in one of a list's networks",
        checks={1: network.no_network},
        prepare=network.get_ready,
    ),
}
_PLACES_AND_TIMES = {
    "distance_km": Function(
        (_NUMBER, _NUMBER, _NUMBER, _NUMBER),
        NUMBER,
        geo.distance_km,
        "distance_km(latitude, longitude, last_latitude, last_longitude) > 500",
        "kilometres between two places, each a latitude and a longitude in degrees",
    ),
    "implied_speed": Function(
        (_NUMBER, ("duration",)),
        NUMBER,
        geo.implied_speed,
        "implied_speed(distance_km(latitude, longitude, last_latitude, last_longitude), age(last_login_at)) > 900",
        "kilometres an hour that it took to come so far in that time; unknown if no time passed",
    ),
    "hour": Function(
        (_TIME, _TEXT),
        INTEGER,
        times.hour,
        'hour(time, "Europe/Berlin") < 6',
        "the hour of the day, 0 to 23, on the clocks of a time zone (UTC if none is given)",
        fallbacks=(_IN_UTC,),
        checks={1: times.no_zone},
        library="tzdata",
    ),
    "weekday": Function(
        (_TIME, _TEXT),
        Type("choice", choices=times.DAYS),
        times.weekday,
        'weekday(time) in ("saturday", "sunday")',
        "the day of the week in a time zone (UTC if none is given)",
        fallbacks=(_IN_UTC,),
        checks={1: times.no_zone},
        library="tzdata",
    ),
    "age": Function(
        (_TIME, _TIME),
        DURATION,
        times.age,
        "age(last_login_at) < 2h",
        "how long before the signal's own time something was",
        fallbacks=(Name("time", TIME, "field"),),
    ),
}
_NUMBERS = {
    "abs": Function((_NUMBER,), NUMBER, quantities.absolute, "abs(score - 0.5) < 0.1", "the number without its sign"),
    "min": Function(
        (_NUMBER, _NUMBER), NUMBER, quantities.smallest, "min(quantity, image_count) > 3", "the smaller of two numbers"
    ),
    "max": Function(
        (_NUMBER, _NUMBER), NUMBER, quantities.largest, "max(quantity, image_count) > 3", "the larger of two numbers"
    ),
    "round": Function(
        (_NUMBER,),
        INTEGER,
        quantities.rounded,
        "round(score * 10) >= 7",
        "the nearest whole number, a half to the even",
    ),
    "currency": Function(
        (("money",),),
        TEXT,
        quantities.currency,
        'currency(amount) == "USD" and amount < 5.00 USD',
        "the currency of an amount; unknown of a sum over nothing",
    ),
}

FUNCTIONS: Mapping[str, Function] = {**_TEXTS, **_ADDRESSES, **_PLACES_AND_TIMES, **_NUMBERS}


def get_ready(conditions: Iterable[Expression], lists: Mapping[str, frozenset[str]]) -> None:
    """Load the libraries that the conditions' functions take, and index the lists, before the first signal comes."""
    for call in {part: None for tree in conditions for part in walk(tree) if isinstance(part, Call)}:
        prepare = FUNCTIONS[call.function].prepare
        if prepare:
            prepare(*(lists[part.name] for part in call.arguments if isinstance(part, ListName)))
