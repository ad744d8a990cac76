"""IP addresses and networks."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shared.policy.functions.prepared import Prepared

_BITS = {4: 32, 6: 128}


class _Networks:
    """Networks by version and length of their prefix: an address is looked up once for each length there is."""

    def __init__(self, values: Iterable[str]) -> None:
        self._prefixes: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for value in values:
            network = network_of(value)
            if network is not None:
                shift = _BITS[network.version] - network.prefixlen
                prefixes = self._prefixes[network.version].setdefault(shift, set())
                prefixes.add(int(network.network_address) >> shift)

    def __contains__(self, address: IPv4Address | IPv6Address) -> bool:
        number = int(address)
        return any(number >> shift in known for shift, known in self._prefixes[address.version].items())


networks_of = Prepared(_Networks)


@lru_cache(maxsize=4_096)
def _one(network: str) -> _Networks:
    return _Networks([network])


def network_of(value: str) -> IPv4Network | IPv6Network | None:
    """`10.0.0.0/8`, or one address alone; None for anything else."""
    try:
        return None if "%" in value else ip_network(value)  # a zone means something on one machine only
    except ValueError:
        return None


def ip_in(address: str, networks: str | frozenset[str]) -> bool:
    """Whether the address lies in the network, or in one of the list's."""
    try:
        plain = ip_address(address)
    except ValueError:
        return False
    if isinstance(plain, IPv6Address) and plain.ipv4_mapped:
        plain = plain.ipv4_mapped
    return plain in (networks_of(networks) if isinstance(networks, frozenset) else _one(networks))


def get_ready(networks: frozenset[str] | None = None) -> None:
    """Index the list, if there is one."""
    if networks is not None:
        networks_of(networks)


def no_network(value: str) -> str:
    """Why a text is no network; nothing when it is one."""
    if network_of(value):
        return ""
    try:
        wider = ip_network(value, strict=False)
    except ValueError:
        return "is no network"
    return (
        f"is no network: write `{wider}`, or the one address without the `/`" if "%" not in value else "is no network"
    )
