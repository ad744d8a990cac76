"""E-mail addresses."""

from functools import cache

from shared.policy.functions.links import with_parents


def disposable(email: str) -> bool:
    """Whether the address, or the domain, is of a service that gives anyone an inbox for ten minutes."""
    services = blocklist()
    return any(parent in services for parent in with_parents(email.rpartition("@")[2].lower()))


@cache
def blocklist() -> frozenset[str]:
    """The domains of these services."""
    from disposable_email_domains import blocklist as known  # noqa: PLC0415  (only some policies need it)

    return frozenset(known)
