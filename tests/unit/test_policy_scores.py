"""What models say, as rules read it: `score("…")`, `last` and `since`, and conditions on remembered texts."""

from datetime import timedelta

import pytest

from shared.decisions import judge, recomputed, to_record
from shared.features import Plan, Timelines
from shared.policy import PolicyError, load_documents
from shared.signals import entities_of
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, signal

pytestmark = pytest.mark.unit

RULE = """
rules:
  asked:
    abuse: policy
    on: {on}
    when: {when}
    then:
      - review: {{of: {of}}}
    reason: "{reason}"
    owner: tests
"""


def policy(when, *, on="listing.submitted", of="seller", reason="because", more=""):
    return load_documents({"rules.yaml": RULE.format(when=when, on=on, of=of, reason=reason) + more})


def scores(number, score, ago=60, **data):
    """A score of the listing's seller, unless told otherwise, some seconds before noon."""
    given = {"about": "user:u_1", "model": "seller-risk", "model_version": "v1", "abuse": "seller_fraud"} | data
    return event("score.computed", f"s_{number}", -ago, score=score, **given)


def decided(rules, *history, document=None):
    """The decision about a listing of u_1 at noon, with the history remembered."""
    plan = Plan(rules.features.values())
    past = Timelines(plan, {}, cap=500)
    for each in map(signal, history):
        past.add(plan.entries(each, entities_of(each, PSEUDONYMS), PSEUDONYMS))
    asked = document or event("listing.submitted", "l", seller_id="u_1", listing_id="l_1", category="books")
    return judge(signal(asked), past, plan, rules, PSEUDONYMS)


def fired(rules, *history, document=None):
    """True, False, or None for unknown."""
    decision = decided(rules, *history, document=document)
    return None if decision.unknown else bool(decision.fired)


def test_a_score_is_the_latest_by_that_model_of_who_acts():
    """Earlier ones, other models' and other people's do not count; without one it is unknown."""
    rules = policy('score("seller-risk") > 0.5')
    others = [scores(1, 0.9, model="text"), scores(2, 0.9, about="user:u_2"), scores(3, 0.9, about="listing:l_1")]
    assert fired(rules, *others) is None
    assert fired(rules, *others, scores(4, 0.9, ago=90), scores(5, 0.2)) is False
    assert fired(rules, *others, scores(4, 0.2, ago=90), scores(5, 0.9)) is True


def test_a_score_of_another_role():
    """The second word says whose score it is."""
    rules = policy('score("text", listing) > 0.5')
    assert fired(rules, scores(1, 0.9, model="text")) is None
    assert fired(rules, scores(1, 0.9, model="text", about="listing:l_1")) is True


def test_a_score_has_an_age_and_a_version():
    """Both of the latest one; a version may be of any length."""
    old = policy('score_age("seller-risk") >= 2h and score_version("seller-risk") == "v1"')
    assert fired(old, scores(1, 0.5, ago=2 * 3600)) is True
    assert fired(old, scores(1, 0.5, ago=2 * 3600 - 1)) is False
    assert fired(old, scores(1, 0.5, ago=2 * 3600, model_version="v2")) is False
    long = policy('score_version("seller-risk") in ("v1", "2026-11-20T10:00:00Z-candidate")')
    assert fired(long, scores(1, 0.5, model_version="2026-11-20T10:00:00Z-candidate")) is True
    assert fired(long, scores(1, 0.5, model_version="2026-11-20T10:00:00Z-candidatE")) is False


def test_a_model_of_any_name():
    """Names are compared whole, however long, and may have quotes in them."""
    name = 'a "model" with a name that is longer than what is kept of it'
    rules = policy(f"score('{name}') > 0.5")
    assert fired(rules, scores(1, 0.9, model=name)) is True
    assert fired(rules, scores(1, 0.9, model=f"{name}!")) is None


def test_no_rule_sees_a_challenger():
    """Neither by `score`, nor by a feature, even one that asks for it."""
    champion, challenger = scores(1, 0.2, ago=90), scores(2, 0.99, challenger=True)
    assert fired(policy('score("seller-risk") > 0.5'), champion, challenger) is False
    features = "features:\n  tried: {count: score.computed, where: challenger, by: scored, window: 1d}"
    assert fired(policy("tried >= 1", more=features), champion, challenger) is False


def test_a_decision_that_read_scores_is_recomputed_from_its_record():
    """The score, its age and its version stand in the capsule under the words of the condition."""
    rules = policy(
        'score("seller-risk") > 0.5 and score_age("seller-risk") < 1h and score_version("seller-risk") != "v"'
    )
    decision = decided(rules, scores(1, 0.75))
    assert decision.inputs['score("seller-risk")'] == 0.75
    assert decision.inputs['score_age("seller-risk")'] == timedelta(minutes=1)
    again = recomputed(to_record(decision), rules)
    assert (again.fired, again.inputs) == (decision.fired, decision.inputs)
    assert decision.fired


def test_scores_can_be_tested_beside_the_rule():
    """A test gives them by their text; what it does not mention is unknown, not zero."""
    tests = """
    tests:
      fires:
        - {'score("seller-risk")': 0.9}
      holds:
        - {'score("seller-risk")': 0.5}
"""
    assert policy('score("seller-risk") > 0.5', more=tests.strip("\n")).run_tests() == ()
    with pytest.raises(PolicyError, match="what it needs is unknown"):
        policy('score("seller-risk") < 0.5', more="    tests:\n      fires: {category: books}\n")


LAST = """
features:
  last_country: {last: country, of: login.succeeded, by: user, window: 30d}
  since_login: {since: login.succeeded, by: user, window: 30d}
"""


def test_what_happened_last_can_be_compared_with_what_happens_now():
    """Another country within an hour of the last login."""
    rules = policy(
        "country != last_country and since_login < 1h",
        on="login.succeeded",
        of="user",
        more=LAST,
        reason="{since_login}",
    )
    before = event("login.succeeded", "a", -1800, user_id="u_1", country="DE")
    assert fired(rules, before, document=event("login.succeeded", "b", user_id="u_1", country="FR")) is True
    assert fired(rules, before, document=event("login.succeeded", "b", user_id="u_1", country="DE")) is False
    assert fired(rules, document=event("login.succeeded", "b", user_id="u_1", country="FR")) is None


@pytest.mark.parametrize(
    ("where", "category", "counted"),
    [
        ('category == "books"', "books", True),
        ('category == "books"', "music", False),
        ('category != "books"', "music", True),
        ('category in ("books", "home and garden and pets")', "home and garden and pets", True),
        ('category not in ("books", "home and garden and pets")', "home and garden and tools", True),
        ('not category == "a name of more than 16 bytes"', "a name of more than 16 bytes", False),
    ],
)
def test_a_where_compares_remembered_texts(where, category, counted):
    """With texts in quotes, of any length."""
    listed = f"features:\n  listed_1d: {{count: listing.submitted, where: '{where}', by: seller, window: 1d}}\n"
    rules = policy("listed_1d >= 1", more=listed)
    assert fired(rules, event("listing.submitted", "e", -60, seller_id="u_1", category=category)) is counted


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ('contains(category, "book")', "`category` is a text of which timelines keep 16 bytes, or a hash"),
        ("category == seller", "which cannot be compared"),
        ('score("seller-risk") > 0.5', "has no scores"),
    ],
)
def test_a_where_that_timelines_cannot_answer_is_refused(where, what):
    """Only what is kept can be asked for."""
    listed = f"features:\n  listed_1d: {{count: listing.submitted, where: '{where}', by: seller, window: 1d}}\n"
    with pytest.raises(PolicyError, match=what):
        policy("listed_1d >= 1", more=listed)


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("score(seller) > 0.5", "`seller` is not a model's name"),
        ('score("") > 0.5', "is not a model's name"),
        ("score() > 0.5", "takes a model's name"),
        ('score("text", buyer) > 0.5', "`buyer` is no role in listing.submitted"),
        ('score("text")', "must be true or false"),
        ('score("text") == "high"', "cannot be compared"),
        ('score_version("text") == category', "`category` is compared with a text of which timelines keep 16 bytes"),
        ('contains(score_version("text"), "v")', "timelines keep 16 bytes"),
        ('score_version("text") in lists.versions', "timelines keep 16 bytes"),
    ],
)
def test_a_score_that_cannot_be_asked_for_is_refused(when, what):
    """With what is wrong about it."""
    with pytest.raises(PolicyError, match=what):
        policy(when, more="lists:\n  versions: {owner: tests, values: [v1]}\n")


@pytest.mark.parametrize(
    ("feature", "what"),
    [
        ("{last: buyer, of: payment.settled, by: card, window: 1d}", "`buyer` is not a remembered, comparable field"),
        ("{last: payment.settled, by: card, window: 1d}", "of"),
        ("{since: payment.settled, of: payment.settled, by: card, window: 1d}", "already names the signal"),
    ],
)
def test_a_last_that_cannot_be_read_is_refused(feature, what):
    """Entities are marks, which nothing can be compared with."""
    with pytest.raises(PolicyError, match=what):
        policy("it_was >= 1", on="payment.attempted", of="buyer", more=f"features:\n  it_was: {feature}\n")


ACTS = """
rules:
  scored_high:
    abuse: prohibited_item
    on: score.computed
    when: score >= 0.9
    then:
      - restrict: {of: scored, capability: be_ranked, to: none, for: 24h}
    mode: live
    reason: "{model} gave it {score}"
    user_reason: "We look at your listing."
    owner: tests
    tests:
      fires: {score: 0.9}
      holds: {score: 0.8}
"""


def test_a_score_makes_a_decision_of_its_own_about_the_scored_thing():
    """The record of the first decision stays as it is; the new one names it."""
    rules = load_documents({"rules.yaml": ACTS})
    scored = event("score.computed", "s", about="listing:l_1", score=0.95, decision_id="ab" * 16)
    decision = decided(rules, document=scored)
    record = to_record(decision)
    assert record["subject"] == "listing:l_1"
    assert record["about_decision"] == "ab" * 16 != record["decision_id"]
    assert [action.entity for action in decision.actions] == ["listing:l_1"]
    assert recomputed(record, rules) == decision


def test_a_challengers_score_is_held_back_in_the_record():
    """What would have been done is there to be compared; nothing is done."""
    rules = load_documents({"rules.yaml": ACTS})
    decision = decided(rules, document=event("score.computed", "s", about="listing:l_1", score=0.95, challenger=True))
    assert decision.actions == ()
    assert to_record(decision)["held_back"] == ["scored_high: challenger"]


def test_what_a_producer_adds_is_neither_a_link_nor_a_trial():
    """Only the signals whose model has these fields are about a decision, or of a challenger."""
    added = event("message.sent", "m", challenger=True, decision_id="ab" * 16)
    particulars = decided(load_documents({"rules.yaml": "rules: {}"}), document=added).particulars
    assert not particulars.challenger
    assert particulars.about_decision is None
