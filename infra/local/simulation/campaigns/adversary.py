"""What every adversary has: accounts, devices and addresses, in the way that the tactics say."""

from dataclasses import dataclass, replace

from infra.local.simulation import ordinary, wording
from infra.local.simulation.people import Person, Population, a_person
from infra.local.simulation.places import DAY, ELSEWHERE, HOUR, home_address, hosted_address
from infra.local.simulation.settings import Tactics
from infra.local.simulation.steps import Stage, Truth
from infra.local.simulation.visits import Visit

LATEST_START = 0.6
"""Of the period: a campaign's cases start before this share of it has passed, so that slow ones have time to end."""
RESIDENTIAL_PROXY = 0.5
"""Of distributed addresses, the share that look like a household's line."""
LATEST_PATIENT_START = 0.3
FEWEST_CASES = 2
WARM_UP_SIGNALS, LOOKS = 14, 4
"""Of one case, on average; the latter in someone else's account."""
LONGEST_REST = 1.5 * DAY
UNEVENNESS = 1.5
"""Sigma of the log-normal that stretches a patient adversary's pauses: half of them shorter, the mean three times."""


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

    @property
    def reworded(self) -> bool:
        return self.tactics.wording == "reworded"

    @property
    def patient(self) -> bool:
        return self.tactics.patience == "patient"

    def cases(self, signals: float, signals_per_case: float, warm_up: int = WARM_UP_SIGNALS) -> int:
        return max(FEWEST_CASES, round(signals / (signals_per_case + warm_up * self.patient)))

    def a_start(self) -> float:
        latest = LATEST_PATIENT_START if self.patient else LATEST_START
        return self.opens + self.stage.rng.random() * latest * (self.closes - self.opens)

    def pause(self, fast: float, slow: float) -> float:
        """Seconds until the next act: exponential about `fast` or `slow`, at least a tenth of it; uneven if patient."""
        mean = slow if self.slow else fast
        usual = 0.1 * mean + self.stage.rng.expovariate(1 / (0.9 * mean))
        if not self.patient:
            return usual
        return min(LONGEST_REST, usual * self.stage.rng.lognormvariate(0, UNEVENNESS))

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
        """Open an account and wait, or log in to an aged one, which has never seen the device; when the acts begin.

        The patient warm it up in between.
        """
        visit = self.visit(self.an_account(at), device, ip, device_is_new=self.aged)
        if not self.aged:
            visit.open_account(at)
            return self.warmed_up(visit, at + 600 + self.pause(HOUR, 8 * HOUR))
        if self.stage.rng.chance(0.4):
            visit.fail_to_log_in(at)
        visit.log_in(at + 20)
        return self.warmed_up(visit, at + 60 + self.pause(120, HOUR))

    def warmed_up(self, visit: Visit, at: float, *, looks_only: bool = False) -> tuple[Visit, float]:
        """Two to four ordinary visits over one to three days, if patient; the visit after them, and when it begins.

        They belong to the case, but are no abuse. Someone else's account is only looked at, so that its owner, who
        goes on with it as an ordinary person, finds it as it was.
        """
        if not self.patient:
            return visit, at
        rng, population = self.stage.rng, self.population
        visit = replace(visit, device_is_new=False)
        for _ in range(rng.randrange(2, 5)):
            warm = replace(visit, truth=visit.consequence, session=self.stage.new_id("s"))
            warm.log_in(at)
            if not looks_only:
                if rng.chance(0.5):
                    shop = population.shop(rng)
                    ordinary.write(warm, at + 60, shop, wording.a_question(rng, shop.category), [])
                if warm.person.seller and rng.chance(0.4):
                    ordinary.offer(warm, at + 200)
                if rng.chance(0.4):
                    ordinary.buy(warm, at + 400, population.shop(rng))
            at += (8 + 16 * rng.random()) * HOUR
        session = self.stage.new_id("s")
        visit = replace(visit, session=session)
        visit.log_in(at)
        return visit, at + 60 + self.pause(120, HOUR)

    def after(self, lasts: float) -> float:
        """Some seconds within `lasts`: evenly; patient ones three times as long, dense at first and ever thinner."""
        draw = self.stage.rng.random()
        return 3 * lasts * draw**3 if self.patient else lasts * draw
