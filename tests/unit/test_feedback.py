"""Labels, and quality against them."""

import json
from datetime import UTC, datetime

import pytest

from shared.feedback import Ratio, label_of, quality
from shared.signals import parse

pytestmark = pytest.mark.unit
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DISPUTE = {
    "dispute_id": "d",
    "payment_id": "p",
    "order_id": "o",
    "buyer_id": "u_1",
    "seller_id": "u_2",
    "amount": {"minor": 100, "currency": "USD"},
}


def signal(name, subject, **data):
    event = {
        "specversion": "1.0",
        "id": "f_1",
        "source": "test",
        "type": f"{name}.v1",
        "time": NOON.isoformat(),
        "subject": subject,
        "data": data,
    }
    return parse(json.dumps(event).encode(), NOON)


@pytest.mark.parametrize(
    ("name", "more", "abusive"),
    [
        ("dispute.opened", {"reason": "fraud"}, True),
        ("dispute.opened", {"reason": "not_received"}, None),
        ("dispute.resolved", {"reason": "fraud", "outcome": "lost"}, True),
        ("dispute.resolved", {"reason": "fraud", "outcome": "won"}, False),
        ("dispute.resolved", {"reason": "fraud", "outcome": "withdrawn"}, False),
    ],
)
def test_a_dispute_labels_its_buyer_when_fraud_is_the_reason(name, more, abusive):
    """Only fraud disputes tell of fraud, and those that were won or withdrawn tell the opposite."""
    label = label_of(signal(name, "user:u_1", **DISPUTE, **more))
    assert (label and label.abusive) is abusive


def test_a_review_labels_what_it_is_about():
    """A reviewer's verdict is about the entity it names; an unsure one says nothing."""
    data = {"review_id": "r", "about": "listing:l_1", "abuse": "prohibited_item", "reviewer": "rev_7"}
    label = label_of(signal("review.completed", "listing:l_1", **data, verdict="abuse"))
    assert (label.entity, label.abuse, label.abusive, label.known_at) == ("listing:l_1", "prohibited_item", True, NOON)
    assert label_of(signal("review.completed", "listing:l_1", **data, verdict="unsure")) is None


def test_an_overturned_appeal_says_that_the_user_was_honest():
    """An appeal that wins is a label against our own action."""
    data = {"appeal_id": "a", "user_id": "u_1", "abuse": "phishing", "reviewer": "rev_7", "outcome": "overturned"}
    assert label_of(signal("appeal.decided", "user:u_1", **data)).abusive is False


def test_passing_a_step_up_is_no_proof_of_honesty():
    """A hijacker may have the phone, too."""
    data = {"challenge_id": "c", "user_id": "u_1", "method": "otp_sms", "outcome": "passed"}
    assert label_of(signal("stepup.completed", "user:u_1", **data)) is None


def test_a_ratio_carries_wilsons_interval():
    """45 of 50 lies between 78.6 and 95.7 percent (Wilson's score interval at 95 percent)."""
    low, high = Ratio(45, 50).interval
    assert (round(low, 3), round(high, 3)) == (0.786, 0.957)
    assert Ratio(0, 0).value is None
    assert Ratio(0, 0).interval == (0.0, 1.0)


def test_quality_compares_what_was_flagged_with_what_was_abuse():
    """Two of three flagged were abuse, and two of four abuses were flagged."""
    measured = quality({"a", "b", "x"}, {"a", "b", "c", "d"})
    assert (measured.precision, measured.recall) == (Ratio(2, 3), Ratio(2, 4))
