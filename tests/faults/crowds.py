"""Whom signals are about, and what is said of them: few entities, so that they meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from shared.signals import CATALOGUE, decision_id_of
from tests.faults.replaying import SOURCE
from tests.faults.script import FEEDBACK, Arrival, Odd, Route, Sent

DAY = 86_400.0
RARE, TOO_LATE = 0.1, 0.03
ODD = ("", "{", "[]", '{"id": "s1"}', '{"specversion": "1.0", "id": "é", "type": "nothing.v1"}', "null" * 9)
TRUTHS = (
    "dispute.opened",
    "dispute.opened",
    "dispute.resolved",
    "review.completed",
    "appeal.decided",
    "stepup.completed",
)
FINDINGS = ("review.completed", "appeal.decided", "stepup.completed")
ABUSES = ("payment_fraud", "payment_fraud", "payment_fraud", "account_takeover", "policy")
SAID: Mapping[str, tuple[Any, ...]] = {
    "order_id": ("o_1", "o_2"),
    "reason": ("fraud", "not_received"),
    "abuse": ABUSES,
    "verdict": ("honest", "honest", "abuse", "unsure"),
    "method": ("otp_app", "otp_app", "captcha", "document"),
}
OUTCOMES = {
    "dispute.resolved": ("won", "lost", "withdrawn"),
    "appeal.decided": ("overturned", "overturned", "upheld"),
    "stepup.completed": ("passed", "passed", "failed", "abandoned"),
}
AMOUNTS = ({"minor": 100, "currency": "EUR"}, {"minor": 20_000, "currency": "EUR"})


@dataclass(frozen=True)
class Crowd:
    """Whom signals are about, of which types most of them are, and by how many seconds they are off their turn.

    `tells` is the share of signals that are labels and answers.
    """

    frequent: tuple[str, ...]
    fields: Mapping[str, tuple[Any, ...]]
    off: tuple[float, ...]
    tells: float

    def signal(self, chance: Random, signal_id: str, number: int, by: Route, name: str = "") -> Sent:
        """The signal of a turn; of any type now and then."""
        name = name or chance.choice(sorted(CATALOGUE) if chance.random() < RARE else self.frequent)
        known = CATALOGUE[name].model.model_fields
        fields = {**SAID, **self.fields} if name in TRUTHS else self.fields
        data = {field: chance.choice(values) for field, values in fields.items() if field in known}
        data = {field: value for field, value in data.items() if value is not None or not known[field].is_required()}
        data |= {"outcome": chance.choice(OUTCOMES[name])} if name in OUTCOMES else {}
        at = number + chance.choice((*self.off, -float(number)))
        at -= 100 * DAY if chance.random() < TOO_LATE else 0
        extensions = chance.choice(({}, {}, {}, {}, {}, {"sluicecause": "a1"}, {"sluiceredrive": "observe"}))
        return Sent(signal_id, name, at, data, by, extensions or None)


MANY = Crowd(
    ("payment.attempted", "payment.attempted", "payment.declined", "login.failed", "login.succeeded"),
    {
        "buyer_id": ("u_1", "u_2"),
        "user_id": ("u_1", "u_2"),
        "seller_id": ("u_2", "u_3"),
        "card_fingerprint": ("card_11111111", "card_22222222", None),
        "ip": ("203.0.113.1", "203.0.113.2"),
        "about": ("user:u_1", "user:u_2"),
        "amount": AMOUNTS,
    },
    (0.0, 0.0, 0.0, 0.0, -2.5, -60.0, -3600.0, -2 * DAY, 600.0),
    0.15,
)
FEW = Crowd(
    ("payment.attempted", "payment.attempted", "payment.declined"),
    {
        "buyer_id": ("u_1",),
        "user_id": ("u_1",),
        "seller_id": ("u_2",),
        "card_fingerprint": ("card_11111111",),
        "about": ("user:u_1",),
        "amount": AMOUNTS,
    },
    (0.0, -2.5, -60.0, 600.0),
    0.1,
)
"""One buyer with one card, whose signals overtake each other: what one of them may not see is never far."""
COURT = Crowd(
    ("payment.attempted", "payment.attempted", "login.succeeded"),
    {
        "buyer_id": ("u_1", "u_3"),
        "user_id": ("u_1", "u_3"),
        "seller_id": ("u_2",),
        "card_fingerprint": ("card_11111111",),
        "device_id": ("dev_11111111", "dev_22222222"),
        "about": ("user:u_1", "user:u_2"),
        "amount": AMOUNTS,
    },
    (0.0, 0.0, -2.5, -60.0),
    0.7,
)
"""One seller about whom there is much to say."""


def arrivals_of(chance: Random, size: int, routes: tuple[Route, ...], crowd: Crowd) -> tuple[Arrival, ...]:
    """So many signals by these routes; where there are several, most labels and answers have one of their own."""
    made: list[Arrival] = []
    for number in range(size):
        by, luck = chance.choice(routes), chance.random()
        tells = chance.random() < crowd.tells
        earlier = [each for each in made if isinstance(each, Sent)]
        if luck < 0.08:
            made.append(Odd(chance.choice(ODD), by))
        elif luck < 0.3 and earlier:
            made.append(_resent(chance, chance.choice(earlier), number, by, crowd))
        elif tells:
            by = by if len(routes) == 1 or chance.random() < RARE else FEEDBACK
            made.append(told_of(chance, earlier, number, by, crowd))
        else:
            made.append(crowd.signal(chance, f"s{number}", number, by))
    return tuple(made)


def told_of(chance: Random, earlier: Sequence[Sent], number: int, by: Route, crowd: Crowd) -> Sent:
    """A label or an answer, now and then about what was decided earlier."""
    told = crowd.signal(chance, f"s{number}", number, by, chance.choice(TRUTHS))
    if "decision_id" not in CATALOGUE[told.name].model.model_fields:
        return told
    judged = [each.id for each in earlier if each.name not in FINDINGS]
    named = chance.choice((None, *(decision_id_of(SOURCE, each) for each in judged)))
    return replace(told, data={**told.data, "decision_id": named})


def _resent(chance: Random, earlier: Sent, number: int, by: Route, crowd: Crowd) -> Sent:
    """What a producer sends twice is in the same shard; sometimes it says something else."""
    if chance.random() < 0.5:
        return replace(earlier, by=by if by == "queue" and earlier.by != FEEDBACK else earlier.by)
    return crowd.signal(chance, earlier.id, number, by, earlier.name)
