"""Hosts that imitate a protected one, and those that do not."""

import pytest

from shared.policy.functions.lookalike import distance, host_of, imitates

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


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("kitten", "sitting", 3), ("a", "", 1)],
)
def test_distance(left: str, right: str, edits: int) -> None:
    """Inserting, deleting, replacing and swapping neighbours are one edit each."""
    assert distance(left, right) == edits
