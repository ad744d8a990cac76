"""The ledger without a table: its pages in memory, by the algebra that `Ledger` keeps in DynamoDB."""

from collections import Counter
from collections.abc import Iterator

from infra.local.outcomes import Enforced, queue_of
from shared.restrictions import (
    Account,
    Action,
    OriginState,
    applied,
    following,
    follows,
    heeding,
    notices_of,
    outcomes,
    reached_by,
)

Page = tuple[str, str]
"""An entity, and the order or listing that the page is about; empty for the whole."""


class Pages:
    """Every entity's page, and those of its orders and listings."""

    def __init__(self) -> None:
        self._accounts: dict[Page, Account] = {}
        self._versions: Counter[Page] = Counter()
        """As the ledger counts them: ids of what follows are made of them."""

    def account(self, entity: str) -> Account:
        """The page of a whole entity."""
        return self._accounts.get((entity, ""), Account())

    def apply(self, action: Action, decision_id: str) -> Iterator[Enforced]:
        """Apply an action: what came of it, and of what follows from it on other pages."""
        page = (action.entity, action.scope)
        before = self._accounts.get(page, Account())
        after = self._after(before, action, decision_id)
        self._write(page, after)
        queues = tuple(queue_of(each.detail_type, each.lane) for each in outcomes(before, after, action, decision_id))
        yield Enforced(decision_id, action, queues)
        for follow in follows(before, after, action, self._versions[page]):
            yield from self.apply(follow.action(action), decision_id)

    def _after(self, before: Account, action: Action, decision_id: str) -> Account:
        after = applied(before, action, decision_id)
        for notice in notices_of(action, decision_id) if action.kind == "restrict" else ():
            known = self.account(notice.entity)
            whole = reached_by(known, notice)
            if whole != known:
                self._write((notice.entity, ""), whole)
            after = heeding(after, whole) if notice.scope else after
            if notice.link and whole.followed()[notice.link]:
                after = following(after, action.action_id, OriginState(self._versions[notice.entity, ""], void=True))
        return after

    def _write(self, page: Page, account: Account) -> None:
        self._accounts[page] = account
        self._versions[page] += 1
