"""The simulation's order, repeatability and scores, for any settings."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.simulation import CAMPAIGNS, Settings, Step, Tactics, simulate
from infra.local.simulation.campaigns.disguise import hidden
from infra.local.simulation.dice import dice
from infra.local.simulation.scoring import Observed, score
from infra.local.simulation.steps import Stage, merged, played
from infra.local.simulation.truth import Cases, GroundTruth, parse_truth, truth_line
from shared.signals import parse

pytestmark = pytest.mark.property

LATER = datetime(2027, 1, 1, tzinfo=UTC)
tactics = st.builds(
    Tactics,
    st.sampled_from(["fast", "slow"]),
    st.sampled_from(["concentrated", "distributed"]),
    st.sampled_from(["fresh", "aged"]),
    st.sampled_from(["plain", "reworded"]),
    st.sampled_from(["hasty", "patient"]),
)
worlds = st.builds(
    Settings,
    seed=st.integers(0, 10**6),
    signals=st.integers(1, 800),
    days=st.floats(0.05, 30),
    abuse_share=st.floats(0, 0.5),
    look_alike_share=st.floats(0, 0.5),
    campaigns=st.lists(st.sampled_from(CAMPAIGNS), unique=True).map(tuple),
    tactics=st.dictionaries(st.sampled_from(CAMPAIGNS), tactics),
)


def truth_of(steps: list[Step]) -> GroundTruth:
    cases = Cases()
    for step in steps:
        cases.see(step)
    lines = [truth_line(step) for step in steps if step.truth]
    return parse_truth(json.loads(json.dumps([*lines, *(case.line() for case in cases.found())])))


def observed(step: Step, disposition: str) -> Observed:
    event = step.event
    when, what = datetime.fromisoformat(event["time"]), event["type"].removesuffix(".v1")
    return Observed(event["source"], event["id"], when, event["subject"], disposition, signal_type=what)


@settings(max_examples=8, deadline=None)
@given(worlds)
def test_any_world_is_valid_ordered_and_repeatable(world: Settings) -> None:
    """Whatever is asked for, each event is a valid signal, in order of time, and the same again for equal settings."""
    steps = list(simulate(world))

    assert all(one.at <= other.at for one, other in pairwise(steps))
    assert steps == list(simulate(world))
    for step in steps:
        parse(json.dumps(step.event).encode(), LATER)


@settings(max_examples=6, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_a_perfect_judge_catches_all_and_touches_nobody(world: Settings, shuffle: Random) -> None:
    """Denying what is abusive and nothing else has full recall and precision, in whatever order it is reported."""
    steps = list(simulate(world))
    outcomes = [observed(s, "deny" if s.truth and s.truth.abusive else "allow") for s in steps]
    shuffle.shuffle(outcomes)
    card = score(truth_of(steps), outcomes)

    assert card.missed == ()
    assert card.honest.touched == 0
    assert all(campaign.stopped_share == 1 for campaign in card.campaigns.values())


@settings(max_examples=6, deadline=None)
@given(worlds)
def test_a_blind_judge_catches_nothing_and_touches_nobody(world: Settings) -> None:
    """Allowing everything misses every case and harms no one."""
    steps = list(simulate(world))
    card = score(truth_of(steps), [observed(step, "allow") for step in steps])

    assert not any(campaign.caught for campaign in card.campaigns.values())
    assert card.honest.touched == 0


@given(st.text(st.characters(exclude_characters="{}")), st.integers(0, 5), st.integers(1, 3))
def test_hiding_words_keeps_the_place_of_the_link(text: str, seed: int, how_many: int) -> None:
    """However words are disguised, what stands between braces is still there to be filled in, once."""
    assert hidden(dice(seed, "words"), f"{text} {{link}} {text}", how_many).count("{link}") == 1


@given(st.lists(st.lists(st.floats(0, 1_000), min_size=1, max_size=5), max_size=20), st.integers(0, 3))
def test_episodes_are_played_in_order_and_whole(delays: list[list[float]], parts: int) -> None:
    """However episodes overlap, every step comes out once, in order of time."""

    def part() -> list[Step]:
        stage = Stage(dice(1, "part"))
        starts = [sum(map(max, delays[:index])) / 2 for index in range(len(delays))]

        def act(start: float, after: list[float]) -> None:
            for delay in after:
                stage.put(start + delay, "score.computed", "user:u", {})

        episodes = [
            (start, lambda start=start, after=after: act(start, after))
            for start, after in zip(starts, delays, strict=True)
        ]
        return list(played(stage, episodes))

    steps = list(merged(*(iter(part()) for _ in range(parts))))
    assert len(steps) == parts * sum(map(len, delays))
    assert all(one.at <= other.at for one, other in pairwise(steps))
