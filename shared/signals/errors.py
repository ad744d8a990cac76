"""Why a signal was refused, in words a producer can act on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `where` is a path into the signal such as `data.amount.minor`."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class InvalidSignal(Exception):  # noqa: N818  (it is a verdict about the signal, not an error of ours)
    """The signal can never be judged; retrying would not help.

    `reason` is one of `too_large`, `not_base64`, `not_json`, `not_cloudevents`, `unknown_type`, `invalid_data`,
    `from_the_future`; `problems` holds every finding.
    """

    def __init__(self, reason: str, *problems: Problem) -> None:
        super().__init__(f"{reason}: " + "; ".join(map(str, problems)))
        self.reason = reason
        self.problems = problems
