"""A rule for an emergency: written in one line, added to what is in force, and gone after some hours."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.policy.authoring.words import effect_in_words
from shared.policy.loading import load_documents
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.problems import PolicyError
from shared.restrictions.effects import Command, Dispose, Effect, Lift, Restrict
from shared.signals.times import stamp

FOLDER = "emergency/"
LONGEST_EFFECT = timedelta(hours=24)
"""What a rule that nobody has tested does to somebody ends within this."""


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as it is given in one line.

    `then` are effects as they stand in a policy, such as `pend`; `fires` has the values of its one test, such as
    `amount: 300.00 USD`: the language takes no live rule without.
    """

    name: str
    abuse: str
    on: str
    when: str
    then: tuple[str, ...]
    fires: str
    why: str
    user_reason: str
    owner: str

    @property
    def document(self) -> str:
        """The name of the document that the rule is, beside those of the policy."""
        return document_of(self.name)

    def text(self, expires: datetime) -> str:
        """The rule as a document of the policy language; what people read is quoted, all else stands as given."""
        then = "".join(f"      - {effect}\n" for effect in self.then)
        return (
            f"rules:\n  {self.name}:\n    abuse: {self.abuse}\n    on: {self.on}\n    when: |2-\n      {self.when}\n"
            f"    then:\n{then}    mode: live\n    emergency: true\n    expires: {stamp(expires)}\n"
            f"    reason: {json.dumps(self.why)}\n    user_reason: {json.dumps(self.user_reason)}\n"
            f"    owner: {json.dumps(self.owner)}\n    tests:\n      fires: {{{self.fires}}}\n"
        )

    def on_many_lines(self) -> str | None:
        """What of it is more than one line; a line break could smuggle in what nobody reviews."""
        texts: Mapping[str, Sequence[str]] = {
            "name": [self.name],
            "--abuse": [self.abuse],
            "--on": [self.on],
            "--when": [self.when],
            "--then": self.then,
            "--fires": [self.fires],
        }
        return next((name for name, given in texts.items() if any(text.splitlines() != [text] for text in given)), None)


def document_of(rule: str) -> str:
    """The document that holds an emergency rule."""
    return f"{FOLDER}{rule}.yaml"


def with_rule(texts: Mapping[str, str], document: str, text: str) -> tuple[Policy, dict[str, str]]:
    """What is in force, and the rule: the policy, and its documents. Raises `PolicyError` with the rule's problems.

    What is in force was checked when it was published: if newer checks find fault with it, that does not keep an
    emergency rule out.
    """
    together = {**texts, document: text}
    try:
        return load_documents(together), together
    except PolicyError as error:
        own = [problem for problem in error.problems if problem.span.source.name == document]
        if own:
            raise PolicyError(own) from None
        return load_documents(together, published=True), together


def prolonged(text: str, until: datetime) -> str:
    """The document of an emergency rule with another end."""
    lines = text.splitlines(keepends=True)
    return "".join(f"    expires: {stamp(until)}\n" if line.startswith("    expires: ") else line for line in lines)


def irreversible(rule: Rule) -> Iterator[str]:
    """What of a rule could not be taken back, or would outlast it for long, each with what to write instead."""
    for effect in (*rule.effects, *(each for step in rule.ladder for each in step.effects)):
        if advice := _against(effect):
            yield f"`{effect_in_words(effect)}` {advice}"


def _against(effect: Effect) -> str | None:
    match effect:
        case Dispose("deny"):
            return "cannot be taken back: `pend` holds the thing until somebody has looked, `challenge` asks first"
        case Command():
            return "cannot be taken back: restrict a capability instead, for a while"
        case Lift():
            return "cannot be taken back, as what it lifts is gone: `sluice restrictions release`, one by one"
        case Restrict(on_expiry="person"):
            return "would hold until a person decides: let it be released at its end"
        case Restrict(lasts=lasts) if lasts > LONGEST_EFFECT:
            return f"would outlast the emergency: at most `for: {LONGEST_EFFECT // timedelta(hours=1)}h`"
        case _:
            return None
