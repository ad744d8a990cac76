"""Generated rules as an author would hand them in: YAML documents, and lists in files of their own."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from tests.benchmarks.policy.events import FEATURES, LOGIN, MESSAGE, PAYMENT, lists
from tests.benchmarks.policy.rules import Rule

A_DOCUMENT = 500
"""How many rules stand in one document."""
_ACTOR = {PAYMENT: "buyer", LOGIN: "user", MESSAGE: "sender"}


def documents(signal: str, rules: Sequence[Rule]) -> dict[str, str]:
    """A policy of these rules on one signal type, by the documents' names: what `load_documents` takes."""
    words = {word for rule in rules for word in re.findall(r"\w+", rule.text)}
    members = {name: members for name, members in lists().items() if name in words}
    texts = {"features.yaml": _features(words), "lists.yaml": _lists(members)}
    texts |= {f"lists/{name}.txt": "\n".join(values) for name, values in members.items()}
    for start in range(0, len(rules), A_DOCUMENT):
        some = rules[start : start + A_DOCUMENT]
        texts[f"rules_{start // A_DOCUMENT}.yaml"] = "".join(["rules:\n", *(_rule(rule, signal) for rule in some)])
    return texts


def _features(words: AbstractSet[str]) -> str:
    read = {name: declared for name, (declared, _) in FEATURES.items() if name in words}
    return "features:\n" + "".join(f"  {name}: {declared}\n" for name, declared in read.items())


def _lists(names: Iterable[str]) -> str:
    return "lists:\n" + "".join(f"  {name}: {{owner: benchmark, file: lists/{name}.txt}}\n" for name in names)


def _rule(rule: Rule, signal: str) -> str:
    return f"""\
  {rule.name}:
    abuse: payment_fraud
    on: {signal}
    when: {_quoted(rule.text)}
    then:
      - review: {{of: {_ACTOR[signal]}}}
    severity: 20
    reason: "made up, to be measured"
    owner: benchmark
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
