"""The values with units that people write: `72h`, `25%`, `12.50 USD`."""

import re
from datetime import timedelta
from decimal import Decimal

from shared.signals.amounts import Amount
from shared.signals.currencies import ISO_4217, minor_digits

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta | None:
    """`30m`, `72h` or `7d`; None for anything else."""
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def share(text: str) -> float | None:
    """`25%` as 0.25, from 0 to 100 %; None for anything else."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?) ?%", text)
    value = float(match[1]) / 100 if match else 2
    return value if value <= 1 else None


def amount(text: str) -> Amount | None:
    """`12.50 USD`; None for anything else, an unknown currency or more digits than the currency has."""
    match = re.fullmatch(r"(-?\d{1,15}(?:\.\d{1,6})?) +([A-Z]{3})", text)
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
