"""Generated signals of three types: fields by visible name and features, as one flat JSON object each.

Values are independent but for what plainly belongs together (the countries of a payment), with the long tails that
counts and amounts have. The same seed gives the same signals.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from shared.features.model import AtLeast
from shared.signals.amounts import Amount

PAYMENT, LOGIN, MESSAGE = "payment.attempted", "login.succeeded", "message.sent"
MIX = {PAYMENT: 3, LOGIN: 1, MESSAGE: 1}
"""How many of each type stand in every five signals."""

LISTED = 10_000
CURRENCY = "USD"
COUNTRIES = "US DE GB FR IT ES NL PL RO SE AT CH IE PT BR IN NG ID VN UA".split()
CATEGORIES = [
    f"{group}/{kind}"
    for group in ("electronics", "fashion", "home", "toys", "gift cards", "collectibles", "tickets", "garden")
    for kind in ("new", "used", "refurbished", "bulk", "vintage", "handmade")
]
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile Safari/605.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_3) Version/19.0 Safari/605.1",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/139.0",
    "python-requests/2.32",
    "okhttp/4.12 (Android 9; x86)",
    "curl/8.9.1",
]
WORDS = (
    "hello thanks price shipping today available still pick up cash only please send more photos the item is new "
    "whatsapp telegram bitcoin wire transfer outside fee refund verify account urgent deposit courier link gift "
    "western union crypto invest guaranteed agent"
).split()

FEATURES: Mapping[str, tuple[str, float]] = {
    "logins_1d": ("{count: login.succeeded, by: user, window: 1d}", 1.5),
    "fails_1h": ("{count: login.failed, by: user, window: 1h}", 0.3),
    "fails_1d": ("{count: login.failed, by: user, window: 1d}", 0.8),
    "devices_7d": ("{distinct: device, of: login.succeeded, by: user, window: 7d}", 1.2),
    "ips_7d": ("{distinct: ip, of: login.succeeded, by: user, window: 7d}", 2.2),
    "countries_30d": ("{distinct: country, of: login.succeeded, by: user, window: 30d}", 1.1),
    "new_devices_7d": ("{count: login.succeeded, where: device_is_new, by: user, window: 7d}", 0.4),
    "changes_7d": ("{count: account.changed, by: user, window: 7d}", 0.3),
    "pays_1h": ("{count: payment.attempted, by: buyer, window: 1h}", 0.5),
    "pays_1d": ("{count: payment.attempted, by: buyer, window: 1d}", 1.4),
    "pays_7d": ("{count: payment.attempted, by: buyer, window: 7d}", 4.0),
    "cards_1d": ("{distinct: card, of: payment.attempted, by: buyer, window: 1d}", 0.6),
    "cards_30d": ("{distinct: card, of: payment.attempted, by: buyer, window: 30d}", 1.3),
    "sellers_1d": ("{distinct: seller, of: payment.attempted, by: buyer, window: 1d}", 0.9),
    "declines_1h": ("{count: payment.declined, by: buyer, window: 1h}", 0.2),
    "declines_1d": ("{count: payment.declined, by: buyer, window: 1d}", 0.5),
    "refunds_30d": ("{count: refund.issued, by: buyer, window: 30d}", 0.4),
    "disputes_90d": ("{count: dispute.opened, by: buyer, window: 90d}", 0.15),
    "texts_1h": ("{count: message.sent, by: sender, window: 1h}", 1.5),
    "texts_1d": ("{count: message.sent, by: sender, window: 1d}", 5.0),
    "readers_1h": ("{distinct: recipient, of: message.sent, by: sender, window: 1h}", 0.9),
    "readers_1d": ("{distinct: recipient, of: message.sent, by: sender, window: 1d}", 2.5),
    "listings_1d": ("{count: listing.submitted, by: seller, window: 1d}", 0.6),
    "reports_7d": ("{count: report.submitted, by: reported, window: 7d}", 0.2),
    "payouts_30d": ("{count: payout.requested, by: seller, window: 30d}", 0.8),
    "device_users_7d": ("{distinct: user, of: login.succeeded, by: device, window: 7d}", 1.3),
    "device_fails_1d": ("{count: login.failed, by: device, window: 1d}", 0.7),
    "device_cards_7d": ("{distinct: card, of: payment.attempted, by: device, window: 7d}", 1.0),
    "ip_users_1d": ("{distinct: user, of: login.succeeded, by: ip, window: 1d}", 2.5),
    "ip_fails_1h": ("{count: login.failed, by: ip, window: 1h}", 0.9),
    "paid_1d": ("{sum: amount, of: payment.attempted, by: buyer, window: 1d}", 9_000),
    "paid_7d": ("{sum: amount, of: payment.attempted, by: buyer, window: 7d}", 40_000),
}
"""Declaration and usual size of every feature that the generated policies can read on all three types."""
SUMS = ("paid_1d", "paid_7d")
MONEY = {PAYMENT: ("amount", *SUMS), LOGIN: SUMS, MESSAGE: SUMS}

_START = datetime(2026, 11, 1, tzinfo=UTC)
_HOT, _HOTTER = 0.04, 9
Event = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One signal as the engines get it: the JSON text, and what parsing it gives."""

    signal: str
    payload: bytes
    event: Event


@cache
def lists() -> Mapping[str, Sequence[str]]:
    """The lists of 10,000 entries, by name."""
    return {
        "watched_users": [f"user:u_{number}" for number in range(LISTED)],
        "watched_sellers": [f"user:s_{number}" for number in range(LISTED)],
        "bad_devices": [f"device:dev_{number:08x}" for number in range(LISTED)],
        "bad_cards": [f"card:card_{number:08x}" for number in range(LISTED)],
        "bad_agents": [*AGENTS[4:], *(f"bot/{number}" for number in range(LISTED - 4))],
        "used_goods": [*CATEGORIES[1::2], *(f"second hand/{number}" for number in range(LISTED - 24))],
    }


def events(signal: str, number: int, seed: int) -> list[Event]:
    """Complete events of one type: every field and feature is known."""
    rng = Random(f"{signal} {seed}")
    return [_DRAWN[signal](rng) | dict(_features(rng)) for _ in range(number)]


def with_gaps(signal: str, complete: Sequence[Event], seed: int) -> list[Event]:
    """The events without a tenth of what producers may leave out; what is told of a device goes with it."""
    rng = Random(f"gaps {signal} {seed}")
    return [_without(event, [name for name in _OPTIONAL[signal] if rng.random() < 0.1]) for event in complete]


def _without(event: Event, missing: Sequence[str]) -> Event:
    owners = tuple(f"{name}_" for name in missing if name in ("device", "ip"))
    return {name: value for name, value in event.items() if name not in missing and not name.startswith(owners)}


def values_of(signal: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """What the engine takes: money as `Amount`, the time as a `datetime`."""
    values = dict(event)
    values["time"] = datetime.fromisoformat(event["time"])
    for name in MONEY[signal]:
        money = values[name]
        values[name] = Amount(money["minor"], money["currency"])
    return values


def bounded(values: Mapping[str, Any], rng: Random, share: float) -> dict[str, Any]:
    """The values with a share of the counts known as lower bounds only."""
    return {
        name: AtLeast(value) if name in FEATURES and name not in SUMS and rng.random() < share else value
        for name, value in values.items()
    }


def _features(rng: Random) -> Iterator[tuple[str, Any]]:
    hot = _HOTTER if rng.random() < _HOT else 1
    for name, (_, mean) in FEATURES.items():
        size = int(rng.expovariate(1 / (mean * hot)))
        yield name, _money(size) if name in SUMS else size


def _money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": CURRENCY}


def _entity(rng: Random, kind: str, listed: str, others: int) -> str:
    """One of the list in two of a hundred cases, else one of so many others, the first of them most often."""
    if rng.random() < 0.02:
        return f"{kind}:{listed}"
    return f"{kind}:x{int(others ** rng.random())}"


def _user(rng: Random) -> str:
    return _entity(rng, "user", f"u_{rng.randrange(LISTED)}", 50_000)


def _seller(rng: Random) -> str:
    return _entity(rng, "user", f"s_{rng.randrange(LISTED)}", 300)


def _device(rng: Random) -> str:
    return _entity(rng, "device", f"dev_{rng.randrange(LISTED):08x}", 50_000)


def _ip(rng: Random) -> str:
    return f"ip:{rng.getrandbits(64):016x}"


def _time(rng: Random) -> str:
    return (_START + timedelta(milliseconds=rng.randrange(30 * 86_400_000))).isoformat(timespec="milliseconds")


def _country(rng: Random) -> str:
    return COUNTRIES[int(len(COUNTRIES) * rng.random() ** 2.5)]


def _like(rng: Random, country: str, share: float) -> str:
    return country if rng.random() < share else _country(rng)


def _payment(rng: Random) -> Event:
    country = _country(rng)
    return {
        "payment_id": f"p_{rng.randrange(10**8)}",
        "order": f"order:o_{rng.randrange(10**7)}",
        "buyer": _user(rng),
        "seller": _seller(rng),
        "amount": _money(int(rng.lognormvariate(8.3, 1.1))),
        "card": _entity(rng, "card", f"card_{rng.randrange(LISTED):08x}", 50_000),
        "buyer_account_age_days": int(rng.expovariate(1 / 400)),
        "card_country": _like(rng, country, 0.85),
        "card_funding": rng.choices(("credit", "debit", "prepaid", "unknown"), (45, 40, 10, 5))[0],
        "card_is_new": rng.random() < 0.3,
        "address_check": rng.choices(("match", "no_match", "not_checked"), (55, 15, 30))[0],
        "code_check": rng.choices(("match", "no_match", "not_checked"), (75, 8, 17))[0],
        "gift_card": rng.random() < 0.06,
        "category": rng.choice(CATEGORIES),
        "shipping_country": _like(rng, country, 0.9),
        "country": country,
        "device": _device(rng),
        "ip": _ip(rng),
        "time": _time(rng),
    }


def _login(rng: Random) -> Event:
    country = _country(rng)
    return {
        "user": _user(rng),
        "method": rng.choices(("password", "passkey", "social", "magic_link"), (55, 20, 15, 10))[0],
        "two_factor": rng.random() < 0.4,
        "session_id": f"s_{rng.getrandbits(48):012x}",
        "device": _device(rng),
        "device_is_new": rng.random() < 0.2,
        "ip": _ip(rng),
        "country": country,
        "usual_country": _like(rng, country, 0.9),
        "user_agent": rng.choices(AGENTS, (30, 25, 20, 15, 3, 3, 2, 2))[0],
        "time": _time(rng),
    }


def _message(rng: Random) -> Event:
    words = [WORDS[int(len(WORDS) * rng.random() ** 1.6)] for _ in range(rng.randint(6, 40))]
    return {
        "message_id": f"m_{rng.randrange(10**8)}",
        "thread_id": f"t_{rng.randrange(10**7)}",
        "sender": _user(rng),
        "sender_account_age_days": int(rng.expovariate(1 / 400)),
        "recipient": _seller(rng),
        "text": " ".join(words) + (f" call +{rng.randrange(10**11)}" if rng.random() < 0.05 else ""),
        "links": [
            f"https://shop{rng.randrange(500)}.example/{rng.randrange(10**6)}" for _ in range(rng.random() < 0.2)
        ],
        "first_contact": rng.random() < 0.4,
        "device": _device(rng),
        "ip": _ip(rng),
        "time": _time(rng),
    }


_DRAWN: Mapping[str, Callable[[Random], Event]] = {PAYMENT: _payment, LOGIN: _login, MESSAGE: _message}
_OPTIONAL: Mapping[str, Sequence[str]] = {
    PAYMENT: "buyer_account_age_days card_country card_is_new category shipping_country country device ip".split(),
    LOGIN: "device device_is_new country usual_country user_agent".split(),
    MESSAGE: "sender_account_age_days first_contact device ip".split(),
}
