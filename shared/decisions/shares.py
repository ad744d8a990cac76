"""Stable shares of entities: who belongs to one depends on the entity and the share's purpose alone."""

from hashlib import blake2b

PARTS = 10_000
"""The finest share there is: one ten-thousandth."""


def is_within(share: float, purpose: str, entity: str) -> bool:
    """Whether the entity belongs to the share, 0 to 1: raising a share only ever adds entities.

    Purposes draw apart, so that no entity is the first one for everything.
    """
    number = int.from_bytes(blake2b(f"{purpose}\n{entity}".encode(), digest_size=8).digest()) % PARTS
    return number < share * PARTS
