"""In which order keys stand in the layout."""

from collections.abc import Sequence

from shared.policy.conditions.kinds import KINDS
from shared.policy.sections import gates, guardrails, jurisdictions, known_good, restricting
from shared.policy.sections.effects import DETAILED

_RULE_KEYS = (
    "group abuse on when with then counterparty if_unknown mode emergency rollout expires severity tags "
    "stale_after expect reason user_reason suppress_notice owner tests"
).split()
_FEATURE_KEYS = [*KINDS, *"of where unless by window delay against least limited strength echoes for".split()]
_RUNG_KEYS = ("when", *DETAILED, "then", "person")


def keys_in_order(path: tuple[str, ...]) -> Sequence[str]:  # noqa: PLR0911  (one return for each kind of place)
    """The keys that can stand at a place, in the order of the layout; none where the order is the author's."""
    match path:
        case ("rules" | "groups", _):
            return _RULE_KEYS
        case ("features", _):
            return _FEATURE_KEYS
        case ("rules" | "ladders", *_, "restrict"):
            return restricting.KEYS
        case ("ladders", _, "steps", "-"):
            return _RUNG_KEYS
        case ("guardrails", "budgets", _):
            return guardrails.BUDGET_KEYS
        case ("guardrails", "brake"):
            return guardrails.BRAKE_KEYS
        case ("known_good", _) | ("known_good", _, "-"):
            return known_good.KEYS
        case ("jurisdictions", _):
            return jurisdictions.KEYS
        case ("gates", _):
            return gates.KEYS
    return ()
