"""Severities that are computed: numbers made of what a rule can read, and the record may keep."""

import math
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.tree import NUMERIC, Expression, ListName, Name, walk
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings

LEAST_SEVERE, MOST_SEVERE = 1, 100


def severity_from(grade: Any) -> float:
    """The severity that a grade comes to: 0 to 100, in two decimals.

    Of a lower bound the bound counts; what is unknown, or broke, is the least severity that there is without a grade.
    """
    number = grade.value if isinstance(grade, AtLeast) else grade
    if not isinstance(number, int | float) or math.isnan(number):
        return LEAST_SEVERE
    return round(float(min(max(number, 0), MOST_SEVERE)), 2)


def check_grade(tree: Expression, written: Scalar, findings: Findings) -> None:
    """A finding if the expression gives no number, and for what the record could not be recomputed from."""
    if tree.type.kind not in NUMERIC:
        hint = "compute one, such as `20 + 10 * amount_zscore`; 0 to 100 are taken"
        findings.add(f"this is {tree.type}, a severity is a number", written.span, hint)
    for part in walk(tree):
        if isinstance(part, ListName) or (isinstance(part, Name) and part.personal):
            what = f"`{part.name}` is {'a list' if isinstance(part, ListName) else 'personal data'}"
            hint = "a severity is made of plain values: fields, features, and what is made of these"
            span = part.place.span if part.place else written.span
            findings.add(f"{what}, it cannot stand in a severity", span, hint)
