"""What a team would pick instead, by name."""

from tests.benchmarks.policy.peers import cel, clips_rete, jsonlogic, zen_engine

PEERS = {
    jsonlogic.NAME: jsonlogic.JsonLogic,
    clips_rete.NAME: clips_rete.Clips,
    zen_engine.NAME: zen_engine.Zen,
    cel.NAME: cel.Cel,
}
