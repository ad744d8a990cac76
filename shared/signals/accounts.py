"""Signals about accounts and logins."""

from typing import Annotated, Literal

from shared.signals.fields import (
    PERSONAL,
    REMEMBERED,
    Country,
    DeviceId,
    Email,
    Fingerprint,
    Identifier,
    Instant,
    IpAddress,
    Latitude,
    Longitude,
    Payload,
    Role,
    Share,
    ShortText,
    UserId,
    domain_of,
)

User = Annotated[UserId, Role("user", "user"), REMEMBERED]
Device = Annotated[DeviceId, Role("device", "device"), REMEMBERED]
Ip = Annotated[IpAddress, Role("ip", "ip"), PERSONAL, REMEMBERED]
Mail = Annotated[Email, PERSONAL, Role("email_domain", "email_domain", derive=domain_of, remembered=True)]


class AccountCreated(Payload):
    """Someone opened an account."""

    user_id: User
    account_kind: Annotated[Literal["personal", "business"], REMEMBERED] = "personal"
    signup_method: Literal["email", "phone", "google", "apple", "facebook"]
    email: Mail
    display_name: Annotated[ShortText, PERSONAL] | None = None
    device_id: Device | None = None
    ip: Ip
    country: Annotated[Country, REMEMBERED] | None = None
    user_agent: Annotated[ShortText, PERSONAL] | None = None
    referral_code: Identifier | None = None
    captcha_score: Share | None = None


class AccountChanged(Payload):
    """Someone changed what an account is reached, opened or paid by."""

    user_id: User
    change: Annotated[
        Literal["password", "email", "phone", "payout_account", "address", "two_factor", "display_name"], REMEMBERED
    ]
    changed_by: Annotated[Literal["user", "support", "system"], REMEMBERED] = "user"
    payout_account: Annotated[Fingerprint, Role("payout_account", "payout_account"), REMEMBERED] | None = None
    email: Mail | None = None
    session_id: Identifier | None = None
    device_id: Device | None = None
    device_is_new: Annotated[bool, REMEMBERED] | None = None
    ip: Ip | None = None
    country: Annotated[Country, REMEMBERED] | None = None


class AccountVerified(Payload):
    """A verification of an account ended."""

    user_id: User
    method: Annotated[Literal["email", "phone", "identity_document", "bank_account", "address"], REMEMBERED]
    outcome: Annotated[Literal["passed", "failed"], REMEMBERED]
    provider: ShortText | None = None
    device_id: Device | None = None


class LoginSucceeded(Payload):
    """Someone logged in."""

    user_id: User
    method: Annotated[Literal["password", "passkey", "social", "magic_link", "public_key"], REMEMBERED] = "password"
    two_factor: Annotated[bool, REMEMBERED] = False
    session_id: Identifier | None = None
    device_id: Device | None = None
    device_is_new: Annotated[bool, REMEMBERED] | None = None
    ip: Ip
    country: Annotated[Country, REMEMBERED] | None = None
    usual_country: Annotated[Country, REMEMBERED] | None = None
    latitude: Annotated[Latitude, PERSONAL] | None = None
    longitude: Annotated[Longitude, PERSONAL] | None = None
    last_login_at: Instant | None = None
    last_latitude: Annotated[Latitude, PERSONAL] | None = None
    last_longitude: Annotated[Longitude, PERSONAL] | None = None
    user_agent: Annotated[ShortText, PERSONAL] | None = None


class LoginFailed(Payload):
    """Someone tried to log in and could not."""

    user_id: User | None = None
    method: Annotated[Literal["password", "passkey", "social", "magic_link", "public_key"], REMEMBERED] = "password"
    reason: Annotated[Literal["wrong_password", "unknown_user", "locked", "two_factor_failed", "refused"], REMEMBERED]
    device_id: Device | None = None
    ip: Ip
    country: Annotated[Country, REMEMBERED] | None = None
    user_agent: Annotated[ShortText, PERSONAL] | None = None
