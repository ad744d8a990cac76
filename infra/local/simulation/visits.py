"""What someone does on the marketplace while logged in: each act becomes the signal that a service would send."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from infra.local.simulation.people import Person
from infra.local.simulation.places import HOUR
from infra.local.simulation.steps import Stage, Truth
from infra.local.simulation.wording import money

BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
)
Change = Literal["password", "email", "phone", "payout_account", "address", "two_factor", "display_name"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One person, or whoever holds the account, at one device and address. Times `at` are seconds since 1970."""

    stage: Stage
    person: Person
    device: str
    ip: str
    country: str
    device_is_new: bool = False
    truth: Truth | None = None
    session: str = ""

    def _put(self, at: float, name: str, data: dict[str, Any], *, harm: bool = False) -> None:
        truth = replace(self.truth, harm=True) if harm and self.truth else self.truth
        self.stage.put(at, name, self.person.entity, data, truth)

    @property
    def consequence(self) -> Truth | None:
        """The truth of what others do because of this visit: it belongs to it, but is no act of it."""
        return replace(self.truth, abusive=False) if self.truth else None

    @property
    def browser(self) -> str:
        return BROWSERS[sum(map(ord, self.device)) % len(BROWSERS)]

    def open_account(self, at: float, *, verified: bool = True) -> None:
        """Account opened, and the e-mail address confirmed within minutes."""
        rng, person = self.stage.rng, self.person
        created = {
            "user_id": person.id,
            "account_kind": "business" if person.seller and rng.chance(0.1) else "personal",
            "signup_method": "email",
            "email": person.email,
            "display_name": person.email.partition("@")[0],
            "device_id": self.device,
            "ip": self.ip,
            "country": self.country,
            "user_agent": self.browser,
        }
        self._put(at, "account.created", created)
        if verified:
            passed = {"user_id": person.id, "method": "email", "outcome": "passed", "device_id": self.device}
            self._put(at + 20 + rng.expovariate(1 / 120), "account.verified", passed)

    def fail_to_log_in(self, at: float, reason: str = "wrong_password") -> None:
        failed = {
            "user_id": self.person.id,
            "method": "password",
            "reason": reason,
            "device_id": self.device,
            "ip": self.ip,
            "country": self.country,
            "user_agent": self.browser,
        }
        self._put(at, "login.failed", failed)

    def log_in(self, at: float, method: str = "password", *, two_factor: bool = False) -> None:
        succeeded = {
            "user_id": self.person.id,
            "method": method,
            "two_factor": two_factor,
            "session_id": self.session,
            "device_id": self.device,
            "device_is_new": self.device_is_new,
            "ip": self.ip,
            "country": self.country,
            "usual_country": self.person.country,
            "user_agent": self.browser,
        }
        self._put(at, "login.succeeded", succeeded)

    def answer_challenge(self, at: float, outcome: Literal["passed", "failed", "abandoned"]) -> None:
        """The marketplace's own step-up, asked at a new device."""
        answer = {
            "challenge_id": self.stage.new_id("ch"),
            "user_id": self.person.id,
            "method": "otp_sms",
            "outcome": outcome,
            "device_id": self.device,
            "ip": self.ip,
        }
        self._put(at, "stepup.completed", answer)

    def change(self, at: float, what: Change, *, payout_account: str | None = None, email: str | None = None) -> None:
        changed = {
            "user_id": self.person.id,
            "change": what,
            "changed_by": "user",
            "payout_account": payout_account,
            "email": email,
            "session_id": self.session,
            "device_id": self.device,
            "device_is_new": self.device_is_new,
            "ip": self.ip,
            "country": self.country,
        }
        self._put(at, "account.changed", changed)

    def offer(self, at: float, listing: str, category: str, title: str, description: str, price: int) -> None:
        """Submit a listing; `price` in minor units."""
        submitted = {
            "listing_id": listing,
            "revision": 1,
            "seller_id": self.person.id,
            "seller_account_age_days": self.person.age_days(at),
            "category": category,
            "title": title,
            "description": description,
            "price": money(price),
            "quantity": 1,
            "image_count": self.stage.rng.randrange(1, 9),
            "links": [],
            "ships_from": self.person.country,
            "device_id": self.device,
            "ip": self.ip,
        }
        self._put(at, "listing.submitted", submitted)

    def write_to(self, at: float, recipient: Person, text: str, links: Sequence[str] = ()) -> str:
        """Send a message and return its id."""
        message = self.stage.new_id("m")
        sent = {
            "message_id": message,
            "thread_id": f"t_{min(self.person.id, recipient.id)}_{max(self.person.id, recipient.id)}",
            "sender_id": self.person.id,
            "sender_account_age_days": self.person.age_days(at),
            "recipient_id": recipient.id,
            "text": text,
            "links": list(links),
            "first_contact": not self.person.knows(recipient),
            "device_id": self.device,
            "ip": self.ip,
        }
        self._put(at, "message.sent", sent)
        self.person.contacts.add(recipient.id)
        return message

    def ask_for_payout(self, at: float, account: str, account_hours: int, amount: int, *, harm: bool = False) -> None:
        """Ask for `amount` minor units to an account that has been set for `account_hours`; it is paid later."""
        payout = {
            "payout_id": self.stage.new_id("po"),
            "seller_id": self.person.id,
            "payout_account": account,
            "amount": money(amount),
        }
        asked = {
            "seller_account_age_days": self.person.age_days(at),
            "payout_account_age_hours": account_hours,
            "session_id": self.session,
            "device_id": self.device,
            "device_is_new": self.device_is_new,
            "ip": self.ip,
            "country": self.country,
        }
        self._put(at, "payout.requested", payout | asked, harm=harm)
        paid = at + (4 + 26 * self.stage.rng.random()) * HOUR
        self.stage.put(paid, "payout.paid", self.person.entity, payout, self.consequence)
