"""Plain data that prints as the code that makes it, with nothing in it that goes without saying."""

from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any


class Readable:
    """For frozen dataclasses: `repr` leaves out what has its default, and names the fields that have one."""

    def __repr__(self) -> str:
        said = []
        for each in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, each.name)
            if each.default is MISSING:
                said.append(repr(value))
            elif value != each.default:
                said.append(f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(said)})"


def lines(name: str, parts: Sequence[Any]) -> str:
    """`name=(…),` of a call, a part a line; nothing where there are no parts."""
    return f"    {name}=(\n" + "".join(f"        {part!r},\n" for part in parts) + "    ),\n" if parts else ""
