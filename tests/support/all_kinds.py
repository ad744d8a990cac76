"""A policy with features of every kind, each read by a rule that says when it fires: beside what ships, or alone."""

from functools import cache

from shared.policy import Policy, load_documents, shipped_folder, texts_of

ALL_KINDS = """\
features:
  odd_counted: {count: payment.declined, by: card, window: 1h, delay: 1h, echoes: true}
  odd_summed: {sum: amount, of: payment.settled, by: buyer, window: 7d}
  odd_mean: {mean: amount, of: payment.settled, by: buyer, window: 90d, least: 5}
  odd_smallest: {min: amount, of: payment.settled, by: buyer, window: 90d}
  odd_greatest: {max: score, of: score.computed, by: scored, window: 30d}
  odd_spread: {stddev: amount, of: payment.settled, by: buyer, window: 90d, least: 5}
  odd_zscore: {zscore: amount, of: payment.settled, by: buyer, window: 90d, least: 5}
  odd_devices: {distinct: device, of: login.succeeded, by: user, window: ever}
  odd_country: {last: country, of: login.succeeded, by: user, window: 30d}
  odd_since: {since: login.succeeded, by: user, window: 30d}
  odd_opened: {first_seen: account.created, by: user, window: ever}
  odd_age: {age: login.succeeded, by: user, window: ever}
  odd_new: {new: device, of: login.succeeded, by: user, window: ever}
  odd_months: {months: login.succeeded, by: user, window: ever}
  odd_share: {share: login.succeeded, where: device_is_new, by: user, window: 30d, least: 3}
  odd_change: {change: login.failed, by: user, window: 1d, against: 30d}
  odd_sequence:
    sequence:
      - account.changed: change in ("password", "email")
      - payout.requested by seller: amount > 100.00 EUR
    by: user
    window: 3d
  odd_linked: {linked: user, of: login.succeeded, by: device, window: 30d, limited: any, strength: 80%}
  odd_disputes:
    count: dispute.opened
    unless:
      dispute.resolved: outcome in ("won", "withdrawn")
      same: order
    by: seller
    window: 30d
    delay: 7d
let:
  odd_ratio: odd_summed / odd_mean
rules:
  odd_amounts:
    abuse: payment_fraud
    on: payment.attempted
    when: odd_zscore > 3 and (odd_ratio < 12 or odd_smallest <= 2.00 USD) and odd_spread < 90.00 USD
    then: [score]
    mode: live
    severity: min(90, 20 + 10 * odd_zscore)
    reason: "{amount}: {odd_zscore} above {odd_mean}, within {odd_spread}"
    owner: tests
    tests:
      fires:
        - {odd_zscore: 3.5, odd_summed: 50.00 USD, odd_mean: 10.00 USD, odd_spread: 5.00 USD, odd_smallest: 4.00 USD}
      holds:
        - {odd_zscore: 2.5, odd_summed: 50.00 USD, odd_mean: 10.00 USD, odd_spread: 5.00 USD, odd_smallest: 4.00 USD}

  odd_seller:
    abuse: seller_fraud
    on: payment.attempted
    when: odd_disputes >= 3 or odd_counted >= 9
    then: [score]
    mode: live
    severity: 30 + odd_disputes
    reason: "{odd_disputes} disputes"
    owner: tests
    tests:
      fires: [{odd_disputes: 3}, {odd_disputes: at least 4}, {odd_counted: 9}]
      holds: {odd_disputes: 2, odd_counted: 8}

  odd_login:
    abuse: account_takeover
    on: login.succeeded
    when: >-
      odd_new
      and odd_devices >= 2
      and odd_age > 30d
      and odd_since < 20d
      and odd_opened > "2026-01-01"
      and odd_country != "DE"
      and odd_months >= 2
    then: [{review: {of: user}}]
    reason: "a new device after {odd_devices}, in {odd_months} months, since {odd_opened}; the last was {odd_since} ago"
    owner: tests
    tests:
      fires:
        odd_new: true
        odd_devices: at least 2
        odd_age: at least 40d
        odd_since: 2d
        odd_opened: 2026-02-01
        odd_country: FR
        odd_months: 2
      holds: {odd_new: false, odd_age: 40d, odd_since: 2d}

  odd_crowd:
    abuse: account_takeover
    on: login.succeeded
    when: odd_linked >= 2 and (odd_share > 50% or odd_change >= 3) or odd_sequence or odd_greatest > 0.95
    then: [{review: {of: user}}]
    reason: "{odd_linked} are restricted; {odd_share}, {odd_change}, {odd_sequence}, {odd_greatest}"
    owner: tests
    tests:
      fires:
        - {odd_linked: 2, odd_share: 0.6, odd_greatest: 0.1}
        - {odd_linked: 2, odd_change: 3, odd_greatest: 0.1}
        - {odd_sequence: true}
        - {odd_greatest: 0.96}
      holds:
        - {odd_linked: 1, odd_share: 0.6, odd_greatest: 0.1}
        - {odd_linked: 2, odd_share: 0.5, odd_change: 2, odd_greatest: 0.95}
"""


@cache
def alone() -> Policy:
    """These rules and no others."""
    return load_documents({"all_kinds.yaml": ALL_KINDS})


@cache
def beside_the_shipped() -> Policy:
    """The shipped policy with these rules beside its own."""
    return load_documents({**texts_of(shipped_folder()), "all_kinds.yaml": ALL_KINDS}, published=True)
