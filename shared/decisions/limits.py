"""What features know of the ledger: since when, until when and for what abuse an entity is restricted."""

from shared.features import Limit
from shared.restrictions import Account


def limits_of(account: Account) -> tuple[Limit, ...]:
    """The restrictions of an entity, as `linked` features with `limited` count them."""
    return tuple(Limit(cause.abuse, cause.starts_at, cause.ends_at) for cause in account.effective)
