"""cel-expr-python (Google's C++): a few list expressions over one activation, so that a signal is converted once."""

from collections.abc import Sequence

from cel_expr_python import cel

from tests.benchmarks.policy.peers.expressions import Words, conditions, places
from tests.benchmarks.policy.peers.host import Event, Host
from tests.benchmarks.policy.rules import Rule

NAME = "cel-expr-python"
_TYPES = {int: cel.Type.INT, str: cel.Type.STRING, bool: cel.Type.BOOL}


class Cel:
    """Typed variables, checked expressions."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        self._host = Host(signal, rules)
        self._env = cel.NewEnv(variables={name: _TYPES[kind] for name, kind in self._host.names.items()})
        lists = conditions(rules, self._host, Words("&&", "||", "!"))
        self._lists = [self._env.compile(each) for each in lists]

    def judge(self, event: Event) -> list[int]:
        """The places of the rules that fire."""
        given = self._env.Activation(self._host.context(event))
        return places([each.eval(given).plain_value() for each in self._lists])
