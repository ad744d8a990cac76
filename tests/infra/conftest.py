"""The synthesised templates of both stages, made once, with cdk-nag looking at them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAG = {"dev": "off", "prod": "on"}
QUIET = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}


@dataclass(frozen=True)
class Template:
    """A CloudFormation template, asked by type; a resource is known by its logical id."""

    stage: str
    path: Path
    body: dict[str, Any]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a kind such as `SQS::Queue`; there must be some."""
        found = {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.body["Resources"].items()
            if resource["Type"] == f"AWS::{kind}"
        }
        assert found, f"the template has no AWS::{kind}"
        return found

    def resource(self, logical_id: str) -> dict[str, Any]:
        return self.body["Resources"][logical_id]

    def named(self, kind: str, key: str, thing: str) -> tuple[str, dict[str, Any]]:
        """The one resource whose physical name is `sluice-<stage>-<thing>`."""
        name = f"sluice-{self.stage}-{thing}"
        (found,) = [item for item in self.all(kind).items() if item[1].get(key) == name]
        return found

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role may do: the statements of every policy attached to it."""
        return [
            statement
            for policy in self.all("IAM::Policy").values()
            if role in [self.referred(attached) for attached in policy["Roles"]]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    @staticmethod
    def referred(value: Any) -> str:
        """The logical id behind a `Ref` or `Fn::GetAtt`."""
        return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]

    @staticmethod
    def listed(value: Any) -> list[Any]:
        """IAM's `Action` and `Resource` are a value or a list of values."""
        return value if isinstance(value, list) else [value]


def _run_app(*options: str, **environment: str) -> subprocess.Popen[str]:
    """`python -m infra.app` with these options, started and not waited for."""
    return subprocess.Popen(
        [sys.executable, "-m", "infra.app", *options],
        cwd=ROOT,
        env={**os.environ, **QUIET, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _read_template(outdir: Path, stage: str) -> Template:
    path = outdir / f"sluice-{stage}.template.json"
    return Template(stage, path, json.loads(path.read_text()))


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Template]:
    """Runs the app for a stage without cdk-nag, with the options and the environment given."""

    def run(stage: str, *options: str, **environment: str) -> Template:
        outdir = tmp_path_factory.mktemp("assembly")
        run = _run_app(*options, "-o", str(outdir), **environment)
        output = "".join(run.communicate())
        assert run.returncode == 0, output
        return _read_template(outdir, stage)

    return run


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    """By stage. Every test here fails if cdk-nag has a finding without a reason; the stages differ in numbers only,
    so it looks at prod's."""
    outdirs = {stage: tmp_path_factory.mktemp(f"assembly-{stage}") for stage in NAG}
    runs = {
        stage: _run_app("-c", f"stage={stage}", "-c", "bundle=none", "-c", f"nag={NAG[stage]}", "-o", str(outdir))
        for stage, outdir in outdirs.items()
    }
    for stage, run in runs.items():
        output = "".join(run.communicate())
        report = outdirs[stage] / "validation-report.json"
        assert run.returncode == 0, output + (report.read_text() if report.exists() else "")
    return {stage: _read_template(outdir, stage) for stage, outdir in outdirs.items()}


@pytest.fixture(scope="session", params=NAG)
def template(request: pytest.FixtureRequest, templates: dict[str, Template]) -> Iterator[Template]:
    return templates[request.param]
