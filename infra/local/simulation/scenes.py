"""What a case of a look-alike is played on."""

from dataclasses import dataclass

from infra.local.simulation.people import Person, Population
from infra.local.simulation.steps import Stage, Truth
from infra.local.simulation.visits import Visit


@dataclass(frozen=True, slots=True)
class Scene:
    """One case of a look-alike, about to be played."""

    stage: Stage
    population: Population
    name: str
    case: str
    viral_payments: int

    def visit(
        self,
        person: Person,
        *,
        device: str | None = None,
        ip: str | None = None,
        country: str | None = None,
        device_is_new: bool = False,
    ) -> Visit:
        truth = Truth(person.entity, look_alike=self.name, case=self.case)
        session = self.stage.new_id("s")
        where = (device or person.devices[0], ip or person.home, country or person.country)
        return Visit(self.stage, person, *where, device_is_new, truth, session)
