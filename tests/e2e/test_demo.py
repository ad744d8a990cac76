"""The demo, on a small marketplace: it loses nothing, tells what came of it, and what to try next."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.cloud import LocalCloud
from infra.local.demo import ABOUT, SIGNALS, TRUTH, demo
from infra.local.recording import open_recording
from infra.local.rehearsal import Rehearsal, rehearse_in
from infra.local.simulation import Settings, simulate
from infra.local.summary import WIDTH

pytestmark = pytest.mark.e2e

SMALL = Settings(
    seed=5, signals=150, look_alike_share=0.0, abuse_share=0.4, campaigns=("credential_stuffing", "phishing")
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rehearsal, str]:
    """The folder that the demo wrote, what it returned, and what a person saw."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder.parent)
        run = demo(SMALL, folder, console)
    return folder, run, console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO from above


def test_nothing_is_lost(shown: tuple[Path, Rehearsal, str]) -> None:
    """As many decisions as signals were written, and the demo says so."""
    folder, run, text = shown
    written = (folder / SIGNALS).read_bytes().count(b"\n")
    assert run.sent.total == len(run.results.outcomes.decided) == written
    assert run.lost == 0
    assert "Nothing was lost." in text


def test_each_campaign_has_its_line(shown: tuple[Path, Rehearsal, str]) -> None:
    """Cases and recall of each campaign stand in the summary, and fit a terminal of 100 columns."""
    _, run, text = shown
    assert run.scores is not None
    for name, one in run.scores.campaigns.items():
        assert re.search(rf"^{name.replace('_', ' ')} +{one.cases} +{one.caught} ", text, re.MULTILINE)
    assert "everyone honest" in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_what_to_try_next_are_commands_about_this_run(shown: tuple[Path, Rehearsal, str]) -> None:
    """The files to replay exist, and the entity to ask about was restricted in this run."""
    folder, run, text = shown
    commands = re.findall(r"sluice ((?:local|decisions|restrictions) .*)", text)
    asked = next(command.split()[3] for command in commands if command.startswith("restrictions show"))
    assert (folder / TRUTH).exists()
    assert f"local up --replay {folder / SIGNALS}"[:40] in text.replace("\n", "")
    assert asked in {each.action.entity for each in run.results.outcomes.enforced if each.action.kind == "restrict"}


def test_a_cloud_that_stays_up_replays_again_without_deciding_again(
    shown: tuple[Path, Rehearsal, str], tmp_path: Path
) -> None:
    """The same file twice into one local cloud: the same decisions, no second action, nothing lost."""
    folder, run, _ = shown
    console = Console(file=StringIO(), width=WIDTH)
    with LocalCloud("dev", state=tmp_path) as cloud:
        rehearse_in(cloud, open_recording(folder / SIGNALS, limit=60), console)
        again = rehearse_in(cloud, open_recording(folder / SIGNALS, limit=60), console)
    assert (len(again.results.outcomes.decided), again.lost, again.results.changed) == (60, 0, 0)
    assert again.scores is None, "a part of a simulation says nothing of campaigns"
    first = [each.action.action_id for each in run.results.outcomes.enforced]
    assert {each.action.action_id for each in again.results.outcomes.enforced} <= set(first)
    assert sum(again.results.delivered.values()) <= sum(run.results.delivered.values())


def test_the_real_demo_is_large_enough() -> None:
    """As it is by default, and for other seeds too, it sends at least five thousand signals."""
    for seed in (Settings.seed, 1, 2):
        assert sum(1 for _ in simulate(Settings(seed=seed, signals=ABOUT))) >= 5_000
