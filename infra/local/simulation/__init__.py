"""A seeded marketplace: ordinary traffic, campaigns of abuse and honest look-alikes, with the truth beside them.

Each part draws from a random stream of its own: adding a campaign changes no ordinary signal of the same seed. The
world is open-loop: what Sluice decides does not change what happens next; scoring counts what it would have stopped.
One currency (USD), addresses and domains that nobody owns. Each module names its shares and sizes as constants with
their meaning; these are the distributions:

| what | distribution | where |
|---|---|---|
| people | a sixth of the signals, at least 2,500; 12 % join during the run; 20 % sell | people, marketplace |
| age of an account | log-normal, median 300 days, sigma 1.1 | people |
| activity of a person | log-normal, sigma 1.1 | people |
| popularity of a seller | Zipf, exponent 0.8 | people |
| visits | Poisson, by the hour: cosine over the local day with its top at 20:00, weekends 15 % up | places, ordinary |
| where from | home 69 %, a carrier's shared address 27 %, a public place 4 %; 1.2 % from a new device | ordinary |
| logins | 60 % of visits; 7 % mistype once or twice, 0.4 % three to six times | ordinary |
| prices | log-normal per category, medians 11 to 110 | wording |
| payments | 34 % of visits; 4.5 % declined, 70 % of those retried, at most four times | ordinary, trade |
| shipping, transit, dispute | log-normal: medians 20 hours, 2.5 days, 4 days | trade |
| refunds, honest disputes | 2.5 %; 0.4 % not received or as described, 0.07 % as fraud | ordinary |
| models' scores | Beta: honest (1.2, 14), odd (2, 5), abusive (4, 2.5); 0.2 % of the honest misread | aftermath |
| reports, reviews | hours exponential, days uniform; 0.4 % of honest messages are reported | aftermath, campaigns |
| campaigns | share of abuse: stuffing 25, card testing 30, phishing 20, prohibited 10, rings 15 % | campaigns |
| look-alikes | a viral day (1.5 % of the signals as payments), the rest shared equally by 17 kinds | look_alikes |
| reworded | lures: 40 % English, 20 % each Spanish, German, French | campaigns |
| patient | two to four ordinary visits, 8 to 24 hours apart; pauses times a log-normal of sigma 1.5 | campaigns |

What an adversary does is chosen by five words (`Tactics`): `fast|slow`, `concentrated|distributed`, `fresh|aged`,
`plain|reworded`, `hasty|patient`; the first of each is the default. Reworded adversaries were written to be unlike the
plain ones: other stories, goods, hosts, languages and ways to hide a word, so that rules tuned on the plain ones meet
something new; models and reporters, who read meaning, see through both alike. Card testing has no words and stays.
Patient ones behave first: the days of ordinary use are part of the case, but not abusive, and count as nobody's harm.

Look-alikes of a second kind (`coincidences`) meet those tactics halfway: colleagues at a small firm's mail domain who
sign up on one computer, customers whose accounts a repair shop tries on its bench, a parents' tablet with four
accounts, a reseller with several cards, a phone bought and then a new password and payout account within the week,
messages and listings in four languages with words near the reworded lures and goods.
"""

from infra.local.simulation.marketplace import Marketplace, simulate, write
from infra.local.simulation.settings import CAMPAIGNS, Settings, Tactics
from infra.local.simulation.steps import Step, Truth
from infra.local.simulation.truth import Case, GroundTruth, read_truth

__all__ = [
    "CAMPAIGNS",
    "Case",
    "GroundTruth",
    "Marketplace",
    "Settings",
    "Step",
    "Tactics",
    "Truth",
    "read_truth",
    "simulate",
    "write",
]
