"""Whether who reads by an old JSON Schema can read what is written by a new one."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def breaks(old: Schema, new: Schema) -> list[str]:
    """What an old reader would miss or not understand, by path; nothing when the new schema only adds."""
    return list(_breaks(old, old, new, new, ""))


def _breaks(old: Schema, old_root: Schema, new: Schema, new_root: Schema, path: str) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if strange := _types(new, new_root) - _types(old, old_root):
        yield f"{path}: can be {', '.join(sorted(strange))} now"
    if "enum" in old and (words := {*map(str, new.get("enum", ["anything"]))} - {*map(str, old["enum"])}):
        yield f"{path}: can be {', '.join(sorted(words))} now"
    for name in old.get("required", ()):
        if name not in new.get("required", ()):
            yield f"{path}.{name}: may be missing now"
    for name, each in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _breaks(each, old_root, new["properties"][name], new_root, f"{path}.{name}")
    for bound, stricter in (("minimum", lambda was, now: now < was), ("maximum", lambda was, now: now > was)):
        if bound in old and (bound not in new or stricter(old[bound], new[bound])):
            yield f"{path}: its {bound} is another now"


def _resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _types(schema: Schema, root: Schema) -> set[str]:
    schema = _resolved(schema, root)
    if "anyOf" in schema:
        return set().union(*(_types(each, root) for each in schema["anyOf"]))
    if "const" in schema:
        return {type(schema["const"]).__name__}
    named = schema.get("type", "string" if "enum" in schema else ())
    return {named} if isinstance(named, str) else set(named)
