"""Two small policies that differ in rules, features and windows: one may be published while the other is at work."""

from functools import cache

from shared.policy import Policy, load_documents

FIRST = """
features:
  declines_1h:    {count: payment.declined, by: card, window: 1h}
  attempts_1h:    {count: payment.attempted, by: buyer, window: 1h}
  card_buyers_1d: {distinct: buyer, of: payment.attempted, by: card, window: 1d}
  failures_1h:    {count: login.failed, by: ip, window: 1h}
rules:
  card_testing:
    abuse: payment_fraud
    on: payment.attempted
    when: declines_1h >= 2
    then:
      - deny
      - restrict: {of: buyer, capability: buy, to: none, for: 24h}
      - command: {of: buyer, do: revoke_sessions}
      - review: {of: buyer}
    mode: live
    reason: "{declines_1h} payments on this card were declined within one hour"
    user_reason: "We could not confirm this payment method."
    owner: payments-risk
    tests:
      fires: {declines_1h: 2}
      holds: {declines_1h: 1}
  shared_card:
    abuse: payment_fraud
    on: payment.attempted
    when: card_buyers_1d >= 2 or attempts_1h >= 3
    then:
      - challenge
      - friction: {of: buyer, ask: step_up}
      - restrict: {of: buyer, capability: buy, to: none, for: 1h}
    mode: live
    reason: "{card_buyers_1d} buyers used this card, {attempts_1h} attempts"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {card_buyers_1d: 3, attempts_1h: 0}
      holds: {card_buyers_1d: 1, attempts_1h: 0}
  stuffing:
    abuse: account_takeover
    on: login.succeeded
    when: failures_1h >= 2
    then:
      - restrict: {of: user, capability: change_payout_account, to: none, for: 24h}
      - restrict: {of: user, capability: receive_payout, to: 25%, for: 48h}
      - command: {of: user, do: revoke_sessions}
    mode: live
    reason: "{failures_1h} logins failed from this address"
    user_reason: "We saw an unusual login."
    owner: accounts
    tests:
      fires: {failures_1h: 2}
      holds: {failures_1h: 0}
"""
SECOND = """
features:
  attempts_7d:    {count: payment.attempted, by: card, window: 7d}
  spent_1d:       {sum: amount, of: payment.attempted, by: buyer, window: 1d}
  failures_6h:    {count: login.failed, by: user, window: 6h}
rules:
  busy_card:
    abuse: payment_fraud
    on: payment.attempted
    when: attempts_7d >= 1 or spent_1d > 100.00 EUR
    then:
      - pend
      - restrict: {of: buyer, capability: ship, to: none, for: 2h}
      - review: {of: seller}
    mode: live
    reason: "{attempts_7d} attempts on this card, {spent_1d} spent"
    user_reason: "We look at this payment."
    owner: payments-risk
    counterparty: true
    tests:
      fires: {attempts_7d: 3, spent_1d: 0.00 EUR}
      holds: {attempts_7d: 0, spent_1d: 0.00 EUR}
  guessed:
    abuse: account_takeover
    on: login.succeeded
    when: failures_6h >= 1
    then:
      - friction: {of: user, ask: captcha}
    mode: live
    reason: "{failures_6h} logins failed"
    user_reason: "Please confirm that you are no robot."
    owner: accounts
    tests:
      fires: {failures_6h: 1}
      holds: {failures_6h: 0}
"""


@cache
def policy(text: str) -> Policy:
    """A policy from one document, loaded once."""
    return load_documents({"policy.yaml": text})


def first() -> Policy:
    return policy(FIRST)


def second() -> Policy:
    return policy(SECOND)
