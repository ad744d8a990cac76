"""From checked conditions to what judges signals.

The stages: `normal` brings conditions into normal form, made of `predicates`; `index` files each rule under its rarest
test, by `frequencies`; `source` writes one function of that, out of `expressions`; `machine` runs it, and has whatever
is in doubt judged by the closures of `compiler`, one rule after the other. `stages` shows it all.
"""
