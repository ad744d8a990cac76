"""From bytes to a `Signal`: a CloudEvents 1.0 structured JSON event, checked once at the boundary."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.signals.catalogue import CATALOGUE, SignalSpec, type_name
from shared.signals.errors import InvalidSignal, Problem
from shared.signals.fields import Instant, Payload

LONGEST_WORD = 24
"""A found value up to this length, of letters and digits, is repeated in a message; a longer one may be personal."""


class Envelope(BaseModel):
    """The CloudEvents attributes that Sluice reads; unknown extension attributes are kept."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    type: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    time: Instant
    subject: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    data: dict[str, Any]
    sluicecause: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    sluiceredrive: Literal["observe", "act"] | None = Field(
        default=None,
        description="set by `sluice deadletters redrive`: `observe` remembers and decides but acts on nothing",
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before it is looked at."""

    max_bytes: int = 256 * 1024
    max_ahead: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class Signal:
    """One valid signal. `data` is the checked payload; `digest` changes when any content does."""

    spec: SignalSpec
    id: str
    source: str
    time: datetime
    subject: str
    data: Payload
    received_at: datetime
    digest: str
    cause: str | None = None
    observe_only: bool = False

    @property
    def name(self) -> str:
        return self.spec.name

    @cached_property
    def decision_id(self) -> str:
        return decision_id_of(self.source, self.id)


def decision_id_of(source: str, signal_id: str) -> str:
    """The key of the one decision about a signal: 32 hex digits of BLAKE2b over source and id, and nothing else."""
    return blake2b(f"{len(source)}:{source}{signal_id}".encode(), digest_size=16).hexdigest()


def parse(payload: bytes, received_at: datetime, limits: Limits = Limits()) -> Signal:
    """Read one signal.

    Raises `InvalidSignal` with every finding when it can never be judged.
    """
    if len(payload) > limits.max_bytes:
        raise InvalidSignal("too_large", Problem("", f"{len(payload):,} bytes; at most {limits.max_bytes:,} are taken"))
    document, digest = _document(payload)
    envelope = _envelope(document)
    spec = _spec(envelope.type)
    data = _payload(spec, envelope.data)
    _agrees_with_subject(spec, data, envelope.subject)
    if envelope.time > received_at + limits.max_ahead:
        ahead = (
            f"{envelope.time.isoformat()} is more than {limits.max_ahead} after its arrival, {received_at.isoformat()}"
        )
        raise InvalidSignal("from_the_future", Problem("time", f"{ahead}; check the producer's clock"))
    return Signal(
        spec,
        envelope.id,
        envelope.source,
        envelope.time,
        envelope.subject,
        data,
        received_at,
        digest,
        envelope.sluicecause,
        observe_only=envelope.sluiceredrive == "observe",
    )


def _document(payload: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object and a digest of its content that white space and the order of keys do not change."""
    try:
        document = _READ.decode(payload.decode())
        canonical = _WRITE.encode(document)
    except RecursionError:
        raise InvalidSignal("not_json", Problem("", "nested too deep")) from None
    except ValueError as error:
        raise InvalidSignal("not_json", Problem("", str(error))) from None
    if not isinstance(document, dict):
        raise InvalidSignal(
            "not_cloudevents", Problem("", f"an object is needed, this is a JSON {_json_kind(document)}")
        )
    return document, blake2b(_without_redrive(document, canonical).encode(), digest_size=16).hexdigest()


def _without_redrive(document: dict[str, Any], canonical: str) -> str:
    """A redriven signal has the content of the first one: the mark that our own command adds does not count."""
    if "sluiceredrive" not in document:
        return canonical
    bare = {key: value for key, value in document.items() if key != "sluiceredrive"}
    return _WRITE.encode(bare)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key, value in pairs:
        if key in document:
            raise ValueError(f"the key {key!r} stands twice in one object")
        document[key] = value
    return document


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


_READ = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
_WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def _json_kind(value: Any) -> str:
    kinds = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return kinds.get(type(value), "null")


def _envelope(document: dict[str, Any]) -> Envelope:
    try:
        return Envelope.model_validate(document)
    except ValidationError as error:
        raise InvalidSignal("not_cloudevents", *_problems(error)) from None


def _spec(wire_type: str) -> SignalSpec:
    name = type_name(wire_type)
    if name is None:
        known = [spec.type for spec in CATALOGUE.values()]
        near = get_close_matches(wire_type, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise InvalidSignal("unknown_type", Problem("type", f"{wire_type!r} is not a signal of Sluice; {hint}"))
    return CATALOGUE[name]


def _payload(spec: SignalSpec, data: dict[str, Any]) -> Payload:
    try:
        return spec.model.model_validate(data)
    except ValidationError as error:
        raise InvalidSignal("invalid_data", *_problems(error, "data")) from None


def _agrees_with_subject(spec: SignalSpec, data: Payload, subject: str) -> None:
    """The subject is the acting entity: a producer that disagrees with itself has a bug that we must not build on."""
    field = spec.roles[spec.actor]
    value = getattr(data, field.name)
    if value is None or field.role is None:
        return
    actor = value if field.role.kind == "*" else f"{field.role.kind}:{value}"
    if subject != actor:
        raise InvalidSignal(
            "invalid_data", Problem("subject", f"is {subject!r}, but data.{field.name} makes it {actor!r}")
        )


def _problems(error: ValidationError, root: str = "") -> tuple[Problem, ...]:
    return tuple(
        Problem(".".join([root] * bool(root) + [str(part) for part in finding["loc"]]), _wording(finding))
        for finding in error.errors(include_url=False)
    )


def _wording(finding: Mapping[str, Any]) -> str:
    message = str(finding["msg"])
    message = message.removeprefix("Value error, ")
    if finding["type"] == "missing":
        return "is missing"
    return f"{message[:1].lower()}{message[1:]}; found {_shape(finding.get('input'))}"


def _shape(value: Any) -> str:
    """What was found, without repeating what may be personal: short words and numbers as they are, else the type."""
    if isinstance(value, bool | int | float) or value is None:
        return json.dumps(value)[:40]
    if isinstance(value, str):
        return (
            repr(value)
            if len(value) <= LONGEST_WORD and value.replace("_", "").isalnum()
            else f"a string of {len(value)}"
        )
    return "an array" if isinstance(value, list) else "an object"
