"""The ledger's algebra: what an entity may do, why, until when, and the actions that say so."""

from shared.restrictions.actions import Action, action_id_of
from shared.restrictions.applying import applied, following, heeding, reached_by
from shared.restrictions.causes import Cause, UnfitActionError, Via
from shared.restrictions.demands import Demand
from shared.restrictions.effects import (
    CONDITIONS,
    DISPOSITIONS,
    FRICTIONS,
    TIERS,
    Command,
    Dispose,
    Disposition,
    Effect,
    Friction,
    Lift,
    Restrict,
    Review,
    Score,
    Tier,
    tier_of,
)
from shared.restrictions.guardrails import Brake, Budget, Guardrails
from shared.restrictions.jurisdictions import Jurisdiction
from shared.restrictions.ledger import Account, in_force
from shared.restrictions.limits import CAPABILITIES, NONE, Limit, join, unfit
from shared.restrictions.outcomes import Applied, Follow, event_id_of, follows, outcomes
from shared.restrictions.pages import account_from_json, account_to_json
from shared.restrictions.reaches import Notice, notices_of
from shared.restrictions.releases import EVERYONE, Clearance, OriginState, Release, Selector, Verdict
from shared.restrictions.standing import Standing, Step

__all__ = [
    "CAPABILITIES",
    "COMMANDS",
    "CONDITIONS",
    "DETAIL_TYPES",
    "DISPOSITIONS",
    "EVERYONE",
    "FRICTIONS",
    "NONE",
    "TIERS",
    "Account",
    "Action",
    "Applied",
    "Brake",
    "Budget",
    "Cause",
    "Clearance",
    "Command",
    "Demand",
    "Dispose",
    "Disposition",
    "Effect",
    "Follow",
    "Friction",
    "Guardrails",
    "Jurisdiction",
    "Lift",
    "Limit",
    "Notice",
    "OriginState",
    "Release",
    "Restrict",
    "Review",
    "Score",
    "Selector",
    "Standing",
    "Step",
    "Tier",
    "UnfitActionError",
    "Verdict",
    "Via",
    "account_from_json",
    "account_to_json",
    "action_id_of",
    "applied",
    "event_id_of",
    "following",
    "follows",
    "heeding",
    "in_force",
    "join",
    "notices_of",
    "outcomes",
    "reached_by",
    "tier_of",
    "unfit",
]

COMMANDS = ("revoke_sessions", "reset_password", "cancel_order", "remove_listing", "refund")
"""One-time acts on the marketplace; they are no restrictions and never end."""

DETAIL_TYPES = {
    "restrict": "RestrictionPlaced",
    "release": "RestrictionReleased",
    "command": "CommandIssued",
    "friction": "FrictionRequired",
    "review": "ReviewRequested",
    "decision": "DecisionMade",
    "park": "ActionParked",
    "guardrail": "GuardrailTripped",
}
"""EventBridge's detail-type of the kinds of action that have one of their own."""
