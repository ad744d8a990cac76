"""Who is known good: by abuse kind and role, with continuity, and not for a while after a change of credentials."""

import pytest

from shared.features import Plan
from shared.policy import dump_inputs, load_documents, load_inputs
from shared.signals import entities_of
from tests.support.remembering import DAY, HOUR, KEY, asked, remembered, sent

pytestmark = pytest.mark.unit

RULE = """
rules:
  watched:
    abuse: {abuse}
    on: [{on}]
    when: amount > 1.00 USD
    then:
      - review: {{of: seller}}
    reason: "because"
    owner: tests
"""
GOOD = """
features:
  paid_90d: {count: payment.settled, by: buyer, window: 90d}
known_good:
  payment_fraud: {on: payment.attempted, of: buyer, when: paid_90d >= 2, continuity: not card_is_new, lapses: 72h}
"""
CHANGES = "security_changes(buyer, 3d)"
DIGEST_BEFORE = "d02aa3439fc7bdf123f256e33d887df4"
"""Of `RULE` alone, from before there was such a section."""
HONEST = {"paid_90d": 2, "card_is_new": False, CHANGES: 0}


def policy(good=GOOD, on="payment.attempted", abuse="payment_fraud"):
    return load_documents({"good.yaml": good, "rules.yaml": RULE.format(on=on, abuse=abuse)})


def known(values, **more):
    return policy(**more).program("payment.attempted").judge(values).known_good


def test_whoever_fits_is_known_good_in_the_role_for_the_abuse_kind():
    """The judgement names the abuse kind and the role, and nothing fires by it."""
    judgement = policy().program("payment.attempted").judge(HONEST)
    assert judgement.known_good == {("payment_fraud", "buyer")}
    assert judgement.fired == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"paid_90d": 1}, id="too little"),
        pytest.param({"card_is_new": True}, id="no continuity"),
        pytest.param({CHANGES: 1}, id="a change lately"),
        pytest.param({"paid_90d": None}, id="merit unknown"),
        pytest.param({"card_is_new": None}, id="continuity unknown"),
        pytest.param({CHANGES: None}, id="changes unknown"),
    ],
)
def test_what_is_missing_or_unknown_is_not_known_good(other):
    """Merit, continuity and quiet are all needed, and each has to be known."""
    assert known({**HONEST, **other}) == frozenset()


def test_an_aside_that_is_unknown_is_not_among_the_unknown_rules():
    """Hardly anybody is known good, and that says nothing about any rule."""
    judgement = policy().program("payment.attempted").judge({**HONEST, "amount": None, "paid_90d": None})
    assert [rule.name for rule in judgement.unknown] == ["watched"]


def test_asides_are_no_rules():
    """They are listed apart, are asked beside the rules of their abuse kind, and of no other."""
    one, other = policy(), policy(abuse="seller_fraud")
    assert list(one.rules) == ["watched"]
    assert list(one.asides) == ["known_good.payment_fraud.buyer"]
    assert [aside.name for aside in one.program("payment.attempted").asides] == ["known_good.payment_fraud.buyer"]
    assert other.program("payment.attempted").asides == ()
    assert one.program("payment.settled").asides == ()


def test_several_signals_and_roles_make_one_aside_each():
    """Entries for one role are one aside with a condition for each signal; another role is another aside."""
    entry = "{{on: {on}, of: {of}, when: {when}, continuity: not {new}, lapses: 24h}}"
    entries = [
        entry.format(on="payment.attempted", of="buyer", when="paid_90d >= 2", new="card_is_new"),
        entry.format(on="payout.requested", of="seller", when="seller_account_age_days > 365", new="device_is_new"),
        entry.format(on="payment.attempted", of="seller", when="amount < 5.00 USD", new="gift_card"),
    ]
    told = policy(f"{GOOD.partition('known_good')[0]}known_good:\n  payment_fraud: [{', '.join(entries)}]\n")
    assert {name: aside.on for name, aside in told.asides.items()} == {
        "known_good.payment_fraud.buyer": ("payment.attempted",),
        "known_good.payment_fraud.seller": ("payout.requested", "payment.attempted"),
    }


@pytest.mark.parametrize(
    ("on", "of", "actor_field", "when", "continuity"),
    [
        ("payment.attempted", "buyer", "buyer_id", "amount > 0.01 USD", "not card_is_new"),
        ("payment.attempted", "seller", "seller_id", "amount > 0.01 USD", "not card_is_new"),
        ("payout.requested", "seller", "seller_id", "amount > 0.01 USD", "payout_account_age_hours > 720"),
        ("message.sent", "sender", "sender_id", "sender_account_age_days > 99", "not first_contact"),
        ("login.succeeded", "user", "user_id", "two_factor", "not device_is_new"),
    ],
)
def test_it_lapses_for_users_in_any_role(on, of, actor_field, when, continuity):
    """A change of credentials of the user in the role counts, and one of somebody else does not."""
    rule = RULE.format(on=on, abuse="policy").replace("amount > 1.00 USD", when).replace("of: seller", f"of: {of}")
    good = f"known_good:\n  policy: {{on: {on}, of: {of}, when: {when}, continuity: {continuity}, lapses: 72h}}\n"
    use = next(
        use
        for use in load_documents({"a.yaml": good, "b.yaml": rule}).program(on).features
        if use.feature.name == f"security_changes({of}, 3d)"
    )
    now = sent(on, 1, 0, **{actor_field: "u_me"})
    entity = entities_of(now, KEY)[use.role]
    assert (use.role, entity) == (of, "user:u_me")
    for user, counted in (("u_me", 1), ("u_other", 0)):
        past = remembered(Plan([use.feature]), [sent("account.changed", 1, -DAY, user_id=user, change="password")])
        assert past.measure(use.feature, entity, asked(now)) == counted


def test_what_our_own_actions_changed_lapses_it_as_well():
    """A password that we reset was reset by whoever had the mailbox."""
    (feature,) = [each for name, each in policy().features.items() if name == CHANGES]
    ours = sent("account.changed", 1, -HOUR, {"sluicecause": "a" * 32}, user_id="u_1", change="password")
    now = sent("payment.attempted", 1, 0, buyer_id="u_1")
    assert remembered(Plan([feature]), [ours]).measure(feature, "user:u_1", asked(now)) == 1


def test_nobody_is_known_good_by_the_change_itself():
    """The window ends before the signal that asks, so a change of credentials is looked at apart."""
    good = """
known_good:
  account_takeover: {on: account.changed, of: user, when: known(country), continuity: not device_is_new, lapses: 72h}
"""
    rule = RULE.format(on="account.changed", abuse="account_takeover").replace("of: seller", "of: user")
    loaded = load_documents({"a.yaml": good, "b.yaml": rule.replace("amount > 1.00 USD", "device_is_new")})
    values = {"security_changes(user, 3d)": 0, "device_is_new": False, "country": "DE"}
    judged = {
        change: bool(loaded.program("account.changed").judge({**values, "change": change}).known_good)
        for change in ("password", "payout_account", "display_name", "address")
    }
    assert judged == {"password": False, "payout_account": False, "display_name": True, "address": True}


def test_the_record_has_what_it_takes_to_find_it_again():
    """Judged from its inputs, as a record keeps them, the same people are known good."""
    program = policy().program("payment.attempted")
    judgement = program.judge(HONEST)
    inputs = load_inputs(dump_inputs(program.inputs(HONEST, judgement.facts)))
    assert inputs == HONEST
    assert program.judge(inputs).known_good == judgement.known_good


def test_a_broken_aside_is_told_and_protects_nobody():
    """It breaks alone: the rules beside it judge as ever."""
    judgement = policy().program("payment.attempted").judge({**HONEST, "paid_90d": "two"})
    assert judgement.known_good == frozenset()
    assert list(judgement.broken) == ["known_good.payment_fraud.buyer"]


def test_the_digest_changes_with_it_and_is_as_before_without():
    """Who is known good is part of the policy; a policy without the section keeps the digest that it had."""
    bare = load_documents({"rules.yaml": RULE.format(on="payment.attempted", abuse="payment_fraud")})
    assert bare.digest == DIGEST_BEFORE
    assert policy().digest not in (bare.digest, policy(GOOD.replace("72h", "48h")).digest)
    assert policy().digest == policy(GOOD.replace(" >= ", ">=")).digest
