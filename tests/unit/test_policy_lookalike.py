"""Hosts that imitate a protected one, and those that do not."""

import pytest

from shared.policy.functions.links import host_of
from shared.policy.functions.lookalike import imitates, lookalike

pytestmark = pytest.mark.unit

PROTECTED = frozenset({"paypal.com", "brightmarket.example", "dhl.com", "ups.com", "visa.com", "bank.co.uk"})


@pytest.mark.parametrize(
    "url",
    [
        "https://paypa1.com",
        "http://PAYPAI.com/login",
        "https://p\u0430ypal.com",
        "https://xn--pypal-4ve.com",
        "https://payppal.com",
        "https://papyal.com",
        "https://paypal.test",
        "https://paypal-verify.test",
        "https://secure-paypal.test",
        "https://paypalsecure.test",
        "https://paypal24.test",
        "https://brightmarketsupports.test",
        "https://paypal.com.evil.test/paypal.com",
        "https://www.paypal.evil.test",
        "https://login-paypal.evil.test",
        "https://brightrnarket.example",
        "https://br1ghtm4rket.test",
        "https://brihgtmarkett.test",
        "https://dhl-parcel.test",
        "https://dh1.com",
        "https://dhhl.com",
        "https://ups.com.track.test",
        "https://user@paypa1.com:8080/x",
        "paypa1.com/x",
        "https:\\\\paypa1.com/login",
        "https://paypa1.com\\@paypal.com",
        "http:paypa1.com",
        "https://%70aypa1.com",
        "https://paypa1\u3002com",
        "https://\uff50\uff41\uff59\uff50\uff41\uff11.com",
        "https://xn--aypal-fb0s.com",
        "https://paypal.github.io",
        "https://paypal.co.za",
        "https://birghtmarket.example",
        "https://brihgtmarekt.example",
    ],
)
def test_imitations(url: str) -> None:
    """Twin letters, typos, hyphens, foreign letters and brands below foreign names are seen through."""
    host = host_of(url)
    assert host is not None
    assert imitates(host, PROTECTED)


@pytest.mark.parametrize(
    "url",
    [
        "https://paypal.com",
        "https://www.PayPal.com.",
        "https://a.b.brightmarket.example/x",
        "https://www.bank.co.uk",
        "https://www.youtube.com/watch?v=paypal.com",
        "https://example.com/paypal.com",
        "https://pineapple.test",
        "https://payroll.test",
        "https://maps.test",
        "https://start-ups.test",
        "https://cups.test",
        "https://buzzard.ups.edu.test",
        "https://market.example",
        "https://paypalooza.test",
        "https://brightmarketing.test",
        "https://www.ups.edu/math",
        "https://www.visa.co.il",
        "https://10.0.0.1/x",
        "https://[::1]/x",
    ],
)
def test_honest_hosts(url: str) -> None:
    """Protected hosts, those under them, and names that are only a little alike are no imitations."""
    host = host_of(url)
    assert host is not None
    assert not imitates(host, PROTECTED)


@pytest.mark.parametrize("url", ["", "http://", "http://[::bad", "///", "mailto:a@b"])
def test_no_host(url: str) -> None:
    """What has no host of its own has none that imitates."""
    host = host_of(url)
    assert host is None or not imitates(host, PROTECTED)


def test_a_name_that_others_share_protects_nobody_else() -> None:
    """A protected name of few letters does not make every host of that name an imitation; its twin does."""
    assert not lookalike(["https://visa.org", "https://www.ups.edu"], PROTECTED)
    assert lookalike(["https://v1sa.org"], PROTECTED)


def test_lists_may_be_written_with_capitals_and_in_punycode() -> None:
    """A protected domain is the same however the list writes it."""
    protected = frozenset({"PayPal.com", "xn--mnchen-3ya.example"})
    assert not lookalike(["https://paypal.com", "https://m\u00fcnchen.example"], protected)
    assert lookalike(["https://munchen-login.example"], protected)


@pytest.mark.parametrize("name", ["brightmarket", "payments", "bank"])
def test_one_among_very_many_is_found(name: str) -> None:
    """However long the list is, an imitation of any of its names is found, wherever the typo stands."""
    protected = frozenset({f"{name}.example", *(f"{name}{number:04x}{name}.example" for number in range(3_000))})
    for at in range(1, len(name) - 1):
        swapped = name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
        typo = swapped if len(name) > 4 and swapped != name else f"{name[:at]}{name[at]}{name[at:]}"
        assert imitates(f"{typo}.example", protected), typo
