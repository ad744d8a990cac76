"""What passed where: a pytest plugin that listens, and what is printed of it."""

from collections import Counter, defaultdict

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from tests.conformance.agreement import Agreement

MOST_SHOWN = 5
PASSED, DIFFERS, FAILED = "passed", "differs", "FAILED"


class Results:
    """Outcomes by part of the contract and backend, and the differences that tests know of."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        self._outcomes: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self._differences: set[tuple[str, str]] = set()
        self._told: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            module = item.getparent(pytest.Module)
            said = (module.obj.__doc__ or module.name) if module else item.nodeid
            backend = item.callspec.params["aws"] if isinstance(item, pytest.Function) else ""
            self._places[item.nodeid] = (said.partition(":")[0].strip().rstrip("."), str(backend))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        part, backend = self._places[report.nodeid]
        if report.when == "call":
            self._told += [f"{what}, {backend}: {said}" for what, said in report.user_properties]
        if report.failed:
            self._outcomes[part][backend][FAILED] += 1
        elif report.when == "call" and report.skipped:
            self._outcomes[part][backend][DIFFERS] += 1
            self._differences.add((backend, str(getattr(report, "wasxfail", "")).partition(" differs: ")[2]))
        elif report.when == "call":
            self._outcomes[part][backend][PASSED] += 1

    def show(self, console: Console) -> None:
        """Print what passed where, what tests recorded, and which differences are known."""
        backends = list(dict.fromkeys(backend for _, backend in self._places.values()))
        table = Table(title="The stores' contract", box=box.SIMPLE_HEAD, title_justify="left")
        table.add_column("part")
        for backend in backends:
            table.add_column(backend, no_wrap=True)
        for part, outcomes in self._outcomes.items():
            table.add_row(part, *(_told(outcomes[backend]) for backend in backends))
        console.print(table)
        console.print("\n".join(self._told), highlight=False)
        known = Table(title="Not as the service (each is a strict xfail)", box=box.SIMPLE_HEAD, title_justify="left")
        for name in ("backend", "differs"):
            known.add_column(name)
        for backend, difference in sorted(self._differences):
            known.add_row(backend, difference)
        console.print(known)


def show_agreement(console: Console, compared: Agreement) -> None:
    """Print how many random calls the stub answered as DynamoDB Local did, and those that it did not."""
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in compared.calls.most_common())
    console.print(
        f"Random calls to the stub and to DynamoDB Local: {compared.calls.total():,} ({kinds}; {compared.refused:,} of "
        f"them refused), {len(compared.different)} answered differently.",
        highlight=False,
    )
    for (operation, request), ours, theirs in compared.different[:MOST_SHOWN]:
        console.print(f"\n{operation} {request}\n  stub            {ours}\n  dynamodb-local  {theirs}", markup=False)


def _told(outcomes: Counter[str]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items()) or "none"
