"""What there is to know of a function that conditions may call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.policy.conditions.tree import Constant, Kind, Name, Type

Parameter = tuple[Kind | Literal["list"], ...] | Literal["list"]
Cost = Literal["cheap", "text", "list", "heavy"]
"""For the longest texts and lists there are: `cheap` takes some microseconds; `text` grows with the text (a
millisecond for 20,000 characters); `list` too, whatever the list's length (10 ms); `heavy` is what is dearer (50 ms for
100 links and 20,000 protected names)."""


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters` are the kinds that each argument may have, a list among them; `example` is how an analyst writes it.

    `fallbacks` stand for trailing arguments that are left out. `checks` tell, by argument, what is wrong with the text
    or list's value that stands there (`is no network`), or nothing; it must then be written out, or be a list.
    `library` is what it takes beside Python; `prepare` loads that, and takes the values of the call's lists, so that no
    signal waits for it.
    """

    parameters: tuple[Parameter, ...]
    result: Type
    run: Callable[..., Any]
    example: str
    about: str
    cost: Cost = "cheap"
    fallbacks: tuple[Constant | Name, ...] = ()
    checks: Mapping[int, Callable[[str], str]] = field(default_factory=dict)
    library: str = ""
    prepare: Callable[..., object] | None = None
