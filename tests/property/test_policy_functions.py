"""The laws of the functions: total for whatever text comes, and as fast ways to the same answers as slow ones."""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.features import AtLeast
from shared.policy.functions.links import host_of, registrable_domain, with_parents
from shared.policy.functions.lookalike import ONE_TYPO, TWO_TYPOS, imitates
from shared.policy.functions.skeleton import skeleton
from shared.policy.functions.table import FUNCTIONS
from shared.policy.functions.text import Patterns, matches, no_pattern
from shared.policy.functions.words import readable
from shared.signals.amounts import Amount

pytestmark = pytest.mark.property

ANY_SIGN = st.characters(exclude_categories=())
LINKISH = st.sampled_from(
    "https://www.xn--paypal.co.uk:8080/a?b=c#d@e%2e\\ \u3002\uff0e[]::1".split("w") + list(":/.@%\\[]?#-")
)
SHORT = st.text(ANY_SIGN, max_size=30)
TEXTS = st.one_of(
    st.text(ANY_SIGN, max_size=60),
    st.lists(LINKISH, max_size=12).map("".join),
    st.builds(lambda text, times: (text * times)[:20_000], st.text(ANY_SIGN, min_size=1, max_size=5), st.just(20_000)),
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.integers(min_value=-(10**400), max_value=10**400))
OF_KIND = {
    "text": TEXTS,
    "texts": st.lists(TEXTS, max_size=5),
    "list": st.frozensets(TEXTS, max_size=90),
    "integer": st.one_of(NUMBERS, NUMBERS.map(AtLeast)),
    "number": st.one_of(NUMBERS, NUMBERS.map(AtLeast)),
    "time": st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001  (the bounds of what signals may say)
    "duration": st.timedeltas(),
    "ip": st.ip_addresses().map(str),
    "money": st.builds(Amount, st.integers(0, 10**15), st.sampled_from(["USD", "JPY", ""])),
}
GIVES = {
    "boolean": bool,
    "text": str,
    "choice": str,
    "integer": int | AtLeast,
    "number": int | float | AtLeast,
    "duration": timedelta,
}
WRITTEN = {
    "matches": st.one_of(SHORT, st.sampled_from(["a+", "(?i)x|y", "[^ ]{3,9}$", "\\p{L}+", "(a|b)*c"])),
    "hour": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
    "weekday": st.sampled_from(["UTC", "Pacific/Apia"]),
    "ip_in": st.one_of(st.ip_addresses().map(lambda address: f"{address}/8"), SHORT),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(data=st.data())
def test_a_function_gives_a_value_of_its_type_whatever_it_is_given(name: str, data: st.DataObject) -> None:
    """No text, list, number or time makes a function fail; what it cannot tell is unknown."""
    function = FUNCTIONS[name]
    arguments: list[Any] = []
    for place, parameter in enumerate(function.parameters):
        kinds = ("list",) if parameter == "list" else parameter
        kind = data.draw(st.sampled_from(kinds))
        written = WRITTEN.get(name) if place == 1 and kind == "text" else None
        value = data.draw(written if written is not None else OF_KIND[kind])
        check = function.checks.get(place)
        if check and isinstance(value, str):
            assume(not check(value))
        arguments.append(value)
    given_back = function.run(*arguments)
    assert given_back is None or isinstance(given_back, GIVES[function.result.kind])
    assert function.result.kind != "choice" or given_back in function.result.choices


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if function.checks])
@given(value=st.one_of(TEXTS, SHORT))
def test_a_check_says_what_is_wrong_or_nothing(name: str, value: str) -> None:
    """Whatever stands in a condition or a list, the check gives words and does not fail."""
    for check in FUNCTIONS[name].checks.values():
        assert isinstance(check(value), str)


LETTERS = st.text("abc \u00df\u0130", max_size=40)


@given(LETTERS, st.frozensets(st.text("abc\u00dfS", min_size=1, max_size=6), max_size=100))
def test_any_of_many_is_each_of_them_in_turn(text: str, parts: frozenset[str]) -> None:
    """`contains_any` finds what `contains` finds, however many there are."""
    found = FUNCTIONS["contains_any"].run(text, parts)
    assert found is any(FUNCTIONS["contains"].run(text, part) for part in parts)


PATTERN = st.one_of(
    SHORT,
    st.sampled_from(r"a+ (?-i)A (?i)x|y ^.{3}$ ^ $ \z \ba (?s)a.b (?m)^b$ \p{L}+ [^a]{3,9} a[^c]{100}c k".split()),
    st.integers(1, 30).map("(?:a.?b|[k-s]{{1,{}}}).*s".format),
)


@given(
    st.sampled_from([1 << power for power in (10, 14, 15, 16, 17, 18, 23)]),
    st.one_of(TEXTS, st.text("aAbBkK\u212as\u017f\n .\ud800", max_size=60)),
    st.lists(PATTERN.filter(lambda it: not no_pattern(it))),
)
def test_patterns_together_find_what_each_finds(memory: int, text: str, patterns: list[str]) -> None:
    """One walk for many patterns finds those that `matches` finds one by one, however little memory RE2 has for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.policy.functions.text._MEMORY_TOGETHER", memory)
        together = Patterns(patterns)
    places = together.found_in(text)
    found = {pattern for pattern, place in together.places.items() if place in places}
    assert found == {pattern for pattern in patterns if matches(text, pattern)}


WORDY = st.text("ab1s .-_!@\u0430", max_size=40)


@given(WORDY, st.frozensets(st.text("ab1s -\u0430", min_size=1, max_size=8), min_size=1, max_size=30))
def test_terms_are_found_as_a_search_would(text: str, terms: frozenset[str]) -> None:
    """`mentions_any` finds what a search for each term between blanks finds, with or without an `s` behind it."""
    plain = {" ".join(readable(term).split()) for term in terms} - {""}
    searched = any(re.search(rf" {re.escape(term)}s? ", readable(text)) for term in plain)
    assert FUNCTIONS["mentions_any"].run(text, terms) is searched


NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda drawn: str(ip_network(f"{drawn[0]}/{drawn[1]}", strict=False)))


@given(st.data(), st.frozensets(NETWORKS, min_size=1, max_size=8))
def test_an_address_is_in_a_list_if_it_is_in_one_of_its_networks(data: st.DataObject, networks: frozenset[str]) -> None:
    """The list's index says what asking each network says."""
    near = ip_network(data.draw(st.sampled_from(sorted(networks))))
    inside = st.integers(0, near.num_addresses - 1).map(lambda at: str(near[at]))
    address = data.draw(st.one_of(inside, st.ip_addresses().map(str)))
    plain = ip_address(address)
    if plain.version == 6 and plain.ipv4_mapped:
        plain = plain.ipv4_mapped
    expected = any(plain in ip_network(network) for network in networks)
    assert FUNCTIONS["ip_in"].run(address, networks) is expected
    assert any(FUNCTIONS["ip_in"].run(address, network) for network in networks) is expected


NAMES = st.text("abelnoprstuy1", min_size=3, max_size=14)
DOMAINS = st.builds("{}.{}".format, NAMES, st.sampled_from(["com", "test", "co.uk", "github.io"]))


def mistyped(name: str, data: st.DataObject) -> str:
    """The name with one edit: a letter put in, taken out, replaced, or swapped with its neighbour."""
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abelnoprstuy"))
    edits = [
        name[:at] + letter + name[at:],
        name[:at] + name[at + 1 :],
        name[:at] + letter + name[at + 1 :],
        name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
    ]
    return data.draw(st.sampled_from(edits))


@given(st.frozensets(DOMAINS, min_size=1, max_size=12), st.data())
def test_a_list_protects_what_each_of_its_domains_protects(protected: frozenset[str], data: st.DataObject) -> None:
    """Imitating one of many is imitating that one, unless the host is itself one of them."""
    name, _, rest = data.draw(st.sampled_from(sorted(protected))).partition(".")
    host = f"{data.draw(st.sampled_from(['', 'www.', 'a.b.']))}{mistyped(name, data)}.{rest}"
    assume(not any(parent in protected for parent in with_parents(host)))
    assert imitates(host, protected) is any(imitates(host, frozenset({domain})) for domain in protected)


@given(st.text("abelnoprtuy", min_size=5, max_size=14), st.frozensets(DOMAINS, max_size=12), st.data())
def test_every_typo_is_seen(name: str, others: frozenset[str], data: st.DataObject) -> None:
    """A host that is one edit away from a protected name, or two from a long one, imitates it."""
    typo = mistyped(mistyped(name, data), data)
    protected = others | {f"{name}.com"}
    assume(not any(parent in protected for parent in with_parents(f"{typo}.test")))
    assume(len(skeleton(name)) >= ONE_TYPO)
    allowed = 2 if len(skeleton(name)) >= TWO_TYPOS else 1
    if FUNCTIONS["edits"].run(skeleton(name), skeleton(typo)) <= allowed:
        assert imitates(f"{typo}.test", protected)


@given(TEXTS, TEXTS)
def test_edits_make_a_distance(left: str, right: str) -> None:
    """No edits between equal texts, as many there as back; and similarity is 1 without edits, never out of bounds."""
    edits, similarity = FUNCTIONS["edits"].run, FUNCTIONS["similarity"].run
    assert edits(left, left) == 0
    assert edits(left, right) == edits(right, left)
    assert 0 <= similarity(left, right) <= 1
    assert (edits(left, right) == 0) is (similarity(left, right) == 1)


@given(TEXTS)
def test_a_registrable_domain_is_the_end_of_the_host(text: str) -> None:
    """It is nothing, or what the host ends with and has a dot in."""
    found = registrable_domain(text)
    assert not found or ("." in found and FUNCTIONS["domain"].run(text).rstrip(".").endswith(found))


@given(TEXTS)
def test_a_host_is_a_host_of_itself(text: str) -> None:
    """Hosts are in one form: reading one again changes nothing, but for what no host may have in it."""
    host = host_of(text)
    assume(host is not None and not set("[]:/\\?#@% ") & set(host) and host.strip() == host)
    assume("xn--" not in f"{host} {text.lower()}")
    assert host_of(f"https://{host}/") == host
