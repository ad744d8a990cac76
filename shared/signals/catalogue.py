"""Every signal type: its payload, the role that acts, and what its fields declare of themselves."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

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

    @property
    def visible_as(self) -> str:
        """The name by which rules know it: `buyer` for the entity in `buyer_id`, the field's own name otherwise."""
        return self.role.name if self.role and not self.role.derive else self.name

    @property
    def address_as(self) -> str | None:
        """The name by which rules know the address behind a keyed pseudonym: `ip_address` beside `ip`."""
        return f"{self.visible_as}_address" if self.personal and self.role and self.role.kind == "ip" else None


@dataclass(frozen=True)
class SignalSpec:
    """One signal type: `payment.attempted`, as `payment.attempted.v1` on the wire."""

    name: str
    model: type[Payload]
    actor: str
    gating: bool = False
    feedback: bool = False

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
        """The fields that timelines keep, in the order in which they are packed: append only."""
        return tuple(field for field in self.fields if field.remembered)


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
    )


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


CATALOGUE: Mapping[str, SignalSpec] = {
    spec.name: spec
    for spec in (
        SignalSpec("account.created", accounts.AccountCreated, "user"),
        SignalSpec("account.changed", accounts.AccountChanged, "user"),
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
