"""What ends: from the agenda, through the page that it names, into the outbox.

    it has ended                      ─▶ `expire`: the ledger tells services what changed at that moment
    its expiry needs a person         ─▶ `review`: it goes on, and somebody is asked
    law ended it, as rules held on    ─▶ somebody is paged: a review was asked for, and nobody decided
    a demand that nobody answered     ─▶ a signal, `stepup.completed` with the outcome `abandoned`, for the policy;
                                         it is sent minutes later, as an answer in time may still be on its way

Nothing waits for this: past its end a restriction is not in force, whoever reads it. So nothing here needs to be in
time, and everything may be done twice. The time is the schedule's own, never a clock's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from aws_lambda_powertools import Logger

from shared.restrictions import CAPABILITIES, Account, Action, Cause, Demand, action_id_of
from shared.runtime.tally import Tally
from shared.signals.times import stamp
from shared.stores import Ledger, StoreUnavailable
from shared.stores.agenda import Agenda, Due
from shared.stores.expiries import Expiries, expiry_id
from shared.stores.failures import INFRASTRUCTURE
from shared.stores.feedback_queue import FeedbackQueue

SOURCE = "schedule:expiry"
SIGNAL_SOURCE = "sluice/expiry"
SINCE_LATELY = timedelta(hours=1)
SINCE_LONG = timedelta(hours=26)
"""How far back the first call of each hour looks: over a day on which nothing was called."""
PATIENCE = timedelta(minutes=10)
"""An answer that was given in time can be on its way for so long."""
REVIEW_WITHIN_HOURS = 24
PORTION = 100


@dataclass(frozen=True)
class Expiry:
    """Sees to what is due."""

    agenda: Agenda
    ledger: Ledger
    expiries: Expiries
    feedback: FeedbackQueue
    log: Logger

    def run(self, now: datetime, tally: Tally, has_time: Callable[[], bool]) -> None:
        """See to what ended up to `now`, a portion after the other while there is time, counting in `tally`.

        What one portion meets with keeps no other from its turn. Raises `StoreUnavailable` at the end if there was
        any: the next call sees to what is left.
        """
        failed = 0
        for portion in _portions(self.agenda.due(now, _since(now))):
            if not has_time():
                tally["ExpiriesPutOff"] += 1
                self.log.warning("no time is left: the next call goes on from here", at=stamp(portion[0].at))
                break
            try:
                self._see_to(portion, now, tally)
            except (*INFRASTRUCTURE, StoreUnavailable) as error:
                failed += 1
                self.log.warning("the infrastructure refused; the next call tries again", error=str(error))
        if failed:
            raise StoreUnavailable(f"portions of the agenda not seen to: {failed}; the next call tries again")

    def _see_to(self, portion: Sequence[Due], now: datetime, tally: Tally) -> None:
        seen = self.expiries.recorded(expiry_id(due) for due in portion)
        new = [due for due in portion if expiry_id(due) not in seen and _is_ripe(due, now)]
        pages = self.ledger.accounts_of((due.entity, due.scope) for due in new)
        tally["UnreadablePages"] += sum(page is None for page in pages.values())
        for due in new:
            account = pages.get((due.entity, due.scope))
            if account is None:
                continue
            made = (
                self._ended(due, account, tally) if due.lane in CAPABILITIES else self._unanswered(due, account, tally)
            )
            if made and now - due.at > SINCE_LATELY:
                tally["ExpiriesLate"] += 1

    def _ended(self, due: Due, account: Account, tally: Tally) -> bool:
        """Command what follows from the end of restrictions; whether anything did, and not before."""
        causes = [cause for cause in account.effective if cause.capability == due.lane]
        waiting = [cause for cause in causes if cause.expires_at == due.at < cause.ends_at]
        actions = [_review(due, cause) for cause in waiting]
        if any(cause.ends_at == due.at for cause in causes):
            actions.append(_expire(due))
        by_law = {cause.action_id for cause in account.causes if account.legal_end(cause) == due.at}
        let_go = any(cause.ends_at == due.at and cause.action_id in by_law for cause in causes)
        # Counted before it is recorded, which a lost answer can hide: paged twice is better than never.
        tally["HoldsWaitingForPerson"] += len(waiting) + let_go
        if not actions or not self.expiries.record(due, f"a limit on {due.lane} came to its end", actions):
            return False
        tally["ExpiriesCommanded"] += 1
        return True

    def _unanswered(self, due: Due, account: Account, tally: Tally) -> bool:
        """Say that nobody answered; whether there was a demand to say it of, and it was not said before."""
        left = (each for each in account.abandoned_demands(due.at) if (each.ask, each.expires_at) == (due.lane, due.at))
        demand = next(left, None)
        kind, _, user = due.entity.partition(":")
        if demand is None or kind != "user":
            return False
        # Sent before it is noted: sent twice it is one decision, noted alone it would be none.
        self.feedback.send(_abandoned(user, demand))
        if not self.expiries.record(due, f"a {due.lane} was not answered", ()):
            return False
        tally["DemandsAbandoned"] += 1
        return True


def _is_ripe(due: Due, now: datetime) -> bool:
    return due.lane in CAPABILITIES or due.at + PATIENCE <= now


def _since(now: datetime) -> datetime:
    return now - (SINCE_LONG if now.minute == 0 else SINCE_LATELY)


def _portions(found: Iterable[Due]) -> Iterator[list[Due]]:
    each = iter(found)
    while portion := list(islice(each, PORTION)):
        yield portion


def _expire(due: Due) -> Action:
    return Action(
        "expire",
        action_id_of(expiry_id(due), "expire"),
        due.entity,
        SOURCE,
        due.at,
        "its time is over",
        details={"capability": due.lane, "at": stamp(due.at), **_scope(due)},
    )


def _review(due: Due, cause: Cause) -> Action:
    return Action(
        "review",
        action_id_of(expiry_id(due), "review", cause.action_id),
        due.entity,
        SOURCE,
        due.at,
        f"the time of a limit on {due.lane} is over, and a person must say what becomes of it; "
        f"it holds on until {stamp(cause.ends_at)} at most",
        cause.abuse,
        details={"within_hours": REVIEW_WITHIN_HOURS, **_scope(due)},
    )


def _scope(due: Due) -> dict[str, str]:
    return {"scope": due.scope} if due.scope else {}


def _abandoned(user: str, demand: Demand) -> dict[str, Any]:
    """The signal that a user did not answer: the same one, whenever it is made. It is caused by what was asked."""
    return {
        "specversion": "1.0",
        "id": f"abandoned/{demand.action_id}",
        "source": SIGNAL_SOURCE,
        "type": "stepup.completed.v1",
        "time": stamp(demand.expires_at),
        "subject": f"user:{user}",
        "datacontenttype": "application/json",
        "sluicecause": demand.action_id,
        "data": {
            "challenge_id": demand.action_id,
            "user_id": user,
            "method": demand.ask if demand.ask in ("captcha", "confirmation") else "none",
            "outcome": "abandoned",
            "action_id": demand.action_id,
        },
    }
