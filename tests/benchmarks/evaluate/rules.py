"""Five hundred rules about payments, in the shapes and shares that `tests.benchmarks.policy` draws them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from shared.policy import Policy, load_documents
from tests.benchmarks.evaluate.features import FEATURES, SIGNAL, SUMS
from tests.benchmarks.evaluate.marketplace import Load
from tests.benchmarks.evaluate.past import Past
from tests.benchmarks.policy.candidates import Past as Askable
from tests.benchmarks.policy.candidates import literals
from tests.benchmarks.policy.events import lists
from tests.benchmarks.policy.literals import Pair, Source, Values
from tests.benchmarks.policy.rules import REALISTIC, Rule, drawn, tried

RULES = 500
_PAIRS = tuple(
    Pair(Source(left), ">", Source(right))
    for left, right in (
        ("buyer_cards_1d", "buyer_devices_1d"),
        ("buyer_new_cards_7d", "buyer_devices_7d"),
        ("device_buyers_7d", "device_pays_1d"),
        ("card_buyers_30d", "card_devices_7d"),
        ("ip_cards_1d", "ip_buyers_1d"),
    )
)
_SCORES = tuple(
    tuple((weight, Source(name)) for weight, name in terms)
    for terms in (
        ((3, "buyer_wrong_codes_1d"), (2, "buyer_cards_1d"), (1, "buyer_pays_1h")),
        ((5, "card_wrong_codes_1d"), (2, "card_small_1h"), (1, "card_pays_1d")),
        ((2, "device_buyers_7d"), (3, "device_cards_7d"), (1, "device_wrong_codes_1d")),
        ((1, "ip_buyers_1h"), (2, "ip_cards_1h")),
    )
)
_EFFECTS = (
    ("deny", "restrict: {of: buyer, capability: buy, to: none, for: 24h}"),
    ("challenge", "friction: {of: buyer, ask: step_up, for: 24h}"),
    ("pend", "review: {of: buyer}"),
)


@dataclass(frozen=True)
class Ruled:
    """A rule, and what follows from it: nothing but a note while it is on trial."""

    rule: Rule
    live: bool
    effects: Sequence[str]


def rules(load: Load) -> list[Ruled]:
    """Calibrated on the load's sample: live are those that are so sure that they fire on none of it."""
    values = sample(load)
    askable = Askable(tuple(FEATURES), SUMS, _PAIRS, _SCORES)
    made = drawn(SIGNAL, REALISTIC, RULES, tried(literals(SIGNAL, values, askable), values))
    return [
        Ruled(rule, not any(rule.holds(each) for each in values), effects)
        for rule, effects in zip(made, cycle(_EFFECTS), strict=False)
    ]


def sample(load: Load) -> list[Values]:
    """What rules would have seen on the sample, by the plain computation of features."""
    past, values = Past(load.history), []
    for signal in load.sample:
        values.append(past.values(signal))
        past.add(signal)
    return values


def policy(ruled: Sequence[Ruled]) -> Policy:
    """The rules in the policy language, with the features and lists that they read, read by the real checker."""
    loaded = load_documents(_documents(ruled))
    # No author may make a rule live without tests beside it, and made-up rules have none.
    live = {each.rule.name: replace(loaded.rules[each.rule.name], mode="live") for each in ruled if each.live}
    return replace(loaded, rules={**loaded.rules, **live}, _programs={})


def read(ruled: Sequence[Ruled]) -> list[str]:
    """The features that the rules read: no author keeps others."""
    words = _words(ruled)
    return [name for name in FEATURES if name in words]


def _words(ruled: Sequence[Ruled]) -> set[str]:
    return {word for each in ruled for word in re.findall(r"\w+", each.rule.text)}


def _documents(ruled: Sequence[Ruled]) -> dict[str, str]:
    words = _words(ruled)
    listed = {name: values for name, values in lists().items() if name in words}
    declared = "".join(f"  {name}: {FEATURES[name].declared}\n" for name in read(ruled))
    owned = "".join(f"  {name}: {{owner: benchmark, file: lists/{name}.txt}}\n" for name in listed)
    return {
        "features.yaml": f"features:\n{declared}",
        "lists.yaml": f"lists:\n{owned}",
        "rules.yaml": "rules:\n" + "".join(map(_rule, ruled)),
        **{f"lists/{name}.txt": "\n".join(values) for name, values in listed.items()},
    }


def _rule(ruled: Ruled) -> str:
    return f"""\
  {ruled.rule.name}:
    abuse: payment_fraud
    on: {SIGNAL}
    when: {json.dumps(ruled.rule.text)}
    then: [{", ".join(_effect(each) for each in ruled.effects)}]
    severity: 20
    reason: "made up, to be measured"
    user_reason: "We could not confirm this payment."
    owner: benchmark
"""


def _effect(text: str) -> str:
    return f"{{{text}}}" if ":" in text else text
