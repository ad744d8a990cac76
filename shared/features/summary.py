"""What a feature makes of an entity's summary: of everything that was before the signal that asks."""

from collections.abc import Sequence

from shared.features.elements import milliseconds, moment_of, time_of
from shared.features.facts import VALUE, marked
from shared.features.model import Asking, AtLeast, Feature
from shared.features.values import MILLISECOND, FeatureValue


def of_facts(feature: Feature, facts: Sequence[bytes], asking: Asking, *, is_incomplete: bool) -> FeatureValue:
    """The value; `facts` are those before the signal that asks, oldest first."""
    match feature.kind:
        case "first_seen":
            return None if is_incomplete or not facts else moment_of(time_of(facts[0]))
        case "age":
            if not facts:
                return None
            age = (milliseconds(asking.time) - time_of(facts[0])) * MILLISECOND
            return AtLeast(age) if is_incomplete else age
        case "new":
            own = asking.own.get(feature.value or "")
            if own is None:
                return None
            is_new = marked(own) not in {fact[VALUE] for fact in facts}
            return None if is_new and is_incomplete else is_new
        case _:
            number = len({fact[VALUE] for fact in facts})
            return AtLeast(number) if is_incomplete else number
