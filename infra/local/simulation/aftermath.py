"""What others say about an act: models' scores, users' reports, reviewers' verdicts, the marketplace's challenges."""

from typing import Literal

from infra.local.simulation.people import Person
from infra.local.simulation.steps import Stage, Truth

Standing = Literal["honest", "odd", "abusive"]
SCORES: dict[Standing, tuple[float, float]] = {"honest": (1.2, 14.0), "odd": (2.0, 5.0), "abusive": (4.0, 2.5)}
"""The models are noisy: Beta distributions of their scores. `odd` is honest but looks unusual (travel, near words).

Above 0.5 score 1 in 10,000 of the honest, 11 % of the odd and 74 % of the abusive; above 0.8 none, 0.2 % and 16 %.
"""
MISREAD: dict[Standing, float] = {"honest": 0.002, "odd": 0.02, "abusive": 0.0}
"""Share that a model takes for abusive altogether, and scores so."""
MODELS = {
    "account_takeover": ("login-risk", "2026-01-14"),
    "phishing": ("message-text", "2026-02-02"),
    "prohibited_item": ("listing-text", "2026-02-11"),
    "payment_fraud": ("payment-risk", "2025-11-30"),
    "fake_account": ("signup-risk", "2026-01-28"),
}


def score(
    stage: Stage, at: float, about: str, abuse: str, standing: Standing, truth: Truth | None = None, **owner: str
) -> None:
    """A model's score arrives 0.1 to 2 seconds after what it is about; `owner_id` says whose thing that is."""
    model, version = MODELS[abuse]
    seen: Standing = "abusive" if stage.rng.chance(MISREAD[standing]) else standing
    scored = {
        "score_id": stage.new_id("sc"),
        "about": about,
        **owner,
        "abuse": abuse,
        "model": model,
        "model_version": version,
        "score": round(stage.rng.betavariate(*SCORES[seen]), 4),
    }
    stage.put(at + 0.1 + 1.9 * stage.rng.random(), "score.computed", about, scored, truth)


def report(
    stage: Stage,
    at: float,
    by: Person,
    about: Person,
    reason: str,
    truth: Truth | None = None,
    **thing: str,
) -> None:
    """A user reports another one; `thing` is the `listing_id` or `message_id` that it is about."""
    said = {
        "report_id": stage.new_id("r"),
        "reporter_id": by.id,
        "reported_user_id": about.id,
        "reason": reason,
    }
    stage.put(at, "report.submitted", by.entity, said | thing, truth)


def review(
    stage: Stage, at: float, about: str, abuse: str, verdict: Literal["abuse", "honest"], truth: Truth | None
) -> None:
    """Someone of the trust team has looked, days later."""
    reviewed = {
        "review_id": stage.new_id("rv"),
        "about": about,
        "abuse": abuse,
        "verdict": verdict,
        "reviewer": f"analyst_{stage.rng.randrange(1, 20)}",
    }
    stage.put(at, "review.completed", about, reviewed, truth)
