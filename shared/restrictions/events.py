"""What is on the bus: the public contract of every event, by detail type, in one version.

A version only adds: what reads 1 reads 1.1, and these models read what 1 published, so that an archive can be
replayed to a consumer of today. What is published is frozen beside the tests; a change of a model needs a new version.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from shared.restrictions.effects import Disposition
from shared.restrictions.limits import AMOUNT, DIMENSIONS, Limit

SCHEMA_VERSION = "1.1"


def _a_limit(document: dict[str, Any]) -> dict[str, Any]:
    Limit.from_json(document)
    return document


def _bound_schema(name: str) -> dict[str, Any]:
    bounds = DIMENSIONS[name]
    if bounds.least == bounds.most:
        return {"const": True, "description": bounds.unit}
    number = {"type": "integer", "minimum": bounds.least, "maximum": bounds.most}
    if name == AMOUNT:
        return {"type": "object", "additionalProperties": number, "description": f"by currency: {bounds.unit}"}
    return {**number, "description": bounds.unit}


LimitDocument = Annotated[
    dict[str, Any],
    AfterValidator(_a_limit),
    WithJsonSchema(
        {
            "type": "object",
            "description": "what is left of a capability: every bound that is there holds; none of it without any",
            "properties": {name: _bound_schema(name) for name in DIMENSIONS},
        }
    ),
]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
"""ISO 8601 in UTC, to the millisecond, of fixed width: it sorts as text."""
Name = Annotated[str, StringConstraints(min_length=1)]


class _Part(BaseModel):
    """Unknown fields are a later version's: they are left alone."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Metadata(_Part):
    """The same for every event."""

    action_id: Name = Field(description="the idempotency key: act once for each")
    sequence: int = Field(ge=1, description="counts within entity, scope and lane (the capability, command or ask)")
    cause: Name = Field(description="who asked: rule:…, person:…, schedule:…, feedback:… or policy")
    decision_id: Name = Field(description="the recorded cause: `sluice decisions show` explains it")
    occurred_at: Moment
    stale_after: Moment | None = Field(description="past it, whoever has not acted yet leaves it")
    schema_version: Annotated[str, StringConstraints(pattern=r"^1(\.\d+)?$")]
    correlation_id: str = Field(description="the id of the signal, or of the command's record")


class About(_Part):
    """What every event's data says."""

    entity: Name = Field(description="`kind:id`")
    abuse: str | None
    reason: str = Field(description="in words that the user may read; empty where there are none")


class Source(_Part):
    """Who limits."""

    kind: Name = Field(description="rule, person, schedule, feedback, …")
    name: str
    version: str = Field(default="", description="a rule's")


class Step(_Part):
    """The limit until a moment."""

    limit: LimitDocument
    until: Moment


class State(_Part):
    """What is left of the capability now and later, by all its causes: exact without any further event."""

    steps: tuple[Step, ...] = Field(description="one after another; after the last nothing limits it")
    since: Moment | None = None


class Contest(_Part):
    how: str
    until: Moment


class Notice(_Part):
    """The statement of reasons, for whom the restriction meets."""

    concerns: str
    restriction: str
    ground: str
    facts: str
    automated: bool
    decided_at: Moment
    ends_at: Moment
    at_the_end: str
    what_you_can_do: tuple[str, ...]
    contest: Contest
    human: str


class Kept(_Part):
    """What law asks to be kept with it; not for whom it meets."""

    jurisdiction: Name
    basis: str
    confirmed_by: str | None = Field(description="the counsel who confirmed the figures; none did yet if it is null")
    notice_due: Moment
    appeal_until: Moment
    business_notice_until: Moment | None
    longest_hold_until: Moment | None
    suppress_notice: str = Field(description="why the notice must not be sent yet; empty if it must be")


class Statement(_Part):
    notice: Notice
    record: Kept


class RestrictionPlaced(About):
    """A capability of an entity is limited, or limited more or for longer than before."""

    capability: Name
    allowed: int = Field(ge=0, le=99, description="percent left now, by all causes, for whoever knows nothing finer")
    expires_at: Moment = Field(description="when the last cause ends")
    scope: str = Field(default="", description="`order:…` or `listing:…` if it is about that one alone")
    limit: LimitDocument | None = Field(default=None, description="what this action asked for")
    state: State | None = None
    source: Source | None = None
    until: tuple[str, ...] = Field(default=(), description="what releases it before: step_up, review, documents, …")
    on_expiry: Literal["release", "person"] = "release"
    holds_until: Moment | None = Field(default=None, description="when it ends if no person decides")
    linked: bool = Field(default=False, description="it follows from a link with another entity that is restricted")
    statement: Statement | None = None


class RestrictionChanged(About):
    """A capability of an entity is limited less than before, or for less long, and still is."""

    capability: Name
    allowed: int = Field(ge=0, le=99, description="percent left now, by all causes")
    expires_at: Moment = Field(description="when the last cause ends")
    scope: str = ""
    state: State
    source: Source | None = None


class RestrictionReleased(About):
    """Nothing limits a capability of an entity any more."""

    capability: Name
    released: Name = Field(description="whose restrictions: `*`, everyone's")
    scope: str = ""
    state: State | None = None
    source: Source | None = None


class CommandIssued(About):
    """Something must be done once."""

    command: Name


class FrictionRequired(About):
    """A user must be asked for a step-up, a CAPTCHA or a confirmation, once, before the demand ends."""

    ask: Name
    expires_at: Moment


class FrictionWithdrawn(About):
    """A user need not be asked any more."""

    ask: Name


class ReviewRequested(About):
    """A person should look at an entity."""

    within_hours: float | None = Field(default=None, description="within how long, where the policy says so")
    note: str = Field(default="", description="for the reviewer: why a person is asked")


class DecisionMade(About):
    """The word about a payment, a payout or a listing that a service holds."""

    signal_type: Name
    signal_id: Name
    signal_source: Name
    disposition: Disposition
    deadline: Moment | None = Field(default=None, description="until when the service waits for this word")
    at_deadline: Literal["open", "closed"] | None = Field(default=None, description="what it does without it")


class Held(_Part):
    """What a guardrail held back."""

    kind: Name
    lane: Name = Field(description="the capability, command or ask")
    limit: LimitDocument | None
    expires_at: Moment | None


class ActionParked(About):
    """A guardrail held an action back: a person releases or voids it."""

    what: Held
    why: str
    rule: Name
    waits_until: Moment


class GuardrailTripped(About):
    """A budget, a brake or a protection changed what a rule does, for the first time in its window."""

    guardrail: Name
    rule: Name
    became: Name
    window: str
    why: str


Data = TypeVar("Data", bound=About)


class Detail(_Part, Generic[Data]):
    """An event's detail."""

    metadata: Metadata
    data: Data


DATA: Mapping[str, type[About]] = {
    data.__name__: data
    for data in (
        RestrictionPlaced,
        RestrictionChanged,
        RestrictionReleased,
        CommandIssued,
        FrictionRequired,
        FrictionWithdrawn,
        ReviewRequested,
        DecisionMade,
        ActionParked,
        GuardrailTripped,
    )
}
"""What stands in an event's data, by detail type."""


@cache
def event_model(detail_type: str) -> type[Detail[Any]]:
    """The model of an event's detail, made when it is first needed; raises `KeyError` for an unknown detail type."""
    return Detail[DATA[detail_type]]  # type: ignore[valid-type]  # which one is known at run time


def event_schema(detail_type: str) -> dict[str, Any]:
    """The JSON Schema of an event's detail; raises `KeyError` for an unknown detail type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sluice:event:{detail_type}:{SCHEMA_VERSION}",
        **event_model(detail_type).model_json_schema(),
        "title": detail_type,
        "description": DATA[detail_type].__doc__,
    }
