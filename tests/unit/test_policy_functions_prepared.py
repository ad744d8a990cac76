"""What functions need is made or loaded for those policies that call them, and no longer kept than they are."""

import gc
import subprocess
import sys

import pytest

from shared.policy.functions.prepared import Prepared

pytestmark = pytest.mark.unit


def test_what_is_made_of_a_list_goes_with_it() -> None:
    """An index is made once for a list, and does not outlive it."""
    made = []
    prepared = Prepared(lambda values: made.append(len(values)) or sorted(values))
    values = frozenset({"b", "a"})
    assert prepared(values) == prepared(values) == ["a", "b"]
    assert prepared(frozenset({"a", "b", "c"})) == ["a", "b", "c"]
    del values
    gc.collect()
    assert made == [2, 3]
    assert prepared._made == {}


LOADING = """
import sys
from tests.support.policies import policy_with
from shared.policy.functions.table import get_ready

brands = "lists: {brands: {owner: tests, values: [paypal.com]}}"
for condition, signal, more in [
    ('contains(text, "x")', "message.sent", ""),
    ("homoglyphs(display_name)", "account.created", ""),
    ('matches(text, "x")', "message.sent", ""),
    ("disposable(email)", "account.created", ""),
    ('registrable_domain(email) == "x.com"', "account.created", ""),
    ("lookalike(links, lists.brands)", "message.sent", brands),
]:
    before = {name.partition(".")[0] for name in sys.modules}
    policy = policy_with(condition, signal, more)
    get_ready(policy.rules["the_rule"].conditions.values(), policy.lists)
    after = {name.partition(".")[0] for name in sys.modules}
    print(*sorted(name for name in after - before - sys.stdlib_module_names if not name.startswith("_")))
"""


def test_a_library_is_loaded_by_the_policies_that_need_it() -> None:
    """Importing Sluice loads none of the libraries, and a policy loads those of the functions that it calls."""
    seen = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=False)
    loaded = ["", "", "re2", "disposable_email_domains", "publicsuffixlist", "rapidfuzz"]
    assert seen.stdout.splitlines() == loaded, seen.stderr
