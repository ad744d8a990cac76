"""Signals that tell what was true: model scores, and feedback that arrives later.

The envelope's `time` of a feedback signal is the moment at which it became known, never the moment it is about.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.signals.commerce import Amount, Buyer, Card, Order, Seller
from shared.signals.fields import (
    PERSONAL,
    REMEMBERED,
    DeviceId,
    EntityName,
    Identifier,
    Instant,
    IpAddress,
    LongText,
    Payload,
    Role,
    Share,
    ShortText,
    UserId,
)

AbuseKind = Literal[
    "account_takeover", "phishing", "payment_fraud", "prohibited_item", "fake_account", "seller_fraud", "policy"
]
DecisionId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ScoreComputed(Payload):
    """A model scored an entity for one abuse kind."""

    score_id: Identifier
    about: Annotated[EntityName, Role("scored", "*")]
    owner_id: Annotated[UserId, Role("owner", "user"), REMEMBERED] | None = Field(
        default=None, description="whose thing was scored: the seller of a listing"
    )
    abuse: Annotated[AbuseKind, REMEMBERED]
    model: Annotated[ShortText, REMEMBERED]
    model_version: Annotated[ShortText, REMEMBERED]
    score: Annotated[Share, REMEMBERED]
    challenger: Annotated[bool, REMEMBERED] = Field(
        default=False, description="the model is on trial: its scores are recorded and never acted on"
    )
    decision_id: DecisionId | None = Field(default=None, description="the decision about what was scored, if any")


class _Dispute(Payload):
    dispute_id: Identifier
    payment_id: Identifier
    order_id: Annotated[Order, REMEMBERED]
    buyer_id: Buyer
    seller_id: Seller
    card_fingerprint: Card | None = None
    amount: Amount
    reason: Annotated[Literal["fraud", "not_received", "not_as_described", "duplicate", "other"], REMEMBERED]


class DisputeOpened(_Dispute):
    """The card's holder, or bank, disputed a payment (a chargeback)."""

    payment_time: Instant | None = None


class DisputeResolved(_Dispute):
    """A dispute ended; `outcome` is seen from the marketplace."""

    outcome: Annotated[Literal["won", "lost", "withdrawn"], REMEMBERED]


class ReviewCompleted(Payload):
    """A person looked at an entity and said what it is."""

    review_id: Identifier
    about: Annotated[EntityName, Role("reviewed", "*")]
    abuse: Annotated[AbuseKind, REMEMBERED]
    verdict: Annotated[Literal["abuse", "honest", "unsure"], REMEMBERED]
    reviewer: Annotated[Identifier, PERSONAL]
    decision_id: DecisionId | None = None
    note: Annotated[LongText, PERSONAL] | None = None


class AppealDecided(Payload):
    """An appeal against an action ended."""

    appeal_id: Identifier
    user_id: Annotated[UserId, Role("user", "user"), REMEMBERED]
    abuse: Annotated[AbuseKind, REMEMBERED]
    outcome: Annotated[Literal["upheld", "overturned"], REMEMBERED]
    reviewer: Annotated[Identifier, PERSONAL]
    action_id: Identifier | None = None
    decision_id: DecisionId | None = None


class StepupCompleted(Payload):
    """A user answered, or left, a step-up challenge."""

    challenge_id: Identifier
    user_id: Annotated[UserId, Role("user", "user"), REMEMBERED]
    method: Annotated[
        # `none`: left before choosing one.
        Literal["otp_sms", "otp_app", "passkey", "captcha", "document", "card_3ds", "confirmation", "none"], REMEMBERED
    ]
    outcome: Annotated[Literal["passed", "failed", "abandoned"], REMEMBERED]
    action_id: Identifier | None = None
    device_id: Annotated[DeviceId, Role("device", "device"), REMEMBERED] | None = None
    ip: Annotated[IpAddress, Role("ip", "ip"), PERSONAL, REMEMBERED] | None = None
