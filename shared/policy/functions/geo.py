"""Places on the earth. What cannot be computed is unknown."""

from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from shared.features.model import AtLeast

Number = int | float | AtLeast

_RADIUS_KM = 6_371.0
_POLE, _ANTIMERIDIAN = 90, 180
_LONGEST_KM = 1e9
_HOUR = timedelta(hours=1)


def distance_km(latitude: Number, longitude: Number, other_latitude: Number, other_longitude: Number) -> float | None:
    """The way along the earth between two places in degrees (haversine on a sphere, 0.5 % off at most)."""
    here, there = _radians(latitude, longitude), _radians(other_latitude, other_longitude)
    if here is None or there is None:
        return None
    (a, b), (c, d) = here, there
    chord = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * _RADIUS_KM * asin(min(1.0, sqrt(chord)))


def _radians(latitude: Number, longitude: Number) -> tuple[float, float] | None:
    if isinstance(latitude, AtLeast) or isinstance(longitude, AtLeast):
        return None
    if not (abs(latitude) <= _POLE and abs(longitude) <= _ANTIMERIDIAN):
        return None
    return radians(latitude), radians(longitude)


def implied_speed(km: Number, took: timedelta) -> float | AtLeast | None:
    """Kilometres per hour; unknown when no time passed. A way that is at least so long was at least so fast."""
    if isinstance(km, AtLeast):
        low = implied_speed(km.value, took)
        return None if low is None else AtLeast(low)
    hours = took / _HOUR
    return km / hours if hours > 0 and 0 <= km <= _LONGEST_KM else None
