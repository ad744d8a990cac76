"""A function's settings: environment variables with the prefix `SLUICE_`, parsed once into a frozen model."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "SLUICE_"


class SettingsError(Exception):
    """A function cannot start: names every variable that is missing or wrong."""


class Settings(BaseModel):
    """What every function knows."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    ledger_table: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read `SLUICE_*`; raises `SettingsError`."""
        given = {name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            findings = [f"{PREFIX}{str(finding['loc'][0]).upper()}: {_what(finding)}" for finding in error.errors()]
            raise SettingsError("; ".join(findings)) from None


class EvaluationSettings(Settings):
    """Of the functions that judge signals."""

    decisions_table: str
    timelines_table: str
    dead_letters_bucket: str
    invalid_queue_url: str
    identity_secret: str
    policy_table: str
    policy_bucket: str
    # Larger than any honest event by far; a Kinesis record may have 10 MiB, and one invocation 6 MB.
    max_signal_bytes: Annotated[int, Field(ge=1_024)] = 256 * 1024
    # A producer's clock may be off by some minutes; more would let a signal write into windows of the future.
    max_ahead_seconds: Annotated[int, Field(ge=0)] = 15 * 60
    # A change must be in force within a minute; each process asks for one item in this time.
    policy_refresh_seconds: Annotated[int, Field(ge=0, le=60)] = 30
    # Conditional writes wait for the network, not for the processor: some may wait at once.
    writers: Annotated[int, Field(ge=1, le=64)] = 8

    @property
    def policy_refresh(self) -> timedelta:
        return timedelta(seconds=self.policy_refresh_seconds)

    @property
    def max_ahead(self) -> timedelta:
        return timedelta(seconds=self.max_ahead_seconds)


class EnforcementSettings(Settings):
    """Of `enforce`."""

    bus: str


class ExpirySettings(Settings):
    """Of `expire_restrictions`."""

    decisions_table: str
    feedback_queue_url: str


def _what(finding: Mapping[str, object]) -> str:
    return "is not set" if finding["type"] == "missing" else f"{finding['msg']}; it is {finding['input']!r}"
