"""What stands under `to:` of a restriction: how much of the capability is left."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from shared.policy.conditions.literals import amount, lasting, share
from shared.policy.documents.entries import Entries
from shared.policy.documents.reading import Entry, Node, Scalar, described
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings
from shared.restrictions.limits import AMOUNT, CAPABILITIES, DIMENSIONS, NONE, Limit

EXAMPLES = {
    "none": ("none", "none"),
    "step_up": ("step_up", "step_up"),
    "share": ("share", "50%"),
    "reserve": ("reserve_share", "{reserve: 30%, days: 30}"),
    "days": ("reserve_days", "{reserve: 30%, days: 30}"),
    "delay": ("delay_hours", "{delay: 24h}"),
    "per_day": ("count_per_day", "{per_day: 3}"),
    "amount_per_day": (AMOUNT, "{amount_per_day: [200.00 USD]}"),
    "per_hour": ("per_hour", "{per_hour: 20}"),
    "links": ("no_links", "{links: none}"),
}
"""The words of the language for the dimensions of limits, and how each is written under `to:`."""
_TOGETHER = {"reserve": "days", "days": "reserve"}
_HOUR = timedelta(hours=1)


def words_of(capability: str) -> tuple[str, ...]:
    """The words that can limit a capability; all there are for one that is unknown."""
    ways = CAPABILITIES.get(capability, DIMENSIONS)
    return tuple(word for word, (dimension, _) in EXAMPLES.items() if dimension in ways)


def ways_to_write(capability: str) -> str:
    """`none`, `50%` or `{delay: 24h}`: what can stand under `to:` for a capability, for hints."""
    ways = list(dict.fromkeys(f"`{EXAMPLES[word][1]}`" for word in words_of(capability)))
    return f"{', '.join(ways[:-1])} or {ways[-1]}" if len(ways) > 1 else ways[0]


def limit_of(entries: Entries, capability: str) -> Limit:
    """The limit under `to:`; `NONE`, with findings, when it is no limit of that capability."""
    node, advice = entries.nodes.get("to"), f"write {ways_to_write(capability)}"
    if node is None:
        entries.findings.add(f"{entries.what} has no `to:`", entries.key.span, advice)
        return NONE
    if isinstance(node, Scalar):
        return _in_a_word(entries, node, capability, advice)
    if isinstance(node, Document) and node.entries:
        return _in_words(Entry(entries.key, node), capability, entries.findings)
    entries.refuse("to", f"`to` is {described(node)}", advice)
    return NONE


def _in_a_word(entries: Entries, scalar: Scalar, capability: str, advice: str) -> Limit:
    if scalar.text in ("none", "step_up"):
        return _fitting({scalar.text: 1}, {scalar.text: scalar}, capability, entries.findings)
    left = share(scalar.text)
    if left is None:
        entries.refuse("to", f"`{scalar.text}` does not fit `to`", advice)
        return NONE
    if left == 0:
        return NONE
    bound = _percent(scalar, "what is left", entries.findings)
    return _fitting({"share": bound}, {"share": scalar}, capability, entries.findings) if bound else NONE


def _in_words(entry: Entry, capability: str, findings: Findings) -> Limit:
    """`{reserve: 30%, days: 30}`: one bound or several at once."""
    entries = Entries(entry, "a limit", list(EXAMPLES), findings)
    if "none" in entries:
        entries.refuse("none", "`none` leaves nothing to limit", "write `to: none`")
        return NONE
    bounds: dict[str, int] = {}
    places: dict[str, Node] = {}
    for word, node in entries.nodes.items():
        places[word] = node
        bounds |= _READERS[word](word, node, findings)
        partner = _TOGETHER.get(word, word)
        if partner not in entries:
            what = "a reserve is a share of each payout, and for how many days it is held back"
            findings.add(what, node.span, f"add `{partner}:`, as in `{EXAMPLES[word][1]}`")
    return _fitting(bounds, places, capability, findings)


def _fitting(bounds: Mapping[str, int], places: Mapping[str, Node], capability: str, findings: Findings) -> Limit:
    """The limit of these bounds; a finding for each word by which the capability cannot be limited."""
    fits = words_of(capability)
    for word, node in places.items():
        if word not in fits:
            said = "left in part" if word == "share" else f"limited by `{word}`"
            findings.add(f"{capability} cannot be {said}", node.span, f"write {ways_to_write(capability)}")
    return Limit.of(bounds) if bounds else NONE


def _percent(node: Scalar, what: str, findings: Findings) -> int:
    """A whole percentage from 1 to 99; 0 with a finding."""
    found = share(node.text)
    percent = None if found is None else round(found * 100, 6)
    if percent is None or percent != round(percent) or not 1 <= percent <= 99:  # noqa: PLR2004  (percent)
        findings.add(f"`{node.text}` is not a whole share below 100%", node.span, f"{what} is from 1% to 99%")
        return 0
    return round(percent)


def _shared(word: str, node: Node, findings: Findings) -> dict[str, int]:
    if not isinstance(node, Scalar):
        return _refused(word, node, findings)
    percent = _percent(node, "what is left" if word == "share" else "what is held back", findings)
    return {EXAMPLES[word][0]: percent} if percent else {}


def _number(word: str, node: Node, findings: Findings) -> dict[str, int]:
    name = EXAMPLES[word][0]
    least, most = DIMENSIONS[name].least, DIMENSIONS[name].most
    if isinstance(node, Scalar) and re.fullmatch(r"[0-9]{1,9}", node.text) and least <= int(node.text) <= most:
        return {name: int(node.text)}
    return _refused(word, node, findings, f"it is a whole number from {least} to {most:,}")


def _delayed(word: str, node: Node, findings: Findings) -> dict[str, int]:
    name = EXAMPLES[word][0]
    span = lasting(node.text) if isinstance(node, Scalar) else None
    if span is None or span % _HOUR or not 1 <= span // _HOUR <= DIMENSIONS[name].most:
        most = DIMENSIONS[name].most // 24
        return _refused(word, node, findings, f"it is in whole hours, from `1h` to `{most}d`")
    return {name: span // _HOUR}


def _amounts(word: str, node: Node, findings: Findings) -> dict[str, int]:
    return {f"{AMOUNT}:{currency}": minor for currency, minor in amounts_of(word, node, findings).items()}


def amounts_of(word: str, node: Node, findings: Findings) -> dict[str, int]:
    """Amounts in minor units, one for each currency; a finding for each that is none, or not more than nothing."""
    found: dict[str, int] = {}
    for item in node.items if isinstance(node, Items) else (node,):
        value = amount(item.text) if isinstance(item, Scalar) else None
        if value is None or not 0 < value.minor < 2**63:
            _refused(
                word, item, findings, "write amounts above zero with a currency, such as `[200.00 USD, 200.00 EUR]`"
            )
        elif value.currency in found:
            findings.add(f"{value.currency} stands twice", item.span, "write one amount for each currency")
        else:
            found[value.currency] = value.minor
    if not found and isinstance(node, Items) and not node.items:
        _refused(word, node, findings, "write amounts, such as `[200.00 USD]`")
    return found


def _flag(word: str, node: Node, findings: Findings) -> dict[str, int]:
    """`links: none`, `step_up: true`."""
    wanted = "none" if word == "links" else "true"
    if isinstance(node, Scalar) and node.text == wanted:
        return {EXAMPLES[word][0]: 1}
    return _refused(word, node, findings, f"write `{word}: {wanted}`, or leave it out")


def _refused(word: str, node: Node, findings: Findings, hint: str = "") -> dict[str, int]:
    findings.add(f"{described(node)} does not fit `{word}`", node.span, hint or f"write `{EXAMPLES[word][1]}`")
    return {}


_READERS: Mapping[str, Callable[[str, Node, Findings], dict[str, int]]] = {
    "step_up": _flag,
    "share": _shared,
    "reserve": _shared,
    "days": _number,
    "delay": _delayed,
    "per_day": _number,
    "amount_per_day": _amounts,
    "per_hour": _number,
    "links": _flag,
}
