"""The values with units that people write: `72h`, `25%`, `12.50 USD`, `2026-11-01`."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shared.signals.amounts import Amount
from shared.signals.currencies import ISO_4217, minor_digits

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_WRITTEN_IN = ("d", "h", "m", "s")


def duration(text: str) -> timedelta | None:
    """`45s`, `30m`, `72h`, `7d`, `2w` or `0s`; None for anything else."""
    match = re.fullmatch(r"(0|[1-9][0-9]{0,6})([wdhms])", text)
    return int(match[1]) * _UNITS[match[2]] if match else None


def lasting(text: str) -> timedelta | None:
    """A duration that is more than nothing; None for anything else."""
    return duration(text) or None


def written_duration(value: timedelta) -> str:
    """`36h`: whole seconds in the largest unit, up to days, that needs no fraction."""
    unit = next(unit for unit in _WRITTEN_IN if not value % _UNITS[unit]) if value else "s"
    return f"{value // _UNITS[unit]}{unit}"


def moment(text: str) -> datetime | None:
    """`2026-11-01`, or `2026-11-01T10:00:00+01:00`; UTC unless it says otherwise. None for anything else."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def written_time(value: datetime) -> str:
    """`2026-11-01T00:00:00Z`: a moment in UTC, as precise as it is."""
    return value.isoformat().replace("+00:00", "Z")


def share(text: str) -> float | None:
    """`25%` as 0.25, from 0 to 100 %; None for anything else."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", text)
    value = float(match[1]) / 100 if match else 2
    return value if value <= 1 else None


def amount(text: str) -> Amount | None:
    """`12.50 USD`; None for anything else, an unknown currency or more digits than the currency has."""
    match = re.fullmatch(r"(-?[0-9]{1,15}(?:\.[0-9]{1,6})?) +([A-Z]{3})", text)
    return money(match[1], match[2]) if match else None


def money(number: str, currency: str) -> Amount | None:
    """An amount from its number as written and its currency; None when it is not whole in minor units."""
    if currency not in ISO_4217:
        return None
    minor = Decimal(number) * 10 ** minor_digits(currency)
    return Amount(int(minor), currency) if minor == minor.to_integral_value() else None


def written(value: Amount) -> str:
    """`12.50 USD`: an amount as it is written in a policy."""
    digits = minor_digits(value.currency)
    sign, minor = "-" * (value.minor < 0), str(abs(value.minor)).rjust(digits + 1, "0")
    number = f"{minor[:-digits]}.{minor[-digits:]}" if digits else minor
    return f"{sign}{number} {value.currency}".rstrip()


def unquoted(text: str) -> str:
    r"""What stands between the quotes. A backslash is itself, as in `"\d+"`, but before a quote or another one."""
    return re.sub(r"""\\([\\"'])""", r"\1", text[1:-1])
