"""The payload, as pydantic models inside the parser's own model of a Kinesis record."""

from datetime import datetime
from typing import Literal

from aws_lambda_powertools.utilities.parser.models import KinesisDataStreamRecord, KinesisDataStreamRecordPayload
from pydantic import BaseModel, Json


class Money(BaseModel):
    minor: int
    currency: str


class Payment(BaseModel):
    payment_id: str
    order_id: str
    buyer_id: str
    seller_id: str
    amount: Money
    card_fingerprint: str
    buyer_account_age_days: int
    card_country: str
    card_funding: Literal["credit", "debit", "prepaid", "unknown"]
    card_is_new: bool
    address_check: Literal["match", "no_match", "not_checked"]
    code_check: Literal["match", "no_match", "not_checked"]
    gift_card: bool
    category: str
    shipping_country: str
    country: str
    device_id: str
    ip: str


class PaymentEvent(BaseModel):
    id: str
    source: str
    type: str
    time: datetime
    subject: str
    data: Payment


# How the parser's documentation extends its built-in models: the payload is JSON inside the envelope's record.
class PaymentRecordPayload(KinesisDataStreamRecordPayload):
    data: Json[PaymentEvent]


class PaymentRecord(KinesisDataStreamRecord):
    kinesis: PaymentRecordPayload
