"""What it takes to have rules ready in a process that has seen none: `python -m tests.benchmarks.policy.cold 1000`.

Prints JSON. Imports are not counted, as a cold start pays them whatever the rules are; nor is the making of the
documents.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from time import process_time

from shared.policy.loading import load_documents
from tests.benchmarks.policy.documents import documents
from tests.benchmarks.policy.events import PAYMENT, events, values_of
from tests.benchmarks.policy.rules import REALISTIC, rules

READ, CHECK, COMPILE, FIRST = STEPS = ("read", "check", "compile", "first signal")
_PUBLISHED = "published"
_ROOT = Path(__file__).resolve().parents[3]


def steps(number: int, *, published: bool) -> dict[str, float]:
    """Seconds of CPU for so many rules on one signal type: documents, program, judgement.

    A policy that is `published` is read without checking it once more; else `READ` has both.
    """
    texts = documents(PAYMENT, rules(PAYMENT, REALISTIC, number))
    values = values_of(PAYMENT, events(PAYMENT, 1, seed=2)[0])
    start = process_time()
    policy = load_documents(texts, published=published)
    read = process_time()
    program = policy.program(PAYMENT)
    compiled = process_time()
    program.judge(values)
    return {READ: read - start, COMPILE: compiled - read, FIRST: process_time() - compiled}


def cold(number: int, runs: int) -> Mapping[str, float]:
    """Medians over fresh processes, by step."""
    found = [(_in_a_process(number), _in_a_process(number, _PUBLISHED)) for _ in range(runs)]
    medians = {step: median(each[step] for _, each in found) for step in (READ, COMPILE, FIRST)}
    medians[CHECK] = median(checked[READ] - published[READ] for checked, published in found)
    return medians


def _in_a_process(number: int, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.policy.cold", str(number), *words]
    ran = subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True)
    seconds: dict[str, float] = json.loads(ran.stdout)
    return seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(steps(int(sys.argv[1]), published=_PUBLISHED in sys.argv)))
