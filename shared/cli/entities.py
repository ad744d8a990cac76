"""Entities as people name them, and as they are stored."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.telling import refuse

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud

Entity = Annotated[str, typer.Argument(metavar="KIND:ID", help="Whose: user:u_1, device:d_9f31, ip:203.0.113.7 …")]
_ENTITY = re.compile(r"[a-z_]+:\S{1,189}")
_PSEUDONYM = re.compile(r"[a-z_]+:\d+~[0-9a-f]{16}")


def checked(entity: str) -> str:
    """The entity, if it is written as one; ends the command if not."""
    if not _ENTITY.fullmatch(entity):
        refuse(f"{entity!r} is no entity; write it as kind:id, such as user:u_1")
    return entity


def stored(cloud: "Cloud", entity: str) -> str:
    """The name under which it is stored.

    Addresses, and `unknown:…` for what somebody typed who is no user, have keyed pseudonyms: the key is asked for them.
    """
    kind, _, value = checked(entity).partition(":")
    if _PSEUDONYM.fullmatch(entity):
        return entity
    match kind:
        case "ip":
            return cloud.pseudonyms().entity(entity)
        case "unknown":
            return cloud.pseudonyms().name(kind, value)
        case "email_domain":
            return entity.lower()
        case _:
            return entity
