"""The field types and markers that payloads are made of.

A payload declares, beside each field, what Sluice needs to know of it: the role its entity plays (`Role`), whether
timelines keep it (`REMEMBERED`) and whether it is personal data (`PERSONAL`). Everything else is read from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import WithJsonSchema

from shared.signals.currencies import ISO_4217
from shared.signals.times import to_the_millisecond


@dataclass(frozen=True, slots=True)
class Role:
    """It names an entity, `kind:value`, in the role `name`; kind "*" says that the value is already `kind:id`.

    Of an entity that is derived from the field, `remembered` says that timelines keep it, and not the field.
    """

    name: str
    kind: str
    derive: Callable[[str], str] | None = None
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """Timelines keep the field in each element of the signal."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Personal data: never logged, never in actions; stored as a keyed hash or as derived facts only."""


@dataclass(frozen=True, slots=True)
class Short:
    """A text of at most 16 bytes: timelines keep it as it is, and of longer ones a hash."""


EARLIEST_YEAR, LATEST_YEAR = 1970, 9999
REMEMBERED = Remembered()
PERSONAL = Personal()


class Payload(BaseModel):
    """What all payloads share: strict values, unknown fields kept."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False, defer_build=True)


def _only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a string")  # noqa: TRY004  (pydantic turns only ValueError into a finding)
    if value.replace(".", "").isdigit():
        raise ValueError("must be a date and time such as '2026-11-22T12:00:00Z', not a count of seconds")
    return value


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must have an offset from UTC, such as 'Z' or '+02:00'")
    if not EARLIEST_YEAR < value.year < LATEST_YEAR:
        raise ValueError(f"must lie between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return to_the_millisecond(value.astimezone(UTC))


def normal_address(value: str) -> str:
    """An address in its canonical text form; raises `ValueError`, which does not repeat it."""
    try:
        if "%" not in value:  # a zone is any text at all, and means something on one machine only
            return str(ip_address(value))
    except ValueError:
        pass
    raise ValueError("must be an IPv4 or IPv6 address, without a zone")


def _known_currency(value: str) -> str:
    if value not in ISO_4217:
        raise ValueError("must be an ISO 4217 currency code in capitals, such as 'EUR' or 'USD'")
    return value


def domain_of(email: str) -> str:
    """The domain of an e-mail address, in lower case."""
    return email.rpartition("@")[2].lower()


Instant = Annotated[
    datetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_utc),
    Field(strict=False),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339, with its offset from UTC"}),
]
"""A moment, given as RFC 3339 with its offset; held in UTC."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:@+=-]+$")]
"""An id that the marketplace gave."""

KINDS = "user device card ip email_domain payout_account listing order".split()
"""What there are entities of."""

EntityName = Annotated[str, StringConstraints(max_length=160, pattern=rf"^({'|'.join(KINDS)}):[\w.:@+=-]{{1,128}}$")]
"""`kind:id`, such as `user:u_123`."""

Fingerprint = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""An opaque token for a card, device or bank account; the number itself never comes here."""

IpAddress = Annotated[str, AfterValidator(normal_address), WithJsonSchema({"type": "string", "format": "ip"})]
"""IPv4 or IPv6, held in its canonical text form."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Short()]
"""ISO 3166-1 alpha-2."""

Currency = Annotated[str, AfterValidator(_known_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
"""ISO 4217."""

Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$")]
ShortText = Annotated[str, StringConstraints(max_length=300)]
LongText = Annotated[str, StringConstraints(max_length=20_000)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2_048)]
Share = Annotated[float, Field(ge=0, le=1)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
"""Degrees, north and east of nought."""


class Money(Payload):
    """An amount in minor units (cents, yen) of a currency."""

    minor: Annotated[int, Field(ge=0, le=10**15, description="whole minor units: 12.50 USD is 1250")]
    currency: Currency


UserId = Annotated[Identifier, Field(examples=["u_1042"])]
DeviceId = Annotated[Fingerprint, Field(examples=["dev_9f31c2aa"])]
