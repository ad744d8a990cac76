"""Trying rules without AWS."""

import pytest

from infra.local.fast import Bench
from infra.local.recording import Parcel
from infra.local.simulation import Settings, simulate
from infra.local.simulation.scoring import CampaignScore, HonestScore, Scorecard
from infra.local.tune import main, scored, together
from shared.policy import shipped

pytestmark = pytest.mark.unit


def test_equal_settings_give_equal_scores() -> None:
    """Nothing of the machine or the moment is in a score, and every campaign asked for has one."""
    settings = Settings(seed=2, signals=100, look_alike_share=0.0, campaigns=("phishing",))
    first = scored(simulate(settings), shipped())
    assert first == scored(simulate(settings), shipped())
    assert set(first.campaigns) == {"phishing"}


def test_scores_of_several_seeds_add_up() -> None:
    """Counts are added campaign by campaign; a median of medians would mean nothing, so there is none."""
    one = Scorecard(
        {"phishing": CampaignScore(5, 4, 50, 40, 30, 29, 60.0)}, HonestScore(100, 1, 2), {}, frozenset({"user:u_1"}), ()
    )
    both = together([one, one])
    assert both.campaigns == {"phishing": CampaignScore(10, 8, 100, 80, 60, 58, None)}
    assert both.honest == HonestScore(200, 2, 4)


def test_what_is_refused_is_counted_and_decided_upon_by_nobody() -> None:
    """A line that is no signal has no decision, and its reason is counted."""
    bench = Bench(shipped())
    assert bench.run([Parcel(b"no json")]).decided == {}
    assert bench.refused == {"not_json": 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seeds", "1,x"), "'x'"),
        (("--tactics", "sloow"), "fast|slow"),
        (("--signals", "0"), "at least one"),
        (("--policy", "no-such-folder"), "no-such-folder"),
    ],
)
def test_what_cannot_be_tried_is_a_usage_error(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is told in words, before anything is simulated."""
    monkeypatch.setattr("sys.argv", ["tune", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
