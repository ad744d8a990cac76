"""The app: the same template however it is asked for, and one that CloudFormation accepts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

ROOT = Path(__file__).parents[2]
OUTPUTS = {
    "SignalsStream",
    "SignalsQueueUrl",
    "SignalsDlqUrl",
    "FeedbackQueueUrl",
    "FeedbackDlqUrl",
    "InvalidSignalsQueueUrl",
    "DecisionsTable",
    "TimelinesTable",
    "LedgerTable",
    "PolicyTable",
    "PolicyBucket",
    "DeadLettersBucket",
    "BusName",
    "ActionLogGroup",
    "IdentitySecret",
}


def test_the_stack_says_where_everything_is(template):
    """The command line and the local cloud find everything through the outputs."""
    assert set(template.body["Outputs"]) == OUTPUTS


def test_the_context_of_the_cdk_command_line_makes_the_same_template(templates, synthesise):
    """`npx cdk synth -c stage=prod` and `python -m infra.app -c stage=prod` agree, with cdk-nag and without."""
    asked = json.dumps({"stage": "prod", "bundle": "none", "nag": "off"})
    assert synthesise("prod", CDK_CONTEXT_JSON=asked).body == templates["prod"].body


def test_cfn_lint_finds_nothing(templates):
    """W3005 is left out: CDK states dependencies that a reference states already."""
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "-i", "W3005", "--", templates["prod"].path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_stage_that_does_not_exist_is_named_with_those_that_do(tmp_path):
    """Nothing is synthesised for a slip of the keyboard."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", "-c", "stage=qa", "-o", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no stage 'qa': choose `-c stage=dev` or `-c stage=prod`" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_cdk_command_line_is_pinned():
    """The registry's `latest` of aws-cdk is a wrong old release, so a range could pick it."""
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    pinned = package["devDependencies"]["aws-cdk"]
    assert pinned == lock["packages"]["node_modules/aws-cdk"]["version"]
    assert pinned[0].isdigit()
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
