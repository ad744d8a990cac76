"""Controls, shown on the local cloud: what becomes of a takeover, a ring of disputes, and a rule that runs away.

`python -m infra.local.controls` plays all three with the real template and the real handlers, and tells what it sees.
"""
