"""What is common to DynamoDB's expressions: tokens, placeholders, and paths into an item."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from tests.stub.attributes import Attribute, Item, checked
from tests.stub.errors import ExpressionError, invalid

_TOKEN = re.compile(r"\s*(<=|>=|<>|[(),=<>+\-\[\].]|[#:]?\w+)")

_RESERVED = frozenset((files("moto.dynamodb.parsing") / "reserved_keywords.txt").read_text().split())
"""The service's list, as moto carries it."""

_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})

Path = tuple[str | int, ...]
"""Names as the expression writes them (`#placeholders` included), and places in lists."""


@dataclass(frozen=True)
class Substitutions:
    """`ExpressionAttributeNames` and `ExpressionAttributeValues` of a request, and which of them were used."""

    names: Mapping[str, str]
    values: Mapping[str, Attribute]
    used: set[str] = field(default_factory=set, compare=False)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Substitutions":
        return cls(request.get("ExpressionAttributeNames", {}), checked(request.get("ExpressionAttributeValues", {})))

    def name(self, token: str) -> str:
        """The attribute's name that a token of an expression stands for."""
        if not token.startswith("#"):
            return token
        self.used.add(token)
        if token not in self.names:
            raise ExpressionError(
                f"An expression attribute name used in the document path is not defined; attribute name: {token}"
            )
        return self.names[token]

    def value(self, token: str) -> Attribute:
        self.used.add(token)
        if token not in self.values:
            raise ExpressionError(
                f"An expression attribute value used in expression is not defined; attribute value: {token}"
            )
        return self.values[token]

    def path(self, path: Path) -> Path:
        """The path with the names that its placeholders stand for."""
        return tuple(self.name(step) if isinstance(step, str) else step for step in path)

    def check_all_used(self) -> None:
        """The service refuses a request that defines what no expression uses."""
        for what, given in (("Names", self.names), ("Values", self.values)):
            idle = given.keys() - self.used
            if idle:
                keys = f"{{{', '.join(sorted(idle))}}}"
                raise invalid(f"Value provided in ExpressionAttribute{what} unused in expressions: keys: {keys}")


class Reader:
    """The tokens of one expression, taken one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = _TOKEN.findall(text)
        self._place = 0
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise ExpressionError(f"the stub cannot read {text!r}")

    def attributes(self) -> list[str]:
        """The names of attributes, placeholders included, that paths of the expression begin with."""
        before, found = "", []
        for token, after in zip(self._tokens, [*self._tokens[1:], ""], strict=True):
            is_name = re.fullmatch(r"#?\w+", token) and token.upper() not in _WORDS
            if is_name and before not in (".", "[") and after != "(":
                found.append(token)
            before = token
        return found

    def peek(self, ahead: int = 0) -> str:
        """The next token, or the one after so many; the empty text at the end."""
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else ""

    def word(self) -> str:
        """The next token as a keyword: these are written in any case."""
        return self.peek().upper()

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or expected not in (None, token.upper() if expected and expected.isalpha() else token):
            raise ExpressionError(f"the stub expected {expected or 'more'} in {self._text!r}")
        self._place += 1
        return token

    def takes(self, token: str) -> bool:
        """Whether the next token is this one, which is then taken."""
        if self.peek() == token:
            self._place += 1
            return True
        return False

    def end(self) -> None:
        if self.peek():
            raise ExpressionError(f"the stub cannot read {self.peek()!r} in {self._text!r}")

    def value(self) -> str:
        token = self.take()
        if not token.startswith(":"):
            raise ExpressionError(f"the stub expected a value in place of {token!r} in {self._text!r}")
        return token

    def path(self) -> Path:
        steps: list[str | int] = [self._name()]
        while True:
            if self.takes("."):
                steps.append(self._name())
            elif self.takes("["):
                steps.append(int(self.take()))
                self.take("]")
            else:
                return tuple(steps)

    def paths(self) -> Iterator[Path]:
        """Paths between commas."""
        yield self.path()
        while self.takes(","):
            yield self.path()

    def _name(self) -> str:
        token = self.take()
        if not re.fullmatch(r"#?\w+", token):
            raise ExpressionError(f"the stub expected a name in place of {token!r} in {self._text!r}")
        if token.upper() in _RESERVED:
            raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {token}")
        return token


def found(item: Item, path: Path) -> Attribute | None:
    """What stands at a path of an item; None where nothing does."""
    attribute: Attribute | None = {"M": item}
    for step in path:
        if attribute is None:
            return None
        if isinstance(step, str):
            attribute = attribute.get("M", {}).get(step)
        else:
            parts = attribute.get("L", ())
            attribute = parts[step] if step < len(parts) else None
    return attribute


def replaced(attribute: Attribute, path: Path, value: Attribute | None) -> Attribute:
    """A map or list with another value at a path, or, for None, without it; what it was stays as it was."""
    step, rest = path[0], path[1:]
    if isinstance(step, str) and "M" in attribute:
        content = dict(attribute["M"])
        new = _below(content.get(step), rest, value)
        if new is None:
            content.pop(step, None)
        else:
            content[step] = new
        return {"M": content}
    if isinstance(step, int) and "L" in attribute:
        parts = list(attribute["L"])
        new = _below(parts[step] if step < len(parts) else None, rest, value)
        parts[step : step + 1] = [] if new is None else [new]
        return {"L": parts}
    raise invalid("The document path provided in the update expression is invalid for update")


def _below(attribute: Attribute | None, rest: Path, value: Attribute | None) -> Attribute | None:
    if not rest:
        return value
    if attribute is None:
        raise invalid("The document path provided in the update expression is invalid for update")
    return replaced(attribute, rest, value)
