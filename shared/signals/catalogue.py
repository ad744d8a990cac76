"""Every signal type: its payload, the role that acts, and what its fields declare of themselves."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from shared.signals import accounts, commerce, truth
from shared.signals.fields import Money, Payload, Personal, Remembered, Role, Short

FieldType = Literal["text", "texts", "choice", "integer", "number", "boolean", "money", "time", "entity"]
_PLAIN: dict[Any, FieldType] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    Money: "money",
    datetime: "time",
}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a payload, as its annotation declares it."""

    name: str
    type: FieldType
    optional: bool
    choices: tuple[str, ...] = ()
    role: Role | None = None
    personal: bool = False
    remembered: bool = False
    short: bool = False
    bounds: tuple[float | None, float | None] = (None, None)
    """The least and the greatest that a number, or the minor units of money, may be."""

    @property
    def visible_as(self) -> str:
        """The name by which rules know it: `buyer` for the entity in `buyer_id`, the field's own name otherwise."""
        return self.role.name if self.role and not self.role.derive else self.name

    @property
    def address_as(self) -> str | None:
        """The name by which rules know the address behind a keyed pseudonym: `ip_address` beside `ip`."""
        return f"{self.visible_as}_address" if self.personal and self.role and self.role.kind == "ip" else None


class Security(NamedTuple):
    """Which signals of a type are about security: those whose `field` is one of `choices`."""

    field: str
    choices: frozenset[str]


@dataclass(frozen=True)
class SignalSpec:
    """One signal type: `payment.attempted`, as `payment.attempted.v1` on the wire.

    What is about `security` has timelines of its own, so that no flood of other signals hides it.
    """

    name: str
    model: type[Payload]
    actor: str
    gating: bool = False
    feedback: bool = False
    security: Security | None = None

    @property
    def type(self) -> str:
        return f"{self.name}.v1"

    @property
    def description(self) -> str:
        return (self.model.__doc__ or "").strip().splitlines()[0]

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        hints = typing.get_type_hints(self.model, include_extras=True)
        return tuple(_field_spec(name, hints[name]) for name in self.model.model_fields)

    @cached_property
    def roles(self) -> Mapping[str, FieldSpec]:
        """The entities of the signal, by role."""
        return {field.role.name: field for field in self.fields if field.role}

    @cached_property
    def remembered(self) -> tuple[FieldSpec, ...]:
        """What timelines keep, in the order in which it is packed: fields, and entities that are derived from some."""
        kept = (field if field.remembered else _derived(field) for field in self.fields)
        return tuple(field for field in kept if field)


def _derived(field: FieldSpec) -> FieldSpec | None:
    """The entity that is derived from a field, `email_domain` of `email`, if timelines keep it."""
    if field.role is None or not field.role.remembered:
        return None
    return FieldSpec(field.role.name, "entity", field.optional, role=field.role, remembered=True)


def _field_spec(name: str, annotation: Any) -> FieldSpec:
    marks, base, optional = _unwrapped(annotation)
    role = next((mark for mark in marks if isinstance(mark, Role)), None)
    choices: tuple[str, ...] = ()
    if get_origin(base) is Literal:
        kind: FieldType = "choice"
        choices = get_args(base)
    elif get_origin(base) is list:
        kind = "texts"
    else:
        kind = "entity" if role and not role.derive else _PLAIN[base]
    return FieldSpec(
        name,
        kind,
        optional,
        choices,
        role,
        personal=any(isinstance(mark, Personal) for mark in marks),
        remembered=any(isinstance(mark, Remembered) for mark in marks),
        short=any(isinstance(mark, Short) for mark in marks),
        bounds=_bounds(typing.get_type_hints(Money, include_extras=True)["minor"] if base is Money else annotation),
    )


def _bounds(annotation: Any) -> tuple[float | None, float | None]:
    """What `Field(ge=…, le=…)` says of a number."""
    marks, _, _ = _unwrapped(annotation)
    said = [each for mark in marks if isinstance(mark, FieldInfo) for each in mark.metadata]
    least = next((each.ge for each in said if hasattr(each, "ge")), None)
    return least, next((each.le for each in said if hasattr(each, "le")), None)


def _unwrapped(annotation: Any) -> tuple[list[Any], Any, bool]:
    """The markers, the bare type, and whether None is allowed, however deep `Annotated` and `| None` are nested."""
    marks: list[Any] = []
    optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            marks += more
        elif get_origin(annotation) in (Union, types.UnionType):
            (annotation,) = (arm for arm in get_args(annotation) if arm is not type(None))
            optional = True
        else:
            return marks, annotation, optional


SECURITY = Security("change", frozenset({"password", "email", "phone", "two_factor", "payout_account"}))
CATALOGUE: Mapping[str, SignalSpec] = {
    spec.name: spec
    for spec in (
        SignalSpec("account.created", accounts.AccountCreated, "user"),
        SignalSpec("account.changed", accounts.AccountChanged, "user", security=SECURITY),
        SignalSpec("account.verified", accounts.AccountVerified, "user"),
        SignalSpec("login.succeeded", accounts.LoginSucceeded, "user"),
        SignalSpec("login.failed", accounts.LoginFailed, "user"),
        SignalSpec("listing.submitted", commerce.ListingSubmitted, "seller", gating=True),
        SignalSpec("message.sent", commerce.MessageSent, "sender"),
        SignalSpec("report.submitted", commerce.ReportSubmitted, "reporter"),
        SignalSpec("payment.attempted", commerce.PaymentAttempted, "buyer", gating=True),
        SignalSpec("payment.declined", commerce.PaymentDeclined, "buyer"),
        SignalSpec("payment.settled", commerce.PaymentSettled, "buyer"),
        SignalSpec("order.shipped", commerce.OrderShipped, "seller"),
        SignalSpec("order.delivered", commerce.OrderDelivered, "buyer"),
        SignalSpec("refund.issued", commerce.RefundIssued, "buyer"),
        SignalSpec("payout.requested", commerce.PayoutRequested, "seller", gating=True),
        SignalSpec("payout.paid", commerce.PayoutPaid, "seller"),
        SignalSpec("score.computed", truth.ScoreComputed, "scored"),
        SignalSpec("dispute.opened", truth.DisputeOpened, "buyer", feedback=True),
        SignalSpec("dispute.resolved", truth.DisputeResolved, "buyer", feedback=True),
        SignalSpec("review.completed", truth.ReviewCompleted, "reviewed", feedback=True),
        SignalSpec("appeal.decided", truth.AppealDecided, "user", feedback=True),
        SignalSpec("stepup.completed", truth.StepupCompleted, "user", feedback=True),
    )
}
FEEDBACK = frozenset(name for name, spec in CATALOGUE.items() if spec.feedback)


def type_name(wire_type: str) -> str | None:
    """`payment.attempted` for `payment.attempted.v1`; None for a type that is not in the catalogue."""
    name = wire_type.removesuffix(".v1")
    return name if name != wire_type and name in CATALOGUE else None
