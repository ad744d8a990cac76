"""The ledger's algebra: what an entity may do, why, until when, and the actions that say so."""

from shared.restrictions.actions import DETAIL_TYPES, Action, action_id_of
from shared.restrictions.effects import (
    DISPOSITIONS,
    FRICTIONS,
    Command,
    Dispose,
    Disposition,
    Effect,
    Friction,
    Restrict,
    Review,
    Score,
)
from shared.restrictions.ledger import Account, Cause, Standing, account_from_json, account_to_json, applied

__all__ = [
    "CAPABILITIES",
    "COMMANDS",
    "DETAIL_TYPES",
    "DISPOSITIONS",
    "FRICTIONS",
    "Account",
    "Action",
    "Cause",
    "Command",
    "Dispose",
    "Disposition",
    "Effect",
    "Friction",
    "Restrict",
    "Review",
    "Score",
    "Standing",
    "account_from_json",
    "account_to_json",
    "action_id_of",
    "applied",
]

CAPABILITIES = (
    "log_in",
    "change_credentials",
    "change_payout_account",
    "buy",
    "list",
    "ship",
    "message",
    "be_ranked",
    "receive_payout",
    "withdraw",
)
"""What an entity may do; a restriction limits one of them."""

COMMANDS = ("revoke_sessions", "reset_password", "cancel_order", "remove_listing", "refund")
"""One-time acts on the marketplace; they are no restrictions and never end."""
