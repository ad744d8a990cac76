"""What can be asked of the simulation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args

Pace = Literal["fast", "slow"]
Spread = Literal["concentrated", "distributed"]
Accounts = Literal["fresh", "aged"]
Wording = Literal["plain", "reworded"]
Patience = Literal["hasty", "patient"]

CAMPAIGNS = ("credential_stuffing", "card_testing", "phishing", "prohibited_items", "fake_rings")
"""Every campaign, by the name that truth files, tactics and scores use."""

ABUSE_OF = MappingProxyType(
    {
        "credential_stuffing": "account_takeover",
        "card_testing": "payment_fraud",
        "phishing": "phishing",
        "prohibited_items": "prohibited_item",
        "fake_rings": "fake_account",
        "single_takeovers": "account_takeover",
    }
)
"""The abuse kind of each campaign, and of the takeovers that `infra.local.takeovers` adds to them."""


@dataclass(frozen=True, slots=True)
class Tactics:
    """How an adversary plays.

    `pace`: bursts of seconds to minutes, or hours to days between acts. `spread`: few devices, addresses and accounts
    that do much each, or many that do little each. `accounts`: opened for the purpose just before, or older ones
    (bought, hijacked or left to rest); a credential stuffer's victims are always old accounts, whatever it says.
    `wording`: of lures, hosts, goods, praise and mail addresses; reworded ones share no trick with the plain ones, and
    come in four languages. `patience`: at it at once and at even paces, or after days of ordinary behaviour, with most
    acts close together and long rests between.
    """

    pace: Pace = "fast"
    spread: Spread = "concentrated"
    accounts: Accounts = "fresh"
    wording: Wording = "plain"
    patience: Patience = "hasty"

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if value not in get_args(part.type):
                raise ValueError(f"tactics: {part.name} is {value!r}; it can be {' or '.join(get_args(part.type))}")

    @classmethod
    def parse(cls, text: str) -> "Tactics":
        """Read `slow,aged,patient`: at most one word of each pair, in any order; what is left out keeps its default."""
        chosen: dict[str, Any] = {}
        for word in filter(None, text.split(",")):
            name = next((f.name for f in fields(cls) if word in get_args(f.type)), None)
            if name is None:
                known = ", ".join("|".join(get_args(f.type)) for f in fields(cls))
                raise ValueError(f"tactics: {word!r} is not known; take of each pair at most one: {known}")
            if name in chosen:
                raise ValueError(f"tactics: {chosen[name]!r} and {word!r} exclude each other")
            chosen[name] = word
        return cls(**chosen)


@dataclass(frozen=True)
class Settings:
    """One simulated marketplace: equal settings give equal bytes.

    `signals` is the approximate total; `abuse_share` and `look_alike_share` are the shares of it that campaigns and
    honest look-alikes get. Nothing new starts after `days`, but what has started runs to its end: deliveries and
    disputes come days later.
    """

    seed: int = 7
    signals: int = 5_000
    start: datetime = datetime(2026, 3, 2, tzinfo=UTC)
    days: float = 7.0
    abuse_share: float = 0.15
    look_alike_share: float = 0.2
    campaigns: tuple[str, ...] = CAMPAIGNS
    tactics: Mapping[str, Tactics] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in {*self.campaigns, *self.tactics} - set(CAMPAIGNS):
            raise ValueError(f"campaigns: {name!r} is not known; known are {', '.join(CAMPAIGNS)}")
        if self.signals < 1:
            raise ValueError(f"signals: {self.signals}; at least one is needed")
        if not 0 < self.days <= 366:  # noqa: PLR2004  (a year of traffic is more than any window looks back)
            raise ValueError(f"days: {self.days}; it must be above 0 and at most 366")
        for name in ("abuse_share", "look_alike_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: {getattr(self, name)}; it must lie between 0 and 1")
        if self.abuse_share + self.look_alike_share > 1:
            raise ValueError("abuse_share and look_alike_share together are more than everything")
        if self.start.tzinfo is None:
            raise ValueError("start: it must have an offset from UTC")

    @property
    def opens(self) -> float:
        """The start, in seconds since 1970."""
        return self.start.timestamp()

    @property
    def closes(self) -> float:
        """The moment after which nothing new starts, in seconds since 1970."""
        return self.opens + timedelta(days=self.days).total_seconds()

    def tactics_of(self, campaign: str) -> Tactics:
        return self.tactics.get(campaign, Tactics())
