"""Addresses on the web, read as a browser reads them."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from shared.policy.functions.prepared import Prepared

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# A browser takes `https:\\evil.test`, `http:evil.test` and `https:///evil.test` all for the same.
_WEB = re.compile(r"(?:https?|ftp|wss?):/*", re.IGNORECASE)
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_PART_OF_A_LINK = frozenset("/\\?#")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


def host_of(url: str) -> str | None:
    """The host of a URL or bare address in lower case, as people are shown it; None when there is none."""
    parts = _split(url)
    try:
        host = parts.hostname if parts else None
    except ValueError:
        return None
    if not host:
        return None
    if "%" in host:
        host = unquote(host)
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host.translate(_DOTS)).lower()
    host = host.strip(".")
    if "xn--" in host:
        host = ".".join(map(_shown, host.split(".")))
    return host or None


def path(url: str) -> str:
    """`/a/b` of `https://example.com/a/b?c=d`; nothing when there is none."""
    parts = _split(url)
    return parts.path if parts else ""


def _split(url: str) -> SplitResult | None:
    text = url.strip().replace("\\", "/")
    if web := _WEB.match(text):
        text = f"//{text[web.end() :]}"
    elif not _SCHEME.match(text):
        text = f"//{text}"
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _shown(label: str) -> str:
    """A label out of Punycode. Python's own IDNA codec refuses letters younger than 2002, which phishing does not."""
    if label.startswith("xn--"):
        with suppress(UnicodeError):
            return label[4:].encode("ascii").decode("punycode").lower() or label
    return label


def with_parents(host: str) -> Iterator[str]:
    """`a.b.com`, `b.com`, `com`."""
    while host:
        yield host
        _, _, host = host.partition(".")


def domain(text: str) -> str:
    """The host of a URL, or what follows the `@` of an e-mail address, in lower case; nothing when there is none."""
    if "@" in text and _PART_OF_A_LINK.isdisjoint(text):
        return text.rpartition("@")[2].lower()
    return host_of(text) or ""


@cache
def suffixes() -> "PublicSuffixList":
    """The public suffixes, such as `co.uk` and `github.io`, under which anyone may register a name."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  (only some policies need it)

    return PublicSuffixList(accept_encoded_idn=False)  # hosts are decoded when they come here


def registrable_domain(text: str) -> str:
    """`paypal.co.uk` of `https://www.paypal.co.uk/a`: what someone registered. Nothing for an IP address."""
    host = domain(text)
    if ":" in host or host.rpartition(".")[2].isdigit():
        return ""
    return suffixes().privatesuffix(host) or ""


def any_in(links: list[str], domains: frozenset[str]) -> bool:
    """Whether a link leads to one of the domains, or to a host below one."""
    listed = listed_domains(domains)
    hosts = (host_of(link) for link in links)
    return any(parent in listed for host in hosts if host for parent in with_parents(host))


def as_listed(value: str) -> str:
    """A list's value in the form in which hosts are compared; nothing when it can be no host."""
    plain = value.isascii() and value.islower() and "xn--" not in value and _NO_PART_OF_A_HOST.isdisjoint(value)
    return value if plain else host_of(value) or ""


_NO_PART_OF_A_HOST = frozenset("/:@*?#%\\ ")
listed_domains = Prepared(lambda domains: frozenset(filter(None, map(as_listed, domains))))
"""The hosts that a list names."""


def not_a_domain(value: str) -> str:
    """Why no host can be what stands in a list of domains; nothing when one can."""
    if as_listed(value) and _NO_PART_OF_A_HOST.isdisjoint(value):
        return ""
    return "is no domain by itself, such as `example.com`"
