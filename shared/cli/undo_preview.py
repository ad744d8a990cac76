"""What an undo would come to, worked out on the ledger's pages as they stand, before anything is ordered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.restrictions import Account, Action, Standing
    from shared.restrictions.undoing import Order
    from shared.stores import Ledger
    from shared.stores.undoing import Done

Page = tuple[str, str]
"""An entity, and the one order or listing that a page of it is about (empty for the whole)."""


@dataclass
class Capability:
    """What becomes of one capability, counted over entities.

    `placed` restrictions are taken back (or are put back). Then it is not limited any more (`freed`), is limited and
    was not (`limited`, as releases are taken back, too), is `changed`, stays as it is since other causes limit as much
    (`stays`), or was not in force any more (`over`).
    """

    placed: int = 0
    freed: int = 0
    limited: int = 0
    changed: int = 0
    stays: int = 0
    over: int = 0


@dataclass
class Preview:
    """How many, whom, by capability, what would remain, and what cannot be taken back."""

    decisions: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    """By how many of their actions are taken back."""
    capabilities: dict[str, Capability] = field(default_factory=lambda: defaultdict(Capability))
    demands: Counter[str] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)
    """By the condition that they said was met."""
    because: Counter[str] = field(default_factory=Counter)
    """Whose causes leave something limited, by on how many entities."""
    commands: Counter[str] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    """Reviews that were asked for, and actions that are parked."""
    unreadable: int = 0

    @property
    def actions(self) -> int:
        return self.entities.total()

    def count(self, action: "Action") -> None:
        """An action by its kind."""
        match action.kind:
            case "restrict":
                self.capabilities[action.details["capability"]].placed += 1
            case "friction":
                self.demands[action.details["ask"]] += 1
            case "command":
                self.commands[action.details["command"]] += 1
            case "release" if "selector" in action.details:
                self.releases[action.details["selector"].get("until", "any condition")] += 1
            case "review" | "park":
                self.others[action.kind] += 1

    def document(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "actions": self.actions,
            "entities": dict(self.entities.most_common()),
            "capabilities": {name: vars(each) for name, each in sorted(self.capabilities.items())},
            "friction": dict(self.demands),
            "releases": dict(self.releases),
            "remains_because_of": dict(self.because.most_common()),
            "cannot_be_taken_back": {"commands": dict(self.commands), "told_to_services": dict(self.dispositions)},
            "reviews": self.others["review"],
            "parked": self.others["park"],
            "unreadable": self.unreadable,
        }


def previewed(found: Iterable["Done"], ledger: "Ledger", order: "Order", *, void: bool) -> Preview:
    """What ordering all of `found` would come to, on the pages as they stand at the order's moment."""
    from shared.restrictions import Account

    preview = Preview()
    by_page: dict[Page, list[Action]] = defaultdict(list)
    for done in found:
        preview.decisions += 1
        if done.disposition not in ("", "allow"):
            preview.dispositions[done.disposition] += 1
        for action in done.actions:
            preview.count(action)
            if action.kind == "restrict" or "selector" in action.details:
                by_page[action.entity, action.scope].append(action)
        preview.entities.update(action.entity for action in done.taking_back(order, void=void))
    accounts = ledger.accounts_of(by_page)
    for page, actions in by_page.items():
        account = accounts.get(page, Account())
        if account is None:
            preview.unreadable += 1
        else:
            _compare(preview, account, actions, order, void=void)
    return preview


def _compare(preview: Preview, account: "Account", actions: "list[Action]", order: "Order", *, void: bool) -> None:
    from shared.restrictions import applied
    from shared.restrictions.undoing import compensating

    after = account
    for action in actions:
        if taken_back := compensating(action, order, void=void):
            after = applied(after, taken_back, order.recorded_as)
    before, then = _standing(account, order.at), _standing(after, order.at)
    sources: set[str] = set()
    placed = {action.details["capability"] for action in actions if action.kind == "restrict"}
    for capability in placed | (before.keys() ^ then.keys()):
        _count(preview.capabilities[capability], before.get(capability), then.get(capability))
        if void and capability in before and capability in then:
            sources.update(cause.source for cause in then[capability].causes)
    preview.because.update(sources)


def _count(told: Capability, before: "Standing | None", then: "Standing | None") -> None:
    if before is None and then is None:
        told.over += 1
    elif then is None:
        told.freed += 1
    elif before is None:
        told.limited += 1
    elif before and (before.steps, before.until) == (then.steps, then.until):
        told.stays += 1
    else:
        told.changed += 1


def _standing(account: "Account", at: datetime) -> Mapping[str, "Standing"]:
    return {each.capability: each for each in account.in_force(at)}
