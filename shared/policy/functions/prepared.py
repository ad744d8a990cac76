"""What a function makes of a list before it can search it quickly: made once, and forgotten with the list."""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ref

T = TypeVar("T")


class Prepared(Generic[T]):
    """Remembers what `make` gave for a list, by the list's identity: comparing 100,000 values would cost more."""

    def __init__(self, make: Callable[[frozenset[str]], T]) -> None:
        self._make = make
        self._made: dict[int, tuple[ref[frozenset[str]], T]] = {}

    def __call__(self, values: frozenset[str]) -> T:
        key = id(values)
        kept = self._made.get(key)
        if kept is not None and kept[0]() is values:
            return kept[1]
        made = self._make(values)
        self._made[key] = (ref(values, lambda _: self._made.pop(key, None)), made)
        return made
