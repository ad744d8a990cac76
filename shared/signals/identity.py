"""Who a signal is about: entities by role, personal ones under a keyed hash."""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Any

from shared.signals.catalogue import CATALOGUE
from shared.signals.envelope import Signal
from shared.signals.fields import normal_address

LAYOUT_KEY_VERSION = 1
"""The key belongs to the timelines' layout: a new key makes new names, so it comes with a new layout version."""

_ROLES = [field for spec in CATALOGUE.values() for field in spec.roles.values()]
_KINDS = frozenset(field.role.kind for field in _ROLES if field.role)
_PERSONAL_KINDS = frozenset(
    field.role.kind for field in _ROLES if field.role and field.personal and not field.role.derive
)


class Pseudonyms:
    """Keyed BLAKE2b over identifiers that rules only compare.

    `key` is 16 to 64 bytes. The same key always gives the same names; without it they cannot be tried out.
    """

    def __init__(self, key: bytes) -> None:
        if not 16 <= len(key) <= 64:  # noqa: PLR2004  (BLAKE2b's own limit, and a floor against short keys)
            raise ValueError(f"the identity key must have 16 to 64 bytes, this one has {len(key)}")
        self._key = key

    def name(self, kind: str, value: str) -> str:
        """`ip:1~…`: kind, key version, 16 hex digits."""
        return f"{kind}:{LAYOUT_KEY_VERSION}~{self._digest(f'{kind}:{value}', 8).hex()}"

    def entity(self, name: str) -> str:
        """`kind:id` as it may be stored: an address, wherever it stands, by the one name that it has everywhere."""
        kind, _, value = name.partition(":")
        if kind not in _PERSONAL_KINDS:
            return name
        with suppress(ValueError):
            value = normal_address(value)
        return self.name(kind, value)

    def mark(self, entity: str) -> bytes:
        """Eight bytes that stand for an entity inside a timeline's element."""
        return self._digest(entity, 8)

    def _digest(self, text: str, size: int) -> bytes:
        return blake2b(text.encode(), digest_size=size, key=self._key).digest()


def entities_of(signal: Signal, pseudonyms: Pseudonyms) -> Mapping[str, str]:
    """Role to entity, such as `{"buyer": "user:u_1", "ip": "ip:1~93f0…"}`; absent ones are left out."""
    named = {}
    for role_name, field in signal.spec.roles.items():
        value: Any = getattr(signal.data, field.name)
        if value is None or field.role is None:
            continue
        if field.role.derive:
            named[role_name] = f"{field.role.kind}:{field.role.derive(value)}"
        elif field.role.kind == "*":
            named[role_name] = pseudonyms.entity(value)
        elif field.personal:
            named[role_name] = pseudonyms.name(field.role.kind, value)
        else:
            named[role_name] = f"{field.role.kind}:{value}"
    return named


def subject_of(signal: Signal, pseudonyms: Pseudonyms) -> str:
    """The subject as it may be stored: the acting entity's name.

    Where nobody known acted (`login.failed`), nothing checks the producer's words: what names no entity is hidden.
    """
    kind, separator, _ = signal.subject.partition(":")
    acted = getattr(signal.data, signal.spec.roles[signal.spec.actor].name) is not None
    if acted or (separator and kind in _KINDS):
        return pseudonyms.entity(signal.subject)
    return pseudonyms.name("unknown", signal.subject)
