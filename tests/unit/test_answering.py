"""What follows by itself from step-ups, reviews and appeals."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.decisions import conclude, recomputed, to_record
from shared.decisions.answering import Answer, consequences, overturns
from shared.decisions.model import Particulars
from shared.policy import load_documents
from shared.restrictions import Account, Action, Selector, applied
from shared.signals import Pseudonyms, entities_of
from shared.signals.times import stamp
from tests.support.signals import event, moment, signal

pytestmark = pytest.mark.unit

KEY = Pseudonyms(b"k" * 32)
CLEARANCE = timedelta(days=30)
DECISION = "0" * 31 + "1"
DEVICE, SELLER, LINKED = "device:dev_0001", "user:u_seller", "user:u_linked"
Actions = dict[str, tuple[Action, ...]]


def restrict(name: str, entity: str, *, abuse: str = "payment_fraud", **details: Any) -> Action:
    limited = {"capability": "buy", "limit": {"none": True}, "expires_at": stamp(moment(86_400)), **details}
    return Action("restrict", name, entity, "rule:a", moment(-60), "because", abuse, None, limited)


def answered(name: str, actions_of: Actions | None = None, **data: Any) -> list[Action]:
    """The actions that follow from a feedback signal, by way of its record."""
    found = signal(event(name, "s_1", **data))
    particulars = Particulars.of(found, entities_of(found, KEY), actions_of or {})
    if particulars.answer is None:
        return []
    again = Answer.from_json(json.loads(json.dumps(particulars.answer.to_json())))
    assert again == particulars.answer
    return list(consequences(particulars, CLEARANCE))


def kinds(actions: list[Action]) -> list[tuple[str, str]]:
    return [(action.kind, action.entity) for action in actions]


def selectors(actions: list[Action]) -> list[Selector]:
    return [Selector.from_json(each.details["selector"]) for each in actions if "selector" in each.details]


def test_a_passed_step_up_answers_the_demand_and_releases_what_waits_for_it() -> None:
    """It is the machinery that releases, as of the signal's own time, and only what names a step-up."""
    found = answered("stepup.completed", user_id="u_1", method="otp_app", outcome="passed")
    assert kinds(found) == [("answer", "user:u_1"), ("release", "user:u_1")]
    assert found[0].details == {"ask": "step_up", "outcome": "passed"}
    assert selectors(found) == [Selector(until="step_up")]
    assert {each.source for each in found} == {"feedback:stepup"}
    assert {each.occurred_at for each in found} == {moment(0)}


def test_a_document_that_was_accepted_releases_what_waits_for_documents() -> None:
    """It is a step-up, too."""
    found = answered("stepup.completed", user_id="u_1", method="document", outcome="passed")
    assert selectors(found) == [Selector(until="step_up"), Selector(until="documents")]


@pytest.mark.parametrize("outcome", ["failed", "abandoned"])
@pytest.mark.parametrize("method", ["otp_sms", "document", "none"])
def test_what_was_not_passed_releases_nothing(method: str, outcome: str) -> None:
    """The demand is answered; what else follows is for the policy to say."""
    found = answered("stepup.completed", user_id="u_1", method=method, outcome=outcome)
    assert kinds(found) == [("answer", "user:u_1")]
    assert found[0].details == {"ask": "step_up", "outcome": outcome}


def test_a_captcha_answers_for_its_device_and_address_too_and_proves_nothing() -> None:
    """Who solves one is somebody, and not the account's owner."""
    found = answered(
        "stepup.completed", user_id="u_1", device_id="dev_0001", ip="203.0.113.7", method="captcha", outcome="passed"
    )
    assert [kind for kind, _ in kinds(found)] == ["answer"] * 3
    assert {entity.partition(":")[0] for _, entity in kinds(found)} == {"user", "device", "ip"}
    assert {each.details["ask"] for each in found} == {"captcha"}


def test_a_confirmation_is_no_step_up() -> None:
    """It answers its own demand, and releases nothing."""
    found = answered("stepup.completed", user_id="u_1", method="confirmation", outcome="passed")
    assert [(each.kind, each.details) for each in found] == [("answer", {"ask": "confirmation", "outcome": "passed"})]


REVIEW = {"about": "user:u_1", "abuse": "payment_fraud", "verdict": "honest", "decision_id": DECISION}
APPEAL = {"user_id": "u_1", "abuse": "payment_fraud", "outcome": "overturned", "decision_id": DECISION}


@pytest.mark.parametrize(
    ("name", "data", "source"),
    [("review.completed", REVIEW, "person:review"), ("appeal.decided", APPEAL, "person:appeal")],
)
def test_who_is_found_honest_gets_the_decision_undone_and_a_clearance(
    name: str, data: dict[str, str], source: str
) -> None:
    """Everything that the decision did for that kind of abuse is taken back, whomever it met; a person says so."""
    did = (
        restrict("a", "user:u_1"),
        restrict("b", SELLER, scope="order:1", capability="receive_payout"),
        restrict("c", LINKED, via={"entity": "user:u_1", "action_id": "a", "through": DEVICE}),
        restrict("d", "user:u_1", abuse="phishing"),
        Action("command", "e", "user:u_1", "rule:a", moment(0), "", "payment_fraud", details={"command": "refund"}),
    )
    found = answered(name, {DECISION: did}, **data)

    assert [(each.entity, each.scope, each.details["verdict"]) for each in found if "verdict" in each.details] == [
        ("user:u_1", "", {"action_id": "a", "void": True}),
        (SELLER, "order:1", {"action_id": "b", "void": True}),
        (LINKED, "", {"action_id": "c", "void": True}),
    ]
    assert selectors(found) == [Selector(until="review", abuse="payment_fraud")]
    (clearance,) = [each for each in found if each.kind == "clear"]
    assert (clearance.entity, clearance.abuse) == ("user:u_1", "payment_fraud")
    assert clearance.details == {"until": stamp(moment(0) + CLEARANCE)}
    assert {each.source for each in found} == {source}
    assert len({each.action_id for each in found}) == len(found)


def test_what_a_person_let_through_is_taken_back_too() -> None:
    """A guardrail had held it back, and its own id is what the ledger knows it by."""
    held = restrict("a", "user:u_1")
    park = Action("park", "p", "user:u_1", "rule:a", moment(0), "", held.abuse, details={"action": held.to_json()})
    found = answered("review.completed", {DECISION: (park,)}, **REVIEW)
    assert [each.details["verdict"] for each in found if "verdict" in each.details] == [
        {"action_id": "a", "void": True}
    ]


def test_what_followed_from_an_answer_is_computed_again_from_its_record() -> None:
    """The record of the answer is enough, though the decision that it overturned is gone by then."""
    policy = load_documents({"policy.yaml": "rules: {}\n"})
    found = signal(event("appeal.decided", "s_1", **APPEAL))
    about = Particulars.of(found, entities_of(found, KEY), {DECISION: (restrict("a", SELLER),)})
    judgement = policy.program(found.name).judge({})
    decision = conclude(about, judgement, {}, policy)
    assert [each.kind for each in decision.actions] == ["release", "release", "clear"]
    assert recomputed(to_record(decision), policy) == decision

    watching = conclude(replace(about, observe_only=True), judgement, {}, policy)
    assert watching.actions == (), "a dead letter that is redriven acts on nothing unless told to"


def test_where_the_decision_is_gone_its_id_still_releases_what_it_did_to_whom_it_is_about() -> None:
    """Its record may have been erased since."""
    found = answered("review.completed", {}, **REVIEW)
    assert selectors(found) == [
        Selector(decision_id=DECISION, abuse="payment_fraud"),
        Selector(until="review", abuse="payment_fraud"),
    ]


def test_an_appeal_that_names_an_action_alone_takes_that_back() -> None:
    """That is what the notice to the user had."""
    found = answered("appeal.decided", **{**APPEAL, "decision_id": None, "action_id": "a_1"})
    assert [each.details["verdict"] for each in found if "verdict" in each.details] == [
        {"action_id": "a_1", "void": True}
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [("review.completed", {**REVIEW, "verdict": "abuse"}), ("appeal.decided", {**APPEAL, "outcome": "upheld"})],
)
def test_a_finding_of_abuse_upholds_what_is_in_force_and_takes_nothing_back(name: str, data: dict[str, str]) -> None:
    """A person's word on whom it is about, for that abuse kind; what else to do is the rules'."""
    (found,) = answered(name, {DECISION: (restrict("a", "user:u_1"),)}, **data)
    assert (found.kind, found.entity, found.abuse, found.by_person) == ("uphold", "user:u_1", "payment_fraud", True)
    assert overturns(signal(event(name, "s_1", **data))) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("review.completed", {**REVIEW, "verdict": "unsure"}),
        ("dispute.resolved", {"outcome": "won"}),
        ("dispute.opened", {}),
        ("payment.attempted", {}),
    ],
)
def test_nothing_follows_from_anything_else(name: str, data: dict[str, str]) -> None:
    """Those are labels, or for rules to judge."""
    assert answered(name, {DECISION: (restrict("a", "user:u_1"),)}, **data) == []
    assert overturns(signal(event(name, "s_1", **data))) is None


def test_nothing_personal_is_kept_of_an_answer() -> None:
    """Neither who reviewed it, nor their note, nor fields that a producer adds."""
    found = signal(event("review.completed", "s_1", **REVIEW, reviewer="ann", note="looked at it", method="ann"))
    answer = Answer.of(found, {})
    assert answer is not None
    assert "ann" not in json.dumps(answer.to_json())
    assert answer.facts.keys() == {"abuse", "verdict"}


def test_what_follows_from_an_answer_ends_what_it_is_about() -> None:
    """On the ledger's page: the overturned cause, and every automated one of that kind; no other."""
    causes = [
        restrict("a", "user:u_1"),
        restrict("b", "user:u_1", capability="list"),
        restrict("d", "user:u_1", abuse="phishing"),
    ]
    account = Account()
    for cause in causes:
        account = applied(account, cause, DECISION)
    for action in answered("review.completed", {DECISION: tuple(causes[:1])}, **REVIEW):
        account = applied(account, action, "answer")

    assert [cause.action_id for each in account.in_force(moment(60)) for cause in each.causes] == ["d"]
