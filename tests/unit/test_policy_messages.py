"""Golden messages: each `tests/golden/policy/<case>.yaml` is refused with exactly the text beside it.

After a wording was changed on purpose, run this file with `UPDATE_GOLDEN=1` and read the difference.
"""

import os
from pathlib import Path

import pytest

from shared.policy import PolicyError, load_documents

pytestmark = pytest.mark.unit

CASES = sorted((Path(__file__).parent.parent / "golden" / "policy").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_message(case: Path) -> None:
    """A wrong policy is refused with file, line, column, the source line, a caret and advice."""
    with pytest.raises(PolicyError) as refused:
        load_documents({case.name: case.read_text(encoding="utf-8")})
    golden = case.with_suffix(".txt")
    if "UPDATE_GOLDEN" in os.environ:
        golden.write_text(f"{refused.value}\n", encoding="utf-8")
    assert f"{refused.value}\n" == golden.read_text(encoding="utf-8")


def test_there_are_messages() -> None:
    """The cases are where the tests look for them."""
    assert len(CASES) >= 15
