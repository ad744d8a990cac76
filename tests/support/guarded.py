"""Policies with guardrails, and payments that meet them: rules fire by what a payment says of itself alone."""

from functools import cache
from typing import Any

from shared.policy import Policy, load_documents
from tests.support.signals import event

RUNAWAY = "amount >= 10.00 EUR"
"""Fires on every payment of ten euros and more."""
RULES = """
known_good:
  payment_fraud: {{on: payment.attempted, of: buyer, when: buyer_account_age_days >= 365,
    continuity: not card_is_new, lapses: 72h}}
guardrails:
  brake: {{known_good: 5%, least: 10, settling: 7d}}
  {guardrails}
rules:
  runaway:
    abuse: payment_fraud
    on: payment.attempted
    when: {when}
    then:
      {effects}
    mode: live
    {more}
    reason: "{{amount}}"
    user_reason: "We could not confirm this payment."
    owner: tests
    tests:
      fires: {{amount: 10.00 EUR}}
      holds: {{amount: 9.99 EUR}}
"""
USUAL = ("deny", "restrict: {of: buyer, capability: buy, to: none, for: 24h}", "review: {of: buyer}")


@cache
def guarded(guardrails: str = "", effects: tuple[str, ...] = USUAL, more: str = "", when: str = RUNAWAY) -> Policy:
    """A policy of one rule on payments, with these `guardrails` beside the brake; `more` is more of the rule."""
    then = "\n      ".join(f"- {effect}" for effect in effects)
    text = RULES.format(guardrails=guardrails, effects=then, more=more, when=when)
    return load_documents({"guarded.yaml": text})


def paid(
    name: str, at: float = 0, *, good: bool = False, minor: int = 5_000, buyer: str | None = None, **data: Any
) -> Any:
    """A payment that the rule fires on, by a buyer of its own if none is named, who is `good` or a stranger."""
    return event(
        "payment.attempted",
        f"pay-{name}",
        at,
        buyer_id=buyer or f"u_{name}",
        buyer_account_age_days=1_000 if good else 1,
        card_is_new=not good,
        amount={"minor": minor, "currency": "EUR"},
        **data,
    )
