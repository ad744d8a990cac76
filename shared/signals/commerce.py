"""Signals about listings, messages, reports, payments, orders and payouts."""

from typing import Annotated, Literal

from pydantic import Field

from shared.signals.fields import (
    PERSONAL,
    REMEMBERED,
    Country,
    DeviceId,
    Fingerprint,
    Identifier,
    IpAddress,
    LongText,
    Money,
    Payload,
    Role,
    ShortText,
    Url,
    UserId,
)

Buyer = Annotated[UserId, Role("buyer", "user"), REMEMBERED]
Seller = Annotated[UserId, Role("seller", "user"), REMEMBERED]
Listing = Annotated[Identifier, Role("listing", "listing")]
Order = Annotated[Identifier, Role("order", "order")]
Card = Annotated[Fingerprint, Role("card", "card"), REMEMBERED]
PayoutAccount = Annotated[Fingerprint, Role("payout_account", "payout_account"), REMEMBERED]
Device = Annotated[DeviceId, Role("device", "device"), REMEMBERED]
Ip = Annotated[IpAddress, Role("ip", "ip"), PERSONAL, REMEMBERED]
Amount = Annotated[Money, REMEMBERED]
Check = Literal["match", "no_match", "not_checked"]
Days = Annotated[int, Field(ge=0, le=100_000)]


class ListingSubmitted(Payload):
    """A seller put up a listing, or a new revision of one, to be published."""

    listing_id: Listing
    revision: Annotated[int, Field(ge=1)] = 1
    seller_id: Seller
    seller_account_age_days: Days | None = None
    category: Annotated[ShortText, REMEMBERED]
    title: Annotated[ShortText, PERSONAL]
    description: Annotated[LongText, PERSONAL] = ""
    price: Annotated[Money, REMEMBERED]
    quantity: Annotated[int, Field(ge=0, le=10**9)] = 1
    image_count: Annotated[int, Field(ge=0, le=1_000)] = 0
    links: Annotated[list[Url], PERSONAL, Field(max_length=100)] = Field(default_factory=list)
    ships_from: Country | None = None
    device_id: Device | None = None
    ip: Ip | None = None


class MessageSent(Payload):
    """A user wrote to another user."""

    message_id: Identifier
    thread_id: Identifier
    sender_id: Annotated[UserId, Role("sender", "user"), REMEMBERED]
    sender_account_age_days: Days | None = None
    recipient_id: Annotated[UserId, Role("recipient", "user"), REMEMBERED]
    listing_id: Annotated[Listing, REMEMBERED] | None = None
    text: Annotated[LongText, PERSONAL]
    links: Annotated[list[Url], PERSONAL, Field(max_length=100)] = Field(default_factory=list)
    first_contact: Annotated[bool, REMEMBERED] | None = None
    device_id: Device | None = None
    ip: Ip | None = None


class ReportSubmitted(Payload):
    """A user reported another user, a listing or a message."""

    report_id: Identifier
    reporter_id: Annotated[UserId, Role("reporter", "user"), REMEMBERED]
    reported_user_id: Annotated[UserId, Role("reported", "user"), REMEMBERED]
    listing_id: Annotated[Listing, REMEMBERED] | None = None
    message_id: Identifier | None = None
    reason: Annotated[
        Literal["phishing", "spam", "counterfeit", "prohibited", "not_received", "harassment", "other"], REMEMBERED
    ]
    comment: Annotated[LongText, PERSONAL] | None = None


class _Payment(Payload):
    payment_id: Identifier
    order_id: Order
    buyer_id: Buyer
    seller_id: Seller
    listing_id: Listing | None = None
    amount: Amount
    card_fingerprint: Card | None = None


class PaymentAttempted(_Payment):
    """A buyer asked to pay; the payment service waits for the decision."""

    buyer_account_age_days: Days | None = None
    card_country: Annotated[Country, REMEMBERED] | None = None
    card_funding: Annotated[Literal["credit", "debit", "prepaid", "unknown"], REMEMBERED] = "unknown"
    card_is_new: Annotated[bool, REMEMBERED] | None = None
    address_check: Annotated[Check, REMEMBERED] = "not_checked"
    code_check: Annotated[Check, REMEMBERED] = "not_checked"
    gift_card: Annotated[bool, REMEMBERED] = False
    category: ShortText | None = None
    shipping_country: Country | None = None
    country: Country | None = None
    device_id: Device | None = None
    ip: Ip | None = None


class PaymentDeclined(_Payment):
    """The card's bank, or the payment service, declined a payment."""

    decline_code: Annotated[
        Literal[
            "insufficient_funds", "do_not_honor", "incorrect_code", "expired_card", "lost_or_stolen", "blocked", "other"
        ],
        REMEMBERED,
    ]
    device_id: Device | None = None
    ip: Ip | None = None


class PaymentSettled(_Payment):
    """The money of a payment came in."""


class OrderShipped(Payload):
    """The seller handed the goods to a carrier."""

    order_id: Order
    buyer_id: Buyer
    seller_id: Seller
    value: Annotated[Money, REMEMBERED]
    carrier: ShortText | None = None
    tracked: Annotated[bool, REMEMBERED] = False
    shipping_country: Country | None = None


class OrderDelivered(Payload):
    """The carrier, or the buyer, confirmed that the goods arrived."""

    order_id: Order
    buyer_id: Buyer
    seller_id: Seller
    value: Annotated[Money, REMEMBERED]
    confirmed_by: Annotated[Literal["carrier", "buyer"], REMEMBERED] = "carrier"


class RefundIssued(_Payment):
    """A payment was given back, wholly or in part."""

    refund_id: Identifier
    reason: Annotated[Literal["requested", "not_received", "defective", "duplicate", "fraud", "other"], REMEMBERED]
    initiated_by: Annotated[Literal["buyer", "seller", "support", "system"], REMEMBERED]


class _Payout(Payload):
    payout_id: Identifier
    seller_id: Seller
    payout_account: PayoutAccount
    amount: Amount


class PayoutRequested(_Payout):
    """A seller asked for money; the payout service waits for the decision."""

    seller_account_age_days: Days | None = None
    payout_account_age_hours: Annotated[int, Field(ge=0, le=10**7)] | None = None
    session_id: Identifier | None = None
    device_id: Device | None = None
    device_is_new: Annotated[bool, REMEMBERED] | None = None
    ip: Ip | None = None
    country: Country | None = None


class PayoutPaid(_Payout):
    """A payout left."""
