"""Scores in conditions: `score("login-risk")`, and how old it is and by which version of the model.

A score is a feature that nobody declares: of the latest `score.computed` about the acting entity, or about the one in
a named role, by the model of that name, within `WINDOW`. Without one it is unknown. No feature sees a challenger.
"""

import ast
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from shared.features import kept
from shared.features.model import Feature, FeatureKind, Predicate
from shared.policy.conditions.page import Page
from shared.policy.conditions.tree import DURATION, NUMBER, SHORTENED, Constant, Expression, Name, Type
from shared.policy.model import FeatureUse
from shared.policy.problems import did_you_mean
from shared.signals import SignalSpec

WINDOW = timedelta(days=14)
"""Longer would make tiles of 30 days, which are dear to write; a feature `last` can have a window of its own."""


class Score(NamedTuple):
    """What is asked of the latest score: the kind of feature, the remembered field, and the type that it has."""

    kind: FeatureKind
    value: str | None
    type: Type
    example: str


SCORES = {
    "score": Score("last", "score", NUMBER, 'score("login-risk") > 0.9'),
    "score_age": Score("since", None, DURATION, 'score_age("login-risk") < 24h'),
    "score_version": Score("last", "model_version", SHORTENED, 'score_version("login-risk") == "2026-01-14"'),
}


def score(page: Page, node: ast.Call) -> Expression:
    """`score("model")`, of who acts, or `score("model", role)`; `score_age` and `score_version` alike."""
    function, signal = page.written(node.func), page.scope.signal
    example = SCORES[function].example
    if signal is None:
        what = f"`{function}` cannot be used here: what is remembered of a signal has no scores"
        return page.refuse(node, what, f"ask for it in a rule's condition: `{example}`")
    if node.keywords or len(node.args) not in (1, 2):
        return page.refuse(
            node,
            f"`{function}` takes a model's name and, if another than who acts is meant, a role",
            f"write `{example}`",
        )
    model = page.value(node.args[0])
    if not (isinstance(model, Constant) and isinstance(model.value, str) and model.value):
        what = f"`{page.written(node.args[0])}` is not a model's name"
        return page.refuse(node.args[0], what, f"write it in quotes: `{example}`")
    role = page.written(node.args[1]) if len(node.args) > 1 else signal.actor
    if role not in signal.roles:
        hint = did_you_mean(role, signal.roles, otherwise="the roles are")
        return page.refuse(node.args[1], f"`{role}` is no role in {signal.name}", hint)
    name, use = scored(function, model.value, role, signal)
    page.scope.scores[name.name] = use
    return replace(name, place=page.place(node))


def scored(function: str, model: str, role: str, signal: SignalSpec) -> tuple[Name, FeatureUse]:
    """What a call stands for, and the feature behind it. Its name is the call as it is written."""
    of = "" if role == signal.actor else f", {role}"
    name = f"{function}({json.dumps(model, ensure_ascii=False)}{of})"
    kind, value, gives, _ = SCORES[function]
    feature = Feature(name, kind, "score.computed", "scored", WINDOW, value, _by(model))
    return Name(name, gives, "feature"), FeatureUse(feature, role)


def _by(model: str) -> Predicate:
    wanted = kept(model)

    def by_it(fields: Mapping[str, Any]) -> bool:
        return bool(fields["model"] == wanted)

    return by_it
