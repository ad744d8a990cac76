"""What every adversary has: accounts, devices and addresses, in the way that the tactics say."""

from dataclasses import dataclass

from infra.local.simulation.people import Person, Population, a_person
from infra.local.simulation.places import ELSEWHERE, HOUR, home_address, hosted_address
from infra.local.simulation.settings import Tactics
from infra.local.simulation.steps import Stage, Truth
from infra.local.simulation.visits import Visit

LATEST_START = 0.6
"""Of the period: a campaign's cases start before this share of it has passed, so that slow ones have time to end."""
RESIDENTIAL_PROXY = 0.5
"""Of distributed addresses, the share that look like a household's line."""
FEWEST_CASES = 2


@dataclass(frozen=True, slots=True)
class Adversary:
    """Who runs one campaign."""

    stage: Stage
    population: Population
    campaign: str
    tactics: Tactics
    opens: float
    closes: float

    @property
    def slow(self) -> bool:
        return self.tactics.pace == "slow"

    @property
    def distributed(self) -> bool:
        return self.tactics.spread == "distributed"

    @property
    def aged(self) -> bool:
        return self.tactics.accounts == "aged"

    def cases(self, signals: float, signals_per_case: float) -> int:
        return max(FEWEST_CASES, round(signals / signals_per_case))

    def a_start(self) -> float:
        return self.opens + self.stage.rng.random() * LATEST_START * (self.closes - self.opens)

    def pause(self, fast: float, slow: float) -> float:
        """Seconds until the next act: exponential about `fast` or `slow`, at least a tenth of it."""
        mean = slow if self.slow else fast
        return 0.1 * mean + self.stage.rng.expovariate(1 / (0.9 * mean))

    def an_address(self) -> str:
        rng = self.stage.rng
        residential = self.distributed and rng.chance(RESIDENTIAL_PROXY)
        return home_address(rng) if residential else hosted_address(rng)

    def an_account(self, at: float) -> Person:
        """An account to act with: opened for it at `at`, or bought or hijacked and 60 to 900 days old."""
        age = 60 + 840 * self.stage.rng.random() if self.aged else 0.0
        return a_person(self.stage.rng, at, seller=True, age_days=age)

    def visit(self, person: Person, device: str, ip: str, *, device_is_new: bool) -> Visit:
        """The adversary at an account: one case."""
        rng = self.stage.rng
        country = person.country if rng.chance(0.4) else rng.choice(ELSEWHERE)
        if not device_is_new:
            person.country = country  # an account opened from there has been nowhere else
        truth = Truth(person.entity, campaign=self.campaign, case=self.stage.new_id("case"), abusive=True)
        return Visit(self.stage, person, device, ip, country, device_is_new, truth, self.stage.new_id("s"))

    def enter(self, at: float, device: str, ip: str) -> tuple[Visit, float]:
        """Open an account and wait, or log in to an aged one, which has never seen the device; when the acts begin."""
        visit = self.visit(self.an_account(at), device, ip, device_is_new=self.aged)
        if not self.aged:
            visit.open_account(at)
            return visit, at + 600 + self.pause(HOUR, 8 * HOUR)
        if self.stage.rng.chance(0.4):
            visit.fail_to_log_in(at)
        visit.log_in(at + 20)
        return visit, at + 60 + self.pause(120, HOUR)
