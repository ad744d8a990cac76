"""The CDK app: `npx cdk synth -c stage=prod` and `python -m infra.app -c stage=prod` write the same template.

Context (`cdk.json` has the defaults):
    stage=dev|prod     which settings
    bundle=full|none   none leaves the functions' code out: a template in seconds, not to be deployed
    nag=on|off         whether the cdk-nag packs and CDK's own validation look at it
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra import nag
from infra.functions import Code
from infra.settings import SETTINGS
from infra.stack import SluiceStack

_ROOT = Path(__file__).parent.parent
# The CDK command line asks for these by itself, and refuses to find them in `cdk.json`.
_METADATA = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}


def build(given: Mapping[str, str], outdir: str | None = None) -> App:
    """The app, ready for `.synth()`; what is given goes before the CDK command line's context, that before ours."""
    context = {
        **_METADATA,
        **json.loads((_ROOT / "cdk.json").read_text())["context"],
        **json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")),
        **given,
    }
    checked = _choice(context, "nag", ("on", "off")) == "on"
    app = App(
        outdir=outdir,
        post_cli_context=context,
        analytics_reporting=False,
        builtin_cloud_formation_validation=checked,
    )
    code = Code(with_functions=_choice(context, "bundle", ("full", "none")) == "full")
    stack = SluiceStack(app, SETTINGS[_choice(context, "stage", tuple(SETTINGS))], code)
    if checked:
        nag.check(app, stack)
    return app


def _choice(context: Mapping[str, Any], key: str, allowed: Sequence[str]) -> str:
    if context[key] not in allowed:
        choices = " or ".join(f"`-c {key}={value}`" for value in allowed)
        raise SystemExit(f"there is no {key} {context[key]!r}: choose {choices}")
    return str(context[key])


def main(arguments: Sequence[str] | None = None) -> None:
    """Takes the CDK command line's own options, and is run by it without any."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__.splitlines()[0])
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE", help="as of `cdk`")
    parser.add_argument("-o", "--output", default=os.environ.get("CDK_OUTDIR", "cdk.out"), metavar="DIRECTORY")
    given = parser.parse_args(arguments)
    if wrong := [pair for pair in given.context if "=" not in pair]:
        parser.error(f"context is given as KEY=VALUE, not as {wrong[0]!r}")
    build(dict(pair.split("=", 1) for pair in given.context), given.output).synth()


if __name__ == "__main__":
    main()
