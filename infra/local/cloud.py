"""The local cloud: the synthesised template, deployed into moto, with its functions called as Lambda would call them.

For example:

    with LocalCloud("dev") as cloud:
        cloud.client("kinesis").put_records(StreamName=cloud.outputs["SignalsStream"], Records=[...])
        cloud.run_until_idle()
        print(cloud.stats)
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from infra.local.arrivals import Arrivals, as_it_happened, as_received, at_its_own_time
from infra.local.connection import (
    REGION,
    STATE_DIRECTORY,
    STATE_FILE,
    LocalCloudNotUpError,
    LocalConnection,
    announce,
    connect,
    withdraw,
)
from infra.local.emulator import AlreadyUpError, emulated_aws, served
from infra.local.events import Record
from infra.local.functions import FunctionSettings, LocalFunction
from infra.local.mappings import EventSourceMapping
from infra.local.pollers import Poller, poller
from infra.local.schedules import Schedule, ScheduledRule
from infra.local.stats import FunctionStats
from infra.local.synthesis import ROOT, synthesised_template
from infra.local.template import (
    FUNCTION_PREFIX,
    MAPPING_PREFIX,
    SCHEDULE_PREFIX,
    SecretToCreate,
    Template,
    localise,
    secrets_to_create,
)

DEFAULT_PORT = 4566
_IDLE_PAUSE_SECONDS = 0.2
_HOUR = timedelta(hours=1)


class DeploymentError(Exception):
    """moto did not deploy the template; the message carries the reason it gave."""


class LocalCloud:
    """AWS on a laptop. Everything lives as long as the context, and nothing is left of it afterwards but the logs.

    `outputs` are the stack's outputs by name; `stats` counts, by function name, what was called; `logs` is the folder
    with one file of output for each function.
    """

    def __init__(
        self, stage: str = "dev", *, template: Template | None = None, code: Path = ROOT, state: Path = STATE_DIRECTORY
    ) -> None:
        self.stage = stage
        self.logs = state / "logs"
        self.outputs: dict[str, str] = {}
        self.stats: dict[str, FunctionStats] = {}
        self._template = template
        self._code = code
        self._state_file = state / STATE_FILE.name
        self._pollers: list[Poller] = []
        self._schedules: list[Schedule] = []
        self._arrivals: Arrivals = as_received
        self._open = ExitStack()

    def __enter__(self) -> Self:
        template = self._template if self._template is not None else synthesised_template(self.stage)
        with ExitStack() as opening:  # a failed deployment must not leave moto switched on
            opening.enter_context(emulated_aws())
            deployed = _deploy(f"sluice-{self.stage}", template)
            self._start_functions(deployed)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def client(self, service: str) -> Any:
        """A boto3 client of this process for the local cloud."""
        return boto3.client(service)  # type: ignore[call-overload]  # any service by name

    def serve(self, port: int = DEFAULT_PORT) -> str:
        """Let other processes in over HTTP, on this machine only, until the context ends; the endpoint's URL.

        Writes the state file by which `infra.local.connection.connect` finds it.
        """
        try:
            other = connect(self._state_file)
        except LocalCloudNotUpError:
            pass
        else:
            raise AlreadyUpError(
                f"a local cloud is up already at {other.endpoint} (process {other.pid}): use it, or stop it first"
            )
        endpoint = self._open.enter_context(served(port))
        self._open.callback(withdraw, self._state_file)
        announce(LocalConnection(endpoint, self.stage, REGION, os.getpid(), self.outputs), self._state_file)
        return endpoint

    def tick(self) -> int:
        """One round: each mapping takes one batch from each of its lanes. The number of records that were there."""
        return sum(each.poll() for each in self._pollers)

    def run_until_idle(self) -> int:
        """Rounds until nothing is left to do; the number of records that were read on the way."""
        total = 0
        while there := self.tick():
            total += there
        return total

    def run_forever(self) -> None:
        """Rounds until someone interrupts, and schedules by the real time, with a short rest when nothing is to do."""
        while True:
            self._call_what_is_due(datetime.now(UTC))
            if not self.tick():
                time.sleep(_IDLE_PAUSE_SECONDS)

    def pass_time(self, since: datetime, until: datetime) -> None:
        """Let time pass, in the past or in the future: at each whole hour on the way, when schedules look back the
        furthest, and at the end of it they are called, and whatever follows is done. Signals that come of it arrive
        at their own times.

        Otherwise time stands still for schedules. So it does in a replay: nobody in a recording was asked our
        questions, so silence there is no answer.
        """
        arrivals, self._arrivals = self._arrivals, at_its_own_time
        try:
            for moment in _hours(since, until):
                self._call_what_is_due(moment)
                self.run_until_idle()
        finally:
            self._arrivals = arrivals

    def _call_what_is_due(self, now: datetime) -> None:
        for schedule in self._schedules:
            schedule.call_if_due(now)

    @contextmanager
    def replaying_history(self) -> Iterator[None]:
        """Meanwhile signals arrive at their own times: old ones are judged as they were then, and not as late."""
        self._arrivals = as_it_happened
        try:
            yield
        finally:
            self._arrivals = as_received

    def _arrived(self, record: Record) -> Record:
        return self._arrivals(record)

    def _start_functions(self, deployed: dict[str, str]) -> None:
        self.outputs = {
            name: value
            for name, value in deployed.items()
            if not name.startswith((MAPPING_PREFIX, FUNCTION_PREFIX, SCHEDULE_PREFIX))
        }
        self.logs.mkdir(parents=True, exist_ok=True)
        functions = {}
        for settings in map(FunctionSettings.from_template, _described(deployed, FUNCTION_PREFIX).values()):
            log = self.logs / f"{settings.name}.log"
            log.write_text("", encoding="utf-8")
            functions[settings.name] = LocalFunction(settings, self._code, log)
        self.stats = {name: FunctionStats() for name in functions}
        mappings = [
            EventSourceMapping.from_template(logical_id, properties)
            for logical_id, properties in _described(deployed, MAPPING_PREFIX).items()
        ]
        self._pollers = [
            poller(each, functions[each.function], self.stats[each.function], self._arrived) for each in mappings
        ]
        rules = [
            ScheduledRule.from_template(logical_id, properties)
            for logical_id, properties in _described(deployed, SCHEDULE_PREFIX).items()
        ]
        self._schedules = [Schedule(rule, functions[rule.function], self.stats[rule.function]) for rule in rules]


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    """The whole hours after `since` and before `until`, and `until`."""
    moment = since.replace(minute=0, second=0, microsecond=0) + _HOUR
    while moment < until:
        yield moment
        moment += _HOUR
    yield until


def _described(deployed: dict[str, str], prefix: str) -> dict[str, Any]:
    """What `localise` hid in outputs, by logical id."""
    return {name.removeprefix(prefix): json.loads(value) for name, value in deployed.items() if name.startswith(prefix)}


def _deploy(stack: str, template: Template) -> dict[str, str]:
    arns = {secret.logical_id: _create(secret) for secret in secrets_to_create(template)}
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(localise(template, arns)))
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    if described["StackStatus"] != "CREATE_COMPLETE":
        raise DeploymentError(
            f"{stack}: {described['StackStatus']}: {described.get('StackStatusReason', 'no reason given')}"
        )
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _create(secret: SecretToCreate) -> str:
    """Create one secret; its ARN. What the service would generate is fixed here, so that runs on a laptop repeat."""
    name = secret.properties.get("Name", secret.logical_id)
    value = secret.properties.get("SecretString")
    if value is None:
        generated = secret.properties["GenerateSecretString"]
        content = json.loads(generated.get("SecretStringTemplate", "{}"))
        content[generated["GenerateStringKey"]] = hashlib.sha256(secret.logical_id.encode()).hexdigest()
        value = json.dumps(content)
    arn: str = boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]
    return arn
