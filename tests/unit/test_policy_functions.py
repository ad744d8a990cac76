"""What each function says about texts, links, addresses, places and times as they come in real life."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.features import AtLeast
from shared.policy import PolicyError
from shared.policy.conditions.tree import Call, walk
from shared.policy.functions.confusables import LOOKS_LIKE
from shared.policy.functions.table import FUNCTIONS, get_ready
from tests.support.confusables import looks_like
from tests.support.policies import policy_with, truth

pytestmark = pytest.mark.unit

SIGNALS = {
    "listing.submitted": {"title", "quantity"},
    "account.created": {"email", "display_name"},
    "login.succeeded": {"latitude", "ip_address", "last_login_at"},
    "payment.attempted": {"amount"},
    "score.computed": {"score"},
}
LISTS = """
lists:
  words: {owner: tests, values: [WhatsApp, telegram]}
  bad_domains: {owner: tests, values: [evil.test]}
  protected_domains: {owner: tests, values: [paypal.com]}
  common_mail_domains: {owner: tests, values: [mail.test]}
"""


def policy_of(example):
    """A policy with the example as a rule's condition, the signal on which it can be, and the list that it names."""
    words = set(re.findall(r"\w+", example))
    signal = next((signal for signal, names in SIGNALS.items() if names & words), "message.sent")
    used = [line for line in LISTS.splitlines() if f"lists.{line.strip().partition(':')[0]}" in example]
    return policy_with(example, signal, "\n".join(["lists:", *used]) if used else "")


def run(function, *arguments):
    """What the function gives for the arguments, its fallbacks among them."""
    return FUNCTIONS[function].run(*arguments)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_example_is_a_condition(name: str) -> None:
    """The example that the catalogue and the messages show is part of a condition that the checker takes."""
    (condition,) = policy_of(FUNCTIONS[name].example).rules["the_rule"].conditions.values()
    assert name in {part.function for part in walk(condition) if isinstance(part, Call)}


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("length", ("na\u00efve",), 5),
        ("length", (["a", "b"],), 2),
        ("contains", ("Pay me on WHATSAPP", "whatsapp"), True),
        ("contains", ("Stra\u00dfe", "STRASSE"), True),
        ("contains", ("what's app", "whatsapp"), False),
        ("starts_with", ("URGENT: your payout", "urgent"), True),
        ("starts_with", ("not urgent", "urgent"), False),
        ("ends_with", ("jane@Example.RU", ".ru"), True),
        ("equals", ("BrightMarket Support", "brightmarket support"), True),
        ("equals", ("support", "support "), False),
        ("matches", ("write me: T.ME/joe", "t[.]me/[a-z]+"), True),
        ("matches", ("write me: T.ME/joe", "(?-i)t[.]me/[a-z]+"), False),
        ("matches", ("+49 151 2345678", "^[+]?[0-9 ()-]{8,}$"), True),
        ("matches", ("\u043f\u0440\u0438\u0432\u0435\u0442", "\\p{Cyrillic}{3}"), True),
        ("matches", ("\ud800t.me/x", "t.me"), True),
        ("edits", ("brightmarket", "Birghtmarket"), 1),
        ("edits", ("", "abc"), 3),
        ("edits", ("kitten", "sitting"), 3),
        ("similarity", ("abcd", "ABCD"), 1.0),
        ("similarity", ("abcd", "wxyz"), 0.0),
        ("similarity", ("abcd", "abce"), 0.75),
        ("homoglyphs", ("p\u0430ypal support",), True),
        ("homoglyphs", ("\u0410pple",), True),
        ("homoglyphs", ("\u043f\u0440\u0438\u0432\u0435\u0442 from Moscow",), False),
        ("homoglyphs", ("Caf\u00e9 I\u015f\u0131k",), False),
        ("homoglyphs", ("\u6771\u4eac Tokyo",), False),
        ("domain", ("Jane.Doe@Example.COM",), "example.com"),
        ("domain", ("https://user:pw@Shop.Example.com:8443/a?b#c",), "shop.example.com"),
        ("domain", ("https:\\\\evil.test\\@paypal.com",), "evil.test"),
        ("domain", ("https://xn--mnchen-3ya.de",), "m\u00fcnchen.de"),
        ("domain", ("https://evil%2etest",), "evil.test"),
        ("domain", ("https://tiktok.com/@jane",), "tiktok.com"),
        ("domain", ("medium.com/@jane",), "medium.com"),
        ("domain", ("http:evil.test?x@paypal.com",), "evil.test"),
        ("domain", ("not a link?",), "not a link"),
        ("domain", ("",), ""),
        ("registrable_domain", ("https://login.paypal.co.uk/x",), "paypal.co.uk"),
        ("registrable_domain", ("jane@mail.example.com",), "example.com"),
        ("registrable_domain", ("https://evil.github.io",), "evil.github.io"),
        ("registrable_domain", ("https://\u516c\u53f8.cn",), ""),
        ("registrable_domain", ("https://a.\u516c\u53f8.cn",), "a.\u516c\u53f8.cn"),
        ("registrable_domain", ("http://10.0.0.1/x",), ""),
        ("registrable_domain", ("http://[2001:db8::1]/",), ""),
        ("registrable_domain", ("co.uk",), ""),
        ("path", ("https://example.com/Login/a?next=/b#c",), "/Login/a"),
        ("path", ("example.com",), ""),
        ("path", ("http://[::bad",), ""),
        ("disposable", ("joe@mailinator.com",), True),
        ("disposable", ("joe@inbox.MAILINATOR.com",), True),
        ("disposable", ("joe@gmail.com",), False),
        ("disposable", ("mailinator.com",), True),
        ("ip_in", ("10.1.2.3", "10.0.0.0/8"), True),
        ("ip_in", ("11.1.2.3", "10.0.0.0/8"), False),
        ("ip_in", ("192.0.2.7", "192.0.2.7"), True),
        ("ip_in", ("2001:db8::5", "2001:db8::/32"), True),
        ("ip_in", ("2001:db8::5", "10.0.0.0/8"), False),
        ("ip_in", ("::ffff:10.1.2.3", "10.0.0.0/8"), True),
        ("ip_in", ("10.1.2.3", frozenset({"10.0.0.0/8", "2001:db8::/32", "not a network"})), True),
        ("ip_in", ("2001:db9::1", frozenset({"10.0.0.0/8", "2001:db8::/32"})), False),
        ("ip_in", ("10.1.2.3", frozenset({"0.0.0.0/0"})), True),
        ("abs", (-3,), 3),
        ("min", (3, 2.5), 2.5),
        ("max", (3, 2.5), 3),
        ("round", (2.5,), 2),
        ("round", (3.5,), 4),
        ("round", (float("inf"),), None),
    ],
)
def test_examples(function: str, arguments: tuple[object, ...], expected: object) -> None:
    """Each function answers as its name says."""
    assert run(function, *arguments) == expected


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("abs", (AtLeast(3),), AtLeast(3)),
        ("abs", (AtLeast(-3),), None),
        ("min", (AtLeast(5), 3), 3),
        ("min", (AtLeast(5), 9), AtLeast(5)),
        ("min", (AtLeast(5), AtLeast(9)), AtLeast(5)),
        ("max", (AtLeast(5), 3), AtLeast(5)),
        ("max", (AtLeast(5), 9), AtLeast(9)),
        ("round", (AtLeast(5.4),), AtLeast(5)),
        ("implied_speed", (AtLeast(100), timedelta(hours=2)), AtLeast(50)),
        ("distance_km", (AtLeast(5), 5, 5, 5), None),
    ],
)
def test_lower_bounds(function: str, arguments: tuple[object, ...], expected: object) -> None:
    """What is at least so much stays so where the function can keep it, and is unknown where it cannot."""
    assert run(function, *arguments) == expected


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        ((52.52, 13.405), (48.8566, 2.3522), 878),
        ((40.7128, -74.006), (51.5074, -0.1278), 5_570),
        ((0, 179.9), (0, -179.9), 22),
        ((90, 0), (-90, 0), 20_015),
        ((52.52, 13.405), (52.52, 13.405), 0),
    ],
)
def test_distance(here: tuple[float, float], there: tuple[float, float], km: int) -> None:
    """Berlin to Paris is 878 km, New York to London 5,570, and the date line is no obstacle."""
    assert run("distance_km", *here, *there) == pytest.approx(km, abs=1)


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (float("nan"), 0), (0, float("inf")), (10**400, 0)])
def test_no_such_place(place: tuple[float, float]) -> None:
    """What is no place on the earth is no distance from anywhere."""
    assert run("distance_km", *place, 0, 0) is None


def test_a_journey_that_took_no_time_has_no_speed() -> None:
    """Two logins at the same moment, or out of order, are no journey."""
    assert run("implied_speed", 878, timedelta(hours=1)) == 878
    assert run("implied_speed", 878, timedelta(0)) is None
    assert run("implied_speed", 878, timedelta(hours=-1)) is None
    assert run("implied_speed", 10**400, timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("function", "moment", "zone", "expected"),
    [
        ("hour", datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "UTC", 22),
        ("hour", datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "Europe/Berlin", 0),
        ("hour", datetime(2026, 12, 1, 22, 30, tzinfo=UTC), "Europe/Berlin", 23),
        ("weekday", datetime(2026, 11, 22, 12, tzinfo=UTC), "UTC", "sunday"),
        ("weekday", datetime(2026, 11, 22, 12, tzinfo=UTC), "Pacific/Auckland", "monday"),
    ],
)
def test_clocks_and_calendars(function: str, moment: datetime, zone: str, expected: object) -> None:
    """Hours and days are those of the zone's clocks, summer time included."""
    assert run(function, moment, zone) == expected


def test_the_age_of_a_thing_is_counted_to_the_signals_own_time() -> None:
    """`age(x)` is how long before the signal's time x was, whenever the signal is judged."""
    values = {
        "time": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "last_login_at": datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
    }
    assert truth("age(last_login_at) < 2h", values, signal="login.succeeded") is True
    assert truth("age(last_login_at) < 1h", values, signal="login.succeeded") is False
    assert truth("age(last_login_at) < 1h", {"time": values["time"]}, signal="login.succeeded") is None


def test_a_journey_faster_than_a_plane() -> None:
    """Berlin, and Tokyo an hour later, is faster than anyone flies; without coordinates nobody knows."""
    condition = (
        "implied_speed(distance_km(latitude, longitude, last_latitude, last_longitude), age(last_login_at)) > 1000"
    )
    values = {
        "time": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "last_login_at": datetime(2026, 11, 22, 11, tzinfo=UTC),
        "latitude": 35.68,
        "longitude": 139.69,
        "last_latitude": 52.52,
        "last_longitude": 13.40,
    }
    assert truth(condition, values, signal="login.succeeded") is True
    assert (
        truth(condition, values | {"last_login_at": datetime(2026, 11, 21, 11, tzinfo=UTC)}, signal="login.succeeded")
        is False
    )
    assert truth(condition, {"time": values["time"]}, signal="login.succeeded") is None


MANY = frozenset({"whatsapp", "tg", "x", *(f"filler{number:05}" for number in range(5_000))})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call me on WhatsApp", True),
        ("mywhatsappnumber", True),
        ("on tg?", True),
        ("an x here", True),
        ("filler04999", True),
        ("filler05000", False),
        ("hello", False),
        ("", False),
    ],
)
def test_any_of_very_many_texts(text: str, expected: bool) -> None:
    """Short and long values of a long list are found, inside of words too."""
    assert run("contains_any", text, MANY) is expected


TERMS = frozenset({"cocaine", "magic mushroom", "lsd", *(f"filler{number:05} pill" for number in range(5_000))})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pure c0caine here", True),
        ("C.O.C.A.I.N.E", True),
        ("c o c a i n e", True),
        ("coca\u0456ne", True),
        ("Magic Mushrooms!", True),
        ("magic, mushroom", True),
        ("magic and mushrooms", False),
        ("cocaines", True),
        ("cocainebutnot", False),
        ("LSD", True),
        ("filler04999 pills", True),
        ("filler05000 pill", False),
        ("", False),
    ],
)
def test_any_of_very_many_words(text: str, expected: bool) -> None:
    """Whole words and phrases of a long list are found, disguised or not."""
    assert run("mentions_any", text, TERMS) is expected


@pytest.mark.parametrize(
    ("listed", "link", "expected"),
    [
        ("evil.test", "https://www.evil.test/a", True),
        ("EVIL.test", "https://evil.test", True),
        ("xn--mnchen-3ya.de", "https://m\u00fcnchen.de", True),
        ("m\u00fcnchen.de", "https://xn--mnchen-3ya.de/", True),
        ("evil.test", "https://evil.test.example", False),
        ("evil.test", "https://notevil.test", False),
    ],
)
def test_listed_domains(listed: str, link: str, expected: bool) -> None:
    """A domain is the same however the list or the link writes it, and means the hosts below it too."""
    assert run("any_in", [link], frozenset({listed})) is expected


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('matches(text, "(a")', "is no pattern that RE2 takes"),
        ('matches(text, "(?=a)b")', "no look-around"),
        ('matches(text, "(a)\\\\1")', "no back-reference"),
        ('matches(text, "[a-z]{0,1000}x")', "too large a pattern"),
        (f'matches(text, "{"x" * 501}")', "too large a pattern"),
        ("matches(text, thread_id)", "must be written out"),
        ('hour(time, "Mars/Olympus") < 6', "is no time zone"),
        ('hour(time, "../UTC") < 6', "is no time zone"),
        ('hour(time, "") < 6', "is no time zone"),
        ("any_in(links, lists.urls)", "is no domain by itself"),
        ("lookalike(links, lists.wild)", "is no domain by itself"),
        ("mentions_any(text, lists.signs)", "is no word"),
    ],
)
def test_what_can_never_work_is_refused_when_it_is_written(condition: str, found: str) -> None:
    """A pattern that RE2 refuses, an unknown zone or a list's value that cannot occur is an error with a place."""
    lists = {
        "urls": "[https://evil.test/login]",
        "wild": '["*.evil.test"]',
        "signs": '["\U0001f48a", b]',
    }
    more = [
        f"  {name}: {{owner: tests, values: {values}}}"
        for name, values in lists.items()
        if f"lists.{name}" in condition
    ]
    with pytest.raises(PolicyError) as refused:
        policy_with(condition, "message.sent", "\n".join(["lists:", *more] if more else []))
    (problem,) = refused.value.problems
    assert found in f"{problem.what} {problem.hint}"


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "10.0.0.0/33", "10.0.0", "fe80::%eth0/64", "everywhere"])
def test_networks_that_are_none(networks: str) -> None:
    """A network that is none is refused, written out or in a list."""
    with pytest.raises(PolicyError, match="is no network"):
        policy_with(f'ip_in(ip_address, "{networks}")', "login.succeeded")
    with pytest.raises(PolicyError, match="is no network"):
        policy_with(
            "ip_in(ip_address, lists.some)",
            "login.succeeded",
            f'lists:\n  some: {{owner: tests, values: ["{networks}"]}}',
        )


def test_half_of_a_character_is_no_pattern() -> None:
    """What cannot be written in UTF-8 is refused, and no crash."""
    assert "half of a surrogate pair" in FUNCTIONS["matches"].checks[1]("a\ud800")


def test_what_nobody_checked_is_left_out_of_a_list() -> None:
    """A list that is read while Sluice runs may have anything in it; what is nothing to look for is never found."""
    odd = frozenset({"", " ", "\U0001f48a", "not a network", "http://"})
    assert not run("contains_any", "text", odd)
    assert not run("mentions_any", "text \U0001f48a", odd)
    assert not run("any_in", ["https://evil.test"], odd)
    assert not run("lookalike", ["https://evil.test"], odd)
    assert not run("ip_in", "10.0.0.1", odd)


def test_the_pseudonym_is_no_address() -> None:
    """`ip` is an entity, of which only a pseudonym is known; the hint says what the address itself is called."""
    with pytest.raises(PolicyError, match=r"(?s)`ip` is an entity \(ip\), an IP address.*ip_in\(ip_address"):
        policy_with('ip_in(ip, "10.0.0.0/8")', "login.succeeded")


def test_letters_that_look_alike_are_those_of_the_library() -> None:
    """The table that is carried instead of the library says what the library says."""
    assert looks_like() == LOOKS_LIKE


def test_getting_ready_takes_each_list_to_its_function() -> None:
    """Every function that prepares itself can do so for a call as the checker made it."""
    for function in FUNCTIONS.values():
        policy = policy_of(function.example)
        get_ready(policy.rules["the_rule"].conditions.values(), policy.lists)
