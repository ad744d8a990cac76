"""Who else shares an entity: other accounts on a device, other cards in a wallet. One step, never two."""

from collections.abc import Mapping, Sequence

from shared.features.model import Asking, AtLeast, Feature, Limit
from shared.features.past import Past

MOST_LINKED = 50
"""Of how many linked entities the ledger is asked, and the record keeps the names."""
ANY = "any"


def linked_names(past: Past) -> list[str]:
    """The entities that stand in the field, the one last seen first, without the asking signal's own."""
    feature, asking = past.feature, past.asking
    mark, own = past.layout.readers[feature.value or ""], asking.own.get(feature.value or "")
    others = [element for element in reversed(past.elements) if own is None or mark(element) != own]
    names = dict.fromkeys(map(past.layout.link, others))
    names.pop(asking.actor or "", None)
    return list(names)


def number_linked(past: Past, limits: Mapping[str, Sequence[Limit] | None]) -> int | AtLeast:
    """How many; or how many of the first `MOST_LINKED` were under a restriction when the asking signal came.

    `limits` has None for those of which nobody can tell.
    """
    feature, names = past.feature, linked_names(past)
    if feature.limited is None:
        return AtLeast(len(names)) if past.is_incomplete else len(names)
    asked = [limits.get(name, ()) for name in names[:MOST_LINKED]]
    limited = sum(_is_limited(each, feature, past.asking) for each in asked if each)
    return AtLeast(limited) if past.is_incomplete or len(names) > len(asked) or None in asked else limited


def _is_limited(limits: Sequence[Limit], feature: Feature, asking: Asking) -> bool:
    return any(
        feature.limited in (ANY, limit.abuse) and limit.since <= asking.received_at < limit.until for limit in limits
    )
