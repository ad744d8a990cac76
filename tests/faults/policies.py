"""Two policies that remember much, about everything that histories have in them.

`BEFORE` is in force from the beginning, as the policy that ships is: it reads features of every kind of memory, tiles,
links and summaries. `AFTER` is what somebody publishes: other features over other windows, one of them asks the ledger.
"""

from functools import cache

from shared.policy import Policy, load_documents
from shared.restrictions import Budget
from tests.support.two_policies import FIRST, SECOND

BEFORE = """
features:
  spent_7d:       {sum: amount, of: payment.attempted, by: buyer, window: 7d}
  usual_30d:      {mean: amount, of: payment.attempted, by: buyer, window: 30d, where: "card_is_new"}
  unlike_30d:     {zscore: amount, of: payment.attempted, by: seller, window: 30d}
  largest_90d:    {max: amount, of: payment.attempted, by: card, window: 90d}
  refused_ago:    {since: payment.declined, by: buyer, window: 1d}
  last_amount:    {last: amount, of: payment.attempted, by: buyer, window: 7d}
  card_is_fresh:  {new: card, of: payment.attempted, by: buyer, window: ever}
  known_for:      {age: payment.attempted, by: buyer, window: ever}
  months_here:    {months: payment.attempted, by: card, window: ever}
  busier:         {change: payment.attempted, by: seller, window: 1h, against: 7d}
  small_share:    {share: payment.attempted, by: card, window: 7d, where: "amount < 5.00 EUR", least: 2}
  card_sharers:   {linked: buyer, of: payment.attempted, by: card, window: 30d}
  guessed_in:     {sequence: ["login.failed", "login.succeeded"], by: user, window: 1d}
  addresses_7d:   {distinct: ip, of: login.succeeded, by: user, window: 7d}
  device_fresh:   {new: device, of: login.succeeded, by: user, window: ever}
  disputes_30d:
    count: dispute.opened
    unless: {dispute.resolved: 'outcome in ("won", "withdrawn")', same: order}
    by: seller
    window: 30d
  disputers_7d:
    distinct: buyer
    of: dispute.opened
    where: reason == "fraud"
    unless: {dispute.resolved: 'outcome in ("won", "withdrawn")', same: order}
    by: seller
    window: 7d
  disputed_before: {count: dispute.opened, where: reason == "fraud", by: card, window: 30d, delay: 1m}
  found_honest:    {count: appeal.decided, where: outcome == "overturned", by: user, window: 7d}
  unconfirmed_1d:  {count: stepup.completed, where: outcome != "passed", by: user, window: 1d}
rules:
  watched_payment:
    abuse: policy
    on: payment.attempted
    when: >-
      spent_7d > 300.00 EUR or usual_30d > 150.00 EUR or unlike_30d > 1 or largest_90d > 400.00 EUR or refused_ago < 1m
      or last_amount > 150.00 EUR or (card_is_fresh and known_for > 1d) or months_here > 1 or busier > 3
      or card_sharers >= 2 or small_share > 50% or disputes_30d >= 2 or disputed_before >= 1
    then: [{review: {of: seller}}]
    mode: live
    counterparty: true
    reason: "it is watched"
    user_reason: "We look at this payment."
    owner: tests
    tests:
      fires: {card_sharers: 2}
      holds: {spent_7d: 0.00 EUR, usual_30d: 1.00 EUR, unlike_30d: 0, largest_90d: 1.00 EUR, refused_ago: 1h,
        last_amount: 1.00 EUR, card_is_fresh: false, months_here: 1, busier: 1, small_share: 0, card_sharers: 0,
        disputes_30d: 0, disputed_before: 0}
  watched_login:
    abuse: policy
    on: login.succeeded
    when: guessed_in or (addresses_7d >= 2 and found_honest < 1) or device_fresh or unconfirmed_1d >= 1
    then:
      - friction: {of: user, ask: step_up, for: 30m}
      - restrict: {of: user, capability: withdraw, to: none, for: 6h, until: step_up}
    mode: live
    reason: "it is watched"
    user_reason: "Please confirm that it is you."
    owner: tests
    tests:
      fires: {addresses_7d: 2, found_honest: 0}
      holds: {addresses_7d: 0, guessed_in: false, device_fresh: false, unconfirmed_1d: 0}
  disputed_seller:
    abuse: payment_fraud
    on: dispute.opened
    when: disputes_30d >= 1 or disputers_7d >= 1
    then:
      - restrict: {of: seller, capability: receive_payout, to: 50%, for: 2d, until: review}
      - restrict: {of: buyer, capability: buy, to: {per_day: 2}, for: 1d}
    mode: live
    counterparty: true
    reason: "{disputes_30d} disputes are open, {disputers_7d} buyers say that it was not them"
    user_reason: "Payouts wait until disputes are settled."
    owner: tests
    tests:
      fires: {disputes_30d: 1, disputers_7d: 0}
      holds: {disputes_30d: 0, disputers_7d: 0}
  unconfirmed:
    abuse: account_takeover
    on: stepup.completed
    when: outcome in ("failed", "abandoned")
    then: [{restrict: {of: user, capability: withdraw, to: none, for: 1h}}]
    mode: live
    reason: "they did not confirm"
    user_reason: "Please confirm that it is you."
    owner: tests
    tests:
      fires: {outcome: failed}
      holds: {outcome: passed}
jurisdictions:
  default: {notice_within: 0h, appeal_within: 180d, business_notice: 0d, longest_hold: 48h, human: "Write to us."}
"""
AFTER = """
features:
  loyal_for:       {age: payment.attempted, by: buyer, window: ever}
  spent_30d:       {sum: amount, of: payment.attempted, by: buyer, window: 30d}
  limited_sharers: {linked: buyer, of: payment.attempted, by: card, window: 7d, limited: any}
  cards_ever:      {distinct: card, of: payment.attempted, by: buyer, window: ever}
rules:
  watched_payment:
    abuse: policy
    on: payment.attempted
    when: spent_30d > 150.00 EUR or limited_sharers >= 1 or cards_ever >= 2
    then:
      - deny
      - restrict: {of: buyer, capability: message, to: none, for: 1h}
      - restrict: {of: buyer, linked: limited_sharers, capability: message, to: {per_hour: 5}, for: 1h}
      - restrict: {of: buyer, capability: receive_payout, to: 50%, for: 2h, only: order, until: step_up}
    mode: live
    counterparty: true
    expect: {hits: 4}
    reason: "it is watched"
    user_reason: "We look at this payment."
    owner: tests
    tests:
      fires: {limited_sharers: 1}
      holds: {limited_sharers: 0}
guardrails:
  brake: {known_good: 30%, least: 2, settling: 7d}
  budgets:
    few: {tier: deny, per: hour, count: 2}
known_good:
  policy: {on: payment.attempted, of: buyer, when: loyal_for > 1h, continuity: not card_is_new, lapses: 1h}
jurisdictions:
  default: {notice_within: 0h, appeal_within: 180d, business_notice: 0d, longest_hold: 3h, human: "Write to us."}
"""


def _joined(one: str, other: str) -> str:
    """Two documents, each of features and then rules, as one."""
    (features, rules), (more, others) = (text.split("rules:\n") for text in (one, other))
    return f"{features}{more.removeprefix(FEATURES)}rules:\n{rules}{others}"


FEATURES = "\nfeatures:\n"
TEXTS = {"before": _joined(FIRST, BEFORE), "after": _joined(SECOND, AFTER)}


@cache
def policy(name: str) -> Policy:
    """`before` or `after`, compiled once."""
    return load_documents({"policy.yaml": TEXTS[name]})


def guarded_budget() -> Budget:
    """The one budget of `after`: tight, so that histories use it up."""
    (budget,) = policy("after").guardrails.budgets
    return budget


POLICIES = {each.digest: each for each in map(policy, TEXTS)}
"""By what decisions name them by."""
