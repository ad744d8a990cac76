"""What may be compared with what."""

from shared.policy.conditions.tree import NUMERIC, Constant, Expression, Type, source_of
from shared.policy.problems import did_you_mean

_ORDERED = (*NUMERIC, "money", "time")


def misfit(left: Expression, right: Expression, sign: str) -> tuple[str, str] | None:  # noqa: PLR0911  (one return for each thing that can be wrong)
    """What is wrong with comparing the two, and what to do about it; None when they fit."""
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, right = right, left
    one, other = left.type, right.type
    if "wrong" in (one.kind, other.kind):
        return None
    shown = source_of(left)
    if one.kind == "money" or other.kind == "money":
        return _unlike_money(shown, one, other)
    if not _alike(one, other):
        return f"`{shown}` is {one}, it cannot be compared with {other}", _way_out(shown, one)
    if sign not in ("==", "!=") and one.kind not in _ORDERED:
        return f"`{sign}` does not take {one}", "only `==`, `!=` and `in` do"
    if one.kind == "choice" and isinstance(right, Constant) and right.value not in one.choices:
        what = f"`{shown}` is never {right.value!r}"
        return what, did_you_mean(str(right.value), one.choices, otherwise="it is one of")
    if one.kind == "entity" and isinstance(right, Constant):
        return _unlike_entity(shown, one, str(right.value))
    return None


def _unlike_money(shown: str, one: Type, other: Type) -> tuple[str, str] | None:
    if one.kind != other.kind:
        return (
            f"`{shown}` is {one}, it cannot be compared with {other}",
            "write amounts with their currency: `5.00 USD`",
        )
    if one.currency and other.currency and one.currency != other.currency:
        return f"{one.currency} and {other.currency} cannot be compared", "use one currency on both sides"
    return None


def _alike(one: Type, other: Type) -> bool:
    texts = ("text", "choice")
    if one.kind == "entity" and other.kind == "entity":
        return one.entity == other.entity or "*" in (one.entity, other.entity)
    return (
        one.kind == other.kind
        or (one.kind in NUMERIC and other.kind in NUMERIC)
        or (one.kind in texts and other.kind in texts)
        or (one.kind == "entity" and other.kind == "text")
    )


def _unlike_entity(shown: str, one: Type, written: str) -> tuple[str, str] | None:
    if one.keyed:
        return f"`{shown}` is a keyed pseudonym, no text equals it", "compare features of it instead"
    if one.entity != "*" and not written.startswith(f"{one.entity}:"):
        return f"{written!r} can never be {one}", f'entities are written "{one.entity}:…"'
    return None


def _way_out(shown: str, one: Type) -> str:
    if one.kind == "boolean":
        return f"write `{shown}` or `not {shown}` alone"
    if one.kind == "texts":
        return f"there are `length({shown})` and `any_in({shown}, lists.name)`"
    if one.kind == "entity":
        return "compare entities of one kind, or with a text in quotes"
    if one.kind in ("text", "choice"):
        return "texts stand in quotes"
    return f"compare it with another {one.kind}"
