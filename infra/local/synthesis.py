"""The synthesised template: what `cdk deploy` would deploy, made anew when the CDK app has changed since."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class SynthesisError(Exception):
    """The CDK app failed; the message carries what it printed."""


def synthesised_template(stage: str, root: Path = ROOT) -> dict[str, Any]:
    """The CloudFormation template of `stage`, without the functions' code; kept until the CDK app changes."""
    kept = root / ".build" / "local" / f"sluice-{stage}.template.json"
    if not kept.exists() or kept.stat().st_mtime < _last_change(root):
        _synthesise(stage, root, kept)
    template: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return template


def _last_change(root: Path) -> float:
    # The app makes a queue for each capability and command, which it takes from `shared.restrictions`.
    restrictions = (root / "shared" / "restrictions" / name for name in ("__init__.py", "limits.py"))
    sources = [*(root / "infra").glob("*.py"), root / "cdk.json", *restrictions]
    return max(source.stat().st_mtime for source in sources)


def _synthesise(stage: str, root: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as assembly:
        context = (f"stage={stage}", "bundle=none", "nag=off")
        command = [sys.executable, "-m", "infra.app", "--output", assembly]
        for pair in context:
            command += ["--context", pair]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=_with_node())
        if done.returncode:
            raise SynthesisError(f"`python -m infra.app -c {' -c '.join(context)}` failed:\n{done.stdout}{done.stderr}")
        (Path(assembly) / kept.name).replace(kept)


def _with_node() -> dict[str, str]:
    """The environment in which jsii finds Node: the environment's own, where it was installed from a wheel.

    jsii prints a banner about a Node that it finds too old; the value is the major version it may be silent about.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
